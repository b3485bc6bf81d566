/* SPDX-License-Identifier: BSD-2-Clause */
/* From a request to a verdict: token, store, decision, log and usage. */
#ifndef PAT_API_VERIFY_H
#define PAT_API_VERIFY_H

#include "core/api/context.h"
#include "core/policy/decide.h"
#include "core/policy/request.h"
#include "core/wire/peer.h"

/* Room for what the store said; too large for small stacks, so the caller keeps it. */
struct pat_verify_rows {
    struct pat_token_record token;
    struct pat_user_record user;
    struct pat_tenant_record tenant;
};

struct pat_verify_outcome {
    enum pat_verdict verdict;
    struct pat_answer answer; /* with the request's nonce */
    /* For the log and for those who may know; empty when nothing is known. */
    char id[PAT_ID_LEN + 1];
    char tenant[PAT_TENANT_MAX + 1];
    char user[PAT_USER_MAX + 1];
    char account[PAT_ACCOUNT_MAX + 1]; /* of the user */
    bool wants_groups; /* scope-denied, but a Unix group of the account may hold the scope */
    bool tenant_known;
    bool vouched; /* the peer may vouch for an address and for the service's name */
    int64_t now;  /* 0: not known */
};

/*
 * Decides a request of peer. Never fails: what goes wrong is a verdict. Does not log and does not
 * count. groups are the names of the Unix groups of the user's account, one a line; NULL while
 * they are not known. An outcome that wants_groups is final only when it was asked for with them.
 */
void pat_verify(struct pat_context *context, struct pat_store *store, const struct pat_peer *peer,
                const struct pat_request *request, const char *groups, struct pat_verify_rows *rows,
                struct pat_verify_outcome *ret);

/* The log line of a decision, and its use in usage.db. */
void pat_verify_note(struct pat_context *context, const struct pat_peer *peer,
                     const struct pat_request *request, const struct pat_verify_outcome *outcome);

/* A token that is explained without its secret. */
struct pat_verify_named {
    const char *tenant;
    const char *id;
};

/*
 * The whole ladder for people, with the operator's view of the rows: no peer rule. named (or NULL)
 * stands for the request's token, as if its secret had been presented. With a scope (or NULL) that
 * one is asked for, for a user of the token's own tenant, instead of what the service asks for.
 * each is called for every condition that was looked at.
 */
enum pat_verdict pat_verify_explain(struct pat_context *context, struct pat_store *store,
                                    const struct pat_request *request,
                                    const struct pat_verify_named *named, const char *scope,
                                    const char *groups, struct pat_verify_rows *rows,
                                    struct pat_verify_outcome *ret, pat_decide_each *each,
                                    void *each_context);

#endif
