/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Encoding and decoding of wire.h's packets, both directions side by side. Every length is capped
 * before it is used. libc only: the modules link it.
 */
#include <string.h>

#include "core/base/span.h"
#include "core/base/text.h"
#include "core/wire/wire.h"

#define PROTOCOL_VERSION 1
#define TYPE_REQUEST 1
#define TYPE_ANSWER 2
#define FIRST_INFORMING 128
#define WANTS_SCOPES 1U
#define WANTS_END 2U

enum request_tag { SERVICE = 1, LOGIN, REALM, TENANT, ADDRESS, TOKEN, WANTS };
enum answer_tag {
    ID = 1,
    USER,
    ANSWER_TENANT,
    ANSWER_REALM,
    UID,
    SCOPES = FIRST_INFORMING,
    SECONDS_LEFT,
    REPLACED,
};

/* --- framing --- */

static struct pat_writer
begin_packet(unsigned char *packet, uint8_t type, const unsigned char *nonce)
{
    struct pat_writer writer = pat_span_writer(packet, PAT_WIRE_MAX);

    pat_span_put_u8(&writer, PROTOCOL_VERSION);
    pat_span_put_u8(&writer, type);
    pat_span_put_u16(&writer, 0);
    pat_span_put_bytes(&writer, nonce, PAT_NONCE_LEN);
    return writer;
}

static size_t
end_packet(struct pat_writer *writer)
{
    struct pat_writer length = pat_span_writer(writer->buf + 2, 2);

    pat_span_put_u16(&length, (uint16_t)writer->len);
    return writer->failed ? 0 : writer->len;
}

static void
put_field(struct pat_writer *writer, uint8_t tag, const void *bytes, size_t len)
{
    pat_span_put_u8(writer, tag);
    pat_span_put_u16(writer, (uint16_t)len);
    pat_span_put_bytes(writer, bytes, len);
}

static void
put_text(struct pat_writer *writer, uint8_t tag, const char *text)
{
    put_field(writer, tag, text, strlen(text));
}

static bool
open_packet(struct pat_reader *reader, uint8_t type, unsigned char *nonce)
{
    size_t len = reader->left;
    uint8_t version = pat_span_u8(reader);
    uint8_t kind = pat_span_u8(reader);
    uint16_t length = pat_span_u16(reader);
    const unsigned char *bytes = pat_span_bytes(reader, PAT_NONCE_LEN);

    if (bytes == NULL || len > PAT_WIRE_MAX || length != len || version != PROTOCOL_VERSION ||
        kind != type)
        return false;
    memcpy(nonce, bytes, PAT_NONCE_LEN);
    return true;
}

struct field {
    uint8_t tag;
    const char *bytes;
    size_t len;
};

/* False at the end and at the first wrong byte; reader->failed tells which. */
static bool
next_field(struct pat_reader *reader, struct field *field)
{
    uint8_t before = field->tag;

    if (reader->left == 0)
        return false;
    field->tag = pat_span_u8(reader);
    field->len = pat_span_u16(reader);
    field->bytes = (const char *)pat_span_bytes(reader, field->len);
    if (field->tag <= before)
        reader->failed = true;
    return !reader->failed;
}

static bool
take_text(const struct field *field, char *ret, size_t size)
{
    return pat_text_copy(ret, size, field->bytes, field->len) == PAT_OK;
}

/* --- requests --- */

size_t
pat_wire_put_request(const struct pat_request *request, unsigned char ret[PAT_WIRE_MAX])
{
    struct pat_writer writer = begin_packet(ret, TYPE_REQUEST, request->nonce);
    const uint8_t wants = (uint8_t)((request->wants_scopes ? WANTS_SCOPES : 0) |
                                    (request->wants_end ? WANTS_END : 0));

    put_text(&writer, SERVICE, request->service);
    if (request->has_login)
        put_text(&writer, LOGIN, request->login);
    if (request->has_realm)
        put_text(&writer, REALM, request->realm);
    if (request->tenant[0] != '\0')
        put_text(&writer, TENANT, request->tenant);
    if (request->has_address)
        put_text(&writer, ADDRESS, request->address);
    put_field(&writer, TOKEN, request->token.bytes, request->token.len);
    if (wants != 0)
        put_field(&writer, WANTS, &wants, 1);
    return end_packet(&writer);
}

static bool
take_wants(const struct field *field, struct pat_request *ret)
{
    uint8_t wants = field->len == 1 ? (uint8_t)field->bytes[0] : 0;

    ret->wants_scopes = (wants & WANTS_SCOPES) != 0;
    ret->wants_end = (wants & WANTS_END) != 0;
    return wants != 0 && (wants & ~(WANTS_SCOPES | WANTS_END)) == 0;
}

static bool
take_request_field(const struct field *field, struct pat_request *ret)
{
    switch (field->tag) {
    case SERVICE:
        return take_text(field, ret->service, sizeof ret->service) && field->len > 0;
    case LOGIN:
        ret->has_login = true;
        return take_text(field, ret->login, sizeof ret->login);
    case REALM:
        ret->has_realm = true;
        return take_text(field, ret->realm, sizeof ret->realm);
    case TENANT:
        return take_text(field, ret->tenant, sizeof ret->tenant) && field->len > 0;
    case ADDRESS:
        ret->has_address = true;
        return take_text(field, ret->address, sizeof ret->address);
    case TOKEN:
        return pat_secret_set(&ret->token, field->bytes, field->len) == PAT_OK && field->len > 0;
    case WANTS:
        return take_wants(field, ret);
    default:
        return false;
    }
}

enum pat_err
pat_wire_get_request(const void *packet, size_t len, struct pat_request *ret)
{
    struct pat_reader reader = pat_span_reader(packet, len);
    struct field field = {.tag = 0};
    bool good;

    memset(ret, 0, sizeof *ret);
    good = open_packet(&reader, TYPE_REQUEST, ret->nonce);
    while (good && next_field(&reader, &field))
        good = take_request_field(&field, ret);
    if (good && pat_span_done(&reader) && ret->service[0] != '\0' && ret->token.len > 0)
        return PAT_OK;
    pat_secret_wipe(ret, sizeof *ret);
    return PAT_ERR_SYNTAX;
}

/* --- answers --- */

static void
put_u32(struct pat_writer *writer, uint8_t tag, uint32_t value)
{
    unsigned char bytes[4];
    struct pat_writer number = pat_span_writer(bytes, sizeof bytes);

    pat_span_put_u32(&number, value);
    put_field(writer, tag, bytes, sizeof bytes);
}

size_t
pat_wire_put_answer(const struct pat_answer *answer, unsigned char ret[PAT_WIRE_MAX])
{
    struct pat_writer writer = begin_packet(ret, TYPE_ANSWER, answer->nonce);

    pat_span_put_u32(&writer, (uint32_t)answer->class);
    if (answer->class != PAT_CLASS_ACCEPTED)
        return end_packet(&writer);
    put_text(&writer, ID, answer->id);
    put_text(&writer, USER, answer->user);
    put_text(&writer, ANSWER_TENANT, answer->tenant);
    if (answer->realm[0] != '\0')
        put_text(&writer, ANSWER_REALM, answer->realm);
    if (answer->has_uid)
        put_u32(&writer, UID, answer->uid);
    if (answer->scopes[0] != '\0')
        put_text(&writer, SCOPES, answer->scopes);
    if (answer->has_end)
        put_u32(&writer, SECONDS_LEFT, answer->seconds_left);
    if (answer->has_end && answer->is_replaced)
        put_text(&writer, REPLACED, "");
    return end_packet(&writer);
}

static bool
take_u32(const struct field *field, bool *ret_given, uint32_t *ret)
{
    struct pat_reader number = pat_span_reader(field->bytes, field->len);

    *ret_given = true;
    *ret = pat_span_u32(&number);
    return pat_span_done(&number);
}

static bool
take_answer_field(const struct field *field, struct pat_answer *ret)
{
    switch (field->tag) {
    case ID:
        return take_text(field, ret->id, sizeof ret->id) && field->len == PAT_ID_LEN;
    case USER:
        return take_text(field, ret->user, sizeof ret->user) && field->len > 0;
    case ANSWER_TENANT:
        return take_text(field, ret->tenant, sizeof ret->tenant) && field->len > 0;
    case ANSWER_REALM:
        return take_text(field, ret->realm, sizeof ret->realm) && field->len > 0;
    case UID:
        return take_u32(field, &ret->has_uid, &ret->uid);
    case SCOPES:
        return take_text(field, ret->scopes, sizeof ret->scopes);
    case SECONDS_LEFT:
        return take_u32(field, &ret->has_end, &ret->seconds_left);
    case REPLACED:
        ret->is_replaced = ret->has_end;
        return ret->has_end && field->len == 0;
    default:
        return field->tag > FIRST_INFORMING;
    }
}

static bool
is_complete(const struct pat_answer *answer)
{
    bool names = answer->id[0] != '\0' && answer->user[0] != '\0' && answer->tenant[0] != '\0';
    bool nothing = answer->id[0] == '\0' && answer->user[0] == '\0' && answer->tenant[0] == '\0' &&
                   answer->realm[0] == '\0' && !answer->has_uid && answer->scopes[0] == '\0' &&
                   !answer->has_end;

    return answer->class == PAT_CLASS_ACCEPTED ? names : nothing;
}

enum pat_err
pat_wire_get_answer(const void *packet, size_t len, struct pat_answer *ret)
{
    struct pat_reader reader = pat_span_reader(packet, len);
    struct field field = {.tag = 0};
    bool good;

    memset(ret, 0, sizeof *ret);
    good = open_packet(&reader, TYPE_ANSWER, ret->nonce);
    ret->class = pat_verdict_class_of(pat_span_u32(&reader));
    while (good && next_field(&reader, &field))
        good = take_answer_field(&field, ret);
    if (good && pat_span_done(&reader) && is_complete(ret))
        return PAT_OK;
    memset(ret, 0, sizeof *ret);
    ret->class = PAT_CLASS_UNAVAILABLE;
    return PAT_ERR_SYNTAX;
}
