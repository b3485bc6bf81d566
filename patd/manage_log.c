/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods about the change log. Streams page by page: a log may be long. */
#include <stdlib.h>
#include <string.h>

#include "core/api/history.h"
#include "core/base/text.h"
#include "patd/manage_ops.h"

#define PAGE 200

struct log_stream {
    struct patd_stream stream; /* first */
    json_t *parameters;        /* keeps the filter's texts alive */
    struct pat_history_filter filter;
    struct pat_history_cursor cursor;
};

struct page {
    struct patd_call *call;
    int64_t count;
    bool full;
    enum pat_err err;
};

static bool
emit_change(void *context, const void *record)
{
    struct page *page = context;
    struct patd_call *call = page->call;

    page->full = page->count++ == PAGE;
    if (page->full)
        return false;
    page->err = call->emit(call, json_pack("{s:o}", "change", patd_call_change(record)));
    return page->err == PAT_OK;
}

static enum pat_err
log_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct log_stream *log = (struct log_stream *)stream;
    struct page page = {.call = call, .err = PAT_OK};
    enum pat_err err = pat_store_begin(call->work.store, false);

    if (err != PAT_OK)
        return pat_manage_failed(&call->work, err);
    err = pat_history_list(&call->work, &log->filter, &log->cursor, emit_change, &page);
    pat_store_rollback(call->work.store);
    *ret_done = !page.full;
    return err == PAT_OK && page.err != PAT_OK ? pat_manage_failed(&call->work, page.err) : err;
}

static void
log_free(struct patd_stream *stream)
{
    struct log_stream *log = (struct log_stream *)stream;

    json_decref(log->parameters);
    free(log);
}

/* host: the host's own log. Neither host nor tenant: every log the caller may read. */
static bool
read_log(struct patd_call *call, const char **ret_tenant)
{
    bool host = false;

    if (!patd_call_text(call, "tenant", ret_tenant) || !patd_call_flag(call, "host", &host))
        return false;
    call->bad_parameter = "host";
    if (host && *ret_tenant != NULL)
        return false;
    if (host)
        *ret_tenant = "";
    return true;
}

static bool
read_filter(struct patd_call *call, struct pat_history_filter *filter)
{
    struct pat_optional lines;

    if (!read_log(call, &filter->tenant) || !patd_call_text(call, "user", &filter->user) ||
        !patd_call_text(call, "token", &filter->token) ||
        !patd_call_text(call, "event", &filter->event) ||
        !patd_call_number(call, "since", &filter->since) ||
        !patd_call_number(call, "until", &filter->until) ||
        !patd_call_number(call, "lines", &lines))
        return false;
    call->bad_parameter = "lines";
    filter->lines = lines.at;
    return !lines.set || lines.at >= 1;
}

enum pat_err
patd_manage_log(struct patd_call *call)
{
    struct log_stream *log;

    call->expected_more = !call->more;
    if (call->expected_more)
        return patd_call_bad(call);
    log = calloc(1, sizeof *log);
    if (log == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    log->stream = (struct patd_stream){.step = log_step, .free = log_free};
    log->parameters = json_incref(call->parameters);
    if (!read_filter(call, &log->filter)) {
        log_free(&log->stream);
        return patd_call_bad(call);
    }
    call->stream = &log->stream;
    return PAT_OK;
}

static bool
emit_verdict(void *context, const struct pat_history_verdict *verdict)
{
    struct page *page = context;
    struct patd_call *call = page->call;
    const struct pat_optional bad = {.set = verdict->bad != 0, .at = verdict->bad};

    page->err = call->emit(call, json_pack("{s:s, s:I, s:I, s:o, s:s}", "tenant", verdict->tenant,
                                           "checked", (json_int_t)verdict->checked, "head",
                                           (json_int_t)verdict->head, "bad",
                                           patd_call_optional(&bad), "what", verdict->what));
    return page->err == PAT_OK;
}

enum pat_err
patd_manage_log_verify(struct patd_call *call)
{
    struct page page = {.call = call, .err = PAT_OK};
    const char *tenant;
    enum pat_err err;

    call->expected_more = !call->more;
    if (call->expected_more || !read_log(call, &tenant))
        return patd_call_bad(call);
    err = pat_store_begin(call->work.store, false);
    if (err != PAT_OK)
        return pat_manage_failed(&call->work, err);
    err = pat_history_verify(&call->work, tenant, emit_verdict, &page);
    pat_store_rollback(call->work.store);
    if (err == PAT_OK && page.err != PAT_OK)
        err = pat_manage_failed(&call->work, page.err);
    return err == PAT_OK ? patd_call_answer(call, json_object()) : err;
}
