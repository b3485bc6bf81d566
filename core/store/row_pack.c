/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows to bytes and back, by the field tables of row.c. */
#include <string.h>

#include "core/store/row_pack.h"

static void
put_field(struct pat_writer *writer, const void *record, const struct pat_field *field)
{
    const void *at = pat_row_field_const(record, field);
    const struct pat_optional *optional;

    switch (field->type) {
    case PAT_FIELD_TEXT:
        pat_span_put_field(writer, at, strlen(at));
        break;
    case PAT_FIELD_INT32:
        pat_span_put_u32(writer, (uint32_t) * (const int32_t *)at);
        break;
    case PAT_FIELD_INT64:
        pat_span_put_u64(writer, (uint64_t) * (const int64_t *)at);
        break;
    case PAT_FIELD_BOOL:
        pat_span_put_u8(writer, *(const bool *)at ? 1 : 0);
        break;
    case PAT_FIELD_OPTIONAL:
        optional = at;
        pat_span_put_u8(writer, optional->set ? 1 : 0);
        pat_span_put_u64(writer, optional->set ? (uint64_t)optional->at : 0);
        break;
    case PAT_FIELD_BYTES:
        pat_span_put_bytes(writer, at, field->size);
        break;
    }
}

void
pat_row_pack_write(enum pat_row_kind kind, const void *record, size_t count,
                   struct pat_writer *writer)
{
    const struct pat_row_type *type = pat_row_type(kind);

    for (size_t i = 0; i < count; i++)
        put_field(writer, record, &type->fields[i]);
}

/* Bytes that are not there, or too many, fail the reader, and with it the row. */
static void
take_bytes(struct pat_reader *reader, void *at, size_t len, size_t room)
{
    const unsigned char *bytes = len <= room ? pat_span_bytes(reader, len) : NULL;

    if (bytes != NULL)
        memcpy(at, bytes, len);
    else
        reader->failed = true;
}

static void
take_field(struct pat_reader *reader, void *record, const struct pat_field *field)
{
    void *at = pat_row_field(record, field);
    struct pat_optional *optional;

    switch (field->type) {
    case PAT_FIELD_TEXT: /* the record is zero: the NUL is there */
        take_bytes(reader, at, pat_span_u32(reader), field->size - 1);
        break;
    case PAT_FIELD_INT32:
        *(int32_t *)at = (int32_t)pat_span_u32(reader);
        break;
    case PAT_FIELD_INT64:
        *(int64_t *)at = (int64_t)pat_span_u64(reader);
        break;
    case PAT_FIELD_BOOL:
        *(bool *)at = pat_span_u8(reader) != 0;
        break;
    case PAT_FIELD_OPTIONAL:
        optional = at;
        optional->set = pat_span_u8(reader) != 0;
        optional->at = (int64_t)pat_span_u64(reader);
        break;
    case PAT_FIELD_BYTES:
        take_bytes(reader, at, field->size, field->size);
        break;
    }
}

bool
pat_row_pack_read(enum pat_row_kind kind, const void *bytes, size_t len, void *ret)
{
    const struct pat_row_type *type = pat_row_type(kind);
    struct pat_reader reader = pat_span_reader(bytes, len);

    memset(ret, 0, type->size);
    for (size_t i = 0; i < type->count; i++)
        take_field(&reader, ret, &type->fields[i]);
    return pat_span_done(&reader);
}
