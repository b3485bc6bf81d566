/* SPDX-License-Identifier: BSD-2-Clause */
/* Making and checking seals and sums. Server side only. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/keyring.h"
#include "core/store/row_pack.h"
#include "core/store/seal.h"

static const char seal_domain[] = "linux-pat row 1";
static const char sum_domain[] = "linux-pat sum 1";

#define INPUT_MAX (PAT_ROW_PACKED_MAX + 64) /* with the domain and the table's name */
#define INPUT_USUAL 1024 /* clearing a buffer for the largest costs more than sealing most rows */

static bool
put_row(struct pat_writer *writer, enum pat_row_kind kind, const void *record)
{
    const struct pat_row_type *type = pat_row_type(kind);

    pat_span_put_bytes(writer, seal_domain, sizeof seal_domain);
    pat_span_put_field(writer, type->table, strlen(type->table));
    pat_row_pack_write(kind, record, type->count - 1, writer); /* all but the seal itself */
    return !writer->failed;
}

static void
seal_long(const struct pat_key *key, enum pat_row_kind kind, const void *record,
          struct pat_digest *ret)
{
    unsigned char input[INPUT_MAX];
    struct pat_writer writer = pat_span_writer(input, sizeof input);

    if (!put_row(&writer, kind, record))
        abort();
    pat_digest_bytes(key, input, writer.len, ret);
}

void
pat_seal_make(const struct pat_keyring *keyring, enum pat_row_kind kind, const void *record,
              struct pat_digest *ret)
{
    const struct pat_key *key = pat_keyring_key(keyring, PAT_KEYRING_ROW);
    unsigned char input[INPUT_USUAL];
    struct pat_writer writer = pat_span_writer(input, sizeof input);

    if (!pat_row_type(kind)->sealed)
        abort();
    if (put_row(&writer, kind, record))
        pat_digest_bytes(key, input, writer.len, ret);
    else
        seal_long(key, kind, record, ret);
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

    memcpy(input, sum_domain, sizeof sum_domain);
    memcpy(input + sizeof sum_domain, seal->bytes, sizeof seal->bytes);
    pat_digest_wide(pat_keyring_key(keyring, PAT_KEYRING_SUM), input, sizeof input, ret);
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
