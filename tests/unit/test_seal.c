/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seals and sums by themselves: every field of every sealed kind counts, every bit of a token's row
 * does, and sums forget neither a row nor that it was there twice.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/base/span.h"
#include "core/base/text.h"
#include "core/store/row_pack.h"
#include "core/store/seal.h"
#include "tests/unit/support.h"

static struct pat_keyring *keyring;

static void
make_keys(void **state)
{
    char dir[SUPPORT_PATH_MAX];

    (void)state;
    support_dir(dir);
    assert_ok(pat_keyring_create(dir));
    assert_ok(pat_keyring_open(dir, &keyring));
}

static void
drop_keys(void **state)
{
    (void)state;
    pat_keyring_free(keyring);
}

static void
sealed_row(enum pat_row_kind kind, unsigned number, union pat_row *ret)
{
    support_row(kind, number, ret);
    *pat_row_version(kind, ret) = 1;
    pat_seal_make(keyring, kind, ret, pat_row_seal(kind, ret));
}

static const struct kind_case {
    const char *title;
    enum pat_row_kind kind;
} kinds[] = {
    {"every field of the host", PAT_ROW_HOST},     {"every field of a head", PAT_ROW_HEAD},
    {"every field of a tenant", PAT_ROW_TENANT},   {"every field of a user", PAT_ROW_USER},
    {"every field of a group", PAT_ROW_GROUP},     {"every field of a scope", PAT_ROW_SCOPE},
    {"every field of a token row", PAT_ROW_TOKEN},
};

static void
expect_refused(enum pat_row_kind kind, const union pat_row *row, const char *field,
               const char *what)
{
    if (pat_seal_holds(keyring, kind, row))
        fail_msg("%s: %s %s", pat_row_type(kind)->table, field, what);
}

/* Other ways in which a text can change than its first character. */
static void
alter_text(enum pat_row_kind kind, const union pat_row *row, const struct pat_field *field)
{
    union pat_row other = *row;
    char *text = pat_row_field(&other, field);
    size_t len = strlen(text);

    if (len > 0) {
        text[len - 1] = '\0';
        expect_refused(kind, &other, field->name, "may be cut");
        text[0] = '\0';
        expect_refused(kind, &other, field->name, "may be emptied");
    }
    other = *row;
    if (len + 1 < field->size) {
        text[len] = ' ';
        text[len + 1] = '\0';
        expect_refused(kind, &other, field->name, "may be prolonged");
    }
}

static void
every_field_is_sealed(void **state)
{
    const struct kind_case *one = *state;
    const struct pat_row_type *type = pat_row_type(one->kind);
    union pat_row row, other;

    support_row(one->kind, 5, &row);
    for (size_t i = 0; i < type->count; i++)
        if (type->fields[i].type == PAT_FIELD_OPTIONAL)
            *(struct pat_optional *)pat_row_field(&row, &type->fields[i]) = (struct pat_optional){
                .set = true, .at = 5};
    pat_seal_make(keyring, one->kind, &row, pat_row_seal(one->kind, &row));
    assert_true(pat_seal_holds(keyring, one->kind, &row));
    for (size_t i = 0; i < type->count; i++) { /* the seal itself too */
        const struct pat_field *field = &type->fields[i];

        other = row;
        support_row_alter(&other, field);
        expect_refused(one->kind, &other, field->name, "may be altered");
        if (field->type == PAT_FIELD_TEXT)
            alter_text(one->kind, &row, field);
        if (field->type != PAT_FIELD_OPTIONAL)
            continue;
        other = row;
        *(struct pat_optional *)pat_row_field(&other, field) = (struct pat_optional){
            .set = !((const struct pat_optional *)pat_row_field_const(&row, field))->set};
        expect_refused(one->kind, &other, field->name, "may be set or unset");
    }
}

/* What stands in an absent number does not count: a backend keeps nothing of it. */
static void
absent_numbers_hold_nothing(void **state)
{
    union pat_row row;

    (void)state;
    support_row(PAT_ROW_TOKEN, 1, &row);
    row.token.expires = (struct pat_optional){.set = false, .at = 99};
    pat_seal_make(keyring, PAT_ROW_TOKEN, &row, &row.token.seal);
    row.token.expires.at = 0;
    assert_true(pat_seal_holds(keyring, PAT_ROW_TOKEN, &row));
    row.token.expires = (struct pat_optional){.set = true, .at = 0};
    assert_false(pat_seal_holds(keyring, PAT_ROW_TOKEN, &row));
}

/* Text may not wander from one field into the next. */
static void
fields_do_not_run_together(void **state)
{
    union pat_row row;

    (void)state;
    support_row(PAT_ROW_TOKEN, 1, &row);
    pat_text_clip(row.token.name, sizeof row.token.name, "ab");
    pat_text_clip(row.token.description, sizeof row.token.description, "c");
    pat_seal_make(keyring, PAT_ROW_TOKEN, &row, &row.token.seal);
    pat_text_clip(row.token.name, sizeof row.token.name, "a");
    pat_text_clip(row.token.description, sizeof row.token.description, "bc");
    assert_false(pat_seal_holds(keyring, PAT_ROW_TOKEN, &row));
}

/* An empty group and an empty scope have the same bytes, but not the same seal. */
static void
kinds_do_not_run_together(void **state)
{
    const union pat_row nothing = {.host = {.id = ""}};
    struct pat_digest group, scope;

    (void)state;
    pat_seal_make(keyring, PAT_ROW_GROUP, &nothing, &group);
    pat_seal_make(keyring, PAT_ROW_SCOPE, &nothing, &scope);
    assert_false(pat_digest_equal(&group, &scope));
}

static void
another_key_makes_another_seal(void **state)
{
    struct pat_keyring *ours = keyring;
    union pat_row row;

    sealed_row(PAT_ROW_USER, 1, &row);
    make_keys(state);
    assert_false(pat_seal_holds(keyring, PAT_ROW_USER, &row));
    drop_keys(state);
    keyring = ours;
    assert_true(pat_seal_holds(keyring, PAT_ROW_USER, &row));
}

/* --- bits --- */

static size_t
field_bytes(const union pat_row *row, const struct pat_field *field)
{
    const char *at = pat_row_field_const(row, field);

    return field->type == PAT_FIELD_TEXT ? strlen(at) : field->size;
}

/* The bits of a struct that mean something: of an optional its flag and its number. */
static bool
is_content(const struct pat_field *field, size_t byte, unsigned bit)
{
    const size_t number = offsetof(struct pat_optional, at);

    if (field->type == PAT_FIELD_BOOL)
        return bit == 0;
    if (field->type == PAT_FIELD_OPTIONAL)
        return byte >= number || (byte == offsetof(struct pat_optional, set) && bit == 0);
    return true;
}

/* A row whose texts are as long as they can be, so that no byte of the struct is left out. */
static void
longest_token(union pat_row *row)
{
    const struct pat_row_type *type = pat_row_type(PAT_ROW_TOKEN);

    support_row(PAT_ROW_TOKEN, 3, row);
    for (size_t i = 0; i < type->count; i++)
        if (type->fields[i].type == PAT_FIELD_TEXT) {
            char *text = pat_row_field(row, &type->fields[i]);

            memset(text, 'm', type->fields[i].size - 1);
            text[type->fields[i].size - 1] = '\0';
        }
    row->token.ended = (struct pat_optional){.set = true, .at = 1};
    row->token.state = PAT_STATE_REVOKED;
    pat_seal_make(keyring, PAT_ROW_TOKEN, row, &row->token.seal);
}

static void
every_bit_of_a_token_is_sealed(void **state)
{
    const struct pat_row_type *type = pat_row_type(PAT_ROW_TOKEN);
    union pat_row row;
    size_t flips = 0;

    (void)state;
    longest_token(&row);
    assert_true(pat_seal_holds(keyring, PAT_ROW_TOKEN, &row));
    for (size_t i = 0; i < type->count; i++) {
        unsigned char *at = pat_row_field(&row, &type->fields[i]);
        size_t len = field_bytes(&row, &type->fields[i]);

        for (size_t byte = 0; byte < len; byte++)
            for (unsigned bit = 0; bit < 8; bit++) {
                if (!is_content(&type->fields[i], byte, bit))
                    continue;
                at[byte] = (unsigned char)(at[byte] ^ (1U << bit));
                expect_refused(PAT_ROW_TOKEN, &row, type->fields[i].name, "has a loose bit");
                at[byte] = (unsigned char)(at[byte] ^ (1U << bit));
                flips++;
            }
    }
    assert_true(pat_seal_holds(keyring, PAT_ROW_TOKEN, &row));
    print_message("%zu single-bit flips refused\n", flips);
    assert_true(flips > 8 * (sizeof(struct pat_token_record) - 128));
}

/* --- what they are made of --- */

/* Domain, table and fields under the key of rows; the seal itself is no part of it. */
static void
expect_made_by_hand(enum pat_row_kind kind, const union pat_row *row)
{
    static const char domain[] = "linux-pat row 1";
    const struct pat_row_type *type = pat_row_type(kind);
    static unsigned char input[PAT_ROW_PACKED_MAX + 64];
    struct pat_writer writer = pat_span_writer(input, sizeof input);
    struct pat_digest wanted, got;

    pat_span_put_bytes(&writer, domain, sizeof domain);
    pat_span_put_field(&writer, type->table, strlen(type->table));
    pat_row_pack_write(kind, row, type->count - 1, &writer);
    assert_false(writer.failed);
    pat_digest_bytes(pat_keyring_key(keyring, PAT_KEYRING_ROW), input, writer.len, &wanted);
    pat_seal_make(keyring, kind, row, &got);
    assert_memory_equal(&got, &wanted, sizeof got);
}

static void
seals_can_be_made_by_hand(void **state)
{
    union pat_row row;

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        support_row(kinds[i].kind, 7, &row);
        expect_made_by_hand(kinds[i].kind, &row);
    }
    longest_token(&row);
    expect_made_by_hand(PAT_ROW_TOKEN, &row);
}

/* The first row of a sum is the hash of its seal, under the key of sums. */
static void
sums_can_be_made_by_hand(void **state)
{
    static const char domain[] = "linux-pat sum 1";
    const struct pat_key *key = pat_keyring_key(keyring, PAT_KEYRING_SUM);
    unsigned char input[sizeof domain + PAT_DIGEST_LEN], wanted[PAT_SUM_LEN];
    unsigned char sum[PAT_SUM_LEN] = {0};
    union pat_row row;

    (void)state;
    sealed_row(PAT_ROW_USER, 1, &row);
    memcpy(input, domain, sizeof domain);
    memcpy(input + sizeof domain, row.user.seal.bytes, PAT_DIGEST_LEN);
    assert_int_equal(crypto_generichash(wanted, sizeof wanted, input, sizeof input, key->bytes,
                                        sizeof key->bytes),
                     0);
    pat_seal_add(keyring, &row.user.seal, sum);
    assert_memory_equal(sum, wanted, sizeof sum);
}

static void
seal_a_change(const void *row)
{
    struct pat_digest ignored;

    pat_seal_make(keyring, PAT_ROW_CHANGE, row, &ignored);
}

/* A change has a link of its chain in the place of a seal. */
static void
a_kind_without_a_seal_is_a_mistake(void **state)
{
    const union pat_row row = {.host = {.id = ""}};

    (void)state;
    assert_false(pat_row_type(PAT_ROW_CHANGE)->sealed);
    assert_true(support_aborts(seal_a_change, &row));
}

/* --- what there is no seal for --- */

static void
seal_a_token(const void *row)
{
    struct pat_digest ignored;

    pat_seal_make(keyring, PAT_ROW_TOKEN, row, &ignored);
}

/* Texts that run into each other are longer together than any row. */
static void
a_row_without_ends_is_a_mistake(void **state)
{
    static struct {
        union pat_row row;
        char end;
    } memory;

    (void)state;
    longest_token(&memory.row);
    assert_false(support_aborts(seal_a_token, &memory.row));
    memset(&memory.row, 1, sizeof memory.row);
    assert_true(support_aborts(seal_a_token, &memory.row));
}

static bool hash_fails; /* libsodium's, in the linker's place of it */

int __real_crypto_generichash(unsigned char *out, size_t outlen, const unsigned char *in,
                              unsigned long long inlen, const unsigned char *key, size_t keylen);
int __wrap_crypto_generichash(unsigned char *out, size_t outlen, const unsigned char *in,
                              unsigned long long inlen, const unsigned char *key, size_t keylen);

int
__wrap_crypto_generichash(unsigned char *out, size_t outlen, const unsigned char *in,
                          unsigned long long inlen, const unsigned char *key, size_t keylen)
{
    return hash_fails ? -1 : __real_crypto_generichash(out, outlen, in, inlen, key, keylen);
}

static void
add_a_seal(const void *seal)
{
    unsigned char sum[PAT_SUM_LEN] = {0};

    pat_seal_add(keyring, seal, sum);
}

/* Better nothing than what stood in memory before. */
static void
without_a_hash_there_is_nothing(void **state)
{
    static const struct pat_digest seal;
    union pat_row row;

    (void)state;
    support_row(PAT_ROW_TOKEN, 1, &row);
    for (int failing = 0; failing < 2; failing++) {
        hash_fails = failing == 1;
        expect_number("a seal", support_aborts(seal_a_token, &row), hash_fails);
        expect_number("a sum", support_aborts(add_a_seal, &seal), hash_fails);
    }
    hash_fails = false;
}

/* --- sums --- */

#define ROWS 40

static void
make_seals(struct pat_digest seals[ROWS])
{
    for (unsigned i = 0; i < ROWS; i++) {
        union pat_row row;

        sealed_row(PAT_ROW_USER, i, &row);
        seals[i] = row.user.seal;
    }
}

static void
sums_have_no_order(void **state)
{
    struct support_random random = {.state = 11};
    struct pat_digest seals[ROWS];
    unsigned char forwards[PAT_SUM_LEN] = {0}, shuffled[PAT_SUM_LEN] = {0};
    size_t order[ROWS];

    (void)state;
    make_seals(seals);
    for (size_t i = 0; i < ROWS; i++) {
        size_t at = support_below(&random, i + 1);

        order[i] = order[at];
        order[at] = i;
        pat_seal_add(keyring, &seals[i], forwards);
    }
    for (size_t i = 0; i < ROWS; i++)
        pat_seal_add(keyring, &seals[order[i]], shuffled);
    assert_memory_equal(forwards, shuffled, PAT_SUM_LEN);
}

static void
taking_undoes_adding(void **state)
{
    static const unsigned char nothing[PAT_SUM_LEN];
    struct support_random random = {.state = 12};
    unsigned char sum[PAT_SUM_LEN] = {0}, some[PAT_SUM_LEN] = {0};
    struct pat_digest seals[ROWS];

    (void)state;
    make_seals(seals);
    for (size_t i = 0; i < ROWS; i++) {
        pat_seal_add(keyring, &seals[i], sum);
        if (i % 2 == 0)
            pat_seal_add(keyring, &seals[i], some);
    }
    for (size_t i = 1; i < ROWS; i += 2)
        pat_seal_take(keyring, &seals[i], sum);
    assert_memory_equal(sum, some, PAT_SUM_LEN);
    for (size_t i = 0; i < ROWS; i += 2)
        pat_seal_take(keyring, &seals[i], sum);
    assert_memory_equal(sum, nothing, PAT_SUM_LEN);
    support_bytes(&random, sum, sizeof sum); /* from anywhere, and below zero and back */
    memcpy(some, sum, sizeof sum);
    pat_seal_take(keyring, &seals[0], sum);
    assert_memory_not_equal(sum, some, PAT_SUM_LEN);
    pat_seal_add(keyring, &seals[0], sum);
    assert_memory_equal(sum, some, PAT_SUM_LEN);
}

/* A row that is there twice does not cancel itself, as it would with exclusive or. */
static void
twice_is_not_never(void **state)
{
    unsigned char once[PAT_SUM_LEN] = {0}, twice[PAT_SUM_LEN] = {0}, never[PAT_SUM_LEN] = {0};
    struct pat_digest seals[ROWS];

    (void)state;
    make_seals(seals);
    pat_seal_add(keyring, &seals[0], once);
    pat_seal_add(keyring, &seals[0], twice);
    pat_seal_add(keyring, &seals[0], twice);
    assert_memory_not_equal(once, twice, PAT_SUM_LEN);
    assert_memory_not_equal(never, twice, PAT_SUM_LEN);
    assert_memory_not_equal(never, once, PAT_SUM_LEN);
}

/* Who cannot make seals cannot make a sum either: it is not a function of the seals alone. */
static void
sums_are_keyed(void **state)
{
    struct pat_keyring *ours = keyring;
    unsigned char sum[PAT_SUM_LEN] = {0}, other[PAT_SUM_LEN] = {0};
    union pat_row row;

    sealed_row(PAT_ROW_USER, 1, &row);
    pat_seal_add(keyring, &row.user.seal, sum);
    make_keys(state);
    pat_seal_add(keyring, &row.user.seal, other);
    drop_keys(state);
    keyring = ours;
    assert_memory_not_equal(sum, other, PAT_SUM_LEN);
}

int
main(void)
{
    static struct support_list list;

    support_add(&list, "keys", make_keys, NULL);
    SUPPORT_TABLE(&list, kinds, every_field_is_sealed);
    support_add(&list, "an absent number holds nothing", absent_numbers_hold_nothing, NULL);
    support_add(&list, "fields do not run together", fields_do_not_run_together, NULL);
    support_add(&list, "kinds do not run together", kinds_do_not_run_together, NULL);
    support_add(&list, "another key makes another seal", another_key_makes_another_seal, NULL);
    support_add(&list, "every bit of a token's row", every_bit_of_a_token_is_sealed, NULL);
    support_add(&list, "seals by hand", seals_can_be_made_by_hand, NULL);
    support_add(&list, "sums by hand", sums_can_be_made_by_hand, NULL);
    support_add(&list, "a kind without a seal", a_kind_without_a_seal_is_a_mistake, NULL);
    support_add(&list, "a row without ends", a_row_without_ends_is_a_mistake, NULL);
    support_add(&list, "without a hash", without_a_hash_there_is_nothing, NULL);
    support_add(&list, "sums have no order", sums_have_no_order, NULL);
    support_add(&list, "taking undoes adding", taking_undoes_adding, NULL);
    support_add(&list, "twice is not never", twice_is_not_never, NULL);
    support_add(&list, "sums are keyed", sums_are_keyed, NULL);
    support_add(&list, "end", drop_keys, NULL);
    return support_run("seals", &list);
}
