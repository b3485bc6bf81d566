/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The token says who it is; what the client calls itself is only who it wants to act as. A refusal
 * is told as JSON first, then, after the client's answer to it, as a failure.
 */
#include <string.h>

#include "sasl_pat/bearer.h"
#include "sasl_pat/code.h"
#include "sasl_pat/exchange.h"

/* One of a kind each: no two refusals look different. RFC 7628, section 3.2.2. */
static const char oauthbearer_refusal[] = "{\"status\":\"invalid_token\"}";
static const char xoauth2_refusal[] = "{\"status\":\"401\",\"schemes\":\"bearer\"}";

static int
judge(struct pat_exchange *exchange, sasl_server_params_t *params, const char *refusal,
      const char **out, unsigned *out_len, sasl_out_params_t *oparams)
{
    int code = pat_code_of(pat_exchange_ask(exchange, params, NULL));

    if (code == SASL_OK)
        code = pat_exchange_name(exchange, params, exchange->owner, oparams);
    if (code == SASL_OK)
        code = pat_exchange_act(exchange, params, exchange->owner, oparams);
    if (code == SASL_OK)
        return pat_exchange_succeed(exchange, oparams);
    code = pat_exchange_fail(exchange, params, code);
    if (code != SASL_BADAUTH)
        return code;
    exchange->state = PAT_EXCHANGE_FAILED;
    *out = refusal;
    *out_len = (unsigned)strlen(refusal);
    return SASL_CONTINUE;
}

typedef enum pat_err read_message(const char *bytes, size_t len, struct pat_message *ret);

static int
step(struct pat_exchange *exchange, sasl_server_params_t *params, read_message *read,
     const char *refusal, const char *in, unsigned in_len, const char **out, unsigned *out_len,
     sasl_out_params_t *oparams)
{
    *out = NULL;
    *out_len = 0;
    if (exchange == NULL)
        return pat_exchange_fail(exchange, params, SASL_BADPROT);
    switch (exchange->state) {
    case PAT_EXCHANGE_FRESH:
        if (in == NULL || in_len == 0) { /* no initial response: an empty challenge asks for it */
            exchange->state = PAT_EXCHANGE_ASKED;
            *out = "";
            return SASL_CONTINUE;
        }
        break;
    case PAT_EXCHANGE_ASKED:
        break;
    case PAT_EXCHANGE_FAILED:
        return pat_exchange_fail(exchange, params, SASL_BADAUTH);
    case PAT_EXCHANGE_DONE:
        return pat_exchange_fail(exchange, params, SASL_BADPROT);
    }
    if (in == NULL || read(in, in_len, &exchange->message) != PAT_OK)
        return pat_exchange_fail(exchange, params, SASL_BADPROT);
    return judge(exchange, params, refusal, out, out_len, oparams);
}

int
pat_bearer_oauthbearer(void *exchange, sasl_server_params_t *params, const char *in,
                       unsigned in_len, const char **out, unsigned *out_len,
                       sasl_out_params_t *oparams)
{
    return step(exchange, params, pat_message_oauthbearer, oauthbearer_refusal, in, in_len, out,
                out_len, oparams);
}

int
pat_bearer_xoauth2(void *exchange, sasl_server_params_t *params, const char *in, unsigned in_len,
                   const char **out, unsigned *out_len, sasl_out_params_t *oparams)
{
    return step(exchange, params, pat_message_xoauth2, xoauth2_refusal, in, in_len, out, out_len,
                oparams);
}
