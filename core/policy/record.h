/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the store knows, as plain data: every struct is one row, complete in itself, without
 * pointers. Times are microseconds since 1970 UTC. Text fields are NUL-terminated; sets stand in
 * their only form (scope.h, cidr.h). version counts the writes of a row from 1; 0 is "not stored".
 */
#ifndef PAT_POLICY_RECORD_H
#define PAT_POLICY_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy/cidr.h"
#include "core/policy/name.h"
#include "core/policy/scope.h"
#include "core/token/digest.h"
#include "core/token/token.h"

#define PAT_CONTACT_MAX 254
#define PAT_REALMS_TEXT 1024
#define PAT_LABEL_MAX 64
#define PAT_BATCH_MAX 31
#define PAT_REASON_MAX 512
#define PAT_MICROSECOND INT64_C(1)
#define PAT_SECOND (INT64_C(1000000) * PAT_MICROSECOND)
/* Ten years: no token lives longer, unless it never expires. */
#define PAT_LIFETIME_MAX (INT64_C(3653) * 86400 * PAT_SECOND)

/* A time or number that may be missing: no value of "at" means never, none or unlimited. */
struct pat_optional {
    bool set;
    int64_t at;
};

enum pat_state {
    PAT_STATE_ACTIVE = 1,
    PAT_STATE_PENDING = 2,   /* tokens only: not confirmed yet */
    PAT_STATE_SUSPENDED = 3, /* tokens only */
    PAT_STATE_REVOKED = 4,   /* tokens only, and for ever */
    PAT_STATE_DISABLED = 5,  /* users and tenants */
};

enum pat_role {
    PAT_ROLE_USER = 0,
    PAT_ROLE_AUDITOR = 1, /* sees the whole tenant */
    PAT_ROLE_ADMIN = 2,   /* manages the tenant, within what operators allow */
};

/* The host itself: one row. */
struct pat_host_record {
    char id[2 * 16 + 1];                     /* names this store: random, hexadecimal */
    char default_tenant[PAT_TENANT_MAX + 1]; /* of services that list none; may be empty */
    int64_t generation;                      /* committed transactions */
    unsigned char sum[64];                   /* keyed, over the seals of all head rows */
    int64_t version;
    struct pat_digest seal;
};

/* What a tenant's change log and sealed rows add up to. The host's own head has no tenant name. */
struct pat_head_record {
    char tenant[PAT_TENANT_MAX + 1];
    int64_t seq;                 /* the last change of the log */
    struct pat_digest chain;     /* its link */
    int64_t cut_seq;             /* retention removed the changes up to this one; 0: none */
    struct pat_digest cut_chain; /* the link of that one */
    unsigned char sum[64];       /* keyed, over the seals of the tenant's rows */
    int64_t version;
    struct pat_digest seal;
};

struct pat_tenant_record {
    char tenant[PAT_TENANT_MAX + 1];
    int32_t state; /* enum pat_state */
    char description[PAT_DESCRIPTION_MAX + 1];
    char contact[PAT_CONTACT_MAX + 1]; /* shown in refusals */
    char realms[PAT_REALMS_TEXT];      /* by commas, the primary one first */
    bool any_scope;                    /* scopes does not limit */
    struct pat_scopes scopes;
    bool any_network; /* networks does not limit */
    struct pat_cidrs networks;
    bool self_service;
    struct pat_scopes self_service_scopes;
    struct pat_optional max_tokens; /* per user; not set: unlimited */
    int64_t name_min;               /* code points of a token's name */
    bool require_expiry;
    bool require_addresses;
    struct pat_optional default_lifetime; /* microseconds */
    struct pat_optional max_lifetime;     /* microseconds */
    int64_t pending_lifetime;             /* microseconds until an unconfirmed token dies */
    int64_t created;
    int64_t version;
    struct pat_digest seal;
};

struct pat_user_record {
    char tenant[PAT_TENANT_MAX + 1];
    char user[PAT_USER_MAX + 1];
    int32_t state;                     /* enum pat_state */
    int32_t role;                      /* enum pat_role */
    char account[PAT_ACCOUNT_MAX + 1]; /* the bound account of the host; empty: virtual user */
    struct pat_optional uid;           /* its uid; set exactly when account is */
    bool allow_root;                   /* an operator allowed this binding to uid 0 */
    struct pat_scopes grants;
    char contact[PAT_CONTACT_MAX + 1]; /* for notices */
    int64_t created;
    int64_t version;
    struct pat_digest seal;
};

/* A Unix group whose members hold grants in a tenant. */
struct pat_group_record {
    char tenant[PAT_TENANT_MAX + 1];
    char group_name[PAT_ACCOUNT_MAX + 1];
    int32_t role; /* enum pat_role */
    struct pat_scopes grants;
    int64_t created;
    int64_t version;
    struct pat_digest seal;
};

/* An entry of the scope catalogue: a label, and scopes that third parties check. */
struct pat_scope_record {
    char tenant[PAT_TENANT_MAX + 1]; /* always the host's: empty */
    char scope[PAT_SCOPE_MAX + 1];
    char label[PAT_NAME_MAX + 1];
    char meaning[PAT_DESCRIPTION_MAX + 1];
    int64_t created;
    int64_t version;
    struct pat_digest seal;
};

struct pat_token_record {
    char tenant[PAT_TENANT_MAX + 1];
    int64_t created_seq; /* the change that made it: orders the tokens of a tenant */
    char id[PAT_ID_LEN + 1];
    char user[PAT_USER_MAX + 1];
    char name[PAT_NAME_MAX + 1];
    char description[PAT_DESCRIPTION_MAX + 1];
    int32_t state; /* enum pat_state */
    struct pat_scopes scopes;
    struct pat_cidrs addresses; /* empty: from anywhere */
    int64_t created;
    int64_t creator_uid;
    char creator[PAT_USER_MAX + 1]; /* empty: the user */
    struct pat_optional not_before;
    struct pat_optional expires;
    struct pat_optional pending_until;
    struct pat_optional ended; /* when it was revoked */
    char successor[PAT_ID_LEN + 1];
    char batch[PAT_BATCH_MAX + 1];
    int64_t key_number;
    struct pat_digest verifier;
    int64_t version;
    struct pat_digest seal;
};

/*
 * One row of the change log. before, after, reason and claimed are free text: the chain covers
 * text_hash, so that they can be erased. erased says that they were.
 */
struct pat_change_record {
    char tenant[PAT_TENANT_MAX + 1]; /* empty: the host */
    int64_t seq;
    int64_t generation; /* of the transaction it was committed with */
    int64_t at;
    int64_t actor_uid;
    struct pat_optional login_uid;
    char actor[PAT_USER_MAX + 1];
    char event[PAT_BATCH_MAX + 1];  /* one of audit/keys.def */
    char user[PAT_USER_MAX + 1];    /* whose; may be empty */
    char subject[PAT_USER_MAX + 1]; /* a token id, group, scope, ...; may be empty */
    char batch[PAT_BATCH_MAX + 1];
    bool erased;
    unsigned char salt[16];
    struct pat_digest text_hash;
    char before[2048];
    char after[2048];
    char reason[PAT_REASON_MAX + 1];
    char claimed[1024];
    struct pat_digest link; /* of the chain */
};

#endif
