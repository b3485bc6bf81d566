/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A name and a password. SECURITY: what is token-shaped never reaches the site's verifier, nor its
 * auto_transition, which would keep it as the account's password in clear.
 */
#include <string.h>

#include "core/base/text.h"
#include "sasl_pat/code.h"
#include "sasl_pat/exchange.h"
#include "sasl_pat/plain.h"

/*
 * As the stock mechanisms do it: the canonical name, then pwcheck_method (and auto_transition by
 * it), then whom they want to act as: pwcheck_method "auxprop" sets that to the user again.
 */
static int
check_password(struct pat_exchange *exchange, sasl_server_params_t *params,
               sasl_out_params_t *oparams)
{
    const struct pat_message *message = &exchange->message;
    int code = pat_exchange_name(exchange, params, message->login, oparams);

    if (code == SASL_OK)
        code = pat_code_narrowed(params->utils->checkpass(params->utils->conn, oparams->authid,
                                                          oparams->alen, message->secret,
                                                          (unsigned)message->secret_len));
    if (code == SASL_OK)
        code = pat_exchange_act(exchange, params, message->login, oparams);
    return code;
}

static int
take_token(struct pat_exchange *exchange, sasl_server_params_t *params, sasl_out_params_t *oparams)
{
    int code;

    /* Asking to act as oneself, by the name that one typed, is no request. */
    if (pat_text_equal(exchange->message.requested, exchange->message.login))
        exchange->message.requested[0] = '\0';
    code = pat_exchange_name(exchange, params, exchange->owner, oparams);
    if (code == SASL_OK)
        code = pat_exchange_act(exchange, params, exchange->owner, oparams);
    return code;
}

static int
judge(struct pat_exchange *exchange, sasl_server_params_t *params, sasl_out_params_t *oparams)
{
    enum pat_class class = pat_exchange_ask(exchange, params, exchange->message.login);
    int code = pat_code_of(class);

    if (class == PAT_CLASS_OTHER)
        code = check_password(exchange, params, oparams);
    else if (code == SASL_OK)
        code = take_token(exchange, params, oparams);
    if (code == SASL_OK)
        return pat_exchange_succeed(exchange, oparams);
    return pat_exchange_fail(exchange, params, code);
}

static int
say(const char *text, const char **out, unsigned *out_len)
{
    *out = text;
    *out_len = (unsigned)strlen(text);
    return SASL_CONTINUE;
}

int
pat_plain_plain(void *context, sasl_server_params_t *params, const char *in, unsigned in_len,
                const char **out, unsigned *out_len, sasl_out_params_t *oparams)
{
    struct pat_exchange *exchange = context;

    *out = NULL;
    *out_len = 0;
    if (exchange != NULL && exchange->state == PAT_EXCHANGE_FRESH && (in == NULL || in_len == 0)) {
        exchange->state = PAT_EXCHANGE_ASKED;
        return say("", out, out_len);
    }
    if (exchange == NULL || exchange->state == PAT_EXCHANGE_DONE || in == NULL ||
        pat_message_plain(in, in_len, &exchange->message) != PAT_OK)
        return pat_exchange_fail(exchange, params, SASL_BADPROT);
    return judge(exchange, params, oparams);
}

/* The server begins; but a client may send the name with the name of the mechanism. */
int
pat_plain_login(void *context, sasl_server_params_t *params, const char *in, unsigned in_len,
                const char **out, unsigned *out_len, sasl_out_params_t *oparams)
{
    struct pat_exchange *exchange = context;

    *out = NULL;
    *out_len = 0;
    if (exchange == NULL)
        return pat_exchange_fail(exchange, params, SASL_BADPROT);
    if (exchange->state == PAT_EXCHANGE_FRESH && (in == NULL || in_len == 0)) {
        exchange->state = PAT_EXCHANGE_ASKED;
        return say("Username:", out, out_len);
    }
    if (exchange->state == PAT_EXCHANGE_DONE || (in == NULL && in_len != 0))
        return pat_exchange_fail(exchange, params, SASL_BADPROT);
    if (exchange->message.login[0] == '\0') {
        exchange->state = PAT_EXCHANGE_ASKED;
        if (pat_message_login_name(in, in_len, &exchange->message) != PAT_OK)
            return pat_exchange_fail(exchange, params, SASL_BADPROT);
        return say("Password:", out, out_len);
    }
    if (pat_message_login_secret(in, in_len, &exchange->message) != PAT_OK)
        return pat_exchange_fail(exchange, params, SASL_BADPROT);
    return judge(exchange, params, oparams);
}
