/* SPDX-License-Identifier: BSD-2-Clause */
/* The method List: a filter in, pages of tokens out. What fits is core/api/find's to say. */
#include <stdlib.h>

#include "core/store/usage.h"
#include "patd/manage_list.h"
#include "patd/manage_ops.h"

/* The first page is for those who want the newest only. */
#define FIRST_PAGE 64
#define PAGE 200
#define LIST_MAX 100

/* --- filters --- */

/* Reads the filter as if its members were parameters. */
static bool
read_members(struct patd_call *inner, struct patd_manage_filter *filter)
{
    struct pat_find_filter *find = &filter->find;
    bool given;

    if (!patd_call_text(inner, "tenant", &find->tenant) ||
        !patd_call_text(inner, "user", &find->user) ||
        !patd_call_text(inner, "name", &find->name) ||
        !patd_call_text(inner, "glob", &find->glob) ||
        !patd_call_text(inner, "scope", &find->scope) ||
        !patd_call_list(inner, "states", filter->states, sizeof filter->states, &given) ||
        !patd_call_number(inner, "createdBefore", &find->created_before) ||
        !patd_call_number(inner, "createdAfter", &find->created_after) ||
        !patd_call_number(inner, "expiresBefore", &find->expires_before) ||
        !patd_call_flag(inner, "noExpiry", &find->no_expiry) ||
        !patd_call_number(inner, "unusedSince", &find->unused_since) ||
        !patd_call_text(inner, "service", &find->service) ||
        !patd_call_text(inner, "address", &find->address) ||
        !patd_call_text(inner, "batch", &find->batch) ||
        !patd_call_flag(inner, "blocked", &find->blocked) ||
        !patd_call_flag(inner, "withRevoked", &find->with_revoked))
        return false;
    find->states = given ? filter->states : NULL;
    return true;
}

bool
patd_manage_filter_read(struct patd_call *call, struct patd_manage_filter *ret)
{
    json_t *object = json_object_get(call->parameters, "filter");
    struct patd_call inner;

    call->bad_parameter = "filter";
    *ret = (struct patd_manage_filter){.object = NULL};
    if (object != NULL && !json_is_null(object) && !json_is_object(object))
        return false;
    ret->object = json_is_object(object) ? json_incref(object) : json_object();
    inner = (struct patd_call){.parameters = ret->object};
    return ret->object != NULL &&
           patd_call_unknown(ret->object, "tenant user name glob scope states createdBefore "
                                          "createdAfter expiresBefore noExpiry unusedSince "
                                          "service address batch blocked withRevoked") == NULL &&
           read_members(&inner, ret);
}

void
patd_manage_filter_close(struct patd_manage_filter *filter)
{
    json_decref(filter->object);
}

/* --- pages --- */

struct list_stream {
    struct patd_stream stream; /* first */
    struct patd_manage_filter filter;
    struct pat_find_place place;
    int64_t pages;
    int64_t hidden;
    json_t *tokens; /* of a call without "more": what its only reply will hold */
    int64_t limit;  /* of them */
};

struct page {
    struct patd_call *call;
    json_t *tokens; /* or NULL */
    int64_t limit;
    int64_t count;
    enum pat_err err;
};

static bool
list_one(void *context, const void *record)
{
    struct page *page = context;
    json_t *json;

    if (page->count++ == page->limit)
        return false;
    json = patd_call_token(page->call, record);
    if (page->tokens != NULL)
        page->err = json_array_append_new(page->tokens, json) == 0 ? PAT_OK : PAT_ERR_NOMEM;
    else
        page->err = page->call->emit(page->call, json_pack("{s:o}", "token", json));
    return page->err == PAT_OK;
}

static enum pat_err
list_page(struct page *page, struct list_stream *list)
{
    struct pat_manage *work = &page->call->work;
    struct pat_usage *usage = pat_context_usage(work->context);
    enum pat_err err = pat_store_begin(work->store, false);

    if (err != PAT_OK)
        return pat_manage_failed(work, err);
    pat_usage_hold(usage);
    err = pat_find_page(work, &list->filter.find, &list->place, list_one, page);
    pat_usage_release(usage);
    pat_store_rollback(work->store);
    if (err == PAT_OK && page->err != PAT_OK)
        err = pat_manage_failed(work, page->err);
    return err;
}

static enum pat_err
stream_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct list_stream *list = (struct list_stream *)stream;
    struct page page = {.call = call, .limit = list->pages++ == 0 ? FIRST_PAGE : PAGE};
    enum pat_err err = list_page(&page, list);

    *ret_done = list->place.done;
    if (err == PAT_OK && *ret_done)
        err = patd_call_answer(call, json_pack("{s:I}", "hidden", (json_int_t)list->hidden));
    return err;
}

/* Also without "more" others have their turn while it is looked for what fits. */
static enum pat_err
once_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct list_stream *list = (struct list_stream *)stream;
    struct page page = {.call = call,
                        .tokens = list->tokens,
                        .limit = list->limit - (int64_t)json_array_size(list->tokens)};
    enum pat_err err = list_page(&page, list);
    bool others = page.count > page.limit;

    *ret_done = others || list->place.done;
    if (err == PAT_OK && *ret_done)
        err = patd_call_answer(
            call, json_pack("{s:O, s:b}", "tokens", list->tokens, "others", (int)others));
    return err;
}

static void
list_free(struct patd_stream *stream)
{
    struct list_stream *list = (struct list_stream *)stream;

    patd_manage_filter_close(&list->filter);
    json_decref(list->tokens);
    free(list);
}

static bool
read_limit(struct patd_call *call, int64_t *ret)
{
    struct pat_optional limit;
    bool good = patd_call_number(call, "limit", &limit) &&
                (!limit.set || (limit.at >= 1 && limit.at <= LIST_MAX));

    *ret = good && limit.set ? limit.at : LIST_MAX;
    if (!good)
        call->bad_parameter = "limit";
    return good;
}

enum pat_err
patd_manage_list(struct patd_call *call)
{
    struct list_stream *list = calloc(1, sizeof *list);

    if (list == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    list->stream = (struct patd_stream){.step = call->more ? stream_step : once_step,
                                        .free = list_free};
    if (!patd_manage_filter_read(call, &list->filter) || !read_limit(call, &list->limit)) {
        list_free(&list->stream);
        return patd_call_bad(call);
    }
    if (call->more)
        list->filter.find.hidden = &list->hidden;
    else
        list->tokens = json_array();
    if (!call->more && list->tokens == NULL) {
        list_free(&list->stream);
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    }
    patd_call_flush_uses(call);
    call->stream = &list->stream;
    return PAT_OK;
}
