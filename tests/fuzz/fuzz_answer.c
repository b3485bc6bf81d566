/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/wire/wire.c, what the modules read. Only the exact number of the class is an acceptance, and
 * what is not accepted says nothing about anybody.
 */
#include <string.h>

#include "core/wire/wire.h"
#include "tests/fuzz/fuzz.h"

#define CLASS_AT 20
#define FIELDS_AT 24

/* The four bytes of the class, read here once more. */
static uint32_t
class_number(const uint8_t *bytes)
{
    struct fuzz_input number = fuzz_input(bytes + CLASS_AT, 4);

    return (uint32_t)fuzz_number(&number, 4);
}

static bool
is_class(uint32_t number)
{
    static const uint32_t classes[] = {0x5ac3963cU, 0xa40f8266U, 0x96aa305bU, 0xaededaaaU,
                                       0x0e2367c3U};

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (classes[i] == number)
            return true;
    return false;
}

/* Everything but nonce and class. */
static bool
says_nothing(const struct pat_answer *answer)
{
    struct pat_answer rest = *answer;

    memset(rest.nonce, 0, sizeof rest.nonce);
    rest.class = 0;
    return rest.id[0] == '\0' && rest.tenant[0] == '\0' && rest.user[0] == '\0' &&
           rest.realm[0] == '\0' && !rest.has_uid && rest.uid == 0 && rest.scopes[0] == '\0' &&
           fuzz_is_zero(rest.id, sizeof rest.id) && fuzz_is_zero(rest.user, sizeof rest.user) &&
           fuzz_is_zero(rest.scopes, sizeof rest.scopes);
}

/* Unknown fields that inform, and an empty list of scopes, are not written again. */
static bool
has_more(const uint8_t *bytes, size_t len)
{
    for (size_t at = FIELDS_AT; at + 3 <= len;
         at += 3U + (size_t)(bytes[at + 1] << 8 | bytes[at + 2]))
        if (bytes[at] > 128 || (bytes[at] == 128 && bytes[at + 1] == 0 && bytes[at + 2] == 0))
            return true;
    return false;
}

static void
check_accepted(const struct pat_answer *answer)
{
    FUZZ_CHECK(strlen(answer->id) == PAT_ID_LEN);
    FUZZ_CHECK(answer->user[0] != '\0' && memchr(answer->user, '\0', sizeof answer->user));
    FUZZ_CHECK(answer->tenant[0] != '\0' && memchr(answer->tenant, '\0', sizeof answer->tenant));
    FUZZ_CHECK(memchr(answer->realm, '\0', sizeof answer->realm) != NULL);
    FUZZ_CHECK(memchr(answer->scopes, '\0', sizeof answer->scopes) != NULL);
    FUZZ_CHECK(answer->has_uid || answer->uid == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct pat_answer answer, read;
    unsigned char again[PAT_WIRE_MAX];
    size_t written;

    memset(&answer, 0xaa, sizeof answer);
    if (pat_wire_get_answer(bytes, len, &answer) != PAT_OK) {
        FUZZ_CHECK(answer.class == PAT_CLASS_UNAVAILABLE && says_nothing(&answer));
        FUZZ_CHECK(fuzz_is_zero(answer.nonce, sizeof answer.nonce));
        return 0;
    }
    FUZZ_CHECK(len >= FIELDS_AT && memcmp(answer.nonce, bytes + 4, sizeof answer.nonce) == 0);
    FUZZ_CHECK((uint32_t)answer.class == class_number(bytes) ||
               (answer.class == PAT_CLASS_UNAVAILABLE && !is_class(class_number(bytes))));
    if (answer.class == PAT_CLASS_ACCEPTED)
        check_accepted(&answer);
    else
        FUZZ_CHECK(says_nothing(&answer));

    written = pat_wire_put_answer(&answer, again);
    FUZZ_CHECK(written >= FIELDS_AT && written <= len);
    if (is_class(class_number(bytes)) && !has_more(bytes, len))
        FUZZ_CHECK(written == len && memcmp(again, bytes, len) == 0);
    FUZZ_CHECK(pat_wire_get_answer(again, written, &read) == PAT_OK);
    FUZZ_CHECK(read.class == answer.class && strcmp(read.user, answer.user) == 0 &&
               strcmp(read.id, answer.id) == 0 && strcmp(read.scopes, answer.scopes) == 0);
    return 0;
}
