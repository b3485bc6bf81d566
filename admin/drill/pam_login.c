/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SECURITY: modules run in a child that is forked for one attempt and keeps nothing but standard
 * streams on /dev/null. The token reaches it by memory: no argument, file or variable holds it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "admin/drill/pam_login.h"
#include "core/base/descriptor.h"
#include "core/base/secret.h"

#define LIBRARY "libpam.so.0"
#define STATUS_NO_LIBRARY 125

typedef int start_function(const char *service, const char *user, const struct pam_conv *conv,
                           pam_handle_t **ret);
typedef int item_function(pam_handle_t *pamh, int item, const void *value);
typedef int step_function(pam_handle_t *pamh, int number);

struct library {
    start_function *start;
    item_function *set_item;
    step_function *authenticate, *end;
};

/* A pointer to a function comes as one to data: POSIX wants it so. */
static bool
find(void *handle, const char *name, void *ret)
{
    void *at = dlsym(handle, name);

    memcpy(ret, &at, sizeof at);
    return at != NULL;
}

static bool
load(struct library *ret)
{
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    return handle != NULL && find(handle, "pam_start", &ret->start) &&
           find(handle, "pam_set_item", &ret->set_item) &&
           find(handle, "pam_authenticate", &ret->authenticate) &&
           find(handle, "pam_end", &ret->end);
}

/* Every hidden question is answered with the token, as a person would. */
static int
converse(int count, const struct pam_message **messages, struct pam_response **ret, void *data)
{
    struct pam_response *answers = calloc((size_t)count, sizeof *answers);

    if (answers == NULL)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++) {
        bool hidden = messages[i]->msg_style == PAM_PROMPT_ECHO_OFF;

        if (!hidden && messages[i]->msg_style != PAM_PROMPT_ECHO_ON)
            continue;
        answers[i].resp = strdup(hidden ? data : "");
        if (answers[i].resp == NULL)
            _exit(PAM_BUF_ERR); /* without a password a stack would refuse what it does not know */
    }
    *ret = answers;
    return PAM_SUCCESS;
}

/* The pause after a refusal is for guessers, and would be taken for the service's. */
static void
no_pause(int code, unsigned microseconds, void *data)
{
    (void)code;
    (void)microseconds;
    (void)data;
}

static int
authenticate(const struct library *library, const struct pam_login *login)
{
    const struct pam_conv conv = {.conv = converse, .appdata_ptr = (void *)(uintptr_t)login->token};
    void (*const pause)(int, unsigned, void *) = no_pause;
    const void *pause_item = NULL;
    pam_handle_t *pamh = NULL;
    int code = library->start(login->service, login->account, &conv, &pamh);

    if (code != PAM_SUCCESS)
        return code;
    memcpy(&pause_item, &pause, sizeof pause);
    (void)library->set_item(pamh, PAM_FAIL_DELAY, pause_item);
    (void)library->set_item(pamh, PAM_RUSER, login->account);
    code = library->authenticate(pamh, PAM_SILENT);
    (void)library->end(pamh, code);
    return code;
}

static _Noreturn void
log_in(const struct pam_login *login)
{
    struct library library;
    sigset_t none;
    int nowhere = open("/dev/null", O_RDWR), code;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (nowhere < 0 || dup2(nowhere, fd) < 0)
            _exit(STATUS_NO_LIBRARY);
    if (!pat_descriptor_close_from(STDERR_FILENO + 1) || !load(&library) ||
        setresuid(login->caller, 0, 0) != 0)
        _exit(STATUS_NO_LIBRARY);
    code = authenticate(&library, login);
    _exit(code < 0 || code >= STATUS_NO_LIBRARY ? PAM_SYSTEM_ERR : code);
}

/* What the codes mean that stacks end with; libpam's own texts need a handle. */
static const char *
sentence(int code)
{
    switch (code) {
    case PAM_AUTH_ERR:
        return "authentication failure";
    case PAM_AUTHINFO_UNAVAIL:
        return "patd does not answer";
    case PAM_CRED_INSUFFICIENT:
        return "insufficient credentials";
    case PAM_USER_UNKNOWN:
        return "the account is not known";
    case PAM_PERM_DENIED:
        return "permission denied";
    case PAM_MAXTRIES:
        return "too many tries";
    case PAM_ACCT_EXPIRED:
        return "the account has expired";
    case PAM_MODULE_UNKNOWN:
        return "a module of the stack cannot be loaded";
    case PAM_SERVICE_ERR:
    case PAM_SYSTEM_ERR:
    case PAM_ABORT:
        return "a failure in the stack";
    }
    return "refused";
}

enum run_end
pam_login(const struct pam_login *login, bool *ret_accepted, char said[RUN_SAID_MAX])
{
    enum run_end end;
    int status = 0;
    pid_t pid = fork();

    said[0] = '\0';
    if (pid == 0)
        log_in(login);
    if (pid < 0)
        return RUN_FAILED;
    end = run_wait(pid, login->seconds, login->interrupt, &status);
    if (end != RUN_ENDED)
        return end;
    if (status == STATUS_NO_LIBRARY)
        return RUN_MISSING;
    *ret_accepted = status == PAM_SUCCESS;
    if (!*ret_accepted)
        snprintf(said, RUN_SAID_MAX, "%s", sentence(status));
    return RUN_ENDED;
}
