/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/wire/authdaemon.c. An accepted request is the only reading of its bytes: four lines, of
 * which none was begun by a newline that somebody typed; each beginning of it waits; an error stays
 * one, whatever follows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/secret.h"
#include "core/base/span.h"
#include "core/wire/authdaemon.h"
#include "tests/fuzz/fuzz.h"

#define PREFIXES 40

/* The length without the newline that need not be there. */
static size_t
check_request(const struct pat_request *request, const uint8_t *bytes, size_t len)
{
    unsigned char again[PAT_AUTHDAEMON_MAX];
    char head[sizeof again + 1];
    struct pat_writer writer = pat_span_writer(again, sizeof again);
    size_t body = strlen(request->service) + strlen(request->login) + request->token.len + 9;

    FUZZ_CHECK(len <= PAT_AUTHDAEMON_MAX && request->has_login && !request->has_realm);
    FUZZ_CHECK(!request->has_address && !request->wants_scopes && request->tenant[0] == '\0');
    FUZZ_CHECK(request->realm[0] == '\0' && request->address[0] == '\0');
    FUZZ_CHECK(strchr(request->service, '\n') == NULL && strchr(request->login, '\n') == NULL);
    FUZZ_CHECK(memchr(request->token.bytes, '\n', request->token.len) == NULL);
    snprintf(head, sizeof head, "AUTH %zu\n%s\nlogin\n%s\n", body, request->service,
             request->login);
    pat_span_put_text(&writer, head);
    pat_span_put_bytes(&writer, request->token.bytes, request->token.len);
    pat_span_put_bytes(&writer, "\n", 1);
    FUZZ_CHECK(!writer.failed && writer.len <= len && memcmp(again, bytes, writer.len) == 0);
    FUZZ_CHECK(writer.len == len || (writer.len + 1 == len && bytes[len - 1] == '\n'));
    return writer.len;
}

static enum pat_err
check(const uint8_t *bytes, size_t len, size_t *ret_least)
{
    struct pat_request request;
    uint8_t *copy = fuzz_copy(bytes, len);
    enum pat_err err;

    memset(&request, 0xaa, sizeof request);
    err = pat_authdaemon_get_request(copy, len, &request);
    if (err == PAT_OK)
        *ret_least = check_request(&request, bytes, len);
    else
        FUZZ_CHECK(fuzz_is_zero(&request, sizeof request));
    FUZZ_CHECK(err == PAT_OK || err == PAT_ERR_BUSY || err == PAT_ERR_RANGE ||
               err == PAT_ERR_SYNTAX);
    FUZZ_CHECK(err != PAT_ERR_BUSY || len < PAT_AUTHDAEMON_MAX);
    pat_secret_wipe(&request, sizeof request);
    free(copy);
    return err;
}

static void
check_beginning(const uint8_t *bytes, size_t i, enum pat_err whole, size_t least)
{
    size_t ignored;
    enum pat_err err = check(bytes, i, &ignored);

    if (err == PAT_ERR_RANGE || err == PAT_ERR_SYNTAX)
        FUZZ_CHECK(whole == err);
    if (whole == PAT_OK)
        FUZZ_CHECK(err == (i < least ? PAT_ERR_BUSY : PAT_OK));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    size_t least = 0;
    enum pat_err whole = check(bytes, len, &least);

    for (size_t i = 0; i < len; i += 1 + len / PREFIXES)
        check_beginning(bytes, i, whole, least);
    if (whole == PAT_OK && least < len)
        check_beginning(bytes, least, whole, least);
    if (whole == PAT_OK)
        check_beginning(bytes, least - 1, whole, least);
    return 0;
}
