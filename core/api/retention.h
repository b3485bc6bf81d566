/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may leave a change log: its oldest changes, behind a checkpoint that its head seals, and the
 * free text of what concerns a user. Both are changes themselves, and so in the log. What the
 * anchor does not know yet is never touched: its journal is made of those changes.
 */
#ifndef PAT_API_RETENTION_H
#define PAT_API_RETENTION_H

#include "core/api/manage.h"

/* Changes are kept at least so long. */
#define PAT_RETENTION_LEAST (INT64_C(30) * 86400 * PAT_SECOND)

/* How far something in steps has come in a log; zero at its beginning. */
struct pat_retention_place {
    bool begun;
    bool done;
    int64_t seq;   /* the last change that was looked at */
    int64_t last;  /* where it ends: the newest change as it began */
    int64_t count; /* of the changes that fit */
};

/*
 * Counts the changes of a log (tenant empty: the host's) that are older than a moment and may be
 * removed, or of a user whose text may be erased; a bounded number a call.
 */
PAT_CHECKED enum pat_err pat_retention_count_old(struct pat_manage *manage, const char *tenant,
                                                 int64_t before, struct pat_retention_place *place);
PAT_CHECKED enum pat_err pat_retention_count_texts(struct pat_manage *manage, const char *tenant,
                                                   const char *user,
                                                   struct pat_retention_place *place);

struct pat_retention_wish {
    const char *tenant; /* empty: the host's log */
    int64_t before;
    int64_t upto; /* and none behind this one, as it was counted; 0: any */
    const char *reason;
};

/*
 * Operators only. Removes the oldest changes of a log that are older than before (PAT_ERR_RANGE
 * when that is less than PAT_RETENTION_LEAST ago), never the newest, and so many that one
 * transaction bears; *ret is how many, 0 when none is left. PAT_ERR_CONFLICT when one of them is
 * not as it was written. Runs between pat_manage_start() and _end().
 */
PAT_CHECKED enum pat_err pat_retention_cut(struct pat_manage *manage,
                                           const struct pat_retention_wish *wish, int64_t *ret);

/*
 * Erases the texts of changes that concern a user, in the running transaction; *ret is how many had
 * one. May the caller do it: that is for whoever calls. Changes of this very transaction keep
 * theirs.
 */
PAT_CHECKED enum pat_err pat_retention_erase(struct pat_manage *manage, const char *tenant,
                                             const char *user, int64_t *ret);

/* Operators only. The same in steps, each in a transaction of its own. */
PAT_CHECKED enum pat_err pat_retention_erase_step(struct pat_manage *manage, const char *tenant,
                                                  const char *user, const char *reason,
                                                  struct pat_retention_place *place);

#endif
