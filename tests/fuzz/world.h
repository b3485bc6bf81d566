/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small host that several targets work on: three tenants, a user of every kind, a token in every
 * state, and a configuration. Times, keys and random bytes are the same in every run: targets that
 * use it are linked with --wrap for pat_context_now() and randombytes_buf().
 */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include "core/api/context.h"
#include "core/policy/record.h"
#include "core/store/store.h"

#define WORLD_NOW (INT64_C(1795305600) * PAT_SECOND) /* 22 November 2026 */
#define WORLD_DAY (INT64_C(86400) * PAT_SECOND)

#define WORLD_OPERATOR 900U
#define WORLD_NOBODY 777U /* a uid that is bound to no user */

struct world_user {
    const char *tenant, *user;
    int32_t state, role;
    const char *account;
    int64_t uid; /* -1: none */
    const char *grants;
};

#define WORLD_LONGEST (60 * WORLD_DAY) /* that a token of tenant firm may live */

/* Every token's id is "tk0000" and its index; its secret is the id, repeated. */
struct world_token {
    const char *tenant, *user;
    int32_t state;
    const char *scopes, *addresses;
    int64_t not_before, expires; /* 0: not set */
};

#define WORLD_USERS 14
#define WORLD_TOKENS 27
extern const struct world_user world_users[WORLD_USERS];
extern const struct world_token world_tokens[WORLD_TOKENS];

/* What pat_context_now() answers. */
extern int64_t world_now;

void world_token(size_t index, struct pat_token *ret);
void world_token_text(size_t index, char ret[PAT_TOKEN_MAX + 1]);
const struct world_user *world_find_user(const char *tenant, const char *user);

/* The context, made at the first call. Its store in the file system is empty. */
struct pat_context *world_context(void);
/* The keys of the context. */
const struct pat_keyring *world_keyring(void);
const char *world_state_dir(void);

/* Puts everybody and everything into an empty store. */
void world_fill(struct pat_store *store);
/* A new store without a disk, filled. */
struct pat_store *world_memory(void);

/* Begins the same sequence of random bytes again. */
void world_reseed(uint64_t seed);

#endif
