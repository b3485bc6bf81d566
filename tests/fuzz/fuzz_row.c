/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Somebody who can write pat.db but holds no key. The rows of world.h's host are edited, deleted,
 * copied over one another and put back from earlier, with the triggers gone. A token is accepted
 * only while its own row, its user's and its tenant's are as patd wrote them (which of its writings
 * is the newest, a seal cannot tell); whatever else is changed, the other tokens go on; and the
 * check of all rows finds every change, an older row too.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/verify.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/store/check.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/world.h"

#define SQL_SIZE 4096

/*
 * The tables a decision reads or that add them up, what names a row of them, and which rows count:
 * what belongs to no tenant no decision reads, and no sum has room for it.
 */
#define OF_TENANTS "tenant IN ('acme', 'firm', 'gone', 'lab')"
static const struct table {
    enum pat_row_kind kind;
    const char *key, *counts;
} tables[] = {
    {PAT_ROW_TOKEN, "id", OF_TENANTS},
    {PAT_ROW_USER, "tenant || '/' || user", OF_TENANTS},
    {PAT_ROW_TENANT, "tenant", OF_TENANTS},
    {PAT_ROW_GROUP, "tenant || '/' || group_name", OF_TENANTS},
    {PAT_ROW_HEAD, "tenant", "true"},
    {PAT_ROW_HOST, "'host'", "true"},
};
#define TABLES (sizeof tables / sizeof tables[0])
#define GROUPS 3
#define HOST 5

static struct pat_store *store;
static sqlite3 *db;
static bool golden[WORLD_TOKENS]; /* accepted while nothing is changed */

/* --- SQL --- */

static void
run(const char *sql)
{
    FUZZ_CHECK_TEXT(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, sqlite3_errmsg(db));
}

static void
append(char sql[SQL_SIZE], const char *text, size_t len)
{
    size_t used = strlen(sql);

    FUZZ_CHECK(used + len < SQL_SIZE);
    memcpy(sql + used, text, len);
    sql[used + len] = '\0';
}

/* A statement: $T stands for the table, $K for its key, $C for a column. */
static void
write_sql(char sql[SQL_SIZE], const char *pattern, size_t table, const char *more)
{
    sql[0] = '\0';
    for (; *pattern != '\0'; pattern++) {
        const char *word = pattern[0] != '$'   ? NULL
                           : pattern[1] == 'T' ? pat_row_type(tables[table].kind)->table
                           : pattern[1] == 'K' ? tables[table].key
                                               : more;

        append(sql, word == NULL ? pattern : word, word == NULL ? 1 : strlen(word));
        pattern += word != NULL;
    }
}

static void
run_on(size_t table, const char *pattern)
{
    char sql[SQL_SIZE];

    write_sql(sql, pattern, table, "");
    run(sql);
}

/* --- rows as they are, were, and once were --- */

#define ROWS_MAX 40

/* Of each row its key, and a checksum of all its fields. */
struct rows {
    size_t count;
    struct {
        char key[64];
        uint64_t sum;
    } row[ROWS_MAX];
};

static struct rows newest[TABLES], older[TABLES], now[TABLES];

static uint64_t
add_bytes(uint64_t sum, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++)
        sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    return sum;
}

static uint64_t
add_column(uint64_t sum, sqlite3_stmt *stmt, int column)
{
    int type = sqlite3_column_type(stmt, column);
    int64_t number = sqlite3_column_int64(stmt, column);
    int len = sqlite3_column_bytes(stmt, column);

    sum = add_bytes(add_bytes(sum, &type, sizeof type), &len, sizeof len);
    if (type == SQLITE_INTEGER)
        return add_bytes(sum, &number, sizeof number);
    return add_bytes(sum, sqlite3_column_blob(stmt, column), (size_t)len);
}

static void
read_rows(size_t table, struct rows *ret)
{
    char sql[SQL_SIZE];
    sqlite3_stmt *stmt = NULL;

    write_sql(sql, "SELECT $K, * FROM main.$T WHERE $C ORDER BY 1", table, tables[table].counts);
    FUZZ_CHECK_TEXT(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, sql);
    for (ret->count = 0; sqlite3_step(stmt) == SQLITE_ROW; ret->count++) {
        const char *key = (const char *)sqlite3_column_text(stmt, 0);
        uint64_t sum = UINT64_C(0xcbf29ce484222325);

        FUZZ_CHECK(ret->count < ROWS_MAX);
        for (int i = 1; i < sqlite3_column_count(stmt); i++)
            sum = add_column(sum, stmt, i);
        pat_text_clip(ret->row[ret->count].key, sizeof ret->row[0].key, key == NULL ? "" : key);
        ret->row[ret->count].sum = sum;
    }
    sqlite3_finalize(stmt);
}

static bool
is_changed(size_t table)
{
    if (now[table].count != newest[table].count)
        return true;
    for (size_t i = 0; i < now[table].count; i++)
        if (now[table].row[i].sum != newest[table].row[i].sum)
            return true;
    return false;
}

/* The checksum of a row; 0 when there is none. */
static uint64_t
find_row(const struct rows *rows, const char *key)
{
    for (size_t i = 0; i < rows->count; i++)
        if (pat_text_equal(rows->row[i].key, key))
            return rows->row[i].sum;
    return 0;
}

/* --- deciding --- */

/* Root asks what is likely to be accepted of each token. */
static enum pat_class
verify(size_t index)
{
    static struct pat_verify_rows rows;
    const struct world_token *token = &world_tokens[index];
    const struct world_user *user = world_find_user(token->tenant, token->user);
    const struct pat_peer root = {.uid = 0};
    struct pat_request request = {.has_login = true, .has_address = true};
    struct pat_verify_outcome outcome;
    char text[PAT_TOKEN_MAX + 1];
    bool local = strstr(token->scopes, "ssh:") != NULL;

    world_token_text(index, text);
    FUZZ_CHECK(pat_secret_set(&request.token, text, strlen(text)) == PAT_OK);
    pat_text_clip(request.service, sizeof request.service,
                  local                                    ? "sshd"
                  : strstr(token->scopes, "http:") != NULL ? "http"
                                                           : "imap");
    snprintf(request.login, sizeof request.login, local ? "%s" : "%s@%s.example",
             local ? user->account : user->user, token->tenant);
    pat_text_clip(request.address, sizeof request.address,
                  strstr(token->addresses, "192.0.2") != NULL ? "192.0.2.7" : "10.1.2.3");
    pat_verify(world_context(), store, &root, &request, "canarystaff\n", &rows, &outcome);
    return outcome.answer.class;
}

static void
check_token(size_t index, bool groups_changed)
{
    const struct world_token *token = &world_tokens[index];
    bool accepted = verify(index) == PAT_CLASS_ACCEPTED;
    char keys[GROUPS][64];
    bool is_newest = true, is_genuine = true;

    snprintf(keys[0], sizeof keys[0], "tk0000%02zu", index);
    snprintf(keys[1], sizeof keys[1], "%s/%s", token->tenant, token->user);
    snprintf(keys[2], sizeof keys[2], "%s", token->tenant);
    for (size_t i = 0; i < GROUPS; i++) {
        uint64_t sum = find_row(&now[i], keys[i]);

        is_newest &= sum == find_row(&newest[i], keys[i]);
        is_genuine &= sum == find_row(&newest[i], keys[i]) || sum == find_row(&older[i], keys[i]);
    }
    if (accepted)
        FUZZ_CHECK_TEXT(is_genuine, keys[0]);
    if (is_newest && !groups_changed)
        FUZZ_CHECK_TEXT(accepted == golden[index], keys[0]);
}

/* --- the attacker --- */

static void
bind_key(sqlite3_stmt *stmt, int index, struct fuzz_input *input)
{
    sqlite3_bind_int64(stmt, index, fuzz_byte(input));
}

/* ?1, ?2, ...: what bind gives them. What SQLite refuses is not done. */
static void
attempt(const char *sql, struct fuzz_input *input,
        void (*bind)(sqlite3_stmt *stmt, struct fuzz_input *input))
{
    sqlite3_stmt *stmt = NULL;

    FUZZ_CHECK_TEXT(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, sql);
    bind(stmt, input);
    sqlite3_step(stmt);
    sqlite3_finalize(stmt);
}

/* The key of a row that a number stands for, among the rows as they were. */
#define ROW(table, number)                                                                         \
    "(SELECT $K FROM " table " ORDER BY 1 LIMIT 1 OFFSET (" number                                 \
    " % (SELECT count(*) FROM " table ")))"
#define THIS "$K = " ROW("golden.$T", "?1")

static void
bind_value(sqlite3_stmt *stmt, struct fuzz_input *input)
{
    char text[256];

    bind_key(stmt, 1, input);
    switch (fuzz_pick(input, 5)) {
    case 0:
        sqlite3_bind_int64(stmt, 2, (int8_t)fuzz_byte(input));
        break;
    case 1:
        sqlite3_bind_int64(stmt, 2, (int64_t)fuzz_number(input, 8));
        break;
    case 2:
        fuzz_text(input, text, sizeof text);
        sqlite3_bind_text(stmt, 2, text, -1, SQLITE_TRANSIENT);
        break;
    case 3:
        fuzz_text(input, text, sizeof text);
        sqlite3_bind_blob(stmt, 2, text, (int)strlen(text), SQLITE_TRANSIENT);
        break;
    default:
        break; /* NULL */
    }
}

static void
bind_two_keys(sqlite3_stmt *stmt, struct fuzz_input *input)
{
    bind_key(stmt, 1, input);
    bind_key(stmt, 2, input);
}

static void
attack(struct fuzz_input *input)
{
    static const char *const edits[] = {
        "UPDATE main.$T SET $C = ?2 WHERE " THIS,
        /* the same field of another row */
        "UPDATE main.$T SET $C = (SELECT $C FROM golden.$T WHERE $K = " ROW("golden.$T",
                                                                            "?2") ") WHERE " THIS,
        /* one more or less, one shorter, one byte moved */
        "UPDATE main.$T SET $C = CASE typeof($C) WHEN 'integer' THEN $C + 1 - ?2 % 3"
        " WHEN 'text' THEN substr($C, 1, ?2) WHEN 'blob' THEN substr($C, 2) || x'00' END"
        " WHERE " THIS,
        "DELETE FROM main.$T WHERE ?2 >= 0 AND " THIS,
        /* the row as it once was */
        "INSERT OR REPLACE INTO main.$T SELECT * FROM golden.old_$T WHERE ?2 >= 0 AND $K = " ROW(
            "golden.old_$T", "?1"),
        /* the row as it is */
        "INSERT OR REPLACE INTO main.$T SELECT * FROM golden.$T WHERE ?2 >= 0 AND " THIS,
    };
    size_t table = fuzz_pick(input, TABLES),
           edit = fuzz_pick(input, sizeof edits / sizeof edits[0]);
    const struct pat_row_type *type = pat_row_type(tables[table].kind);
    const char *column = type->fields[fuzz_pick(input, type->count)].name;
    char sql[SQL_SIZE];

    write_sql(sql, edits[edit], table, column);
    attempt(sql, input, edit == 0 ? bind_value : bind_two_keys);
}

/* --- the host --- */

/* Some rows change once: what they were before can be put back. */
static void
make_history(void)
{
    struct pat_token_record token;
    struct pat_user_record user;
    struct pat_tenant_record tenant;

    for (size_t i = 0; i < TABLES; i++) {
        run_on(i, "CREATE TABLE golden.old_$T AS SELECT * FROM main.$T");
        read_rows(i, &older[i]);
    }
    FUZZ_CHECK(pat_store_begin(store, true) == PAT_OK);
    FUZZ_CHECK(pat_store_get(store, PAT_ROW_TOKEN, "acme", "tk000000", &token) == PAT_OK);
    token.state = PAT_STATE_REVOKED;
    token.ended = (struct pat_optional){.set = true, .at = WORLD_NOW};
    FUZZ_CHECK(pat_store_put(store, PAT_ROW_TOKEN, &token) == PAT_OK);
    FUZZ_CHECK(pat_store_get(store, PAT_ROW_USER, "lab", "alice", &user) == PAT_OK);
    user.state = PAT_STATE_DISABLED;
    FUZZ_CHECK(pat_store_put(store, PAT_ROW_USER, &user) == PAT_OK);
    FUZZ_CHECK(pat_store_get(store, PAT_ROW_TENANT, "lab", "", &tenant) == PAT_OK);
    tenant.name_min = 9;
    FUZZ_CHECK(pat_store_put(store, PAT_ROW_TENANT, &tenant) == PAT_OK);
    FUZZ_CHECK(pat_store_commit(store) == PAT_OK);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char path[600];
    size_t accepted = 0;

    (void)argc;
    (void)argv;
    FUZZ_CHECK(pat_context_writer(world_context(), &store) == PAT_OK);
    world_fill(store);
    snprintf(path, sizeof path, "%s/pat.db", world_state_dir());
    FUZZ_CHECK(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    run("ATTACH ':memory:' AS golden");
    make_history();
    run("DROP TRIGGER tokens_stay_revoked; DROP TRIGGER tokens_keep_identity;"
        "DROP TRIGGER tokens_are_not_replaced; DROP TRIGGER tokens_are_kept;"
        "PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF");
    for (size_t i = 0; i < TABLES; i++) {
        run_on(i, "CREATE TABLE golden.$T AS SELECT * FROM main.$T");
        read_rows(i, &newest[i]);
    }
    for (size_t i = 0; i < WORLD_TOKENS; i++)
        accepted += golden[i] = verify(i) == PAT_CLASS_ACCEPTED;
    FUZZ_CHECK(accepted >= 8 && !golden[0]);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);
    bool changed[TABLES], any = false;
    struct pat_check check;

    run("BEGIN");
    for (int i = 0; i < 6 && input.left > 0; i++)
        attack(&input);
    run("COMMIT");
    for (size_t i = 0; i < TABLES; i++) {
        read_rows(i, &now[i]);
        changed[i] = is_changed(i);
        any |= changed[i];
    }
    if (changed[HOST]) { /* nothing is read any more; patd would answer nobody until a start */
        FUZZ_CHECK(pat_store_begin(store, false) != PAT_OK);
    } else {
        for (size_t i = 0; i < WORLD_TOKENS; i++)
            check_token(i, changed[GROUPS]);
    }
    FUZZ_CHECK_TEXT((pat_check_store(store, NULL, NULL, &check) == PAT_OK) == !any, check.trouble);
    for (size_t i = 0; i < TABLES; i++) {
        run_on(i, "DELETE FROM main.$T");
        run_on(i, "INSERT INTO main.$T SELECT * FROM golden.$T");
    }
    return 0;
}
