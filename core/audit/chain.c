/* SPDX-License-Identifier: BSD-2-Clause */
/* Linking and checking changes. Server side only. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit/chain.h"
#include "core/base/secret.h"
#include "core/base/span.h"

static const char text_domain[] = "linux-pat text 1";
static const char link_domain[] = "linux-pat change 1";

static void
put_text(struct pat_writer *writer, const char *text)
{
    pat_span_put_field(writer, text, strlen(text));
}

static void
digest(const struct pat_key *key, const struct pat_writer *writer, struct pat_digest *ret)
{
    if (writer->failed)
        abort();
    pat_digest_bytes(key, writer->buf, writer->len, ret);
}

#define TEXT_USUAL                                                                                 \
    512 /* bytes of input; a longer one is rare, and clearing its buffer is not free */

static bool
put_texts(struct pat_writer *writer, const struct pat_change_record *change)
{
    pat_span_put_bytes(writer, text_domain, sizeof text_domain);
    pat_span_put_bytes(writer, change->salt, sizeof change->salt);
    put_text(writer, change->before);
    put_text(writer, change->after);
    put_text(writer, change->reason);
    put_text(writer, change->claimed);
    return !writer->failed;
}

static void
hash_long_text(const struct pat_key *key, const struct pat_change_record *change,
               struct pat_digest *ret)
{
    unsigned char input[sizeof *change];
    struct pat_writer writer = pat_span_writer(input, sizeof input);

    put_texts(&writer, change);
    digest(key, &writer, ret);
}

static void
hash_text(const struct pat_key *key, const struct pat_change_record *change, struct pat_digest *ret)
{
    unsigned char input[TEXT_USUAL];
    struct pat_writer writer = pat_span_writer(input, sizeof input);

    if (put_texts(&writer, change))
        digest(key, &writer, ret);
    else
        hash_long_text(key, change, ret);
}

/* All fields but the free texts, with their lengths. */
#define CHANGE_MAX                                                                                 \
    (sizeof(struct pat_change_record) - sizeof((struct pat_change_record *)NULL)->before -         \
     sizeof((struct pat_change_record *)NULL)->after -                                             \
     sizeof((struct pat_change_record *)NULL)->claimed + 128)

static void
hash_change(const struct pat_key *key, const struct pat_digest *before,
            const struct pat_change_record *change, struct pat_digest *ret)
{
    unsigned char input[CHANGE_MAX];
    struct pat_writer writer = pat_span_writer(input, sizeof input);

    pat_span_put_bytes(&writer, link_domain, sizeof link_domain);
    pat_span_put_bytes(&writer, before->bytes, sizeof before->bytes);
    put_text(&writer, change->tenant);
    pat_span_put_u64(&writer, (uint64_t)change->seq);
    pat_span_put_u64(&writer, (uint64_t)change->generation);
    pat_span_put_u64(&writer, (uint64_t)change->at);
    pat_span_put_u64(&writer, (uint64_t)change->actor_uid);
    pat_span_put_u8(&writer, change->login_uid.set ? 1 : 0);
    pat_span_put_u64(&writer, change->login_uid.set ? (uint64_t)change->login_uid.at : 0);
    put_text(&writer, change->actor);
    put_text(&writer, change->event);
    put_text(&writer, change->user);
    put_text(&writer, change->subject);
    put_text(&writer, change->batch);
    pat_span_put_bytes(&writer, change->text_hash.bytes, sizeof change->text_hash.bytes);
    digest(key, &writer, ret);
}

#define SALTS_MORE 16 /* times as many as the last time */

static void
take_salt(struct pat_salts *salts, unsigned char *ret, size_t size)
{
    if (salts->left < size) {
        salts->drawn = salts->drawn == 0 ? size : SALTS_MORE * salts->drawn;
        if (salts->drawn > sizeof salts->bytes)
            salts->drawn = sizeof salts->bytes;
        randombytes_buf(salts->bytes, salts->drawn);
        salts->left = salts->drawn;
    }
    salts->left -= size;
    memcpy(ret, salts->bytes + salts->left, size);
    pat_secret_wipe(salts->bytes + salts->left, size);
}

void
pat_chain_forget(struct pat_salts *salts)
{
    pat_secret_wipe(salts, sizeof *salts);
}

void
pat_chain_link_salted(const struct pat_key *key, const struct pat_digest *before,
                      struct pat_salts *salts, struct pat_change_record *change)
{
    change->erased = false;
    if (salts == NULL)
        randombytes_buf(change->salt, sizeof change->salt);
    else
        take_salt(salts, change->salt, sizeof change->salt);
    hash_text(key, change, &change->text_hash);
    hash_change(key, before, change, &change->link);
}

void
pat_chain_link(const struct pat_key *key, const struct pat_digest *before,
               struct pat_change_record *change)
{
    pat_chain_link_salted(key, before, NULL, change);
}

static bool
has_text(const struct pat_change_record *change)
{
    return change->before[0] != '\0' || change->after[0] != '\0' || change->reason[0] != '\0' ||
           change->claimed[0] != '\0';
}

enum pat_chain_state
pat_chain_check(const struct pat_key *key, const struct pat_digest *before,
                const struct pat_change_record *change)
{
    struct pat_digest expected;

    hash_change(key, before, change, &expected);
    if (!pat_digest_equal(&expected, &change->link))
        return PAT_CHAIN_BROKEN;
    if (change->erased)
        return has_text(change) ? PAT_CHAIN_EDITED_TEXT : PAT_CHAIN_WHOLE;
    hash_text(key, change, &expected);
    return pat_digest_equal(&expected, &change->text_hash) ? PAT_CHAIN_WHOLE
                                                           : PAT_CHAIN_EDITED_TEXT;
}
