/* SPDX-License-Identifier: BSD-2-Clause */
/* A purge is a bulk change whose rows are deleted, and which leaves one change for many of them. */
#include <stdio.h>

#include "core/api/purge.h"
#include "core/api/tokens_internal.h"
#include "core/audit/event.h"
#include "core/base/log.h"
#include "core/store/usage.h"

static enum pat_err
delete_token(struct pat_manage *manage, const struct pat_bulk_task *task, const char *batch,
             struct pat_token_record *token)
{
    enum pat_err err = pat_store_drop(manage->store, PAT_ROW_TOKEN, token);

    (void)task;
    (void)batch;
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

static enum pat_err
log_deleted(struct pat_manage *manage, const struct pat_bulk_task *task, const char *batch,
            const struct pat_bulk_part *part)
{
    const struct pat_optional before = {.set = true, .at = task->dead_before};
    char number[24], when[32], after[128];
    const struct pat_log_field fields[] = {{"count", number}, {"dead_before", when}};
    const struct pat_change_args change = {
        .tenant = part->tenant, .event = "token.purge", .after = after, .batch = batch};
    enum pat_err err;

    snprintf(number, sizeof number, "%zu", part->count);
    pat_tokens_say_time(&before, when, sizeof when);
    err = pat_event_write(after, sizeof after, NULL, fields, 2);
    return err == PAT_OK ? pat_manage_log(manage, &change, NULL) : pat_manage_failed(manage, err);
}

static enum pat_err
end_part(struct pat_manage *manage, const struct pat_bulk_task *task, const char *batch,
         const struct pat_bulk_part *part)
{
    struct pat_usage *usage = pat_context_usage(manage->context);

    /* Of dead tokens: nothing is lost if the transaction comes to nothing. */
    if (usage != NULL && pat_usage_forget(usage, part->tenant, part->ids, part->count) != PAT_OK)
        PAT_LOG(LOG_WARNING, "failure", {"doing", "forgetting uses"}, {"tenant", part->tenant});
    return log_deleted(manage, task, batch, part);
}

enum pat_err
pat_purge_task(struct pat_manage *manage, const char *tenant, int64_t dead_before,
               struct pat_find_filter *ret_filter, struct pat_bulk_task *ret)
{
    struct pat_tenant_record ignored;
    enum pat_err err = tenant == NULL ? PAT_OK : pat_manage_tenant(manage, tenant, &ignored);

    if (err == PAT_OK)
        err = pat_manage_permit(manage, PAT_ACT_PURGE, tenant == NULL ? "" : tenant, NULL);
    if (err != PAT_OK)
        return err;
    if (dead_before > manage->now - PAT_PURGE_AGE_MIN)
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "purge.recent",
                                 "what died within the last day is not purged");
    *ret_filter = (struct pat_find_filter){
        .tenant = tenant,
        .dead_before = {.set = true, .at = dead_before},
        .with_revoked = true,
    };
    *ret = (struct pat_bulk_task){.filter = ret_filter,
                                  .action = PAT_ACT_PURGE,
                                  .change = delete_token,
                                  .close = end_part,
                                  .reason = "",
                                  .dead_before = dead_before};
    return PAT_OK;
}
