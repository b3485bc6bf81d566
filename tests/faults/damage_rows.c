/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows that were moved: every field of every row is put into every other row of its kind, one at a
 * time and all at once, across users and tenants; and rows of yesterday are put back.
 */
#include <stdio.h>
#include <string.h>

#include "core/store/check.h"
#include "core/store/row.h"
#include "tests/faults/damage.h"
#include "tests/faults/figures.h"

#define SQL_SIZE 4096

/* What tells the rows of a table apart, here: any text column that is unique. */
static const struct table {
    enum pat_row_kind kind;
    const char *key; /* an expression over a row */
} tables[] = {
    {PAT_ROW_TOKEN, "id"},
    {PAT_ROW_USER, "tenant || '/' || user"},
    {PAT_ROW_TENANT, "tenant"},
    {PAT_ROW_HEAD, "tenant"},
};

struct place {
    const char *base, *work;
    struct host host; /* its handles are opened for every case */
    struct answers answers;
    unsigned long cases, missed;
    char keys[DAMAGE_ROWS_MAX][64];
    size_t count;
};

/* --- one case --- */

static bool
is_found(struct place *place)
{
    const struct pat_store_args args = {.ops = &pat_sqlite_ops,
                                        .place = pat_context_state_dir(place->host.context),
                                        .mode = PAT_STORE_READ,
                                        .keyring = pat_context_keyring(place->host.context),
                                        .anchor = pat_context_anchor(place->host.context)};
    struct pat_check check;
    struct pat_store *store = NULL;
    enum pat_err err = pat_store_open(&args, &store);

    if (err == PAT_OK)
        err = pat_check_store(store, NULL, NULL, &check);
    pat_store_close(store);
    return err != PAT_OK;
}

#define EVERY_THIRD UINT32_C(0x249249)

static void
put_database(const struct place *place)
{
    char from[2 * HOST_PATH], to[2 * HOST_PATH];

    snprintf(from, sizeof from, "%s/state/pat.db", place->base);
    snprintf(to, sizeof to, "%s/state/pat.db", place->work);
    host_copy_file(from, to);
}

/* changes: something is another one than before, which must be found. */
static void
try(struct place *place, const char *sql, const char *what, bool changes)
{
    put_database(place);
    if (!damage_execute(place->work, sql))
        return; /* two rows of one key */
    place->cases++;
    answers_reopen(&place->host, EVERY_THIRD << place->answers.asked % 3, what, &place->answers);
    if (changes && !is_found(place)) {
        place->missed++;
        figures_found("%s: the check of the whole store does not find it", what);
    }
}

/* --- splices --- */

static bool
differs(const struct place *place, const struct table *table, const char *field, const char *a,
        const char *b)
{
    char sql[SQL_SIZE];

    snprintf(
        sql, sizeof sql,
        "SELECT (SELECT %s FROM %s WHERE %s = '%s') IS NOT (SELECT %s FROM %s WHERE %s = '%s')",
        field, pat_row_type(table->kind)->table, table->key, a, field,
        pat_row_type(table->kind)->table, table->key, b);
    return damage_number(place->base, sql) == 1;
}

static void
splice_field(struct place *place, const struct table *table, const char *field, const char *a,
             const char *b)
{
    const char *name = pat_row_type(table->kind)->table;
    char sql[SQL_SIZE], what[256];

    if (!differs(place, table, field, a, b))
        return;
    snprintf(sql, sizeof sql,
             "UPDATE %s SET %s = (SELECT %s FROM %s WHERE %s = '%s') WHERE %s = '%s'", name, field,
             field, name, table->key, a, table->key, b);
    snprintf(what, sizeof what, "%s of %s %s put into %s", field, name, a, b);
    try(place, sql, what, true);
}

/* Everything but what the row is found by. */
static void
splice_row(struct place *place, const struct table *table, const char *a, const char *b)
{
    const struct pat_row_type *type = pat_row_type(table->kind);
    char sql[SQL_SIZE], what[256], columns[1024] = "";
    size_t len = 0;

    for (size_t i = 0; i < type->count; i++) {
        const char *field = type->fields[i].name;

        if (strcmp(field, "id") != 0 && strcmp(field, "tenant") != 0 &&
            strcmp(field, "user") != 0 && strcmp(field, "created_seq") != 0)
            len += (size_t)snprintf(columns + len, sizeof columns - len, "%s%s",
                                    len == 0 ? "" : ", ", field);
    }
    snprintf(sql, sizeof sql,
             "UPDATE %s SET (%s) = (SELECT %s FROM %s WHERE %s = '%s') WHERE %s = '%s'",
             type->table, columns, columns, type->table, table->key, a, table->key, b);
    snprintf(what, sizeof what, "%s %s put over %s", type->table, a, b);
    try(place, sql, what, true);
}

static void
splice_table(struct place *place, const struct table *table, size_t stride)
{
    const struct pat_row_type *type = pat_row_type(table->kind);
    size_t number = 0;

    place->count = damage_texts(place->base, table->key, type->table, place->keys);
    for (size_t a = 0; a < place->count; a++)
        for (size_t b = 0; b < place->count; b++)
            for (size_t i = 0; a != b && i <= type->count; i++) {
                if (number++ % stride != 0)
                    continue;
                if (i < type->count)
                    splice_field(place, table, type->fields[i].name, place->keys[a],
                                 place->keys[b]);
                else
                    splice_row(place, table, place->keys[a], place->keys[b]);
            }
}

/* --- yesterday --- */

/* Each row as it was, and each that is there now taken away. */
static void
put_back(struct place *place, const struct table *table, const char *older)
{
    const char *name = pat_row_type(table->kind)->table;
    char sql[SQL_SIZE], what[256];

    place->count = damage_texts(place->base, table->key, name, place->keys);
    for (size_t i = 0; i < place->count; i++) {
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE %s = '%s'", name, table->key,
                 place->keys[i]);
        snprintf(what, sizeof what, "%s %s taken away", name, place->keys[i]);
        try(place, sql, what, true);
        snprintf(sql, sizeof sql,
                 "ATTACH '%s/state/pat.db' AS older; SELECT count(*) FROM older.%s WHERE %s = '%s' "
                 "AND seal IS NOT (SELECT seal FROM main.%s WHERE %s = '%s')",
                 older, name, table->key, place->keys[i], name, table->key, place->keys[i]);
        if (damage_number(place->base, sql) != 1)
            continue;
        snprintf(sql, sizeof sql,
                 "ATTACH '%s/state/pat.db' AS older; INSERT OR REPLACE INTO main.%s SELECT * FROM "
                 "older.%s WHERE %s = '%s'",
                 older, name, name, table->key, place->keys[i]);
        snprintf(what, sizeof what, "%s %s as it was", name, place->keys[i]);
        try(place, sql, what, true);
    }
}

void
damage_rows(const char *base, const char *older, const char *work, size_t stride)
{
    struct place place = {.base = base, .work = work};

    host_copy(base, work);
    FIGURES_NEED(host_open(&place.host, work) == PAT_OK);
    pat_store_close(place.host.writer);
    pat_store_close(place.host.reader);
    place.host.writer = place.host.reader = NULL;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        splice_table(&place, &tables[i], stride);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        put_back(&place, &tables[i], older);
    host_close(&place.host);
    support_figure("damage, rows: %lu, %lu questions: %lu answered as before, nobody in who may "
                   "not, %lu not found by the check",
                   place.cases, place.answers.asked, place.answers.same, place.missed);
}
