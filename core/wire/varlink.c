/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing Varlink messages with jansson. Bounds come first: the caller's buffer. */
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/wire/varlink.h"

/*
 * Every block carries its size in front, so that it can be wiped when it is freed, and its
 * neighbours among those of the same message.
 */
union block {
    struct {
        size_t size;
        union block *before, *next;
    } of;
    max_align_t alignment;
};

/*
 * SECURITY: jansson's parser (2.14) does not look whether its buffer could grow: it goes on without
 * a character, and without the last quote of a string it reads and writes behind the buffer's end.
 * So an allocation that fails while a message is taken apart does not return to it; what it had
 * allocated is known here, and freed.
 */
static _Thread_local struct {
    bool running;
    jmp_buf lacks_memory;
    union block *blocks;
} loading;

static void *
no_block(void)
{
    if (loading.running)
        longjmp(loading.lacks_memory, 1);
    return NULL;
}

static void *
wiping_malloc(size_t size)
{
    union block *block = size > SIZE_MAX - sizeof *block ? NULL : malloc(sizeof *block + size);

    if (block == NULL)
        return no_block();
    block->of.size = size;
    block->of.before = NULL;
    block->of.next = loading.running ? loading.blocks : NULL;
    if (block->of.next != NULL)
        block->of.next->of.before = block;
    if (loading.running)
        loading.blocks = block;
    return block + 1;
}

static void
wiping_free(void *at)
{
    union block *block = at;

    if (block == NULL)
        return;
    block--;
    if (block->of.next != NULL)
        block->of.next->of.before = block->of.before;
    if (block->of.before != NULL)
        block->of.before->of.next = block->of.next;
    else if (loading.blocks == block)
        loading.blocks = block->of.next;
    pat_secret_wipe(block + 1, block->of.size);
    free(block);
}

json_t *
pat_varlink_load(const char *bytes, size_t len, size_t flags)
{
    json_error_t ignored;
    json_t *loaded = NULL;

    loading.blocks = NULL;
    loading.running = true;
    if (setjmp(loading.lacks_memory) == 0)
        loaded = json_loadb(bytes, len, flags, &ignored);
    else
        while (loading.blocks != NULL)
            wiping_free(loading.blocks + 1);
    loading.running = false;
    loading.blocks = NULL;
    return loaded;
}

void
pat_varlink_start(void)
{
    json_set_alloc_funcs(wiping_malloc, wiping_free);
    json_object_seed(0);
}

static bool
take_flag(json_t *message, const char *name, bool *ret)
{
    json_t *value = json_object_get(message, name);

    *ret = json_is_true(value);
    return value == NULL || json_is_boolean(value);
}

static bool
take_call(struct pat_varlink_call *call)
{
    json_t *parameters = json_object_get(call->message, "parameters");
    bool upgrade;

    if (!json_is_object(call->message))
        return false;
    call->method = json_string_value(json_object_get(call->message, "method"));
    if (parameters == NULL) {
        parameters = json_object();
        if (json_object_set_new(call->message, "parameters", parameters) != 0)
            return false;
    }
    call->parameters = parameters;
    return call->method != NULL && json_is_object(parameters) &&
           take_flag(call->message, "more", &call->more) &&
           take_flag(call->message, "oneway", &call->oneway) &&
           take_flag(call->message, "upgrade", &upgrade) && !upgrade;
}

enum pat_err
pat_varlink_parse(const char *bytes, size_t len, struct pat_varlink_call *ret)
{
    struct pat_varlink_call call = {.method = NULL};

    memset(ret, 0, sizeof *ret);
    call.message = pat_varlink_load(bytes, len, JSON_REJECT_DUPLICATES);
    if (call.message != NULL && take_call(&call)) {
        *ret = call;
        return PAT_OK;
    }
    json_decref(call.message);
    return PAT_ERR_SYNTAX;
}

void
pat_varlink_clear(struct pat_varlink_call *call)
{
    json_decref(call->message);
    memset(call, 0, sizeof *call);
}

/* Takes over message. */
static char *
dump(json_t *message, size_t *ret_len)
{
    size_t len = message == NULL ? 0 : json_dumpb(message, NULL, 0, JSON_COMPACT);
    char *bytes = len == 0 ? NULL : malloc(len + 1);

    if (bytes != NULL && json_dumpb(message, bytes, len, JSON_COMPACT) != len) {
        pat_varlink_free(bytes, len);
        bytes = NULL;
    }
    if (bytes != NULL) {
        bytes[len] = '\0';
        *ret_len = len + 1;
    }
    json_decref(message);
    return bytes;
}

static json_t *
with_parameters(json_t *message, json_t *parameters)
{
    if (message == NULL || parameters == NULL ||
        json_object_set(message, "parameters", parameters) != 0) {
        json_decref(message);
        message = NULL;
    }
    json_decref(parameters);
    return message;
}

static bool
set_true(json_t *message, const char *name)
{
    return message != NULL && json_object_set_new(message, name, json_true()) == 0;
}

char *
pat_varlink_reply(json_t *parameters, bool continues, size_t *ret_len)
{
    json_t *message = with_parameters(json_object(), parameters);

    if (continues && !set_true(message, "continues")) {
        json_decref(message);
        return NULL;
    }
    return dump(message, ret_len);
}

char *
pat_varlink_error(const char *error, json_t *parameters, size_t *ret_len)
{
    return dump(with_parameters(json_pack("{s:s}", "error", error), parameters), ret_len);
}

char *
pat_varlink_call(const char *method, json_t *parameters, bool more, size_t *ret_len)
{
    json_t *message = with_parameters(json_pack("{s:s}", "method", method), parameters);

    if (more && !set_true(message, "more")) {
        json_decref(message);
        return NULL;
    }
    return dump(message, ret_len);
}

void
pat_varlink_free(char *message, size_t len)
{
    pat_secret_wipe(message, message == NULL ? 0 : len);
    free(message);
}
