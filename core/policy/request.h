/* SPDX-License-Identifier: BSD-2-Clause */
/* What a service asks, and what it is told. */
#ifndef PAT_POLICY_REQUEST_H
#define PAT_POLICY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/secret.h"
#include "core/policy/cidr.h"
#include "core/policy/name.h"
#include "core/policy/scope.h"
#include "core/policy/verdict.h"
#include "core/token/token.h"

#define PAT_NONCE_LEN 16

/* Holds a secret: clear it with pat_secret_wipe(). Names are as the service gave them. */
struct pat_request {
    unsigned char nonce[PAT_NONCE_LEN];
    char service[PAT_SERVICE_MAX + 1];
    bool has_login; /* false for mechanisms that carry no name */
    char login[PAT_LOGIN_MAX + 1];
    bool has_realm;
    char realm[PAT_REALM_MAX + 1];
    char tenant[PAT_TENANT_MAX + 1]; /* a claim: only tokens of this tenant; empty: none */
    bool has_address;
    char address[PAT_ADDRESS_MAX + 1]; /* numeric */
    bool wants_scopes;                 /* asks for the effective scopes in the answer */
    bool wants_end;                    /* asks how long the token goes on working */
    struct pat_secret token;
};

/* All zero unless class is PAT_CLASS_ACCEPTED, but for class and nonce. */
struct pat_answer {
    unsigned char nonce[PAT_NONCE_LEN];
    enum pat_class class;
    char id[PAT_ID_LEN + 1];
    char tenant[PAT_TENANT_MAX + 1];
    char user[PAT_USER_MAX + 1];
    char realm[PAT_REALM_MAX + 1]; /* may be empty */
    bool has_uid;                  /* only for local services */
    uint32_t uid;                  /* of the bound account */
    char scopes[PAT_SCOPES_TEXT];  /* only when asked for */
    bool has_end;                  /* only when asked for, and if the token ends at all */
    uint32_t seconds_left;         /* until it does, from the decision on */
    bool is_replaced;              /* it has a successor already */
};

#endif
