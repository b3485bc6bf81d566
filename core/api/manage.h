/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A caller at work on the store: who it is, what time it is, and what went wrong. Every change
 * runs between pat_manage_start() and pat_manage_end() and logs itself in between: no log row, no
 * change.
 */
#ifndef PAT_API_MANAGE_H
#define PAT_API_MANAGE_H

#include "core/api/context.h"
#include "core/api/recover.h"
#include "core/api/roles.h"
#include "core/audit/chain.h"

/* Why something was refused, for people and programs. Holds nothing secret. */
struct pat_problem {
    enum pat_err err;
    char id[32];       /* "limit.tokens": stable, for programs */
    char message[400]; /* a sentence without a full stop */
    char hint[480];    /* the next step; may be empty; holds a tenant's contact whole */
};

struct pat_manage {
    struct pat_context *context;
    struct pat_store *store;
    struct pat_actor actor;
    int64_t now;
    struct pat_problem problem;
    /* What this transaction changed, for the log lines once it is committed. */
    struct pat_change_record *changes;
    size_t change_count;
    size_t change_total; /* also those beyond the ones kept */
    struct pat_recover_lines journal;
    struct pat_salts salts;
    bool widens;     /* one of them does not narrow anybody's rights */
    bool lacks_room; /* what only narrows could not be written, for lack of room on the disk */
};

/*
 * Who calls, and when. The health of the context must be good: a bad one is the problem, and the
 * actor then is what the configuration says of the peer.
 */
PAT_CHECKED enum pat_err pat_manage_open(struct pat_manage *manage, struct pat_context *context,
                                         struct pat_store *store, const struct pat_peer *peer);

/* Frees what it holds. What was started is ended by pat_manage_end(). */
void pat_manage_close(struct pat_manage *manage);

/* Notes a refusal and answers err, so that it can be returned at once. */
enum pat_err pat_manage_refuse(struct pat_manage *manage, enum pat_err err, const char *id,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Adds the next step to the refusal; answers its err. */
enum pat_err pat_manage_hint(struct pat_manage *manage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The problem of a failure that is nobody's mistake: the store, memory, the clock. */
enum pat_err pat_manage_failed(struct pat_manage *manage, enum pat_err err);

PAT_CHECKED enum pat_err pat_manage_start(struct pat_manage *manage);
/*
 * Commits when err is PAT_OK and logs what was changed; rolls back otherwise, and when there is no
 * change. Answers what counts.
 */
PAT_CHECKED enum pat_err pat_manage_end(struct pat_manage *manage, enum pat_err err);

/* One row of the change log. NULL texts are empty. */
struct pat_change_args {
    const char *tenant;
    const char *event; /* of audit/keys.def */
    const char *user;
    const char *subject;
    const char *before; /* escaped fields, as pat_event_write() makes them */
    const char *after;
    const char *reason;
    const char *batch;
};

/* Appends a change to the running transaction; *ret_seq (or NULL) is its number. */
PAT_CHECKED enum pat_err pat_manage_log(struct pat_manage *manage,
                                        const struct pat_change_args *args, int64_t *ret_seq);

/* The number the next change of a tenant will get, within the running transaction. */
PAT_CHECKED enum pat_err pat_manage_next_seq(struct pat_manage *manage, const char *tenant,
                                             int64_t *ret);

/*
 * Reads a row that a caller named. A missing tenant or user is the problem "no such ..."; also one
 * that the caller may not see (action), so that nobody learns what exists elsewhere.
 */
PAT_CHECKED enum pat_err pat_manage_tenant(struct pat_manage *manage, const char *tenant,
                                           struct pat_tenant_record *ret);
PAT_CHECKED enum pat_err pat_manage_user(struct pat_manage *manage, const char *tenant,
                                         const char *user, struct pat_user_record *ret);

/* Refuses when the actor may not; see pat_roles_may(). */
PAT_CHECKED enum pat_err pat_manage_permit(struct pat_manage *manage, enum pat_action action,
                                           const char *tenant, const struct pat_user_record *user);

/* A free text of people (reason, description, contact): readable, bounded, without a token. */
PAT_CHECKED enum pat_err pat_manage_text(struct pat_manage *manage, const char *what,
                                         const char *text, size_t max);

#endif
