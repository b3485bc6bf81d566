/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounded reading and writing. Every byte that crosses a boundary goes through this room. */
#include <string.h>

#include "core/base/span.h"

struct pat_reader
pat_span_reader(const void *bytes, size_t len)
{
    return (struct pat_reader){.at = bytes, .left = len, .failed = false};
}

const unsigned char *
pat_span_bytes(struct pat_reader *reader, size_t len)
{
    const unsigned char *bytes = reader->at;

    if (reader->failed || len > reader->left) {
        reader->failed = true;
        return NULL;
    }
    reader->at += len;
    reader->left -= len;
    return bytes;
}

static uint64_t
read_number(struct pat_reader *reader, size_t size)
{
    const unsigned char *bytes = pat_span_bytes(reader, size);
    uint64_t value = 0;

    for (size_t i = 0; bytes != NULL && i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint8_t
pat_span_u8(struct pat_reader *reader)
{
    return (uint8_t)read_number(reader, 1);
}

uint16_t
pat_span_u16(struct pat_reader *reader)
{
    return (uint16_t)read_number(reader, 2);
}

uint32_t
pat_span_u32(struct pat_reader *reader)
{
    return (uint32_t)read_number(reader, 4);
}

uint64_t
pat_span_u64(struct pat_reader *reader)
{
    return read_number(reader, 8);
}

bool
pat_span_done(const struct pat_reader *reader)
{
    return !reader->failed && reader->left == 0;
}

struct pat_writer
pat_span_writer(void *buf, size_t cap)
{
    return (struct pat_writer){.buf = buf, .cap = cap, .len = 0, .failed = false};
}

void
pat_span_put_bytes(struct pat_writer *writer, const void *bytes, size_t len)
{
    if (writer->failed || len > writer->cap - writer->len) {
        writer->failed = true;
        return;
    }
    if (len != 0)
        memcpy(writer->buf + writer->len, bytes, len);
    writer->len += len;
}

static void
put_number(struct pat_writer *writer, uint64_t value, size_t size)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> (8 * (size - 1 - i)));
    pat_span_put_bytes(writer, bytes, size);
}

void
pat_span_put_u8(struct pat_writer *writer, uint8_t value)
{
    put_number(writer, value, 1);
}

void
pat_span_put_u16(struct pat_writer *writer, uint16_t value)
{
    put_number(writer, value, 2);
}

void
pat_span_put_u32(struct pat_writer *writer, uint32_t value)
{
    put_number(writer, value, 4);
}

void
pat_span_put_u64(struct pat_writer *writer, uint64_t value)
{
    put_number(writer, value, 8);
}

void
pat_span_put_text(struct pat_writer *writer, const char *text)
{
    pat_span_put_bytes(writer, text, strlen(text));
}

void
pat_span_put_field(struct pat_writer *writer, const void *bytes, size_t len)
{
    if (len > UINT32_MAX) {
        writer->failed = true;
        return;
    }
    pat_span_put_u32(writer, (uint32_t)len);
    pat_span_put_bytes(writer, bytes, len);
}
