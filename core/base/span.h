/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounded bytes: a reader that cannot run past its end and a writer that cannot run past its
 * buffer. The first failure sticks; check it once, at the end. Numbers are big-endian.
 */
#ifndef PAT_BASE_SPAN_H
#define PAT_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pat_reader {
    const unsigned char *at;
    size_t left;
    bool failed;
};

struct pat_writer {
    unsigned char *buf; /* the caller's */
    size_t cap;
    size_t len;
    bool failed;
};

struct pat_reader pat_span_reader(const void *bytes, size_t len);
/* A failed read answers zero, or NULL. The bytes stay the property of whoever owns the input. */
uint8_t pat_span_u8(struct pat_reader *reader);
uint16_t pat_span_u16(struct pat_reader *reader);
uint32_t pat_span_u32(struct pat_reader *reader);
uint64_t pat_span_u64(struct pat_reader *reader);
const unsigned char *pat_span_bytes(struct pat_reader *reader, size_t len);
/* True when everything was read and nothing failed. */
bool pat_span_done(const struct pat_reader *reader);

struct pat_writer pat_span_writer(void *buf, size_t cap);
void pat_span_put_u8(struct pat_writer *writer, uint8_t value);
void pat_span_put_u16(struct pat_writer *writer, uint16_t value);
void pat_span_put_u32(struct pat_writer *writer, uint32_t value);
void pat_span_put_u64(struct pat_writer *writer, uint64_t value);
void pat_span_put_bytes(struct pat_writer *writer, const void *bytes, size_t len);
/* Without the terminating NUL. */
void pat_span_put_text(struct pat_writer *writer, const char *text);
/* Length (32 bits) and bytes: the form in which fields are hashed and sealed. */
void pat_span_put_field(struct pat_writer *writer, const void *bytes, size_t len);

#endif
