/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows as bytes (store/row_pack.h): whole rows come back, and nothing but a whole row is one. */
#include <string.h>

#include "core/store/row_pack.h"
#include "tests/unit/support.h"

struct packed {
    unsigned char bytes[PAT_ROW_PACKED_MAX];
    size_t len;
};

static const struct kind_case {
    const char *title;
    enum pat_row_kind kind;
} kinds[] = {
    {"host", PAT_ROW_HOST},   {"head", PAT_ROW_HEAD},     {"tenant", PAT_ROW_TENANT},
    {"user", PAT_ROW_USER},   {"group", PAT_ROW_GROUP},   {"scope", PAT_ROW_SCOPE},
    {"token", PAT_ROW_TOKEN}, {"change", PAT_ROW_CHANGE},
};

static void
pack(enum pat_row_kind kind, const union pat_row *row, struct packed *ret)
{
    struct pat_writer writer = pat_span_writer(ret->bytes, sizeof ret->bytes);

    pat_row_pack_write(kind, row, pat_row_type(kind)->count, &writer);
    assert_false(writer.failed);
    ret->len = writer.len;
}

static void
fill_texts(enum pat_row_kind kind, union pat_row *row)
{
    const struct pat_row_type *type = pat_row_type(kind);

    for (size_t i = 0; i < type->count; i++)
        if (type->fields[i].type == PAT_FIELD_TEXT)
            memset(pat_row_field(row, &type->fields[i]), 'x', type->fields[i].size - 1);
}

static void
expect_back(enum pat_row_kind kind, const union pat_row *row)
{
    struct packed packed;
    union pat_row back;

    pack(kind, row, &packed);
    memset(&back, 0xa5, sizeof back);
    assert_true(pat_row_pack_read(kind, packed.bytes, packed.len, &back));
    assert_true(support_row_equal(kind, row, &back));
}

static void
rows_come_back(void **state)
{
    const struct kind_case *one = *state;
    union pat_row row;

    for (unsigned number = 0; number < 50; number++) {
        support_row(one->kind, number, &row);
        expect_back(one->kind, &row);
    }
    fill_texts(one->kind, &row);
    expect_back(one->kind, &row);
    memset(&row, 0, sizeof row);
    expect_back(one->kind, &row);
}

static void
only_whole_rows_are_taken(void **state)
{
    const struct kind_case *one = *state;
    struct packed packed;
    union pat_row row, back;

    support_row(one->kind, 7, &row);
    pack(one->kind, &row, &packed);
    for (size_t len = 0; len < packed.len; len++)
        assert_false(pat_row_pack_read(one->kind, packed.bytes, len, &back));
    packed.bytes[packed.len] = 0;
    assert_false(pat_row_pack_read(one->kind, packed.bytes, packed.len + 1, &back));
}

/* The first field of a tenant is a text: its length is one more than fits, and is there. */
static void
texts_that_do_not_fit_are_refused(void **state)
{
    struct packed packed;
    union pat_row row, back;
    size_t room = sizeof row.tenant.tenant;

    (void)state;
    memset(&row, 0, sizeof row);
    pack(PAT_ROW_TENANT, &row, &packed);
    assert_true(packed.len + room < sizeof packed.bytes);
    memmove(packed.bytes + 4 + room, packed.bytes + 4, packed.len - 4);
    memset(packed.bytes + 4, 'x', room);
    packed.bytes[3] = (unsigned char)room;
    assert_false(pat_row_pack_read(PAT_ROW_TENANT, packed.bytes, packed.len + room, &back));
    memmove(packed.bytes + 4, packed.bytes + 5, packed.len - 5 + room);
    packed.bytes[3] = (unsigned char)(room - 1);
    assert_true(pat_row_pack_read(PAT_ROW_TENANT, packed.bytes, packed.len + room - 1, &back));
    assert_int_equal(strlen(back.tenant.tenant), room - 1);
}

static void
a_buffer_that_is_too_small_fails_the_writer(void **state)
{
    unsigned char few[16];
    struct pat_writer writer = pat_span_writer(few, sizeof few);
    union pat_row row;

    (void)state;
    support_row(PAT_ROW_USER, 1, &row);
    pat_row_pack_write(PAT_ROW_USER, &row, pat_row_type(PAT_ROW_USER)->count, &writer);
    assert_true(writer.failed);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, kinds, rows_come_back);
    SUPPORT_TABLE(&list, kinds, only_whole_rows_are_taken);
    support_add(&list, "a text that does not fit", texts_that_do_not_fit_are_refused, NULL);
    support_add(&list, "a small buffer", a_buffer_that_is_too_small_fails_the_writer, NULL);
    return support_run("packed rows", &list);
}
