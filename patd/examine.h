/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The check of a whole store because somebody asks for it: every seal, sum and head, and then the
 * database's own structure. In a thread of its own, as it takes seconds or minutes.
 */
#ifndef PATD_EXAMINE_H
#define PATD_EXAMINE_H

#include "core/api/context.h"
#include "core/store/check.h"

struct patd_examine;

/* context must outlive it. PAT_ERR_NOMEM. */
PAT_CHECKED enum pat_err patd_examine_start(struct pat_context *context, struct patd_examine **ret);

/* Rows that were looked at; *ret_done when it is over. */
int64_t patd_examine_rows(const struct patd_examine *examine, bool *ret_done);

/* When it is over: PAT_OK, with ret->trouble where something is wrong, or why it could not be. */
enum pat_err patd_examine_result(const struct patd_examine *examine, struct pat_check *ret);

/* Ends it, now if need be; examine may be NULL. */
void patd_examine_free(struct patd_examine *examine);

#endif
