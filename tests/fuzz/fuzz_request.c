/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/wire/wire.c, what patd reads. An accepted packet is the only encoding of its request: fields
 * stand in one order, so writing it again gives the same bytes.
 */
#include <string.h>

#include "core/base/secret.h"
#include "core/wire/wire.h"
#include "tests/fuzz/fuzz.h"

static bool
is_text(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct pat_request request;
    unsigned char again[PAT_WIRE_MAX];

    memset(&request, 0xaa, sizeof request);
    if (pat_wire_get_request(bytes, len, &request) != PAT_OK) {
        FUZZ_CHECK(fuzz_is_zero(&request, sizeof request));
        return 0;
    }
    FUZZ_CHECK(is_text(request.service, sizeof request.service) && request.service[0] != '\0');
    FUZZ_CHECK(is_text(request.login, sizeof request.login));
    FUZZ_CHECK(is_text(request.realm, sizeof request.realm));
    FUZZ_CHECK(is_text(request.tenant, sizeof request.tenant));
    FUZZ_CHECK(is_text(request.address, sizeof request.address));
    FUZZ_CHECK(request.has_login || request.login[0] == '\0');
    FUZZ_CHECK(request.has_realm || request.realm[0] == '\0');
    FUZZ_CHECK(request.has_address || request.address[0] == '\0');
    FUZZ_CHECK(request.token.len >= 1 && request.token.len <= PAT_SECRET_MAX);
    FUZZ_CHECK(fuzz_is_zero(request.token.bytes + request.token.len,
                            sizeof request.token.bytes - request.token.len));
    FUZZ_CHECK(pat_wire_put_request(&request, again) == len);
    FUZZ_CHECK(memcmp(again, bytes, len) == 0);
    pat_secret_wipe(&request, sizeof request);
    return 0;
}
