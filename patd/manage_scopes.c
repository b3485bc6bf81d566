/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods about the scope catalogue: parameters in, core/api's answer out. */
#include <stdlib.h>

#include "core/api/scopes.h"
#include "patd/manage_ops.h"

/* --- the list: counted first, piece by piece, if that is asked for --- */

struct scope_stream {
    struct patd_stream stream; /* first */
    struct pat_scopes_census *census;
    bool counted;
};

struct emitting {
    struct patd_call *call;
    const struct pat_scopes_census *census;
    enum pat_err err;
};

static bool
emit_scope(void *context, const struct pat_scopes_entry *entry)
{
    struct emitting *emitting = context;
    const struct pat_optional tokens = pat_scopes_census_of(emitting->census, entry->scope);
    struct patd_call *call = emitting->call;

    emitting->err = call->emit(call,
                               json_pack("{s:o}", "scope", patd_call_scope(call, entry, &tokens)));
    return emitting->err == PAT_OK;
}

static enum pat_err
scope_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct scope_stream *list = (struct scope_stream *)stream;
    struct emitting emitting = {.call = call, .census = list->census, .err = PAT_OK};
    enum pat_err err;

    if (!list->counted)
        return pat_scopes_census_piece(&call->work, list->census, &list->counted);
    err = pat_scopes_list(&call->work, emit_scope, &emitting);
    if (err == PAT_OK && emitting.err != PAT_OK)
        err = pat_manage_failed(&call->work, emitting.err);
    *ret_done = true;
    return err;
}

static void
scope_free(struct patd_stream *stream)
{
    struct scope_stream *list = (struct scope_stream *)stream;

    pat_scopes_census_free(list->census);
    free(list);
}

enum pat_err
patd_manage_scope_list(struct patd_call *call)
{
    char tenant[PAT_TENANT_MAX + 1];
    struct scope_stream *list;
    enum pat_err err = PAT_OK;
    bool count = false;

    call->expected_more = !call->more;
    if (call->expected_more || !patd_call_tenant(call, tenant) ||
        !patd_call_flag(call, "count", &count))
        return patd_call_bad(call);
    list = calloc(1, sizeof *list);
    if (list == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    list->stream = (struct patd_stream){.step = scope_step, .free = scope_free};
    list->counted = !count || tenant[0] == '\0'; /* a new host has none */
    if (!list->counted)
        err = pat_scopes_census_begin(&call->work, tenant, &list->census);
    if (err == PAT_OK)
        call->stream = &list->stream;
    else
        scope_free(&list->stream);
    return err;
}

/* --- changing it --- */

enum pat_err
patd_manage_scope_add(struct patd_call *call)
{
    static const struct pat_optional uncounted;
    const char *scope, *label, *meaning;
    struct pat_scopes_entry entry = {.third_party = true};
    struct pat_scope_record row;
    enum pat_err err;

    if (!patd_call_required(call, "scope", &scope) || !patd_call_required(call, "label", &label) ||
        !patd_call_text(call, "meaning", &meaning) || !patd_call_claim(call))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_scopes_add(&call->work, scope, label,
                                                     meaning == NULL ? "" : meaning, &row));
    if (err != PAT_OK)
        return err;
    entry.scope = row.scope;
    entry.label = row.label;
    entry.meaning = row.meaning;
    return patd_call_answer(call,
                            json_pack("{s:o}", "scope", patd_call_scope(call, &entry, &uncounted)));
}

enum pat_err
patd_manage_scope_remove(struct patd_call *call)
{
    const char *scope;
    enum pat_err err;

    if (!patd_call_required(call, "scope", &scope) || !patd_call_claim(call))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_scopes_remove(&call->work, scope));
    return err == PAT_OK ? patd_call_answer(call, json_object()) : err;
}
