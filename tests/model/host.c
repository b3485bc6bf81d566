/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The code under test, as a program beside the model: each line of its input is an operation, and
 * is answered by a line that says what came of it. Words are separated by tabs; "~" is none.
 *
 *     host DIRECTORY
 *
 * Lines that begin with "service" are of pat.conf, those with "world" are done at the beginning of
 * every sequence; both come first, and are not answered. "begin memory|disk SEED" begins one.
 */
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/tokens.h"
#include "core/base/text.h"
#include "tests/model/host.h"
#include "tests/model/place.h"

#define LINE 8192
#define WORLD_LINES 40

static char *words;           /* what is left of the line */
static char reply[64 * 1024]; /* empty: "ok" */
static size_t reply_len;
static struct pat_token slots[HOST_SLOTS];
static char world[WORLD_LINES][LINE / 8];
static size_t world_lines;

_Noreturn void
host_stop(const char *file, int line, const char *condition)
{
    fflush(stdout);
    fprintf(stderr, "%s:%d: this must hold: %s\n", file, line, condition);
    abort();
}

/* --- words --- */

const char *
host_word(void)
{
    char *word = strsep(&words, "\t");

    return word == NULL || strcmp(word, "~") == 0 ? NULL : word;
}

const char *
host_text(void)
{
    const char *word = host_word();

    return word == NULL ? "" : word;
}

bool
host_copy_word(char *ret, size_t size)
{
    const char *word = host_word();

    HOST_NEED(pat_text_set(ret, size, word == NULL ? "" : word) == PAT_OK);
    return word != NULL;
}

struct pat_optional
host_optional(void)
{
    const char *word = host_word();
    struct pat_optional number = {.set = word != NULL};
    char *end = NULL;

    if (number.set)
        number.at = strtoll(word, &end, 10);
    HOST_NEED(!number.set || (end != word && *end == '\0'));
    return number;
}

int64_t
host_number(void)
{
    const struct pat_optional number = host_optional();

    HOST_NEED(number.set);
    return number.at;
}

bool
host_flag(void)
{
    return host_number() != 0;
}

void
host_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    reply_len += (size_t)vsnprintf(reply + reply_len, sizeof reply - reply_len, format, args);
    va_end(args);
    HOST_NEED(reply_len < sizeof reply);
}

/* --- tokens --- */

struct pat_token *
host_slot(const char *word)
{
    unsigned long number = word == NULL ? 0 : strtoul(word, NULL, 10);

    HOST_NEED(number < HOST_SLOTS);
    return &slots[number];
}

int
host_slot_of(const char *id)
{
    for (int i = 0; i < HOST_SLOTS; i++)
        if (slots[i].id[0] != '\0' && pat_text_equal(slots[i].id, id))
            return i;
    return -1;
}

/* --- operations --- */

/* What no transaction of ours is around. */
static void
wait_for(void)
{
    place_move(host_number(), 0);
}

static void
set_clock(void)
{
    place_move(0, host_number());
}

static void
synchronise(void)
{
    place_synchronised = host_flag();
}

static void
restart(void)
{
    place_restart(host_flag());
}

static void
sweep(void)
{
    const struct pat_peer peer = {.uid = HOST_OPERATOR};
    struct pat_manage manage;
    int64_t count = 0;
    enum pat_err err = pat_manage_open(&manage, place.context, place.writer, &peer);

    if (err == PAT_OK)
        err = pat_tokens_sweep(&manage, &count);
    host_say(err == PAT_OK ? "%lld" : "failed %lld", (long long)count);
    pat_manage_close(&manage);
}

static const struct operation {
    const char *name;
    host_deed *deed;
    void (*other)(void);
} operations[] = {
    {.name = "new_tenant", .deed = host_new_tenant},
    {.name = "new_user", .deed = host_new_user},
    {.name = "new_default", .deed = host_new_default},
    {.name = "enable_tenant", .deed = host_enable_tenant},
    {.name = "enable_user", .deed = host_enable_user},
    {.name = "grant", .deed = host_grant},
    {.name = "policy", .deed = host_policy},
    {.name = "create", .deed = host_create},
    {.name = "rotate", .deed = host_rotate},
    {.name = "confirm", .deed = host_confirm},
    {.name = "finish", .deed = host_finish},
    {.name = "revoke", .deed = host_revoke},
    {.name = "suspend", .deed = host_suspend},
    {.name = "resume", .deed = host_resume},
    {.name = "edit", .deed = host_edit},
    {.name = "sweep", .other = sweep},
    {.name = "race", .other = host_race},
    {.name = "verify", .other = host_verify},
    {.name = "look", .other = host_look},
    {.name = "decide", .other = host_decide},
    {.name = "wait", .other = wait_for},
    {.name = "set_clock", .other = set_clock},
    {.name = "synchronise", .other = synchronise},
    {.name = "minute", .other = place_minute},
    {.name = "accept", .other = place_accept},
    {.name = "restart", .other = restart},
};

static const struct operation *
find_operation(const char *name)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    fprintf(stderr, "no operation \"%s\"\n", name);
    HOST_NEED(false);
}

static enum pat_err
make_one(struct pat_manage *manage, const char *line)
{
    char copy[sizeof world[0]];
    enum pat_err err;

    pat_text_clip(copy, sizeof copy, line);
    words = copy;
    err = find_operation(host_word())->deed(manage);
    words = NULL;
    return err;
}

/* All of it in one transaction. */
static void
make_world(void)
{
    const struct pat_peer peer = {.uid = HOST_OPERATOR};
    struct pat_manage manage;
    enum pat_err err = pat_manage_open(&manage, place.context, place.writer, &peer);

    if (err == PAT_OK)
        err = pat_manage_start(&manage);
    for (size_t i = 0; err == PAT_OK && i < world_lines; i++)
        err = make_one(&manage, world[i]);
    err = pat_manage_end(&manage, err);
    if (err != PAT_OK)
        fprintf(stderr, "%s: %s\n", manage.problem.id, manage.problem.message);
    HOST_NEED(err == PAT_OK);
    pat_manage_close(&manage);
}

void
host_do_deed(host_deed *deed, struct pat_store *store, uint32_t uid)
{
    const struct pat_peer peer = {.uid = uid};
    struct pat_manage manage;
    enum pat_err err = pat_manage_open(&manage, place.context, store, &peer);

    if (err == PAT_OK) {
        err = pat_manage_start(&manage);
        if (err == PAT_OK)
            err = pat_manage_end(&manage, deed(&manage));
    }
    if (err != PAT_OK && strcmp(manage.problem.id, "store") == 0)
        host_say("failed: %s", manage.problem.message);
    else if (err != PAT_OK)
        host_say("%s", manage.problem.id);
    pat_manage_close(&manage);
}

static void
begin(void)
{
    bool on_disk = strcmp(host_text(), "disk") == 0;
    uint64_t seed = (uint64_t)host_number();

    memset(slots, 0, sizeof slots);
    place_begin(on_disk, seed);
}

static void
answer(char *line)
{
    const struct operation *operation;

    words = line;
    reply_len = 0;
    reply[0] = '\0';
    if (strncmp(line, "begin\t", 6) == 0) {
        host_word();
        begin();
    } else {
        operation = find_operation(host_word());
        if (operation->deed != NULL)
            host_do_deed(operation->deed, place.writer, (uint32_t)host_number());
        else
            operation->other();
    }
    puts(reply_len == 0 ? "ok" : reply);
}

int
main(int argc, char **argv)
{
    static char line[LINE], services[2048];
    bool is_open = false;
    size_t used = 0;

    HOST_NEED(argc == 2);
    /* A transaction of the store in memory copies it: from the heap, not from the system. */
    mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "service\t", 8) == 0) {
            used += (size_t)snprintf(services + used, sizeof services - used, "%s\n", line + 8);
            HOST_NEED(used < sizeof services);
            continue;
        }
        if (strncmp(line, "world\t", 6) == 0) {
            HOST_NEED(world_lines < WORLD_LINES);
            pat_text_clip(world[world_lines++], sizeof world[0], line + 6);
            continue;
        }
        if (!is_open)
            place_open(argv[1], services, make_world);
        is_open = true;
        answer(line);
    }
    if (is_open)
        place_close();
    return 0;
}
