/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PLAIN (RFC 4616) and LOGIN in place of the stock mechanisms: tokens go to patd, and every other
 * password to the application's own verifier. mech_step of each.
 */
#ifndef SASL_PAT_PLAIN_H
#define SASL_PAT_PLAIN_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

int pat_plain_plain(void *exchange, sasl_server_params_t *params, const char *in, unsigned in_len,
                    const char **out, unsigned *out_len, sasl_out_params_t *oparams);
int pat_plain_login(void *exchange, sasl_server_params_t *params, const char *in, unsigned in_len,
                    const char **out, unsigned *out_len, sasl_out_params_t *oparams);

#endif
