/* SPDX-License-Identifier: BSD-2-Clause */
/* The method LogVerify: following chains step by step, or comparing heads that were logged. */
#include <stdlib.h>
#include <string.h>

#include "core/api/proof.h"
#include "core/base/text.h"
#include "patd/manage_log.h"
#include "patd/manage_ops.h"

struct proof_stream {
    struct patd_stream stream; /* first */
    json_t *parameters;        /* keeps tenant alive */
    const char *tenant;
    struct pat_proof proof;
};

struct telling {
    struct patd_call *call;
    enum pat_err err;
};

static bool
emit_verdict(void *context, const struct pat_proof_verdict *verdict)
{
    struct telling *telling = context;
    struct patd_call *call = telling->call;
    const struct pat_optional bad = {.set = verdict->bad != 0, .at = verdict->bad};

    telling->err = call->emit(
        call, json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:s}", "tenant", verdict->tenant, "cut",
                        (json_int_t)verdict->cut, "checked", (json_int_t)verdict->checked, "head",
                        (json_int_t)verdict->head, "before", (json_int_t)verdict->before, "bad",
                        patd_call_optional(&bad), "what", verdict->what));
    return telling->err == PAT_OK;
}

static enum pat_err
proof_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct proof_stream *log = (struct proof_stream *)stream;
    struct telling telling = {.call = call, .err = PAT_OK};
    enum pat_err err = pat_store_begin(call->work.store, false);

    if (err != PAT_OK)
        return pat_manage_failed(&call->work, err);
    err = pat_proof_step(&call->work, log->tenant, &log->proof, emit_verdict, &telling);
    pat_store_rollback(call->work.store);
    *ret_done = log->proof.done;
    return err == PAT_OK && telling.err != PAT_OK ? pat_manage_failed(&call->work, telling.err)
                                                  : err;
}

static void
proof_free(struct patd_stream *stream)
{
    struct proof_stream *log = (struct proof_stream *)stream;

    pat_proof_close(&log->proof);
    json_decref(log->parameters);
    free(log);
}

static enum pat_err
begin_proof(struct patd_call *call, const char *tenant)
{
    struct proof_stream *log = calloc(1, sizeof *log);

    if (log == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    log->stream = (struct patd_stream){.step = proof_step, .free = proof_free};
    log->parameters = json_incref(call->parameters);
    log->tenant = tenant;
    call->stream = &log->stream;
    return PAT_OK;
}

/* --- heads --- */

static int
digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_link(const char *text, struct pat_digest *ret)
{
    if (text == NULL || strlen(text) != 2 * PAT_DIGEST_LEN)
        return false;
    for (size_t i = 0; i < PAT_DIGEST_LEN; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        ret->bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static bool
read_head(json_t *object, struct pat_proof_head *ret)
{
    const char *tenant = json_string_value(json_object_get(object, "tenant"));
    json_t *seq = json_object_get(object, "seq");

    if (tenant == NULL || pat_text_set(ret->tenant, sizeof ret->tenant, tenant) != PAT_OK ||
        !json_is_integer(seq) || json_integer_value(seq) < 1)
        return false;
    ret->seq = json_integer_value(seq);
    return patd_call_unknown(object, "tenant seq link") == NULL &&
           read_link(json_string_value(json_object_get(object, "link")), &ret->link);
}

static enum pat_err
compare(struct patd_call *call, const char *tenant, const struct pat_proof_head *heads,
        size_t count)
{
    struct telling telling = {.call = call, .err = PAT_OK};
    enum pat_err err = pat_store_begin(call->work.store, false);

    if (err != PAT_OK)
        return pat_manage_failed(&call->work, err);
    err = pat_proof_heads(&call->work, tenant, heads, count, emit_verdict, &telling);
    pat_store_rollback(call->work.store);
    if (err == PAT_OK && telling.err != PAT_OK)
        err = pat_manage_failed(&call->work, telling.err);
    return err == PAT_OK ? patd_call_answer(call, json_object()) : err;
}

static enum pat_err
compare_heads(struct patd_call *call, const char *tenant, json_t *array)
{
    size_t count = json_array_size(array), index;
    struct pat_proof_head *heads = calloc(count + 1, sizeof *heads);
    bool good = json_is_array(array) && count <= PAT_PROOF_HEADS;
    enum pat_err err = PAT_ERR_NOMEM;
    json_t *object;

    if (heads == NULL)
        return pat_manage_failed(&call->work, err);
    json_array_foreach(array, index, object)
    {
        good = good && read_head(object, &heads[index]);
    }
    call->bad_parameter = "heads";
    err = good ? compare(call, tenant, heads, count) : patd_call_bad(call);
    free(heads);
    return err;
}

enum pat_err
patd_manage_log_verify(struct patd_call *call)
{
    json_t *heads = json_object_get(call->parameters, "heads");
    const char *tenant;

    call->expected_more = !call->more;
    if (call->expected_more || !patd_manage_log_which(call, &tenant))
        return patd_call_bad(call);
    if (heads != NULL && !json_is_null(heads))
        return compare_heads(call, tenant, heads);
    return begin_proof(call, tenant);
}
