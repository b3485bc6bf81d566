/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When, where and how often tokens were used: usage.db, beside the token store. It is lossy on
 * purpose: noting a use never waits for a disk and never fails a login, and a usage.db that cannot
 * be read is put aside and begun anew. Nothing here is ever part of a decision.
 *
 * Notes gather in memory until pat_usage_flush(); what comes too fast is counted as lost. Any
 * thread may call anything.
 */
#ifndef PAT_STORE_USAGE_H
#define PAT_STORE_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/policy/cidr.h"
#include "core/policy/scope.h"
#include "core/policy/verdict.h"
#include "core/token/token.h"

#define PAT_USAGE_RECENT 20 /* uses of a token that are kept one by one */
#define PAT_USAGE_DAYS 400  /* days that are kept as counts */
#define PAT_USAGE_DAY INT64_C(86400000000)

struct pat_usage;

struct pat_usage_note {
    char tenant[PAT_TENANT_MAX + 1];
    char id[PAT_ID_LEN + 1]; /* empty: no token is known; counted for the service only */
    char service[PAT_SERVICE_MAX + 1];
    char address[PAT_ADDRESS_MAX + 1]; /* may be empty */
    enum pat_verdict verdict;
    int64_t at;
};

/* Opens or makes usage.db in dir. One that only its disk keeps from us is tried again by flushes.
 */
PAT_CHECKED enum pat_err pat_usage_open(const char *dir, int64_t now, struct pat_usage **ret);

/* Flushes; usage may be NULL, here and below: then there is no usage. */
void pat_usage_close(struct pat_usage *usage);

void pat_usage_note(struct pat_usage *usage, const struct pat_usage_note *note);

/* Writes what has gathered in one transaction, and drops what is older than PAT_USAGE_DAYS. */
PAT_CHECKED enum pat_err pat_usage_flush(struct pat_usage *usage);

/*
 * What is looked up between the two is of one moment, and many lookups cost less; nothing is
 * written meanwhile. Other threads' lookups and flushes wait; notes do not.
 */
void pat_usage_hold(struct pat_usage *usage);
void pat_usage_release(struct pat_usage *usage);

/* Since when usage is known: "unused" can only be said from then on. */
int64_t pat_usage_since(struct pat_usage *usage);

/* Notes lost since the start, because they came faster than they were written. */
uint64_t pat_usage_lost(struct pat_usage *usage);

struct pat_usage_last {
    int64_t at; /* of the last acceptance; 0: never */
    char service[PAT_SERVICE_MAX + 1];
    char address[PAT_ADDRESS_MAX + 1];
    int64_t accepted;
    int64_t refused;
};

/* All zero for a token without any use. */
PAT_CHECKED enum pat_err pat_usage_last(struct pat_usage *usage, const char *tenant, const char *id,
                                        struct pat_usage_last *ret);

/* True when the service accepted the token at least once, as far as that is still known. */
PAT_CHECKED enum pat_err pat_usage_accepted_by(struct pat_usage *usage, const char *tenant,
                                               const char *id, const char *service, bool *ret);

/* The last uses of a token, newest first; false ends. verdict is its name. */
typedef bool pat_usage_each_use(void *context, int64_t at, const char *service, const char *address,
                                const char *verdict);
PAT_CHECKED enum pat_err pat_usage_recent(struct pat_usage *usage, const char *tenant,
                                          const char *id, pat_usage_each_use *each, void *context);

/*
 * Which owners were told that a token of theirs ends in so many days: the fewest, INT64_MAX for
 * none. Kept for PAT_USAGE_DAYS; written at once. PAT_ERR_UNAVAILABLE without usage: nobody is told
 * twice because it was forgotten.
 */
PAT_CHECKED enum pat_err pat_usage_told(struct pat_usage *usage, const char *tenant, const char *id,
                                        int64_t *ret_days);
PAT_CHECKED enum pat_err pat_usage_tell(struct pat_usage *usage, const char *tenant, const char *id,
                                        int64_t days, int64_t now);

/* Forgets how tokens that were deleted were used; counts by service stay. One transaction. */
PAT_CHECKED enum pat_err pat_usage_forget(struct pat_usage *usage, const char *tenant,
                                          const char (*ids)[PAT_ID_LEN + 1], size_t count);

/*
 * Counts by day and service from a day (since 1970 UTC) on: of a token or, with an empty id, of a
 * whole tenant; with an empty tenant, of all.
 */
typedef bool pat_usage_each_day(void *context, const char *service, int64_t day, int64_t accepted,
                                int64_t refused);
PAT_CHECKED enum pat_err pat_usage_by_day(struct pat_usage *usage, const char *tenant,
                                          const char *id, int64_t from_day,
                                          pat_usage_each_day *each, void *context);

#endif
