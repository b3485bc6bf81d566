/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the change log: page by page, as a log may be long; and, for those who follow it, with
 * each commit what it brought. No step keeps a transaction open.
 */
#include <stdlib.h>
#include <string.h>

#include "core/api/history.h"
#include "core/base/text.h"
#include "patd/manage_log.h"
#include "patd/manage_ops.h"

#define PAGE 200
#define FOLLOWERS_OF_UID_MAX 4

struct log_stream {
    struct patd_stream stream; /* first */
    json_t *parameters;        /* keeps the filter's texts alive */
    struct pat_history_filter filter;
    struct pat_history_cursor cursor;
};

struct page {
    struct patd_call *call;
    int64_t count;
    enum pat_err err;
};

static bool
emit_change(void *context, const void *record)
{
    struct page *page = context;
    struct patd_call *call = page->call;

    if (page->count++ == PAGE)
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
    *ret_done = log->cursor.done && !stream->follows;
    call->waits = log->cursor.done && stream->follows;
    return err == PAT_OK && page.err != PAT_OK ? pat_manage_failed(&call->work, page.err) : err;
}

static void
log_free(struct patd_stream *stream)
{
    struct log_stream *log = (struct log_stream *)stream;

    pat_history_close(&log->cursor);
    json_decref(log->parameters);
    free(log);
}

/* host: the host's own log. Neither host nor tenant: every log the caller may read. */
bool
patd_manage_log_which(struct patd_call *call, const char **ret_tenant)
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

    if (!patd_manage_log_which(call, &filter->tenant) ||
        !patd_call_text(call, "user", &filter->user) ||
        !patd_call_text(call, "token", &filter->token) ||
        !patd_call_text(call, "event", &filter->event) ||
        !patd_call_text(call, "batch", &filter->batch) ||
        !patd_call_number(call, "since", &filter->since) ||
        !patd_call_number(call, "until", &filter->until) ||
        !patd_call_number(call, "lines", &lines))
        return false;
    call->bad_parameter = "lines";
    filter->lines = lines.at;
    return !lines.set || lines.at >= 1;
}

static enum pat_err
refuse_follower(struct patd_call *call)
{
    pat_manage_refuse(&call->work, PAT_ERR_LIMIT, "limit.followers",
                      "the log is followed %d times already by this uid", FOLLOWERS_OF_UID_MAX);
    return pat_manage_hint(&call->work, "end one of them");
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
    if (!read_filter(call, &log->filter) || !patd_call_flag(call, "follow", &log->stream.follows)) {
        log_free(&log->stream);
        return patd_call_bad(call);
    }
    if (log->stream.follows && call->followers >= FOLLOWERS_OF_UID_MAX) {
        log_free(&log->stream);
        return refuse_follower(call);
    }
    call->stream = &log->stream;
    return PAT_OK;
}
