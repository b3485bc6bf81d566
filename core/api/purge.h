/* SPDX-License-Identifier: BSD-2-Clause */
/* Deleting dead tokens after retention. Their story stays in the change log. */
#ifndef PAT_API_PURGE_H
#define PAT_API_PURGE_H

#include "core/api/bulk.h"

/* Nothing is deleted that died within the last day: people still ask what became of it. */
#define PAT_PURGE_AGE_MIN (INT64_C(86400) * PAT_SECOND)

/*
 * Refuses callers who may not, and a moment that is too near. ret_filter and ret are for
 * pat_bulk_find() and pat_bulk_commit(); ret points to ret_filter, which points to tenant (NULL:
 * all of them). Each commit leaves one change a tenant, with a count.
 */
PAT_CHECKED enum pat_err pat_purge_task(struct pat_manage *manage, const char *tenant,
                                        int64_t dead_before, struct pat_find_filter *ret_filter,
                                        struct pat_bulk_task *ret);

#endif
