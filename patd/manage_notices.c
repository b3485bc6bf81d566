/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices and figures: which owners are to hear that a token ends, what they were told, and how
 * often which verdict was given. patd sends nothing to anybody: a program of the operator's asks.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/api/counts.h"
#include "core/api/notices.h"
#include "core/base/text.h"
#include "core/store/usage.h"
#include "patd/manage_ops.h"
#include "patd/manage_tokens.h"

/* --- what is due --- */

struct notices_stream {
    struct patd_stream stream; /* first */
    struct pat_notices_steps steps;
    struct pat_find_place place;
};

struct page {
    struct patd_call *call;
    enum pat_err err;
};

static json_t *
text_or_null(const char *text)
{
    return text[0] == '\0' ? json_null() : json_string(text);
}

static json_t *
notice_json(struct patd_call *call, const struct pat_notice *notice)
{
    const char *realms = notice->tenant->realms, *realm;
    size_t len = pat_text_word(&realms, &realm);

    return json_pack("{s:o, s:I, s:s, s:o, s:o}", "token", patd_call_token(call, notice->token),
                     "days", (json_int_t)notice->days, "contact", notice->user->contact, "account",
                     text_or_null(notice->user->account), "realm",
                     len == 0 ? json_null() : json_stringn(realm, len));
}

static bool
tell_one(void *context, const struct pat_notice *notice)
{
    struct page *page = context;

    page->err = page->call->emit(page->call,
                                 json_pack("{s:o}", "notice", notice_json(page->call, notice)));
    return page->err == PAT_OK;
}

static enum pat_err
notices_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct notices_stream *notices = (struct notices_stream *)stream;
    struct pat_manage *work = &call->work;
    struct pat_usage *usage = pat_context_usage(work->context);
    struct page page = {.call = call, .err = PAT_OK};
    enum pat_err err = pat_store_begin(work->store, false);

    if (err != PAT_OK)
        return pat_manage_failed(work, err);
    pat_usage_hold(usage);
    err = pat_notices_page(work, &notices->steps, &notices->place, tell_one, &page);
    pat_usage_release(usage);
    pat_store_rollback(work->store);
    if (err == PAT_OK && page.err != PAT_OK)
        err = pat_manage_failed(work, page.err);
    *ret_done = notices->place.done;
    if (err == PAT_OK && *ret_done)
        err = patd_call_answer(call, json_object());
    return err;
}

static void
notices_free(struct patd_stream *stream)
{
    free(stream);
}

static bool
read_steps(struct patd_call *call, struct pat_notices_steps *ret)
{
    json_t *days = json_object_get(call->parameters, "days"), *number;
    size_t index;

    call->bad_parameter = "days";
    if (!json_is_array(days))
        return false;
    json_array_foreach(days, index, number)
    {
        if (!json_is_integer(number) || pat_notices_add(ret, json_integer_value(number)) != PAT_OK)
            return false;
    }
    return ret->count > 0;
}

enum pat_err
patd_manage_notices(struct patd_call *call)
{
    struct notices_stream *notices = calloc(1, sizeof *notices);

    if (notices == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    notices->stream = (struct patd_stream){.step = notices_step, .free = notices_free};
    call->expected_more = !call->more;
    if (call->expected_more || !read_steps(call, &notices->steps)) {
        free(notices);
        return patd_call_bad(call);
    }
    call->stream = &notices->stream;
    return PAT_OK;
}

enum pat_err
patd_manage_notice_sent(struct patd_call *call)
{
    struct pat_optional days;
    struct pat_token_record token;
    enum pat_err err;

    if (!patd_call_number(call, "days", &days))
        return patd_call_bad(call);
    call->bad_parameter = "days";
    if (!days.set)
        return patd_call_bad(call);
    err = patd_manage_find_token(call, &token);
    if (err != PAT_OK)
        return err;
    err = pat_notices_sent(&call->work, &token, days.at);
    call->bad_parameter = "days";
    if (err == PAT_ERR_RANGE)
        return patd_call_bad(call);
    return err == PAT_OK ? patd_call_answer(call, json_object()) : err;
}

/* --- figures --- */

struct figures {
    struct patd_call *call;
    json_t *counts, *heads;
};

static bool
add_count(void *context, const char *service, enum pat_verdict verdict, uint64_t count)
{
    const struct figures *figures = context;

    return patd_call_add(figures->call, figures->counts,
                         json_pack("{s:s, s:s, s:I}", "service", service, "verdict",
                                   pat_verdict_name(verdict), "count", (json_int_t)count));
}

static bool
add_head(void *context, const void *record)
{
    const struct figures *figures = context;
    const struct pat_head_record *head = record;
    char link[2 * PAT_DIGEST_LEN + 1];

    for (size_t i = 0; i < PAT_DIGEST_LEN; i++)
        snprintf(link + 2 * i, 3, "%02x", head->chain.bytes[i]);
    return patd_call_add(figures->call, figures->heads,
                         json_pack("{s:s, s:I, s:s}", "tenant", head->tenant, "seq",
                                   (json_int_t)head->seq, "link", link));
}

/* The heads are missing while no store is there to have any. */
static void
add_heads(struct figures *figures)
{
    const struct pat_scan scan = {.what = PAT_SCAN_HEADS};
    struct pat_store *store = figures->call->work.store;

    if (store != NULL &&
        patd_call_misses(figures->call, pat_store_scan(store, &scan, add_head, figures)))
        json_array_clear(figures->heads);
}

enum pat_err
patd_manage_metrics(struct patd_call *call)
{
    struct pat_context *context = call->work.context;
    struct pat_counts *counts = pat_context_counts(context);
    struct figures figures = {.call = call, .counts = json_array(), .heads = json_array()};
    enum pat_err err;

    pat_counts_each(counts, add_count, &figures);
    add_heads(&figures);
    err = patd_call_answer(call, json_pack("{s:I, s:I, s:O, s:O}", "started",
                                           (json_int_t)pat_counts_since(counts), "usageLost",
                                           (json_int_t)pat_usage_lost(pat_context_usage(context)),
                                           "counts", figures.counts, "heads", figures.heads));
    json_decref(figures.counts);
    json_decref(figures.heads);
    return err;
}
