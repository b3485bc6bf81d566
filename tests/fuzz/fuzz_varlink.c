/* SPDX-License-Identifier: BSD-2-Clause */
/* core/wire/varlink.c: a message that is taken for a call is one, and stays the same when written.
 */
#include <string.h>

#include "core/wire/varlink.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    pat_varlink_start();
    return 0;
}

static void
check_call(const struct pat_varlink_call *call)
{
    struct pat_varlink_call again;
    size_t len = 0;
    char *message;

    FUZZ_CHECK(json_is_object(call->message) && call->method != NULL);
    FUZZ_CHECK(json_is_object(call->parameters));
    FUZZ_CHECK(json_object_get(call->message, "parameters") == call->parameters);
    FUZZ_CHECK(json_is_true(json_object_get(call->message, "more")) == call->more);
    FUZZ_CHECK(json_is_true(json_object_get(call->message, "oneway")) == call->oneway);
    FUZZ_CHECK(!json_is_true(json_object_get(call->message, "upgrade")));

    message = pat_varlink_call(call->method, json_incref(call->parameters), call->more, &len);
    FUZZ_CHECK(message != NULL && len >= 1 && strlen(message) == len - 1);
    FUZZ_CHECK(pat_varlink_parse(message, len - 1, &again) == PAT_OK);
    FUZZ_CHECK(strcmp(again.method, call->method) == 0 && again.more == call->more);
    FUZZ_CHECK(json_equal(again.parameters, call->parameters));
    pat_varlink_clear(&again);
    pat_varlink_free(message, len);
}

/* Anything that was read can stand in a reply and in an error. */
static void
check_reply(const struct pat_varlink_call *call)
{
    size_t len = 0;
    char *message = pat_varlink_reply(json_incref(call->parameters), call->more, &len);
    json_t *read;

    FUZZ_CHECK(message != NULL && strlen(message) == len - 1);
    read = json_loads(message, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(json_is_true(json_object_get(read, "continues")) == call->more);
    FUZZ_CHECK(json_equal(json_object_get(read, "parameters"), call->parameters));
    json_decref(read);
    pat_varlink_free(message, len);
    message = pat_varlink_error(call->method, json_incref(call->parameters), &len);
    FUZZ_CHECK(message != NULL && strlen(message) == len - 1);
    pat_varlink_free(message, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct pat_varlink_call call;

    if (len >= PAT_VARLINK_REQUEST_MAX)
        return 0;
    memset(&call, 0xaa, sizeof call);
    if (pat_varlink_parse((const char *)bytes, len, &call) == PAT_OK) {
        check_call(&call);
        check_reply(&call);
        pat_varlink_clear(&call);
    }
    FUZZ_CHECK(call.message == NULL && call.method == NULL && call.parameters == NULL);
    FUZZ_CHECK(!call.more && !call.oneway);
    return 0;
}
