/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who a management caller is, and what they may do, DESIGN.md section 1. An operator is uid 0 or
 * listed in operators=; anyone else is what the users bound to their uid are in their tenants.
 */
#ifndef PAT_API_ROLES_H
#define PAT_API_ROLES_H

#include "core/config/config.h"
#include "core/store/store.h"
#include "core/wire/peer.h"

#define PAT_STANDINGS_MAX 16
#define PAT_CLAIMED_MAX 512

/* What a uid is in one tenant. */
struct pat_standing {
    char tenant[PAT_TENANT_MAX + 1];
    char user[PAT_USER_MAX + 1];
    enum pat_role role;
};

struct pat_actor {
    uint32_t uid;
    struct pat_optional login_uid;
    bool is_operator;
    char name[PAT_USER_MAX + 1]; /* "root", the bound user, or "uid 1234" */
    size_t count;
    struct pat_standing standings[PAT_STANDINGS_MAX];
    /* What the caller says of itself, as escaped fields; kept beside a change, never believed. */
    char claimed[PAT_CLAIMED_MAX];
};

enum pat_action {
    PAT_ACT_HOST,        /* what concerns no tenant: setup, tenants, catalogue, recovery */
    PAT_ACT_SEE_TENANT,  /* its settings, users, grants, whole log */
    PAT_ACT_SEE_USER,    /* a user, their tokens, uses and changes */
    PAT_ACT_SET_TENANT,  /* its policy, as far as the role lets them; its texts */
    PAT_ACT_CREATE_USER, /* a virtual one; a binding is PAT_ACT_BIND as well */
    PAT_ACT_BIND,        /* the local account, the role */
    PAT_ACT_SET_USER,    /* disable, enable */
    PAT_ACT_GRANT,       /* scopes of virtual services; others are PAT_ACT_GRANT_LOCAL */
    PAT_ACT_GRANT_LOCAL,
    PAT_ACT_CREATE_TOKEN, /* or edit, rotate, resume */
    PAT_ACT_END_TOKEN,    /* revoke, suspend */
    PAT_ACT_PURGE,        /* delete what is dead */
};

/* What the configuration alone says of a peer: it may be an operator, and stands in no tenant. */
void pat_roles_peer(const struct pat_config *config, const struct pat_peer *peer,
                    struct pat_actor *ret);

/*
 * Fills the actor; disabled users and users of disabled tenants give no standing. PAT_ERR_SEAL when
 * a row of theirs cannot be trusted.
 */
PAT_CHECKED enum pat_err pat_roles_find(struct pat_store *store, const struct pat_config *config,
                                        const struct pat_peer *peer, struct pat_actor *ret);

/* The actor's standing in a tenant, or NULL. */
const struct pat_standing *pat_roles_standing(const struct pat_actor *actor, const char *tenant);

/*
 * True when the actor may do it in the tenant (empty: the host) to user, whose row is NULL where
 * no user is concerned. Policy (caps, scopes, self-service) is judged elsewhere.
 */
bool pat_roles_may(const struct pat_actor *actor, enum pat_action action, const char *tenant,
                   const struct pat_user_record *user);

/* True when the user is the actor's own in that tenant. */
bool pat_roles_is_self(const struct pat_actor *actor, const char *tenant, const char *user);

const char *pat_roles_name(enum pat_role role);
/* PAT_ERR_SYNTAX for a word that names no role. */
PAT_CHECKED enum pat_err pat_roles_read(const char *name, enum pat_role *ret);

#endif
