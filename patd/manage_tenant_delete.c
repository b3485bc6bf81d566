/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TenantDelete: a transaction a step, and others have their turn in between. A client that goes
 * away ends it where it is; whoever asks again goes on.
 */
#include <stdlib.h>

#include "core/api/tenant_delete.h"
#include "patd/manage_ops.h"

struct delete_stream {
    struct patd_stream stream; /* first */
    struct pat_tenant_deletion deletion;
    bool tells; /* the client takes several replies */
    bool dry_run;
    bool begun;
};

/* Anew at every step: the texts are those of the parameters, which live as long as the stream. */
static bool
read_call(struct patd_call *call, struct delete_stream *deleting)
{
    struct pat_tenant_deletion *deletion = &deleting->deletion;

    if (!patd_call_required(call, "tenant", &deletion->tenant) ||
        !patd_call_flag(call, "withTokens", &deletion->with_tokens) ||
        !patd_call_flag(call, "dryRun", &deleting->dry_run) ||
        !patd_call_text(call, "reason", &deletion->reason) || !patd_call_claim(call))
        return false;
    if (deletion->reason == NULL)
        deletion->reason = "";
    return true;
}

static json_t *
progress(const struct pat_tenant_deletion *deletion)
{
    int64_t of = deletion->tokens + deletion->users + deletion->groups;

    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "done", (json_int_t)deletion->done, "of",
                     (json_int_t)of, "tokens", (json_int_t)deletion->tokens, "live",
                     (json_int_t)deletion->live, "users", (json_int_t)deletion->users, "groups",
                     (json_int_t)deletion->groups);
}

static enum pat_err
work(struct patd_call *call, struct delete_stream *deleting)
{
    enum pat_err err;

    if (deleting->dry_run)
        return pat_tenant_delete_check(&call->work, &deleting->deletion);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = deleting->begun ? pat_tenant_delete_step(&call->work, &deleting->deletion)
                          : pat_tenant_delete_begin(&call->work, &deleting->deletion);
    deleting->begun = true;
    return pat_manage_end(&call->work, err);
}

static enum pat_err
delete_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct delete_stream *deleting = (struct delete_stream *)stream;
    enum pat_err err;

    if (!read_call(call, deleting))
        return patd_call_bad(call);
    err = work(call, deleting);
    if (err != PAT_OK)
        return err;
    *ret_done = deleting->dry_run || deleting->deletion.finished;
    if (*ret_done)
        return patd_call_answer(call, progress(&deleting->deletion));
    return deleting->tells ? call->emit(call, progress(&deleting->deletion)) : PAT_OK;
}

static void
delete_free(struct patd_stream *stream)
{
    free(stream);
}

enum pat_err
patd_manage_tenant_delete(struct patd_call *call)
{
    struct delete_stream *deleting = calloc(1, sizeof *deleting);

    if (deleting == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    deleting->stream = (struct patd_stream){.step = delete_step, .free = delete_free};
    deleting->tells = call->more;
    if (!read_call(call, deleting)) {
        free(deleting);
        return patd_call_bad(call);
    }
    call->stream = &deleting->stream;
    return PAT_OK;
}
