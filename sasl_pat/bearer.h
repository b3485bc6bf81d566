/* SPDX-License-Identifier: BSD-2-Clause */
/* OAUTHBEARER (RFC 7628) and XOAUTH2 with a token as the bearer. mech_step of each. */
#ifndef SASL_PAT_BEARER_H
#define SASL_PAT_BEARER_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

int pat_bearer_oauthbearer(void *exchange, sasl_server_params_t *params, const char *in,
                           unsigned in_len, const char **out, unsigned *out_len,
                           sasl_out_params_t *oparams);
int pat_bearer_xoauth2(void *exchange, sasl_server_params_t *params, const char *in,
                       unsigned in_len, const char **out, unsigned *out_len,
                       sasl_out_params_t *oparams);

#endif
