/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods LogCut and LogErase: for operators, in steps between which others have their turn. */
#include <stdlib.h>

#include "core/api/retention.h"
#include "core/base/text.h"
#include "patd/manage_ops.h"

struct retention_stream {
    struct patd_stream stream; /* first */
    json_t *parameters;        /* keeps the texts alive */
    char tenant[PAT_TENANT_MAX + 1];
    const char *user; /* of LogErase */
    const char *reason;
    int64_t before; /* of LogCut */
    bool dry_run;
    struct pat_retention_place place; /* of what is counted, or erased */
    bool counted;
    int64_t done; /* that were cut */
};

static void
retention_free(struct patd_stream *stream)
{
    struct retention_stream *work = (struct retention_stream *)stream;

    json_decref(work->parameters);
    free(work);
}

static struct retention_stream *
new_stream(struct patd_call *call,
           enum pat_err (*step)(struct patd_stream *, struct patd_call *, bool *))
{
    struct retention_stream *work = calloc(1, sizeof *work);

    if (work == NULL)
        return NULL;
    work->stream = (struct patd_stream){.step = step, .free = retention_free};
    work->parameters = json_incref(call->parameters);
    work->reason = "";
    return work;
}

static bool
read_common(struct patd_call *call, struct retention_stream *work)
{
    const char *reason;

    if (!patd_call_text(call, "reason", &reason) ||
        !patd_call_flag(call, "dryRun", &work->dry_run) || !patd_call_claim(call))
        return false;
    work->reason = reason == NULL ? "" : reason;
    return true;
}

/* --- cutting --- */

static enum pat_err
count_step(struct retention_stream *work, struct patd_call *call)
{
    enum pat_err err = pat_store_begin(call->work.store, false);

    if (err != PAT_OK)
        return pat_manage_failed(&call->work, err);
    if (work->user == NULL)
        err = pat_retention_count_old(&call->work, work->tenant, work->before, &work->place);
    else
        err = pat_retention_count_texts(&call->work, work->tenant, work->user, &work->place);
    pat_store_rollback(call->work.store);
    work->counted = work->place.done;
    return err;
}

static json_t *
progress(const struct retention_stream *work)
{
    return json_pack("{s:I, s:I}", "done", (json_int_t)work->done, "of",
                     (json_int_t)work->place.count);
}

static enum pat_err
cut_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct retention_stream *work = (struct retention_stream *)stream;
    const struct pat_retention_wish wish = {.tenant = work->tenant,
                                            .before = work->before,
                                            .upto = work->place.seq,
                                            .reason = work->reason};
    int64_t cut = 0;
    enum pat_err err;

    if (!work->counted) {
        err = count_step(work, call);
        *ret_done = work->counted && (work->dry_run || work->place.count == 0);
        if (err == PAT_OK && *ret_done)
            err = patd_call_answer(call, progress(work));
        return err;
    }
    *ret_done = call->hung_up;
    if (call->hung_up)
        return PAT_OK;
    if (!patd_call_claim(call))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_retention_cut(&call->work, &wish, &cut);
    err = pat_manage_end(&call->work, err);
    if (err != PAT_OK)
        return err;
    work->done += cut;
    *ret_done = cut == 0 || work->done >= work->place.count;
    return *ret_done ? patd_call_answer(call, progress(work)) : call->emit(call, progress(work));
}

enum pat_err
patd_manage_log_cut(struct patd_call *call)
{
    struct retention_stream *work = new_stream(call, cut_step);
    struct pat_optional before = {.set = false};
    const char *tenant = NULL;
    bool good;

    if (work == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    good = read_common(call, work) && patd_call_text(call, "tenant", &tenant) &&
           patd_call_number(call, "before", &before);
    if (good && !before.set) {
        call->bad_parameter = "before";
        good = false;
    }
    if (good && tenant != NULL &&
        pat_text_set(work->tenant, sizeof work->tenant, tenant) != PAT_OK) {
        call->bad_parameter = "tenant";
        good = false;
    }
    call->expected_more = good && !call->more && !work->dry_run;
    if (!good || call->expected_more) {
        retention_free(&work->stream);
        return patd_call_bad(call);
    }
    work->before = before.at;
    call->stream = &work->stream;
    return PAT_OK;
}

/* --- erasing --- */

static enum pat_err
erase_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct retention_stream *work = (struct retention_stream *)stream;
    enum pat_err err;

    if (work->dry_run)
        err = count_step(work, call);
    else if (!patd_call_claim(call))
        err = patd_call_bad(call);
    else
        err = pat_retention_erase_step(&call->work, work->tenant, work->user, work->reason,
                                       &work->place);
    *ret_done = work->place.done;
    if (err != PAT_OK || !work->place.done)
        return err;
    return patd_call_answer(call, json_pack("{s:I}", "erased", (json_int_t)work->place.count));
}

enum pat_err
patd_manage_log_erase(struct patd_call *call)
{
    struct retention_stream *work = new_stream(call, erase_step);

    if (work == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    if (!read_common(call, work) || !patd_call_tenant(call, work->tenant) ||
        !patd_call_required(call, "user", &work->user)) {
        retention_free(&work->stream);
        return patd_call_bad(call);
    }
    call->stream = &work->stream;
    return PAT_OK;
}
