/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the module asks of libpam: the real one answers, unless a call is one that fails. And what
 * libpam itself would tell the rest of the host, which is nobody's business here.
 */
#undef _FORTIFY_SOURCE /* the headers would define what is defined here */
#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>

#include "core/base/text.h"
#include "tests/fuzz/pam_world.h"

#define EXPORT __attribute__((visibility("default")))

int __wrap_pam_set_item(pam_handle_t *pamh, int which, const void *item);
int __real_pam_set_item(pam_handle_t *pamh, int which, const void *item);
int __wrap_pam_set_data(pam_handle_t *pamh, const char *name, void *data,
                        void (*cleanup)(pam_handle_t *pamh, void *data, int status));
int __real_pam_set_data(pam_handle_t *pamh, const char *name, void *data,
                        void (*cleanup)(pam_handle_t *pamh, void *data, int status));
int __wrap_pam_get_user(pam_handle_t *pamh, const char **ret, const char *prompt);
int __real_pam_get_user(pam_handle_t *pamh, const char **ret, const char *prompt);
int __wrap_pam_get_authtok(pam_handle_t *pamh, int which, const char **ret, const char *prompt);
int __real_pam_get_authtok(pam_handle_t *pamh, int which, const char **ret, const char *prompt);
int __wrap_pam_putenv(pam_handle_t *pamh, const char *text);
int __real_pam_putenv(pam_handle_t *pamh, const char *text);
int __wrap_pam_fail_delay(pam_handle_t *pamh, unsigned microseconds);
int __real_pam_fail_delay(pam_handle_t *pamh, unsigned microseconds);
struct passwd *__wrap_pam_modutil_getpwnam(pam_handle_t *pamh, const char *user);
void __wrap_pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void __syslog_chk(int priority, int flag, const char *format, ...);
int audit_open(void);

/* To forget takes no memory. */
int
__wrap_pam_set_item(pam_handle_t *pamh, int which, const void *item)
{
    return item != NULL && pam_world_strikes() ? PAM_BUF_ERR
                                               : __real_pam_set_item(pamh, which, item);
}

/* What is there already is replaced without any memory. */
int
__wrap_pam_set_data(pam_handle_t *pamh, const char *name, void *data,
                    void (*cleanup)(pam_handle_t *pamh, void *data, int status))
{
    return data != NULL && pam_world_strikes() ? PAM_BUF_ERR
                                               : __real_pam_set_data(pamh, name, data, cleanup);
}

int
__wrap_pam_get_user(pam_handle_t *pamh, const char **ret, const char *prompt)
{
    static const int codes[] = {PAM_BUF_ERR, PAM_CONV_ERR, PAM_SYSTEM_ERR, PAM_ABORT};

    pam_world.spoke_early |= !pam_world.delayed;
    return pam_world_strikes() ? codes[pam_world.calls % 4]
                               : __real_pam_get_user(pamh, ret, prompt);
}

int
__wrap_pam_get_authtok(pam_handle_t *pamh, int which, const char **ret, const char *prompt)
{
    static const int codes[] = {PAM_BUF_ERR, PAM_AUTH_ERR, PAM_AUTHTOK_ERR, PAM_IGNORE};
    int code = pam_world_strikes() ? codes[pam_world.calls % 4]
                                   : __real_pam_get_authtok(pamh, which, ret, prompt);

    if (pam_world.armed && code == PAM_SUCCESS && *ret != NULL)
        FUZZ_CHECK(pat_text_set(pam_world.typed, sizeof pam_world.typed, *ret) == PAT_OK);
    return code;
}

int
__wrap_pam_putenv(pam_handle_t *pamh, const char *text)
{
    return pam_world_strikes() ? PAM_BUF_ERR : __real_pam_putenv(pamh, text);
}

int
__wrap_pam_fail_delay(pam_handle_t *pamh, unsigned microseconds)
{
    pam_world.delayed = true;
    FUZZ_CHECK(microseconds > 0);
    return pam_world_strikes() ? PAM_SYSTEM_ERR : __real_pam_fail_delay(pamh, microseconds);
}

int64_t
pam_world_uid(const char *account)
{
    static const struct {
        const char *name;
        int64_t uid;
    } accounts[] = {{"alice", 1500}, {"bob", 1501}, {"root", 0}, {"toor", 0}};

    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++)
        if (strcmp(accounts[i].name, account) == 0)
            return accounts[i].uid;
    return -1;
}

struct passwd *
__wrap_pam_modutil_getpwnam(pam_handle_t *pamh, const char *user)
{
    static struct passwd account;
    int64_t uid = pam_world_uid(user);

    (void)pamh;
    if (uid == -1 || pam_world_strikes())
        return NULL;
    account = (struct passwd){.pw_uid = (uid_t)uid};
    return &account;
}

void
__wrap_pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
{
    char line[2048];
    va_list list;

    (void)pamh;
    FUZZ_CHECK(priority >= LOG_CRIT && priority <= LOG_DEBUG);
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    FUZZ_CHECK_TEXT(!pam_world_is_secret(line), line);
}

/* --- libpam's own --- */

EXPORT void
__syslog_chk(int priority, int flag, const char *format, ...)
{
    (void)priority;
    (void)flag;
    (void)format;
}

/* As in a kernel without audit. */
EXPORT int
audit_open(void)
{
    errno = EPROTONOSUPPORT;
    return -1;
}

/* --- stacks --- */

const char *const pam_world_stacks[PAM_WORLD_STACKS] = {"only", "behind", "first", "alone"};

/* Only tokens; passwords behind them; a module before that has asked already; nothing else. */
static const char *const lines[PAM_WORLD_STACKS] = {
    ("auth [success=1 default=ignore] %s pat\n"
     "auth requisite %s deny\n"
     "auth required %s permit\n"
     "account required %s pat\n"
     "account required %s permit\n"),
    ("auth [success=2 default=ignore] %s pat\n"
     "auth [success=1 default=ignore] %s password\n"
     "auth requisite %s deny\n"
     "auth required %s permit\n"
     "account required %s pat\n"
     "account required %s permit\n"),
    ("auth optional %s asked\n"
     "auth [success=2 default=ignore] %s pat use_first_pass\n"
     "auth [success=1 default=ignore] %s password\n"
     "auth requisite %s deny\n"
     "auth required %s permit\n"
     "account required %s permit\n"),
    ("auth required %s pat try_first_pass\n"
     "account required %s permit\n"),
};

/* It lies where libtool puts it, beside the program. */
static void
load_stub(const struct pam_stub_calls *calls, char *ret_path, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", ret_path, size - 40);
    const struct pam_stub_calls **its;
    void *stub;

    FUZZ_CHECK(len > 0);
    ret_path[len] = '\0';
    snprintf(strrchr(ret_path, '/'), 40, "/.libs/pam_stub.so");
    stub = dlopen(ret_path, RTLD_NOW);
    FUZZ_CHECK_TEXT(stub != NULL, ret_path);
    its = dlsym(stub, "pam_stub_calls");
    FUZZ_CHECK(its != NULL);
    *its = calls;
}

const char *
pam_world_directory(const struct pam_stub_calls *calls)
{
    const char *dir = fuzz_directory();
    char stub[4096], path[1000];

    load_stub(calls, stub, sizeof stub);
    for (size_t i = 0; i < PAM_WORLD_STACKS; i++) {
        FILE *file;

        snprintf(path, sizeof path, "%s/%s", dir, pam_world_stacks[i]);
        file = fopen(path, "we");
        FUZZ_CHECK(file != NULL);
        for (const char *at = lines[i]; *at != '\0'; at++)
            if (at[0] == '%' && at[1] == 's')
                FUZZ_CHECK(fputs(stub, file) >= 0 && *++at == 's');
            else
                FUZZ_CHECK(fputc(*at, file) != EOF);
        FUZZ_CHECK(fclose(file) == 0);
    }
    return dir;
}
