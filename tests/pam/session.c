/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations, one function each, and the life of a handle around them. */
#define _GNU_SOURCE 1
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "tests/pam/printable.h"
#include "tests/pam/session.h"
#include "tests/pam/talk.h"

struct session {
    struct plan *plan;
    struct talk talk;
    pam_handle_t *pamh;
    bool is_child;
};

/* --- names --- */

const char *const session_code_names[SESSION_CODES] = {
    "PAM_SUCCESS",
    "PAM_OPEN_ERR",
    "PAM_SYMBOL_ERR",
    "PAM_SERVICE_ERR",
    "PAM_SYSTEM_ERR",
    "PAM_BUF_ERR",
    "PAM_PERM_DENIED",
    "PAM_AUTH_ERR",
    "PAM_CRED_INSUFFICIENT",
    "PAM_AUTHINFO_UNAVAIL",
    "PAM_USER_UNKNOWN",
    "PAM_MAXTRIES",
    "PAM_NEW_AUTHTOK_REQD",
    "PAM_ACCT_EXPIRED",
    "PAM_SESSION_ERR",
    "PAM_CRED_UNAVAIL",
    "PAM_CRED_EXPIRED",
    "PAM_CRED_ERR",
    "PAM_NO_MODULE_DATA",
    "PAM_CONV_ERR",
    "PAM_AUTHTOK_ERR",
    "PAM_AUTHTOK_RECOVERY_ERR",
    "PAM_AUTHTOK_LOCK_BUSY",
    "PAM_AUTHTOK_DISABLE_AGING",
    "PAM_TRY_AGAIN",
    "PAM_IGNORE",
    "PAM_ABORT",
    "PAM_AUTHTOK_EXPIRED",
    "PAM_MODULE_UNKNOWN",
    "PAM_BAD_ITEM",
    "PAM_CONV_AGAIN",
    "PAM_INCOMPLETE",
};

struct name {
    const char *name;
    int value;
};

static const struct name items[] = {
    {"user", PAM_USER}, {"ruser", PAM_RUSER},     {"rhost", PAM_RHOST},
    {"tty", PAM_TTY},   {"service", PAM_SERVICE},
};

static const struct name flags[] = {
    {"silent", PAM_SILENT},
    {"nonull", PAM_DISALLOW_NULL_AUTHTOK},
    {"establish", PAM_ESTABLISH_CRED},
    {"delete", PAM_DELETE_CRED},
    {"reinitialize", PAM_REINITIALIZE_CRED},
    {"refresh", PAM_REFRESH_CRED},
};

void
session_fail(const char *what)
{
    fprintf(stderr, "driver: %s\n", what);
    exit(2);
}

static int
flag_of(const char *name)
{
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strcmp(flags[i].name, name) == 0)
            return flags[i].value;
    if (name[0] != '\0')
        session_fail("unknown flag");
    return 0;
}

/* --- operations: each takes what stands behind its colon --- */

static int
do_authenticate(struct session *session, const char *argument)
{
    return pam_authenticate(session->pamh, flag_of(argument));
}

static int
do_setcred(struct session *session, const char *argument)
{
    return pam_setcred(session->pamh, flag_of(argument));
}

static int
do_acct_mgmt(struct session *session, const char *argument)
{
    return pam_acct_mgmt(session->pamh, flag_of(argument));
}

/* set:ITEM=VALUE; without "=VALUE" the item becomes NULL. */
static int
do_set(struct session *session, const char *argument)
{
    size_t len = strcspn(argument, "=");
    const char *value = argument[len] == '=' ? argument + len + 1 : NULL;

    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        if (strlen(items[i].name) == len && strncmp(items[i].name, argument, len) == 0)
            return pam_set_item(session->pamh, items[i].value, value);
    session_fail("unknown item");
    return PAM_BAD_ITEM;
}

static int
do_putenv(struct session *session, const char *argument)
{
    return pam_putenv(session->pamh, argument);
}

static int
do_conv(struct session *session, const char *argument)
{
    if (!talk_set_mode(&session->talk, argument))
        session_fail("unknown kind of conversation");
    return PAM_SUCCESS;
}

static int
do_env(struct session *session, const char *argument)
{
    char **list = pam_getenvlist(session->pamh);
    char word[2048];

    (void)argument;
    for (char **at = list; at != NULL && *at != NULL; at++) {
        printable_write(word, sizeof word, *at, 1);
        printable_line(session->plan->out, "variable %s\n", word);
        free(*at);
    }
    free(list);
    return PAM_SUCCESS;
}

/* The rest happens in a child, while the parent waits and then ends its own handle. */
static int
do_fork(struct session *session, const char *argument)
{
    pid_t child = fork();
    int status = 0;

    (void)argument;
    if (child == 0) {
        session->is_child = true;
        return PAM_SUCCESS;
    }
    if (child == -1 || waitpid(child, &status, 0) != child)
        session_fail("cannot fork");
    printable_line(session->plan->out, "child %d\n", status);
    return PAM_SUCCESS;
}

/* Until somebody who looked at the process lets it go on. */
static int
do_stop(struct session *session, const char *argument)
{
    (void)session;
    (void)argument;
    return raise(SIGSTOP) == 0 ? PAM_SUCCESS : PAM_SYSTEM_ERR;
}

static const struct operation {
    const char *name;
    int (*run)(struct session *session, const char *argument);
} operations[] = {
    {"authenticate", do_authenticate},
    {"setcred", do_setcred},
    {"acct_mgmt", do_acct_mgmt},
    {"set", do_set},
    {"putenv", do_putenv},
    {"conv", do_conv},
    {"env", do_env},
    {"fork", do_fork},
    {"stop", do_stop},
};

static const struct operation *
operation_of(const char *text, const char **ret_argument)
{
    size_t len = strcspn(text, ":");

    *ret_argument = text[len] == ':' ? text + len + 1 : "";
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strlen(operations[i].name) == len && strncmp(operations[i].name, text, len) == 0)
            return &operations[i];
    session_fail("unknown operation");
    return NULL;
}

/* --- one session --- */

static void
report(struct session *session, int number, const char *name, int code)
{
    struct plan *plan = session->plan;

    if (code < 0 || code >= SESSION_CODES)
        abort();
    if (plan->cycles != 0)
        atomic_fetch_add(&plan->tally[number][code], 1);
    else
        printable_line(plan->out, "%s %s\n", name, session_code_names[code]);
}

static void
compare_state(struct session *session, const struct state *before, const char *when)
{
    struct state *after = state_take();
    const char *difference = state_difference(before, after);

    if (difference != NULL)
        printable_line(session->plan->out, "changed %s by %s\n", difference, when);
    free(after);
}

static void
run_operations(struct session *session, const struct state *before)
{
    struct plan *plan = session->plan;

    for (int i = 0; i < plan->count; i++) {
        const char *argument;
        const struct operation *operation = operation_of(plan->operations[i], &argument);
        int code = operation->run(session, argument);

        if (operation->run == do_fork && !session->is_child)
            break;
        report(session, i, plan->operations[i], code);
        if (before != NULL)
            compare_state(session, before, plan->operations[i]);
    }
}

void
session_run(struct plan *plan, const struct state *before)
{
    struct session session = {.plan = plan};
    struct pam_conv conversation = {talk_converse, &session.talk};
    int code;
    union {
        void (*function)(int, unsigned, void *);
        const void *item;
    } delay = {.function = talk_delay};

    session.talk = (struct talk){.answers = plan->answers,
                                 .left = plan->answers_len,
                                 .out = plan->cycles == 0 ? plan->out : -1};
    code = pam_start_confdir(plan->service, strcmp(plan->user, "-") == 0 ? NULL : plan->user,
                             &conversation, plan->confdir, &session.pamh);
    if (code != PAM_SUCCESS || pam_set_item(session.pamh, PAM_FAIL_DELAY, delay.item) != code)
        session_fail("cannot start PAM");
    run_operations(&session, before);
    code = pam_end(session.pamh, code);
    if (plan->cycles == 0 || code != PAM_SUCCESS)
        printable_line(plan->out, "end %s\n", session_code_names[code]);
    if (before != NULL)
        compare_state(&session, before, "end");
    if (session.is_child)
        _exit(0);
}
