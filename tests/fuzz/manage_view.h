/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All rows of a store at one moment, and what a caller may see and change of them: DESIGN.md
 * sections 1 and 5 once more, without any code of core/api.
 */
#ifndef TESTS_FUZZ_MANAGE_VIEW_H
#define TESTS_FUZZ_MANAGE_VIEW_H

#include "core/store/store.h"

#define MANAGE_VIEW_TENANTS 24
#define MANAGE_VIEW_GROUPS 32
#define MANAGE_VIEW_USERS 48
#define MANAGE_VIEW_TOKENS 96
#define MANAGE_VIEW_CHANGES 400

struct manage_view {
    struct pat_host_record host;
    size_t tenant_count, group_count, user_count, token_count, change_count, head_count;
    struct pat_tenant_record tenants[MANAGE_VIEW_TENANTS];
    struct pat_head_record heads[MANAGE_VIEW_TENANTS + 1];
    struct pat_group_record groups[MANAGE_VIEW_GROUPS];
    struct pat_user_record users[MANAGE_VIEW_USERS];
    struct pat_token_record tokens[MANAGE_VIEW_TOKENS];
    struct pat_change_record changes[MANAGE_VIEW_CHANGES];
};

void manage_view_take(struct pat_store *store, struct manage_view *ret);

bool manage_view_equal(const struct manage_view *a, const struct manage_view *b);

/* Whether a uid sees a user; user NULL: the tenant as a whole; tenant "": the host. */
bool manage_view_may_see(const struct manage_view *view, uint32_t uid, const char *tenant,
                         const char *user);
/* Whether it has to do with the tenant at all. */
bool manage_view_is_member(const struct manage_view *view, uint32_t uid, const char *tenant);

/* Ends the process unless uid may have made what is different, and all of it was logged. */
void manage_view_check_change(const struct manage_view *before, const struct manage_view *after,
                              uint32_t uid);

/* The same for what patd does by itself: it ends what was not confirmed in time. */
void manage_view_check_sweep(const struct manage_view *before, const struct manage_view *after);

#endif
