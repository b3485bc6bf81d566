/* SPDX-License-Identifier: BSD-2-Clause */
/* The change log is asked: rows do not tell who paused them. */
#include "core/api/pause.h"
#include "core/base/text.h"

#define LOOK_BACK 100000 /* changes of a tenant's log */

struct search {
    const struct pat_pause *pause;
    bool found;
    int64_t actor_uid;
    char actor[PAT_USER_MAX + 1];
};

static bool
is_of(const struct pat_pause *pause, const struct pat_change_record *change)
{
    return pat_text_equal(change->user, pause->user) &&
           (pause->subject == NULL || pat_text_equal(change->subject, pause->subject));
}

/* Who paused it last: from the newest change on. */
static bool
note_pause(void *context, const void *record)
{
    const struct pat_change_record *change = record;
    struct search *search = context;

    if (!pat_text_equal(change->event, search->pause->event) || !is_of(search->pause, change))
        return change->seq > search->pause->since;
    search->found = true;
    search->actor_uid = change->actor_uid;
    pat_text_clip(search->actor, sizeof search->actor, change->actor);
    return false;
}

static bool
is_operator(struct pat_manage *manage, int64_t uid)
{
    const struct pat_config *config = pat_context_hold_config(manage->context);
    bool answer = uid >= 0 && uid < UINT32_MAX && pat_config_is_operator(config, (uint32_t)uid);

    pat_context_release_config(manage->context, config);
    return answer;
}

enum pat_err
pat_pause_may_end(struct pat_manage *manage, const struct pat_pause *pause, bool *ret,
                  char who[PAT_USER_MAX + 1])
{
    const struct pat_scan scan = {
        .what = PAT_SCAN_CHANGES_BACK, .tenant = pause->tenant, .limit = LOOK_BACK};
    bool is_self = pat_roles_is_self(&manage->actor, pause->tenant, pause->user);
    struct search search = {.pause = pause, .actor = "somebody else"};
    enum pat_err err;

    *ret = manage->actor.is_operator;
    if (*ret)
        return PAT_OK;
    err = pat_store_scan(manage->store, &scan, note_pause, &search);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    *ret = search.found && (search.actor_uid == manage->actor.uid ||
                            (!is_self && !is_operator(manage, search.actor_uid)));
    pat_text_clip(who, PAT_USER_MAX + 1, search.actor);
    return PAT_OK;
}
