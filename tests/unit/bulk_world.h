/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bulk changes are tried on: a store of two tenants, acme and lab, with user0 in each, and
 * somebody at work on it who is an operator. Its backend refuses what it is told to.
 */
#ifndef TESTS_UNIT_BULK_WORLD_H
#define TESTS_UNIT_BULK_WORLD_H

#include "core/api/bulk.h"
#include "core/store/usage.h"
#include "tests/unit/support.h"

#define BULK_DAY PAT_USAGE_DAY
#define BULK_NOW (INT64_C(20000) * BULK_DAY)

/* The so-manieth of the next writes of a row, or commits, is refused; 0: none is. */
extern int bulk_world_puts_left, bulk_world_commits_left;
extern enum pat_err bulk_world_refusal; /* with this */

struct bulk_world {
    struct support_store at;
    struct pat_context *context; /* for its uses; its own store is empty */
    struct pat_manage manage;
};

void bulk_world_open(struct bulk_world *world, const struct pat_store_ops *ops);
void bulk_world_close(struct bulk_world *world);

/* The id of a tenant's token with this number. */
void bulk_world_id(const char *tenant, int64_t number, char ret[PAT_ID_LEN + 1]);
/* Tokens with numbers from one on, without an end; revoked ones died two days ago. */
void bulk_world_put(struct bulk_world *world, const char *tenant, int64_t from, int64_t count,
                    enum pat_state state);
struct pat_token_record bulk_world_token(const struct bulk_world *world, const char *tenant,
                                         int64_t number);

struct bulk_census {
    int64_t live, revoked;
};
struct bulk_census bulk_world_census(const struct bulk_world *world, const char *tenant);

/*
 * How many changes of an event and a batch a log has. The chain, the seals and the sums must hold.
 */
int64_t bulk_world_logged(const struct bulk_world *world, const char *tenant, const char *event,
                          const char *batch);
/* The tokens that the anchor's journal says were narrowed. */
int64_t bulk_world_journalled(const struct bulk_world *world);

#endif
