/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SECURITY: what pam.c thought of a stack is put to the test here, by the dispatcher's own rules.
 * The changed files stand in a private directory meanwhile, in front of those of the host.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/host/pam_stack.h"
#include "admin/wiring/pam.h"
#include "admin/wiring/place.h"
#include "admin/wiring/wiring.h"
#include "admin/wiring/trial.h"
#include "core/base/text.h"

#define KEYS_MAX 64
#define TRIALS_MAX 20000

/* What modules may answer; pam_deny and pam_permit are what they are. */
static const int answers[] = {PAM_STACK_SUCCESS, PAM_STACK_AUTH_ERR, PAM_STACK_IGNORE};
#define ANSWERS (sizeof answers / sizeof answers[0])

/* A module with its arguments in one file: it says the same in both stacks. */
struct key {
    char text[300];
    size_t choice;   /* of answers */
    bool is_skipped; /* a token jumps over it */
};

struct trial {
    struct wiring *plan;
    struct pam_stack before, after;
    size_t key_count;
    struct key keys[KEYS_MAX];
    size_t skipped_count;
    char skipped[KEYS_MAX][300]; /* keys of what a token jumps over */
    int of_pat;                  /* what pam_pat answers */
    bool skipped_agree;          /* what a token jumps over says yes */
};

static void
name_key(const struct pam_stack_line *line, char ret[300])
{
    const char *slash = strrchr(line->file, '/');

    snprintf(ret, 300, "%.80s %.60s %.150s", slash == NULL ? line->file : slash + 1, line->module,
             line->arguments);
}

static struct key *
find_key(struct trial *trial, const struct pam_stack_line *line)
{
    char text[300];

    name_key(line, text);
    for (size_t i = 0; i < trial->key_count; i++)
        if (pat_text_equal(trial->keys[i].text, text))
            return &trial->keys[i];
    return NULL;
}

static int
answer(void *context, const struct pam_stack_line *line)
{
    struct trial *trial = context;
    const struct key *key = find_key(trial, line);

    if (pam_stack_calls(line, "pam_pat"))
        return trial->of_pat;
    if (pam_stack_calls(line, "pam_permit"))
        return PAM_STACK_SUCCESS;
    if (pam_stack_calls(line, "pam_deny") || key == NULL)
        return PAM_STACK_AUTH_ERR;
    return trial->skipped_agree && key->is_skipped ? PAM_STACK_SUCCESS : answers[key->choice];
}

static bool
lets_in(struct trial *trial, const struct pam_stack *stack)
{
    return pam_stack_walk(stack, PAM_STACK_AUTH, answer, trial) == PAM_STACK_SUCCESS;
}

/* --- the modules --- */

static bool
is_skipped(const struct trial *trial, const struct pam_stack_line *line)
{
    char text[300];

    name_key(line, text);
    for (size_t i = 0; i < trial->skipped_count; i++)
        if (pat_text_equal(trial->skipped[i], text))
            return true;
    return pam_role_of(line) == PAM_JUDGES;
}

/*
 * In the very file that is changed, a token jumps over the first line that judges: a module, or an
 * include with all that is in it.
 */
static void
note_skipped(struct trial *trial, const char *name)
{
    const struct pam_stack_line *line = NULL;
    struct pam_stack stack = {.count = 0};
    struct pam_stack_fault fault;
    unsigned top = 0;

    if (pam_stack_read(pam_stack_directories, name, &stack, &fault) != PAT_OK)
        return; /* told where the stacks are compared */
    while (top == 0 && (line = pam_stack_next(&stack, PAM_STACK_AUTH, line)) != NULL)
        if (line->kind == PAM_STACK_MODULE && pam_role_of(line) == PAM_JUDGES)
            top = line->top_line;
    line = NULL;
    while ((line = pam_stack_next(&stack, PAM_STACK_AUTH, line)) != NULL)
        if (line->kind == PAM_STACK_MODULE && line->top_line == top &&
            trial->skipped_count < KEYS_MAX)
            name_key(line, trial->skipped[trial->skipped_count++]);
    pam_stack_free(&stack);
}

static bool
take_keys(struct trial *trial)
{
    const struct pam_stack_line *line = NULL;

    while ((line = pam_stack_next(&trial->before, PAM_STACK_AUTH, line)) != NULL) {
        struct key *key = &trial->keys[trial->key_count];

        if (line->kind != PAM_STACK_MODULE || find_key(trial, line) != NULL)
            continue;
        if (trial->key_count == KEYS_MAX)
            return false;
        *key = (struct key){.is_skipped = is_skipped(trial, line)};
        name_key(line, key->text);
        trial->key_count++;
    }
    return true;
}

/* --- the trials --- */

static bool
agree(struct trial *trial)
{
    static const int refusals[] = {PAM_STACK_AUTH_ERR, PAM_STACK_CRED_INSUFFICIENT,
                                   PAM_STACK_AUTHINFO_UNAVAIL};
    bool password, token;

    trial->skipped_agree = false;
    password = lets_in(trial, &trial->before);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        trial->of_pat = refusals[i];
        if (lets_in(trial, &trial->after) != password)
            return false;
    }
    trial->of_pat = PAM_STACK_SUCCESS;
    token = lets_in(trial, &trial->after);
    trial->skipped_agree = true;
    return token == lets_in(trial, &trial->before);
}

/* The next combination; false when all of them were there. */
static bool
count_up(struct trial *trial)
{
    for (size_t i = 0; i < trial->key_count; i++) {
        trial->keys[i].choice = (trial->keys[i].choice + 1) % ANSWERS;
        if (trial->keys[i].choice != 0)
            return true;
    }
    return false;
}

static void
choose_any(struct trial *trial, uint32_t *state)
{
    for (size_t i = 0; i < trial->key_count; i++) {
        *state = *state * 1664525 + 1013904223;
        trial->keys[i].choice = (*state >> 16) % ANSWERS;
    }
}

/* All of them where they are few, else those near to the first one and very many others. */
static bool
compare_answers(struct trial *trial)
{
    uint32_t state = 1;
    bool same = true, more = true;

    for (size_t i = 0; same && more && i < TRIALS_MAX; i++) {
        same = agree(trial);
        more = count_up(trial);
    }
    for (size_t i = 0; same && more && i < TRIALS_MAX; i++) {
        choose_any(trial, &state);
        same = agree(trial);
    }
    return same;
}

/* A token alone is enough: everything else passes, every password is wrong. */
static bool
token_gets_in(struct trial *trial)
{
    for (size_t i = 0; i < trial->key_count; i++)
        trial->keys[i].choice = trial->keys[i].is_skipped ? 1 : 2;
    trial->skipped_agree = false;
    trial->of_pat = PAM_STACK_SUCCESS;
    return lets_in(trial, &trial->after);
}

static void
try_service(struct trial *trial, const char *directory, const char *name)
{
    const char *directories[] = {directory, "/etc/pam.d", "/usr/lib/pam.d", NULL};
    struct pam_stack_fault fault = {.line = 0};
    struct wiring *plan = trial->plan;

    memset(&trial->before, 0, sizeof trial->before);
    memset(&trial->after, 0, sizeof trial->after);
    trial->key_count = 0;
    if (pam_stack_read(pam_stack_directories, name, &trial->before, &fault) == PAT_ERR_NOT_FOUND ||
        trial->before.file == NULL)
        goto out;
    if (pam_stack_read(directories, name, &trial->after, &fault) != PAT_OK)
        wiring_refuse(plan, "", "the changed stack of %s would not be read: %.160s", name,
                      fault.text);
    else if (!take_keys(trial))
        wiring_refuse(plan, "", "the stack of %s has too many modules", name);
    else if (!compare_answers(trial))
        wiring_refuse(
            plan, "by hand; see pam_pat(8)",
            "the stack of %s is of a kind in which the line would change who gets in with "
            "a password",
            name);
    else if (!token_gets_in(trial))
        wiring_refuse(plan, "by hand; see pam_pat(8)",
                      "the stack of %s is of a kind in which a token would not get in", name);
out:
    pam_stack_free(&trial->before);
    pam_stack_free(&trial->after);
}

/* --- the private directory --- */

static bool
write_file(const char *directory, const struct change *change)
{
    const char *name = strrchr(change->path, '/') + 1;
    size_t len = strlen(change->after);
    char path[600];
    int fd;
    bool good;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    good = fd != -1 && write(fd, change->after, len) == (ssize_t)len;
    if (fd != -1)
        close(fd);
    return good;
}

static void
remove_files(const struct wiring *plan, const char *directory)
{
    char path[600];

    for (size_t i = 0; i < plan->change_count; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, strrchr(plan->changes[i].path, '/') + 1);
        unlink(path);
    }
    rmdir(directory);
}

void
trial_run(struct wiring *plan)
{
    char directory[] = "/tmp/patctl-trial-XXXXXX", name[32];
    const char *at = plan->service->files;
    struct trial *trial = calloc(1, sizeof *trial);
    bool made = trial != NULL && mkdtemp(directory) != NULL, good = made;

    for (size_t i = 0; good && i < plan->change_count; i++)
        good = write_file(directory, &plan->changes[i]);
    if (!good)
        wiring_refuse(plan, "", "the changed stack could not be tried out in /tmp");
    for (size_t i = 0; good && i < plan->change_count; i++)
        note_skipped(trial, strrchr(plan->changes[i].path, '/') + 1);
    while (good && service_next_name(&at, name)) {
        trial->plan = plan;
        try_service(trial, directory, name);
    }
    if (made)
        remove_files(plan, directory);
    free(trial);
}
