/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RevokeAll and Purge: a page of finding or one commit a step, so that other sessions have their
 * turn in between. Whoever hangs up, or says with a shutdown that nothing more will come, stops it
 * before the next commit.
 */
#include <stdlib.h>

#include "core/api/purge.h"
#include "core/base/text.h"
#include "patd/manage_list.h"
#include "patd/manage_ops.h"

#define PAGES_BETWEEN 32 /* that are looked at before the caller hears of it */

struct bulk_stream {
    struct patd_stream stream;         /* first */
    struct patd_manage_filter members; /* of RevokeAll */
    struct pat_find_filter filter;
    struct pat_bulk_task task;
    struct pat_bulk *bulk;
    struct pat_optional expected;
    char tenant[PAT_TENANT_MAX + 1]; /* of Purge */
    bool more, dry_run, found;
    int64_t pages;
};

static json_t *
progress(const struct bulk_stream *bulk, bool names_batch)
{
    json_t *reply = json_pack("{s:I, s:I}", "done", (json_int_t)pat_bulk_done(bulk->bulk), "of",
                              (json_int_t)pat_bulk_of(bulk->bulk));

    if (reply == NULL || !names_batch ||
        json_object_set_new(reply, "batch", json_string(pat_bulk_batch(bulk->bulk))) == 0)
        return reply;
    json_decref(reply);
    return NULL;
}

/* Nothing was changed yet. */
static enum pat_err
check_expected(const struct bulk_stream *bulk, struct pat_manage *work)
{
    int64_t count = pat_bulk_of(bulk->bulk);

    if (!bulk->expected.set || bulk->expected.at == count)
        return PAT_OK;
    pat_manage_refuse(work, PAT_ERR_CONFLICT, "bulk.expected", "%lld token%s found, not %lld",
                      (long long)count, count == 1 ? " was" : "s were",
                      (long long)bulk->expected.at);
    return pat_manage_hint(work, "something changed meanwhile: look again, then repeat it");
}

static enum pat_err
find_page(struct bulk_stream *bulk, struct pat_manage *work, bool *ret_done)
{
    enum pat_err err = pat_bulk_find(work, bulk->bulk, &bulk->task, &bulk->found);

    if (err != PAT_OK || !bulk->found)
        return err;
    *ret_done = bulk->dry_run || pat_bulk_of(bulk->bulk) == 0;
    return check_expected(bulk, work);
}

static enum pat_err
bulk_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct bulk_stream *bulk = (struct bulk_stream *)stream;
    bool names_batch = bulk->task.action == PAT_ACT_END_TOKEN, was_found = bulk->found;
    enum pat_err err = PAT_OK;

    if (!patd_call_claim(call))
        return patd_call_bad(call);
    *ret_done = call->hung_up;
    if (!*ret_done)
        err = bulk->found ? pat_bulk_commit(&call->work, bulk->bulk, &bulk->task, ret_done)
                          : find_page(bulk, &call->work, ret_done);
    if (err != PAT_OK)
        return err;
    if (*ret_done)
        return patd_call_answer(call, progress(bulk, names_batch));
    if (bulk->more && (was_found || bulk->found || bulk->pages++ % PAGES_BETWEEN == 0))
        err = call->emit(call, progress(bulk, names_batch));
    return err == PAT_OK ? PAT_OK : pat_manage_failed(&call->work, err);
}

static void
bulk_free(struct patd_stream *stream)
{
    struct bulk_stream *bulk = (struct bulk_stream *)stream;

    patd_manage_filter_close(&bulk->members);
    pat_bulk_free(bulk->bulk);
    free(bulk);
}

/* Takes over bulk. */
static enum pat_err
begin(struct patd_call *call, struct bulk_stream *bulk, enum pat_err err)
{
    if (err == PAT_OK) {
        bulk->bulk = pat_bulk_new();
        err = bulk->bulk == NULL ? pat_manage_failed(&call->work, PAT_ERR_NOMEM) : PAT_OK;
    }
    if (err != PAT_OK) {
        bulk_free(&bulk->stream);
        return err;
    }
    patd_call_flush_uses(call);
    call->stream = &bulk->stream;
    return PAT_OK;
}

static struct bulk_stream *
new_stream(struct patd_call *call)
{
    struct bulk_stream *bulk = calloc(1, sizeof *bulk);

    if (bulk == NULL) {
        pat_manage_failed(&call->work, PAT_ERR_NOMEM);
        return NULL;
    }
    bulk->stream = (struct patd_stream){.step = bulk_step, .free = bulk_free};
    bulk->more = call->more;
    return bulk;
}

/* --- RevokeAll --- */

static enum pat_err
read_revocation(struct patd_call *call, struct bulk_stream *bulk)
{
    const char *reason;

    if (!patd_manage_filter_read(call, &bulk->members))
        return patd_call_bad(call);
    call->bad_parameter = "filter"; /* without one it would be everything */
    if (!json_is_object(json_object_get(call->parameters, "filter")) ||
        !patd_call_number(call, "expected", &bulk->expected) ||
        !patd_call_text(call, "reason", &reason) ||
        !patd_call_flag(call, "dryRun", &bulk->dry_run) || !patd_call_claim(call))
        return patd_call_bad(call);
    bulk->task = pat_bulk_revocation(&bulk->members.find, reason == NULL ? "" : reason);
    return pat_manage_text(&call->work, "reason", bulk->task.reason, PAT_REASON_MAX);
}

enum pat_err
patd_manage_revoke_all(struct patd_call *call)
{
    struct bulk_stream *bulk = new_stream(call);

    return bulk == NULL ? PAT_ERR_NOMEM : begin(call, bulk, read_revocation(call, bulk));
}

/* --- Purge --- */

static enum pat_err
read_purge(struct patd_call *call, struct bulk_stream *bulk)
{
    struct pat_optional older_than;
    const char *tenant;

    if (!patd_call_text(call, "tenant", &tenant) ||
        !patd_call_number(call, "olderThan", &older_than) ||
        !patd_call_flag(call, "dryRun", &bulk->dry_run) || !patd_call_claim(call))
        return patd_call_bad(call);
    call->bad_parameter = "olderThan";
    if (!older_than.set)
        return patd_call_bad(call);
    /* Without one an operator means all tenants, anybody else their own. */
    if ((tenant != NULL || !call->work.actor.is_operator) && !patd_call_tenant(call, bulk->tenant))
        return patd_call_bad(call);
    return pat_purge_task(&call->work,
                          tenant != NULL || !call->work.actor.is_operator ? bulk->tenant : NULL,
                          older_than.at, &bulk->filter, &bulk->task);
}

enum pat_err
patd_manage_purge(struct patd_call *call)
{
    struct bulk_stream *bulk = new_stream(call);

    return bulk == NULL ? PAT_ERR_NOMEM : begin(call, bulk, read_purge(call, bulk));
}
