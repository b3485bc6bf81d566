/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SECURITY: this is the only way by which an older database is answered from. It checks the whole
 * database first, makes again every change that narrowed somebody's rights since, and commits all
 * of it at once or nothing: a crash in between leaves the database as it was restored.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/again.h"
#include "core/api/restore.h"
#include "core/base/text.h"
#include "core/store/check.h"

static enum pat_err
refuse_changed(struct pat_manage *manage, const char *trouble)
{
    pat_manage_refuse(manage, PAT_ERR_SEAL, "restore.changed",
                      "the restored database does not agree with itself: %s", trouble);
    return pat_manage_hint(manage, "restore another backup");
}

/* Every seal and sum, without regard to the anchor. */
static enum pat_err
check_whole(struct pat_manage *manage)
{
    struct pat_store *store = NULL;
    struct pat_check check = {.rows = 0};
    enum pat_err err = pat_context_restored(manage->context, false, &store);

    if (err == PAT_OK)
        err = pat_check_store(store, NULL, NULL, &check);
    pat_store_close(store);
    if (err == PAT_ERR_SEAL)
        return refuse_changed(manage, check.trouble[0] == '\0' ? "its host row" : check.trouble);
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

static enum pat_err
check_standing(struct pat_manage *manage)
{
    enum pat_err err = pat_store_compare(manage->store);

    if (err == PAT_ERR_ROLLBACK)
        return PAT_OK;
    if (err == PAT_ERR_SEAL)
        return refuse_changed(manage, "it is as new as its anchor, and another one");
    if (err != PAT_OK && err != PAT_ERR_CONFLICT)
        return pat_manage_failed(manage, err);
    pat_manage_refuse(manage, PAT_ERR_CONFLICT, "restore.none",
                      "the database is not older than its anchor: there is nothing to accept");
    return pat_manage_hint(manage, "patctl status tells what is wrong");
}

static enum pat_err
refuse_too_old(struct pat_manage *manage, int64_t from)
{
    pat_manage_refuse(manage, PAT_ERR_ROLLBACK, "restore.too-old",
                      "the database is of generation %lld, and the journal knows what was taken "
                      "away only since generation %lld",
                      (long long)from,
                      (long long)pat_anchor_reach(pat_store_anchor(manage->store)));
    return pat_manage_hint(manage, "restore a newer backup: patctl db restore FILE");
}

static enum pat_err
make_line(void *context, int64_t generation, const char *line)
{
    (void)generation;
    return pat_again(context, line);
}

static enum pat_err
log_restore(struct pat_manage *manage, const struct pat_restore *restore)
{
    char before[64], after[160];
    const struct pat_change_args change = {.event = "db.restore",
                                           .before = before,
                                           .after = after,
                                           .reason = "changes between are not in the log"};

    snprintf(before, sizeof before, "generation=%lld", (long long)restore->from);
    snprintf(after, sizeof after, "generation=%lld count=%lld missing=%lld closed=%lld",
             (long long)restore->to, (long long)restore->made, (long long)restore->missing,
             (long long)restore->closed);
    return pat_manage_log(manage, &change, NULL);
}

static enum pat_err
make_again(struct pat_manage *manage, struct pat_restore *restore)
{
    struct pat_again again = {.manage = manage};
    enum pat_err err = pat_anchor_replay(pat_store_anchor(manage->store), restore->from, make_line,
                                         &again);

    if (err == PAT_ERR_ROLLBACK)
        return refuse_too_old(manage, restore->from);
    if (err != PAT_OK)
        return manage->problem.err == PAT_OK ? pat_manage_failed(manage, err) : err;
    restore->made = again.made;
    restore->missing = again.missing;
    restore->closed = again.closed;
    restore->to = pat_store_next_generation(manage->store);
    return log_restore(manage, restore);
}

static enum pat_err
accept(struct pat_manage *manage, struct pat_restore *restore)
{
    enum pat_err err = pat_store_begin_restored(manage->store, &restore->from);

    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    manage->problem.err = PAT_OK;
    err = make_again(manage, restore);
    /* The journal has all of these lines already. */
    free(manage->journal.text);
    manage->journal = (struct pat_recover_lines){.text = NULL};
    return pat_manage_end(manage, err);
}

/* From now on services that list no tenant are answered by what was restored. */
static void
trust(struct pat_manage *manage)
{
    struct pat_host_record host;

    if (pat_store_get(manage->store, PAT_ROW_HOST, "", "", &host) == PAT_OK)
        pat_context_set_default_tenant(manage->context, host.default_tenant);
    pat_context_accepted(manage->context);
}

enum pat_err
pat_restore_accept(struct pat_manage *manage, struct pat_restore *ret)
{
    struct pat_store *before = manage->store;
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);

    memset(ret, 0, sizeof *ret);
    manage->store = NULL;
    if (err == PAT_OK && pat_context_now(manage->context, &manage->now) != PAT_OK)
        err = pat_manage_failed(manage, PAT_ERR_CLOCK);
    if (err == PAT_OK)
        err = check_whole(manage);
    if (err == PAT_OK) {
        err = pat_context_restored(manage->context, true, &manage->store);
        if (err != PAT_OK)
            pat_manage_failed(manage, err);
    }
    if (err == PAT_OK)
        err = check_standing(manage);
    if (err == PAT_OK)
        err = accept(manage, ret);
    if (err == PAT_OK)
        trust(manage);
    pat_store_close(manage->store);
    manage->store = before;
    return err;
}
