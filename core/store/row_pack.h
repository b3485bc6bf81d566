/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A row as bytes, field by field: what is sealed, and what is kept in memory of rows whose texts
 * are shorter than their bounds. Numbers are big-endian, texts and their lengths as in span.h.
 */
#ifndef PAT_STORE_ROW_PACK_H
#define PAT_STORE_ROW_PACK_H

#include "core/base/span.h"
#include "core/store/row.h"

/* Room for any row with all of its texts full. */
#define PAT_ROW_PACKED_MAX (sizeof(union pat_row) + 1024)

/* Writes the first count fields. */
void pat_row_pack_write(enum pat_row_kind kind, const void *record, size_t count,
                        struct pat_writer *writer);

/* Reads all fields; false when the bytes are not a whole row of this kind. */
bool pat_row_pack_read(enum pat_row_kind kind, const void *bytes, size_t len, void *ret);

#endif
