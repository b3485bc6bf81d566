/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/wire/saslauthd.c, what patd reads on mux. An accepted request is the only reading of its
 * bytes; each beginning of it waits, but for the four fields in front of a fifth; an error stays
 * one, whatever follows.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/secret.h"
#include "core/base/span.h"
#include "core/wire/saslauthd.h"
#include "tests/fuzz/fuzz.h"

#define PREFIXES 40

static void
put(struct pat_writer *writer, const void *bytes, size_t len)
{
    pat_span_put_u16(writer, (uint16_t)len);
    pat_span_put_bytes(writer, bytes, len);
}

/* "address;port", read once more from its end. */
static void
check_address(const struct pat_request *request, const uint8_t *field, size_t len)
{
    size_t digits = 0;

    FUZZ_CHECK(len >= 2 && (size_t)(field[0] << 8 | field[1]) == len - 2);
    FUZZ_CHECK(request->has_address == (len > 2));
    if (!request->has_address)
        return;
    while (field[len - 1 - digits] >= '0' && field[len - 1 - digits] <= '9')
        digits++;
    FUZZ_CHECK(digits >= 1 && digits <= 5 && field[len - 1 - digits] == ';');
    FUZZ_CHECK(strlen(request->address) == len - 3 - digits && request->address[0] != '\0' &&
               memcmp(request->address, field + 2, strlen(request->address)) == 0);
}

/* The length of the four fields. */
static size_t
check_request(const struct pat_request *request, const uint8_t *bytes, size_t len)
{
    unsigned char again[PAT_SASLAUTHD_MAX];
    struct pat_writer writer = pat_span_writer(again, sizeof again);

    FUZZ_CHECK(len <= PAT_SASLAUTHD_MAX && request->has_login && !request->wants_scopes);
    FUZZ_CHECK(request->tenant[0] == '\0' && fuzz_is_zero(request->nonce, sizeof request->nonce));
    FUZZ_CHECK(request->has_realm == (request->realm[0] != '\0'));
    put(&writer, request->login, strlen(request->login));
    put(&writer, request->token.bytes, request->token.len);
    put(&writer, request->service, strlen(request->service));
    put(&writer, request->realm, strlen(request->realm));
    FUZZ_CHECK(!writer.failed && writer.len <= len && memcmp(again, bytes, writer.len) == 0);
    if (writer.len < len)
        check_address(request, bytes + writer.len, len - writer.len);
    else
        FUZZ_CHECK(!request->has_address);
    return writer.len;
}

static enum pat_err
check(const uint8_t *bytes, size_t len, size_t *ret_four)
{
    struct pat_request request;
    uint8_t *copy = fuzz_copy(bytes, len);
    enum pat_err err;

    memset(&request, 0xaa, sizeof request);
    err = pat_saslauthd_get_request(copy, len, &request);
    if (err == PAT_OK)
        *ret_four = check_request(&request, bytes, len);
    else
        FUZZ_CHECK(fuzz_is_zero(&request, sizeof request));
    FUZZ_CHECK(err == PAT_OK || err == PAT_ERR_BUSY || err == PAT_ERR_RANGE ||
               err == PAT_ERR_SYNTAX);
    FUZZ_CHECK(err != PAT_ERR_BUSY || len < PAT_SASLAUTHD_MAX);
    pat_secret_wipe(&request, sizeof request);
    free(copy);
    return err;
}

static void
check_beginning(const uint8_t *bytes, size_t i, enum pat_err whole, size_t four)
{
    size_t ignored;
    enum pat_err err = check(bytes, i, &ignored);

    if (err == PAT_ERR_RANGE || err == PAT_ERR_SYNTAX)
        FUZZ_CHECK(whole == err);
    if (whole == PAT_OK)
        FUZZ_CHECK(err == (i == four ? PAT_OK : PAT_ERR_BUSY));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    size_t four = 0;
    enum pat_err whole = check(bytes, len, &four);

    for (size_t i = 0; i < len; i += 1 + len / PREFIXES)
        check_beginning(bytes, i, whole, four);
    if (whole == PAT_OK && four < len)
        check_beginning(bytes, four, whole, four);
    if (whole == PAT_OK)
        check_beginning(bytes, four - 1, whole, four);
    return 0;
}
