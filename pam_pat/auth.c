/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Authentication: take what was typed, judge its shape, ask patd, and let no refused token go on
 * to the next module. Runs inside sshd, su and others, as root or not. It keeps nothing but the
 * name of an authenticated user, changes nothing of the process, and never trusts a name over the
 * answer of patd.
 */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>

#include "core/base/text.h"
#include "core/pat.h"
#include "pam_pat/auth.h"
#include "pam_pat/notice.h"
#include "pam_pat/result.h"

#define DATA_NAME "pam_pat"
#define DELAY_MICROSECONDS 2000000U

/* What sshd puts in place of the password of a user who may not log in, by our own hand. */
static const char junk[] = "\b\n\r\177INCORRECT";

/* --- what later calls remember --- */

/* su and login call this twice, in two processes: it may only free. */
static void
free_data(pam_handle_t *pamh, void *data, int status)
{
    (void)pamh;
    (void)status;
    free(data);
}

void
pat_auth_forget(pam_handle_t *pamh)
{
    if (pam_set_data(pamh, DATA_NAME, NULL, NULL) != PAM_SUCCESS)
        pam_syslog(pamh, LOG_ERR, "cannot clear what an earlier attempt left");
}

static int
remember(pam_handle_t *pamh, const char *user)
{
    char *copy = strdup(user);

    if (copy == NULL)
        return PAM_BUF_ERR;
    if (pam_set_data(pamh, DATA_NAME, copy, free_data) == PAM_SUCCESS)
        return PAM_SUCCESS;
    free(copy);
    return PAM_BUF_ERR;
}

bool
pat_auth_remembers(pam_handle_t *pamh)
{
    const void *user = NULL, *data = NULL;

    return pam_get_data(pamh, DATA_NAME, &data) == PAM_SUCCESS && data != NULL &&
           pam_get_item(pamh, PAM_USER, &user) == PAM_SUCCESS && user != NULL &&
           strcmp(user, data) == 0;
}

/* --- what the application says --- */

static const char *
item(const pam_handle_t *pamh, int which)
{
    const void *text = NULL;

    return pam_get_item(pamh, which, &text) == PAM_SUCCESS && text != NULL ? text : "";
}

/*
 * The remote address, only when it is numeric: names are never resolved here. sshd tells it in
 * SSH_CONNECTION even when PAM_RHOST is a name; other programs could hand a user's own over.
 */
static void
take_address(pam_handle_t *pamh, struct pat_request *request)
{
    const char *connection = pam_getenv(pamh, "SSH_CONNECTION");
    const char *text = item(pamh, PAM_RHOST);
    size_t len = strlen(text);

    if (connection != NULL && pat_text_equal(item(pamh, PAM_TTY), "ssh")) {
        text = connection;
        len = strcspn(connection, " ");
    }
    request->has_address = pat_text_copy(request->address, sizeof request->address, text, len) ==
                               PAT_OK &&
                           pat_cidr_numeric(request->address);
    if (!request->has_address)
        request->address[0] = '\0';
}

/* False for names that cannot be asked about; patd judges the rest of them. */
static bool
fill_request(pam_handle_t *pamh, const struct pat_args *args, const char *user, const char *token,
             struct pat_request *request)
{
    const char *service = args->service != NULL ? args->service : item(pamh, PAM_SERVICE);

    request->has_login = true;
    request->wants_scopes = args->putenv;
    request->wants_end = !args->quiet;
    take_address(pamh, request);
    return user[0] != '\0' && service[0] != '\0' &&
           pat_text_set(request->login, sizeof request->login, user) == PAT_OK &&
           pat_text_set(request->service, sizeof request->service, service) == PAT_OK &&
           pat_text_set(request->tenant, sizeof request->tenant,
                        args->tenant == NULL ? "" : args->tenant) == PAT_OK &&
           pat_secret_set(&request->token, token, strlen(token)) == PAT_OK;
}

/* --- what is done with the answer --- */

/* SECURITY: a refused token must not reach a module that would send or log it. */
static void
replace_token(pam_handle_t *pamh, size_t len)
{
    char *text = malloc(len + 1);
    int code = PAM_BUF_ERR;

    if (text != NULL) {
        for (size_t i = 0; i < len; i++)
            text[i] = junk[i % (sizeof junk - 1)];
        text[len] = '\0';
        code = pam_set_item(pamh, PAM_AUTHTOK, text);
    }
    free(text);
    if (code != PAM_SUCCESS && pam_set_item(pamh, PAM_AUTHTOK, NULL) != PAM_SUCCESS)
        pam_syslog(pamh, LOG_CRIT, "cannot take a refused token away from the modules behind");
}

/* The account of a local service must still be the one that was bound. */
static bool
is_bound_account(pam_handle_t *pamh, const char *user, const struct pat_answer *answer)
{
    const struct passwd *account;

    if (!answer->has_uid)
        return true;
    account = pam_modutil_getpwnam(pamh, user);
    if (account != NULL && account->pw_uid == answer->uid)
        return true;
    pam_syslog(pamh, LOG_NOTICE,
               "event=verify verdict=wrong-user token=%s uid=%u: the account is not the one that "
               "was bound",
               answer->id, answer->uid);
    return false;
}

static int
set_variable(pam_handle_t *pamh, const char *name, const char *value)
{
    char text[PAT_SCOPES_TEXT + 32];
    size_t len = strlen(name);

    pat_text_clip(text, sizeof text, name);
    pat_text_clip(text + len, sizeof text - len, value);
    return pam_putenv(pamh, text);
}

/* For information only: a session that lacks them is still a session. */
static void
export_answer(pam_handle_t *pamh, const struct pat_answer *answer)
{
    if (set_variable(pamh, "PAT_ID=", answer->id) != PAM_SUCCESS ||
        set_variable(pamh, "PAT_TENANT=", answer->tenant) != PAM_SUCCESS ||
        set_variable(pamh, "PAT_SCOPES=", answer->scopes) != PAM_SUCCESS)
        pam_syslog(pamh, LOG_WARNING, "cannot set PAT_ variables");
}

static int
ask(pam_handle_t *pamh, const struct pat_args *args, const char *user, const char *token)
{
    struct pat_request request = {.has_login = false};
    struct pat_answer answer = {.class = PAT_CLASS_REFUSED};
    enum pat_err err = PAT_OK;
    int code;

    if (fill_request(pamh, args, user, token, &request))
        err = pat_client_ask(args->socket, &request, &answer);
    else
        pam_syslog(pamh, LOG_NOTICE, "event=verify verdict=illegal-name");
    pat_secret_wipe(&request, sizeof request);
    if (err != PAT_OK)
        pam_syslog(pamh, LOG_ERR, "cannot ask patd on %s: %s", args->socket, pat_err_text(err));
    else if (answer.class == PAT_CLASS_NOT_PERMITTED)
        pam_syslog(pamh, LOG_ERR, "this process may not ask about this service or user");
    if (answer.class == PAT_CLASS_ACCEPTED && !is_bound_account(pamh, user, &answer))
        answer.class = PAT_CLASS_REFUSED;
    if (answer.class != PAT_CLASS_ACCEPTED)
        return pat_result_of(answer.class);
    if (args->putenv)
        export_answer(pamh, &answer);
    if (args->debug)
        pam_syslog(pamh, LOG_DEBUG, "token %s of tenant %s accepted", answer.id, answer.tenant);
    code = remember(pamh, user);
    if (code == PAM_SUCCESS && !args->quiet)
        pat_notice_say(pamh, &answer);
    return code;
}

/* --- the whole --- */

static int
judge(pam_handle_t *pamh, const struct pat_args *args, const char *user, const char *text)
{
    struct pat_token token;
    size_t len = strlen(text);
    int code = PAM_CRED_INSUFFICIENT;

    switch (pat_token_read(text, len, &token)) {
    case PAT_SHAPE_OTHER:
        if (args->debug)
            pam_syslog(pamh, LOG_DEBUG, "not a token");
        return code;
    case PAT_SHAPE_MALFORMED:
        pam_syslog(pamh, LOG_NOTICE, "event=verify verdict=malformed");
        code = PAM_AUTH_ERR;
        break;
    case PAT_SHAPE_TOKEN:
        code = ask(pamh, args, user, text);
        break;
    }
    pat_token_clear(&token);
    if (code != PAM_SUCCESS)
        replace_token(pamh, len);
    return code;
}

/* PAM_CONV_AGAIN is an application that answers later; anything else has no answer for us. */
static int
conversation_result(int code)
{
    return code == PAM_CONV_AGAIN ? PAM_INCOMPLETE : PAM_AUTHTOK_ERR;
}

int
pat_auth_run(pam_handle_t *pamh, const struct pat_args *args)
{
    const char *user = NULL, *text = NULL;
    int code;

    if (!args->nodelay && pam_fail_delay(pamh, DELAY_MICROSECONDS) != PAM_SUCCESS)
        pam_syslog(pamh, LOG_WARNING, "cannot ask for a delay");
    code = pam_get_user(pamh, &user, NULL);
    if (code != PAM_SUCCESS || user == NULL)
        return conversation_result(code);
    code = pam_get_authtok(pamh, PAM_AUTHTOK, &text, NULL);
    if (code != PAM_SUCCESS || text == NULL)
        return code == PAM_AUTH_ERR ? PAM_CRED_INSUFFICIENT : conversation_result(code);
    return judge(pamh, args, user, text);
}
