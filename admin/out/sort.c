/* SPDX-License-Identifier: BSD-2-Clause */
/* A stable sort of rows: text by the locale, times and numbers by value, states by their life. */
#include <stdlib.h>
#include <string.h>

#include "admin/out/sort.h"
#include "core/base/text.h"

struct key {
    json_t *row;
    size_t index;
    const struct out_field *field;
    bool descending;
};

static int
state_rank(const char *state)
{
    static const char *const states[] = {"pending",   "active",  "expiring",
                                         "suspended", "expired", "revoked"};
    int rank = 0;

    while (rank < 6 && !pat_text_equal(states[rank], state))
        rank++;
    return rank;
}

static int
sign(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Where one of them has no value. */
static int
compare_missing(const struct out_field *field, bool a, bool b)
{
    bool last = pat_text_equal(field->member, "expires") || pat_text_equal(field->member, "ended");

    return last ? a - b : b - a;
}

static int
compare_words(json_t *a, json_t *b)
{
    int order = 0;

    for (size_t i = 0; order == 0 && i < json_array_size(a) && i < json_array_size(b); i++)
        order = strcmp(json_string_value(json_array_get(a, i)),
                       json_string_value(json_array_get(b, i)));
    return order != 0 ? order : sign((int64_t)json_array_size(a), (int64_t)json_array_size(b));
}

static int
compare_values(const struct out_field *field, json_t *a, json_t *b)
{
    bool no_a = a == NULL || json_is_null(a), no_b = b == NULL || json_is_null(b);

    if (no_a || no_b)
        return compare_missing(field, no_a, no_b);
    if (json_is_integer(a) && json_is_integer(b))
        return sign(json_integer_value(a), json_integer_value(b));
    if (json_is_array(a) && json_is_array(b))
        return compare_words(a, b);
    if (!json_is_string(a) || !json_is_string(b))
        return json_is_true(a) - json_is_true(b);
    if (field->type == OUT_STATE)
        return state_rank(json_string_value(a)) - state_rank(json_string_value(b));
    return strcoll(json_string_value(a), json_string_value(b));
}

static int
compare(const void *left, const void *right)
{
    const struct key *a = left, *b = right;
    int order = compare_values(a->field, json_object_get(a->row, a->field->member),
                               json_object_get(b->row, a->field->member));

    if (order == 0)
        return sign((int64_t)a->index, (int64_t)b->index);
    return a->descending ? -order : order;
}

bool
sort_rows(json_t *rows, const struct out_field *field, bool descending)
{
    size_t count = json_array_size(rows);
    struct key *keys = calloc(count + 1, sizeof *keys);

    if (keys == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        keys[i] = (struct key){json_incref(json_array_get(rows, i)), i, field, descending};
    qsort(keys, count, sizeof *keys, compare);
    for (size_t i = 0; i < count; i++)
        json_array_set_new(rows, i, keys[i].row);
    free(keys);
    return true;
}
