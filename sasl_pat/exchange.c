/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking patd for a SASL server and telling libsasl the answer. Runs inside smtpd, slapd, imapd
 * and others, in a chroot or not, in any thread. Texts of clients and secrets reach no log and no
 * error text: slapd and svnserve send those to the client. libsasl's formatter knows %s, and
 * crashes over "%.*s".
 */
#include <string.h>

#include "core/base/text.h"
#include "sasl_pat/code.h"
#include "sasl_pat/exchange.h"

int
pat_exchange_new(void *options, sasl_server_params_t *params, const char *challenge,
                 unsigned challenge_len, void **ret)
{
    struct pat_exchange *exchange = params->utils->malloc(sizeof *exchange);

    (void)challenge;
    (void)challenge_len;
    if (exchange == NULL)
        return SASL_UNAVAIL;
    memset(exchange, 0, sizeof *exchange);
    exchange->options = options;
    *ret = exchange;
    return SASL_OK;
}

void
pat_exchange_free(void *exchange, const sasl_utils_t *utils)
{
    if (exchange == NULL)
        return;
    pat_secret_wipe(exchange, sizeof(struct pat_exchange));
    utils->free(exchange);
}

/* --- asking --- */

/* libsasl writes "address;port", and nothing where the application did not tell. */
static void
take_address(const sasl_server_params_t *params, struct pat_request *request)
{
    const char *text = params->ipremoteport == NULL ? "" : params->ipremoteport;

    request->has_address = pat_text_copy(request->address, sizeof request->address, text,
                                         strcspn(text, ";")) == PAT_OK &&
                           pat_cidr_numeric(request->address);
    if (!request->has_address)
        request->address[0] = '\0';
}

/* False for names that cannot be asked about; patd judges the rest of them. */
static bool
fill_request(const struct pat_exchange *exchange, const sasl_server_params_t *params,
             const char *login, struct pat_request *request)
{
    take_address(params, request);
    request->has_login = login != NULL;
    return params->service != NULL && params->service[0] != '\0' &&
           pat_text_set(request->service, sizeof request->service, params->service) == PAT_OK &&
           pat_text_set(request->login, sizeof request->login, login == NULL ? "" : login) ==
               PAT_OK &&
           pat_secret_set(&request->token, exchange->message.secret,
                          exchange->message.secret_len) == PAT_OK;
}

/*
 * SECURITY: a bound uid comes with services of local accounts, and only pam_pat can compare it
 * with the account: in a chroot there is no NSS.
 */
static bool
take_owner(struct pat_exchange *exchange, const sasl_server_params_t *params,
           const struct pat_answer *answer)
{
    size_t len = strlen(answer->user);

    if (answer->has_uid) {
        params->utils->log(params->utils->conn, SASL_LOG_ERR,
                           "service %s is one of local accounts: pat.conf must say "
                           "\"accounts = virtual\"",
                           params->service);
        return false;
    }
    pat_text_clip(exchange->owner, sizeof exchange->owner, answer->user);
    if (answer->realm[0] == '\0')
        return true;
    exchange->owner[len] = '@';
    pat_text_clip(exchange->owner + len + 1, sizeof exchange->owner - len - 1, answer->realm);
    return true;
}

static enum pat_class
ask_patd(struct pat_exchange *exchange, const sasl_server_params_t *params, const char *login)
{
    const sasl_utils_t *utils = params->utils;
    struct pat_request request = {.has_login = false};
    struct pat_answer answer = {.class = PAT_CLASS_REFUSED};
    enum pat_err err = PAT_OK;

    if (fill_request(exchange, params, login, &request))
        err = pat_client_ask(exchange->options->socket, &request, &answer);
    else
        utils->log(utils->conn, SASL_LOG_FAIL, "event=verify verdict=illegal-name");
    pat_secret_wipe(&request, sizeof request);
    if (err != PAT_OK)
        utils->log(utils->conn, SASL_LOG_ERR, "cannot ask patd on %s: %s",
                   exchange->options->socket, pat_err_text(err));
    else if (answer.class == PAT_CLASS_NOT_PERMITTED)
        utils->log(utils->conn, SASL_LOG_ERR,
                   "this process may not ask patd about service %s: list its user in pat.conf",
                   params->service);
    /* SECURITY: "other" would hand the token to the site's own verifier. */
    if (answer.class == PAT_CLASS_OTHER ||
        (answer.class == PAT_CLASS_ACCEPTED && !take_owner(exchange, params, &answer)))
        return PAT_CLASS_REFUSED;
    return answer.class;
}

/*
 * SECURITY: a token that stands where a name goes would be logged as one, and sent on to the site's
 * own verifier. slapd gives us the first message of a mechanism as the name of a LOGIN before it.
 */
static bool
is_name(const char *text)
{
    struct pat_token token;
    enum pat_shape shape = pat_token_read(text, strlen(text), &token);

    pat_token_clear(&token);
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return shape == PAT_SHAPE_OTHER;
}

enum pat_class
pat_exchange_ask(struct pat_exchange *exchange, const sasl_server_params_t *params,
                 const char *login)
{
    const struct pat_message *message = &exchange->message;
    enum pat_class class = PAT_CLASS_OTHER;
    struct pat_token token;

    if (!is_name(message->login) || !is_name(message->requested)) {
        params->utils->log(params->utils->conn, SASL_LOG_FAIL, "event=verify verdict=illegal-name");
        return PAT_CLASS_REFUSED;
    }
    switch (pat_token_read(message->secret, message->secret_len, &token)) {
    case PAT_SHAPE_OTHER:
        break;
    case PAT_SHAPE_MALFORMED:
        params->utils->log(params->utils->conn, SASL_LOG_FAIL, "event=verify verdict=malformed");
        class = PAT_CLASS_REFUSED;
        break;
    case PAT_SHAPE_TOKEN:
        class = ask_patd(exchange, params, login);
        break;
    }
    pat_token_clear(&token);
    return class;
}

/* --- telling --- */

/* SECURITY: slapd would go on with the properties of whoever failed before on this connection. */
static void
forget_properties(const sasl_server_params_t *params)
{
    if (params->propctx != NULL)
        params->utils->prop_clear(params->propctx, 0);
}

static bool
is_self(const struct pat_exchange *exchange, const char *name)
{
    return exchange->message.requested[0] == '\0' ||
           pat_text_equal(exchange->message.requested, name);
}

/* "Externally verified": that auxprop does not know a user is no error by itself. */
int
pat_exchange_name(const struct pat_exchange *exchange, sasl_server_params_t *params,
                  const char *name, sasl_out_params_t *oparams)
{
    unsigned flags = SASL_CU_AUTHID | SASL_CU_EXTERNALLY_VERIFIED;

    if (is_self(exchange, name))
        flags |= SASL_CU_AUTHZID;
    forget_properties(params);
    return pat_code_narrowed(params->canon_user(params->utils->conn, name, 0, flags, oparams));
}

/* checkpass() may have looked up what the other one has, which begins without an asterisk. */
static void
forget_other_properties(const sasl_server_params_t *params)
{
    const struct propval *at = params->propctx == NULL ? NULL
                                                       : params->utils->prop_get(params->propctx);

    for (; at != NULL && at->name != NULL; at++)
        if (at->name[0] != '*' && at->values != NULL)
            params->utils->prop_erase(params->propctx, at->name);
}

int
pat_exchange_act(const struct pat_exchange *exchange, sasl_server_params_t *params,
                 const char *name, sasl_out_params_t *oparams)
{
    if (is_self(exchange, name))
        return SASL_OK;
    forget_other_properties(params);
    return pat_code_narrowed(params->canon_user(params->utils->conn, exchange->message.requested, 0,
                                                SASL_CU_AUTHZID, oparams));
}

int
pat_exchange_succeed(struct pat_exchange *exchange, sasl_out_params_t *oparams)
{
    pat_secret_wipe(exchange->message.secret, sizeof exchange->message.secret);
    exchange->state = PAT_EXCHANGE_DONE;
    oparams->doneflag = 1;
    oparams->mech_ssf = 0;
    oparams->maxoutbuf = 0;
    oparams->encode_context = NULL;
    oparams->encode = NULL;
    oparams->decode_context = NULL;
    oparams->decode = NULL;
    oparams->param_version = 0;
    return SASL_OK;
}

int
pat_exchange_fail(struct pat_exchange *exchange, sasl_server_params_t *params, int code)
{
    if (exchange != NULL) {
        pat_secret_wipe(&exchange->message, sizeof exchange->message);
        exchange->state = PAT_EXCHANGE_DONE;
    }
    forget_properties(params);
    return code;
}
