/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * M20: admin/host/pam_stack_walk against libpam itself: random stacks of pam_debug.so, which
 * answers as it is told, and what pam_authenticate() made of them.
 */
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/host/pam_stack.h"
#include "tests/unit/expect.h"
#include "tests/unit/scratch.h"

#define ROUNDS 1500

static unsigned long long seed = 20261122;
static char
    directory[512]; /* libpam 1.5 finds included files of a private directory by path only */

static unsigned
below(unsigned limit)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(seed >> 33) % limit;
}

static const char *const codes[] = {"success",           "success", "success", "auth_err",
                                    "cred_insufficient", "ignore",  "ignore",  "authinfo_unavail",
                                    "new_authtok_reqd",  "abort",   "maxtries"};
static const char *const simple[] = {"required", "requisite", "sufficient", "optional"};
static const char *const actions[] = {"ok", "done", "bad", "die", "ignore", "reset", "1", "2", "3"};

static size_t
write_control(char *ret, size_t size)
{
    size_t len;

    if (below(2) == 0)
        return (size_t)snprintf(ret, size, "%s", simple[below(COUNT(simple))]);
    len = (size_t)snprintf(ret, size, "[success=%s", actions[below(COUNT(actions))]);
    if (below(2) == 0)
        len += (size_t)snprintf(ret + len, size - len, " auth_err=%s",
                                actions[below(COUNT(actions))]);
    if (below(2) == 0)
        len += (size_t)snprintf(ret + len, size - len, " ignore=%s",
                                actions[below(COUNT(actions))]);
    if (below(3) > 0)
        len += (size_t)snprintf(ret + len, size - len, " default=%s",
                                actions[below(COUNT(actions))]);
    return len + (size_t)snprintf(ret + len, size - len, "]");
}

/* A file of up to five lines; some lead to the file behind it. */
static void
write_file(const char *name, const char *inner)
{
    char text[2048];
    size_t len = 0;
    unsigned count = 1 + below(5);

    for (unsigned i = 0; i < count; i++) {
        if (inner != NULL && below(4) == 0) {
            const char *kind = below(2) == 0 ? "substack" : "include";

            len += (size_t)snprintf(text + len, sizeof text - len, "auth %s %s/%s\n", kind,
                                    directory, inner);
            continue;
        }
        len += (size_t)snprintf(text + len, sizeof text - len, "auth ");
        len += write_control(text + len, sizeof text - len);
        len += (size_t)snprintf(text + len, sizeof text - len, " pam_debug.so auth=%s\n",
                                codes[below(COUNT(codes))]);
    }
    scratch_put(name, text, 0644);
}

/* As pam_debug.so answers. */
static int
answer(void *context, const struct pam_stack_line *line)
{
    char word[64];

    (void)context;
    expect("line", "has auth=", pam_stack_argument(line, "auth", word, sizeof word));
    for (int i = 0; i < PAM_STACK_RETURNS; i++)
        if (strcmp(pam_stack_returns[i], word) == 0)
            return i;
    fail_msg("%s is no return value", word);
    return -1;
}

static int
talk(int count, const struct pam_message **messages, struct pam_response **ret, void *context)
{
    (void)messages;
    (void)context;
    *ret = calloc((size_t)count, sizeof **ret);
    return *ret == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
}

static int
ask_libpam(void)
{
    const struct pam_conv conv = {talk, NULL};
    pam_handle_t *handle = NULL;
    int status = pam_start_confdir("it", "nobody", &conv, directory, &handle);

    assert_int_equal(status, PAM_SUCCESS);
    status = pam_authenticate(handle, PAM_SILENT);
    pam_end(handle, status);
    return status;
}

static void
as_libpam(void **state)
{
    static const char *const here[] = {".", NULL};
    unsigned met[PAM_STACK_RETURNS] = {0};

    (void)state;
    assert_non_null(getcwd(directory, sizeof directory));
    scratch_put("other", "auth required pam_deny.so\n", 0644);
    for (int round = 0; round < ROUNDS; round++) {
        struct pam_stack_fault fault;
        struct pam_stack stack;
        char title[64];
        int wanted, got;

        snprintf(title, sizeof title, "round %d", round);
        write_file("innermost", NULL);
        write_file("inner", "innermost");
        write_file("it", "inner");
        expect_err(title, pam_stack_read(here, "it", &stack, &fault), PAT_OK);
        got = pam_stack_walk(&stack, PAM_STACK_AUTH, answer, NULL);
        wanted = ask_libpam();
        expect_number(title, got, wanted);
        met[wanted]++;
        pam_stack_free(&stack);
    }
    unlink("inner");
    unlink("innermost");
    expect("rounds", "many succeed", met[PAM_STACK_SUCCESS] > ROUNDS / 10);
    expect("rounds", "many are denied", met[PAM_STACK_PERM_DENIED] > ROUNDS / 20);
    expect("rounds", "many fail", met[PAM_STACK_AUTH_ERR] > ROUNDS / 50);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {IN_SCRATCH(as_libpam)};

    return cmocka_run_group_tests_name("PAM: as libpam decides", tests, NULL, NULL);
}
