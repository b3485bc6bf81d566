/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One authentication, from the first message to its end: what all mechanisms have in common.
 * libsasl may run each step in another thread; nothing is kept but in the exchange.
 */
#ifndef SASL_PAT_EXCHANGE_H
#define SASL_PAT_EXCHANGE_H

#include "core/pat.h"
#include "sasl_pat/message.h"
#include "sasl_pat/options.h"

enum pat_exchange_state {
    PAT_EXCHANGE_FRESH,
    PAT_EXCHANGE_ASKED,  /* for a first message, or for a password */
    PAT_EXCHANGE_FAILED, /* and told; the client's next message says nothing */
    PAT_EXCHANGE_DONE,
};

struct pat_exchange {
    const struct pat_options *options; /* the plugin's */
    enum pat_exchange_state state;
    struct pat_message message;
    /* The token's: "user" or "user@realm". slapd keeps a pointer to it until the end. */
    char owner[PAT_USER_MAX + 1 + PAT_REALM_MAX + 1];
};

/* mech_new and mech_dispose of every mechanism; the global context is a struct pat_options. */
int pat_exchange_new(void *options, sasl_server_params_t *params, const char *challenge,
                     unsigned challenge_len, void **ret);
void pat_exchange_free(void *exchange, const sasl_utils_t *utils);

/*
 * Judges exchange->message.secret: PAT_CLASS_OTHER when it is not a token, without asking anybody.
 * Fills owner for PAT_CLASS_ACCEPTED. login may be NULL: then the token alone says whose it is.
 */
enum pat_class pat_exchange_ask(struct pat_exchange *exchange, const sasl_server_params_t *params,
                                const char *login);

/*
 * Tells libsasl who it is, and, once that is verified, who they want to act as when that is
 * somebody else (message.requested; the application decides whether they may). SASL codes of ours.
 */
int pat_exchange_name(const struct pat_exchange *exchange, sasl_server_params_t *params,
                      const char *name, sasl_out_params_t *oparams);
int pat_exchange_act(const struct pat_exchange *exchange, sasl_server_params_t *params,
                     const char *name, sasl_out_params_t *oparams);

/* SASL_OK, and what libsasl wants to hear with it. */
int pat_exchange_succeed(struct pat_exchange *exchange, sasl_out_params_t *oparams);

/* Passes the code on, and forgets the identity that an attempt may have left. exchange may be NULL:
 * libsasl frees it when it failed, and still hands on what the application got afterwards. */
int pat_exchange_fail(struct pat_exchange *exchange, sasl_server_params_t *params, int code);

#endif
