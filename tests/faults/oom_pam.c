/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_pat without memory: every allocation of the module fails, and every call of libpam that needs
 * one, and the question to patd, once and from there on. libpam and patd are a few lines here.
 *
 * Nobody gets in but by a good token, no code is PAM_IGNORE where that lets somebody in, a token
 * that was not accepted does not stay for the next module, and nothing is left.
 */
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>

#include "core/pat.h"
#include "tests/faults/fault.h"
#include "tests/faults/figures.h"
#include "tests/faults/memory.h"

static const struct pat_token good = {
    .tenant = "acme", .id = "zzzzzzzz", .secret = "00000000000000000000000000"};
static char good_text[PAT_TOKEN_MAX + 1], other_text[PAT_TOKEN_MAX + 1],
    malformed_text[PAT_TOKEN_MAX + 1];

enum item { USER, AUTHTOK, RHOST, TTY, SERVICE, ITEMS };

struct pam_handle {
    const char *user, *typed;
    char *items[ITEMS];
    void *data;
    void (*free_data)(pam_handle_t *, void *, int);
    int variables;
};

/* --- libpam --- */

static int
item_of(int which)
{
    return which == PAM_USER      ? USER
           : which == PAM_AUTHTOK ? AUTHTOK
           : which == PAM_RHOST   ? RHOST
           : which == PAM_TTY     ? TTY
                                  : SERVICE;
}

int
pam_set_item(pam_handle_t *pamh, int which, const void *text)
{
    char **at = &pamh->items[item_of(which)];
    char *made = NULL;

    if (text != NULL && (made = strdup(text)) == NULL)
        return PAM_BUF_ERR;
    free(*at);
    *at = made;
    return PAM_SUCCESS;
}

int
pam_get_item(const pam_handle_t *pamh, int which, const void **ret)
{
    *ret = pamh->items[item_of(which)];
    return PAM_SUCCESS;
}

int
pam_set_data(pam_handle_t *pamh, const char *name, void *data,
             void (*free_data)(pam_handle_t *, void *, int))
{
    (void)name;
    if (pamh->free_data != NULL)
        pamh->free_data(pamh, pamh->data, PAM_DATA_REPLACE);
    else if (fault_strikes(FAULT_MEMORY))
        return PAM_BUF_ERR; /* what is there is replaced without any */
    pamh->data = data;
    pamh->free_data = free_data;
    return PAM_SUCCESS;
}

int
pam_get_data(const pam_handle_t *pamh, const char *name, const void **ret)
{
    (void)name;
    *ret = pamh->data;
    return pamh->data == NULL ? PAM_NO_MODULE_DATA : PAM_SUCCESS;
}

int
pam_get_user(pam_handle_t *pamh, const char **ret, const char *prompt)
{
    (void)prompt;
    if (pamh->items[USER] == NULL && pam_set_item(pamh, PAM_USER, pamh->user) != PAM_SUCCESS)
        return PAM_BUF_ERR;
    *ret = pamh->items[USER];
    return PAM_SUCCESS;
}

int
pam_get_authtok(pam_handle_t *pamh, int which, const char **ret, const char *prompt)
{
    (void)prompt;
    if (pamh->items[AUTHTOK] == NULL && pam_set_item(pamh, which, pamh->typed) != PAM_SUCCESS)
        return PAM_BUF_ERR;
    *ret = pamh->items[AUTHTOK];
    return PAM_SUCCESS;
}

const char *
pam_getenv(pam_handle_t *pamh, const char *name)
{
    (void)pamh;
    (void)name;
    return NULL;
}

int
pam_putenv(pam_handle_t *pamh, const char *text)
{
    (void)text;
    pamh->variables++;
    return fault_strikes(FAULT_MEMORY) ? PAM_BUF_ERR : PAM_SUCCESS;
}

int
pam_fail_delay(pam_handle_t *pamh, unsigned microseconds)
{
    (void)pamh;
    (void)microseconds;
    return fault_strikes(FAULT_MEMORY) ? PAM_SYSTEM_ERR : PAM_SUCCESS;
}

struct passwd *
pam_modutil_getpwnam(pam_handle_t *pamh, const char *user)
{
    static struct passwd account = {.pw_uid = 1500};

    (void)pamh;
    return fault_strikes(FAULT_MEMORY) || strcmp(user, "alice") != 0 ? NULL : &account;
}

int
pam_prompt(pam_handle_t *pamh, int style, char **response, const char *format, ...)
{
    (void)pamh;
    (void)style;
    (void)response;
    (void)format;
    return fault_strikes(FAULT_MEMORY) ? PAM_BUF_ERR : PAM_SUCCESS;
}

void
pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
{
    char line[512];
    va_list args;

    (void)pamh;
    (void)priority;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (strstr(line, good_text) != NULL || strstr(line, other_text) != NULL)
        figures_found("a token is logged: %s", line);
}

/* --- patd --- */

enum pat_err __wrap_pat_client_ask(const char *socket_path, struct pat_request *request,
                                   struct pat_answer *ret);

enum pat_err
__wrap_pat_client_ask(const char *socket_path, struct pat_request *request, struct pat_answer *ret)
{
    bool is_good = request->token.len == strlen(good_text) &&
                   memcmp(request->token.bytes, good_text, request->token.len) == 0 &&
                   strcmp(request->login, "alice") == 0;

    (void)socket_path;
    memset(ret, 0, sizeof *ret);
    ret->class = PAT_CLASS_UNAVAILABLE;
    if (fault_strikes(FAULT_MEMORY))
        return PAT_ERR_IO;
    ret->class = is_good ? PAT_CLASS_ACCEPTED : PAT_CLASS_REFUSED;
    if (!is_good)
        return PAT_OK;
    snprintf(ret->id, sizeof ret->id, "zzzzzzzz");
    snprintf(ret->user, sizeof ret->user, "alice");
    snprintf(ret->tenant, sizeof ret->tenant, "acme");
    ret->has_uid = ret->has_end = true;
    ret->uid = 1500;
    ret->seconds_left = 3600;
    return PAT_OK;
}

/* --- one login --- */

static const struct login {
    const char *title, *user;
    const char *typed;
    int wanted; /* what authentication answers when nothing fails */
} logins[] = {
    {"good", "alice", good_text, PAM_SUCCESS},
    {"of another", "bob", good_text, PAM_AUTH_ERR},
    {"refused", "alice", other_text, PAM_AUTH_ERR},
    {"malformed", "alice", malformed_text, PAM_AUTH_ERR},
    {"password", "alice", "hunter2", PAM_CRED_INSUFFICIENT},
    {"empty", "alice", "", PAM_CRED_INSUFFICIENT},
};

static const struct words {
    int argc;
    const char *argv[4];
} lines[] = {
    {0, {NULL}},
    {2, {"putenv", "debug"}},
    {3, {"quiet", "nodelay", "service=sshd"}},
};

static unsigned long points, refused;

static void
complain(const struct login *login, const struct fault_plan *plan, const char *what, int code)
{
    figures_found("%s, point %ld%s: %s (%d)", login->title, plan->at,
                  plan->sticky ? " and all behind it" : "", what, code);
}

static bool
is_told(int code)
{
    static const int codes[] = {PAM_SUCCESS,          PAM_AUTH_ERR, PAM_CRED_INSUFFICIENT,
                                PAM_AUTHINFO_UNAVAIL, PAM_BUF_ERR,  PAM_AUTHTOK_ERR,
                                PAM_SERVICE_ERR};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] == code)
            return true;
    return false;
}

static void
check(const struct login *login, const struct fault_plan *plan, pam_handle_t *pamh, int code,
      int account)
{
    bool in = code == PAM_SUCCESS;
    const char *left = pamh->items[AUTHTOK];
    bool shaped = strncmp(login->typed, "pat_", 4) == 0;

    if (in && login->wanted != PAM_SUCCESS)
        complain(login, plan, "gets in", code);
    if (!is_told(code))
        complain(login, plan, "an answer that is none of ours", code);
    if (account != (in ? PAM_SUCCESS : PAM_IGNORE))
        complain(login, plan, "the account phase", account);
    if (shaped && !in && left != NULL && strcmp(left, login->typed) == 0 && pamh->data != NULL)
        complain(login, plan, "it is remembered", code);
    if (shaped && code != PAM_SUCCESS && left != NULL && strcmp(left, login->typed) == 0)
        complain(login, plan, "the token stays for the next module", code);
}

static void
end(pam_handle_t *pamh)
{
    if (pamh->free_data != NULL)
        pamh->free_data(pamh, pamh->data, PAM_SUCCESS);
    for (size_t i = 0; i < ITEMS; i++)
        free(pamh->items[i]);
}

static bool
run(const struct login *login, const struct words *words, bool again, const struct fault_plan *plan)
{
    struct pam_handle pamh = {.user = login->user, .typed = login->typed};
    int argc = words->argc, code, account;
    const char *argv[4];
    long before = memory_own();
    bool happened;

    memcpy(argv, words->argv, sizeof argv);
    FIGURES_NEED(pam_set_item(&pamh, PAM_SERVICE, "sshd") == PAM_SUCCESS);
    if (again) { /* the same handle has let somebody in before */
        pamh.user = "alice";
        pamh.typed = good_text;
        FIGURES_NEED(pam_sm_authenticate(&pamh, 0, argc, argv) == PAM_SUCCESS);
        pamh.user = login->user;
        pamh.typed = login->typed;
        FIGURES_NEED(pam_set_item(&pamh, PAM_USER, NULL) == PAM_SUCCESS &&
                     pam_set_item(&pamh, PAM_AUTHTOK, NULL) == PAM_SUCCESS);
    }
    fault_arm(plan);
    code = pam_sm_authenticate(&pamh, 0, argc, argv);
    account = pam_sm_acct_mgmt(&pamh, 0, argc, argv);
    happened = fault_happened();
    fault_disarm();
    if (!happened && code != login->wanted)
        complain(login, plan, "without a fault", code);
    check(login, plan, &pamh, code, account);
    points += happened;
    refused += happened && code != PAM_SUCCESS;
    end(&pamh);
    if (memory_own() != before)
        complain(login, plan, "something is left", code);
    return happened;
}

int
main(void)
{
    struct pat_token other = good;

    other.secret[0] = '1';
    pat_token_write(&good, good_text);
    pat_token_write(&other, other_text);
    pat_token_write(&good, malformed_text);
    malformed_text[20] = '7';
    for (int variant = 0; variant < 4; variant++)
        for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++)
            for (size_t j = 0; j < sizeof lines / sizeof lines[0]; j++) {
                struct fault_plan plan = {.kinds = FAULT_MEMORY, .sticky = variant % 2 != 0};

                for (plan.at = 1; run(&logins[i], &lines[j], variant >= 2, &plan); plan.at++)
                    continue;
            }
    support_figure(
        "no memory, pam_pat: %lu allocations and calls failed, %lu attempts refused, nobody "
        "in who may not, no token left for the next module, nothing left",
        points, refused);
    return figures_end();
}
