/* SPDX-License-Identifier: BSD-2-Clause */
/* The method UserForget: a transaction a step, so that others have their turn in between. */
#include <stdlib.h>

#include "core/api/forget.h"
#include "core/base/text.h"
#include "patd/manage_ops.h"

struct forget_stream {
    struct patd_stream stream; /* first */
    char tenant[PAT_TENANT_MAX + 1];
    json_t *parameters; /* keeps the texts alive */
    struct pat_forget forget;
};

static enum pat_err
forget_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct forget_stream *forgetting = (struct forget_stream *)stream;
    struct pat_forget *forget = &forgetting->forget;
    enum pat_err err;

    if (!patd_call_claim(call)) /* the call is a fresh one each time */
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_forget_piece(&call->work, forget));
    *ret_done = forget->done;
    if (err != PAT_OK || !forget->done)
        return err;
    return patd_call_answer(call, json_pack("{s:I, s:I}", "tokens", (json_int_t)forget->tokens,
                                            "changes", (json_int_t)forget->changes));
}

static void
forget_free(struct patd_stream *stream)
{
    struct forget_stream *forgetting = (struct forget_stream *)stream;

    json_decref(forgetting->parameters);
    free(forgetting);
}

static bool
read_forget(struct patd_call *call, struct forget_stream *forgetting)
{
    struct pat_forget *forget = &forgetting->forget;

    forget->tenant = forgetting->tenant;
    if (!patd_call_tenant(call, forgetting->tenant) ||
        !patd_call_required(call, "user", &forget->user) ||
        !patd_call_text(call, "reason", &forget->reason) ||
        !patd_call_flag(call, "dryRun", &forget->dry_run) || !patd_call_claim(call))
        return false;
    if (forget->reason == NULL)
        forget->reason = "";
    return true;
}

enum pat_err
patd_manage_user_forget(struct patd_call *call)
{
    struct forget_stream *forgetting = calloc(1, sizeof *forgetting);

    if (forgetting == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    forgetting->stream = (struct patd_stream){.step = forget_step, .free = forget_free};
    forgetting->parameters = json_incref(call->parameters);
    if (!read_forget(call, forgetting)) {
        forget_free(&forgetting->stream);
        return patd_call_bad(call);
    }
    call->stream = &forgetting->stream;
    return PAT_OK;
}
