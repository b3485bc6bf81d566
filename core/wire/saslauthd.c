/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * saslauthd's framing, for libsasl2. Every byte comes from a program that passes on what strangers
 * typed.
 */
#include <string.h>

#include "core/base/span.h"
#include "core/base/text.h"
#include "core/wire/saslauthd.h"

#define FIELDS_MIN 4
#define FIELDS_MAX 5
#define PORT_MAX 5

enum field { USER, PASSWORD, SERVICE, REALM, ADDRESS };

/* "address;port"; empty when the program did not tell libsasl2. */
static enum pat_err
take_address(const char *text, size_t len, struct pat_request *ret)
{
    size_t port = 0;

    if (len == 0)
        return PAT_OK;
    while (port < len && text[len - 1 - port] >= '0' && text[len - 1 - port] <= '9')
        port++;
    if (port < 1 || port > PORT_MAX || port + 1 >= len || text[len - 1 - port] != ';' ||
        pat_text_copy(ret->address, sizeof ret->address, text, len - 1 - port) != PAT_OK)
        return PAT_ERR_SYNTAX;
    ret->has_address = true;
    return PAT_OK;
}

static enum pat_err
take_field(enum field field, const char *text, size_t len, struct pat_request *ret)
{
    switch (field) {
    case USER:
        ret->has_login = true;
        return pat_text_copy(ret->login, sizeof ret->login, text, len);
    case PASSWORD:
        return pat_secret_set(&ret->token, text, len);
    case SERVICE:
        return pat_text_copy(ret->service, sizeof ret->service, text, len);
    case REALM:
        ret->has_realm = len > 0;
        return pat_text_copy(ret->realm, sizeof ret->realm, text, len);
    case ADDRESS:
        return take_address(text, len, ret);
    }
    return PAT_ERR_INTERNAL;
}

static enum pat_err
take_request(struct pat_reader *reader, struct pat_request *ret)
{
    enum pat_err err = PAT_OK;

    for (enum field field = USER; err == PAT_OK && field < FIELDS_MAX; field++) {
        const unsigned char *text;
        uint16_t len;

        if (field == FIELDS_MIN && reader->left == 0)
            return PAT_OK;
        len = pat_span_u16(reader);
        if (!reader->failed && len > PAT_SASLAUTHD_FIELD_MAX)
            return PAT_ERR_RANGE;
        text = pat_span_bytes(reader, len);
        if (reader->failed)
            return PAT_ERR_BUSY;
        err = take_field(field, (const char *)text, len, ret);
    }
    return err == PAT_OK && reader->left > 0 ? PAT_ERR_SYNTAX : err;
}

enum pat_err
pat_saslauthd_get_request(const void *bytes, size_t len, struct pat_request *ret)
{
    struct pat_reader reader = pat_span_reader(bytes, len);
    enum pat_err err;

    memset(ret, 0, sizeof *ret);
    err = take_request(&reader, ret);
    if (err != PAT_OK)
        pat_secret_wipe(ret, sizeof *ret);
    return err;
}

static size_t
put(unsigned char *ret, const char *word)
{
    struct pat_writer writer = pat_span_writer(ret, PAT_SASLAUTHD_ANSWER_MAX);

    pat_span_put_u16(&writer, (uint16_t)strlen(word));
    pat_span_put_text(&writer, word);
    return writer.failed ? 0 : writer.len;
}

size_t
pat_saslauthd_put_answer(const struct pat_answer *answer, unsigned char *ret)
{
    switch (answer->class) {
    case PAT_CLASS_ACCEPTED:
        return put(ret, "OK");
    case PAT_CLASS_OTHER:
    case PAT_CLASS_REFUSED:
        return put(ret, "NO");
    case PAT_CLASS_UNAVAILABLE:
    case PAT_CLASS_NOT_PERMITTED:
        break;
    }
    return 0;
}
