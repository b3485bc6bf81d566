/* SPDX-License-Identifier: BSD-2-Clause */
/* Making and checking seals and sums. Server side only. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/span.h"
#include "core/store/keyring.h"
#include "core/store/seal.h"

static const char seal_domain[] = "linux-pat row 1";
static const char sum_domain[] = "linux-pat sum 1";

/* All text of the largest record, with the length and presence of each field. */
#define INPUT_MAX (sizeof(union pat_row) + 1024)
#define INPUT_USUAL 1024 /* clearing a buffer for the largest costs more than sealing most rows */

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

static bool
put_row(struct pat_writer *writer, const struct pat_row_type *type, const void *record)
{
    pat_span_put_bytes(writer, seal_domain, sizeof seal_domain);
    pat_span_put_field(writer, type->table, strlen(type->table));
    for (size_t i = 0; i < type->count - 1; i++) /* all but the seal itself */
        put_field(writer, record, &type->fields[i]);
    return !writer->failed;
}

static void
seal_long(const struct pat_key *key, const struct pat_row_type *type, const void *record,
          struct pat_digest *ret)
{
    unsigned char input[INPUT_MAX];
    struct pat_writer writer = pat_span_writer(input, sizeof input);

    if (!put_row(&writer, type, record))
        abort();
    pat_digest_bytes(key, input, writer.len, ret);
}

void
pat_seal_make(const struct pat_keyring *keyring, enum pat_row_kind kind, const void *record,
              struct pat_digest *ret)
{
    const struct pat_row_type *type = pat_row_type(kind);
    const struct pat_key *key = pat_keyring_key(keyring, PAT_KEYRING_ROW);
    unsigned char input[INPUT_USUAL];
    struct pat_writer writer = pat_span_writer(input, sizeof input);

    if (!type->sealed)
        abort();
    if (put_row(&writer, type, record))
        pat_digest_bytes(key, input, writer.len, ret);
    else
        seal_long(key, type, record, ret);
}

bool
pat_seal_holds(const struct pat_keyring *keyring, enum pat_row_kind kind, const void *record)
{
    const struct pat_row_type *type = pat_row_type(kind);
    const struct pat_digest *stored = pat_row_field_const(record, &type->fields[type->count - 1]);
    struct pat_digest expected;

    pat_seal_make(keyring, kind, record, &expected);
    return pat_digest_equal(stored, &expected);
}

static void
contribution(const struct pat_keyring *keyring, const struct pat_digest *seal,
             unsigned char ret[PAT_SUM_LEN])
{
    unsigned char input[sizeof sum_domain + sizeof seal->bytes];
    const struct pat_key *key = pat_keyring_key(keyring, PAT_KEYRING_SUM);

    memcpy(input, sum_domain, sizeof sum_domain);
    memcpy(input + sizeof sum_domain, seal->bytes, sizeof seal->bytes);
    if (crypto_generichash(ret, PAT_SUM_LEN, input, sizeof input, key->bytes, sizeof key->bytes) !=
        0)
        abort();
}

void
pat_seal_add(const struct pat_keyring *keyring, const struct pat_digest *seal,
             unsigned char sum[PAT_SUM_LEN])
{
    unsigned char more[PAT_SUM_LEN];

    contribution(keyring, seal, more);
    sodium_add(sum, more, PAT_SUM_LEN);
}

void
pat_seal_take(const struct pat_keyring *keyring, const struct pat_digest *seal,
              unsigned char sum[PAT_SUM_LEN])
{
    unsigned char less[PAT_SUM_LEN];

    contribution(keyring, seal, less);
    sodium_sub(sum, less, PAT_SUM_LEN);
}
