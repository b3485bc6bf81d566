/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of pat.db are changed by somebody without a key: pages are copied over others, cut off,
 * filled and edited, the schema among them. Whatever the file then is, it opens as a store or does
 * not; whoever gets in got in before, and is answered what was answered then.
 *
 * The file is in memory: SQLite's write-ahead log and its locks are tried in tests/faults.
 *
 * Input: edits of a kind, a place in three bytes and what they need; behind them the questions.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/verify.h"
#include "core/base/log.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/store/check.h"
#include "core/store/sqlite_connect.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/world.h"

#define EDITS_MAX 24
#define QUESTIONS 8 /* of each run */
#define WAYS 4
#define SCHEMA_SIZE ((size_t)64 * 1024)
#define PAGE 4096
#define FORMATS_AT 18 /* of the header: two bytes, 2 where there is a write-ahead log */

bool __wrap_pat_sqlite_connect(const char *path, bool create, int busy, struct sqlite3 **ret);
bool __real_pat_sqlite_connect(const char *path, bool create, int busy, struct sqlite3 **ret);

enum pat_err __wrap_pat_sqlite_schema_compare(struct sqlite3 *db);
enum pat_err __real_pat_sqlite_schema_compare(struct sqlite3 *db);

static unsigned char *golden, *image; /* the image has room for a page more */
static size_t golden_len, image_len;
static bool in_memory;
static bool thorough; /* in this run the schema is compared as patd does it: that takes long */
static char schema[SCHEMA_SIZE];
static struct pat_answer answers[WORLD_TOKENS][WAYS];

/* --- the file --- */

bool
__wrap_pat_sqlite_connect(const char *path, bool create, int busy, struct sqlite3 **ret)
{
    if (!in_memory || strcmp(path, ":memory:") == 0) /* the latter is the schema as it should be */
        return __real_pat_sqlite_connect(path, create, busy, ret);
    return __real_pat_sqlite_connect(":memory:", false, busy, ret) &&
           sqlite3_deserialize(*ret, "main", image, (sqlite3_int64)image_len,
                               (sqlite3_int64)(golden_len + PAGE), 0) == SQLITE_OK;
}

/* All that stands in the schema; -1: it cannot be read. */
static long
read_schema(struct sqlite3 *db, char *ret, size_t size)
{
    sqlite3_stmt *stmt = NULL;
    size_t used = 0;
    int code = sqlite3_prepare_v2(db,
                                  "SELECT quote(type) || quote(name) || quote(tbl_name) ||"
                                  " quote(sql) FROM sqlite_schema ORDER BY 1",
                                  -1, &stmt, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    for (; code == SQLITE_ROW; code = sqlite3_step(stmt)) {
        pat_text_clip(ret + used, size - used, (const char *)sqlite3_column_text(stmt, 0));
        used += strlen(ret + used);
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? (long)used : -1;
}

/* In most runs by this second and faster reading, in the others by both. */
enum pat_err
__wrap_pat_sqlite_schema_compare(struct sqlite3 *db)
{
    static char now[SCHEMA_SIZE];
    enum pat_err err;
    bool same;

    if (!in_memory)
        return __real_pat_sqlite_schema_compare(db);
    if (schema[0] == '\0') /* the first one, of the file as it was */
        FUZZ_CHECK(read_schema(db, schema, sizeof schema) > 1000);
    same = read_schema(db, now, sizeof now) >= 0 && strcmp(now, schema) == 0;
    if (!thorough)
        return same ? PAT_OK : PAT_ERR_SEAL;
    err = __real_pat_sqlite_schema_compare(db);
    FUZZ_CHECK(err != PAT_OK || strlen(now) <= strlen(schema));
    FUZZ_CHECK(!same || err == PAT_OK);
    return err;
}

static enum pat_err
open_store(struct pat_store **ret)
{
    const struct pat_store_args args = {.ops = &pat_sqlite_ops,
                                        .place = world_state_dir(),
                                        .mode = PAT_STORE_READ,
                                        .keyring = world_keyring()};

    return pat_store_open(&args, ret);
}

static void
read_golden(void)
{
    char path[600];
    FILE *file;
    long len;

    snprintf(path, sizeof path, "%s/pat.db", world_state_dir());
    file = fopen(path, "rbe");
    FUZZ_CHECK(file != NULL && fseek(file, 0, SEEK_END) == 0 && (len = ftell(file)) > PAGE);
    golden_len = (size_t)len;
    golden = malloc(golden_len);
    image = malloc(golden_len + PAGE);
    FUZZ_CHECK(golden != NULL && image != NULL && fseek(file, 0, SEEK_SET) == 0);
    FUZZ_CHECK(fread(golden, 1, golden_len, file) == golden_len && fclose(file) == 0);
    golden[FORMATS_AT] = golden[FORMATS_AT + 1] = 1; /* a log has no place in memory */
}

/* --- questions --- */

/* What is likely to be accepted of a token; and the same by another name, or somewhere else. */
static void
make_request(size_t index, size_t way, struct pat_request *ret)
{
    const struct world_token *token = &world_tokens[index];
    const struct world_user *user = world_find_user(token->tenant, token->user);
    bool local = strstr(token->scopes, "ssh:") != NULL;
    const char *service = local ? "sshd" : strstr(token->scopes, "http:") != NULL ? "http" : "imap";
    char text[PAT_TOKEN_MAX + 1];

    memset(ret, 0, sizeof *ret);
    world_token_text(index, text);
    FUZZ_CHECK(pat_secret_set(&ret->token, text, strlen(text)) == PAT_OK);
    ret->has_login = ret->has_address = true;
    pat_text_clip(ret->service, sizeof ret->service, way == 1 ? "sudo" : service);
    pat_text_clip(ret->address, sizeof ret->address,
                  way == 3                                      ? "203.0.113.9"
                  : strstr(token->addresses, "192.0.2") != NULL ? "192.0.2.7"
                                                                : "10.1.2.3");
    if (way == 2)
        pat_text_clip(ret->login, sizeof ret->login, local ? "root" : "carol@acme.example");
    else
        snprintf(ret->login, sizeof ret->login, local ? "%s" : "%s@%s.example",
                 local ? user->account : user->user, token->tenant);
}

static void
ask(struct pat_store *store, size_t index, size_t way, struct pat_answer *ret)
{
    static struct pat_verify_rows rows;
    const struct pat_peer root = {.uid = 0};
    struct pat_verify_outcome outcome;
    struct pat_request request;

    make_request(index, way, &request);
    pat_verify(world_context(), store, &root, &request, "canarystaff\n", &rows, &outcome);
    *ret = outcome.answer;
}

static void
check_answer(struct pat_store *store, size_t index, size_t way, bool untouched)
{
    struct pat_answer answer, none = {.class = PAT_CLASS_REFUSED};

    ask(store, index, way, &answer);
    if (untouched || answer.class == PAT_CLASS_ACCEPTED) {
        FUZZ_CHECK(memcmp(&answer, &answers[index][way], sizeof answer) == 0);
        return;
    }
    none.class = answer.class;
    FUZZ_CHECK(memcmp(&answer, &none, sizeof answer) == 0);
}

/* --- the host --- */

/* Some rows change: what stood in the file before must not be found there again. */
static void
make_history(struct pat_store *store)
{
    struct pat_token_record token;
    struct pat_user_record user;

    FUZZ_CHECK(pat_store_begin(store, true) == PAT_OK);
    FUZZ_CHECK(pat_store_get(store, PAT_ROW_TOKEN, "acme", "tk000000", &token) == PAT_OK);
    token.state = PAT_STATE_REVOKED;
    token.ended = (struct pat_optional){.set = true, .at = WORLD_NOW};
    FUZZ_CHECK(pat_store_put(store, PAT_ROW_TOKEN, &token) == PAT_OK);
    FUZZ_CHECK(pat_store_get(store, PAT_ROW_USER, "acme", "both", &user) == PAT_OK);
    user.state = PAT_STATE_DISABLED;
    FUZZ_CHECK(pat_store_put(store, PAT_ROW_USER, &user) == PAT_OK);
    FUZZ_CHECK(pat_store_commit(store) == PAT_OK);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct pat_store *store = NULL;
    size_t accepted = 0;

    (void)argc;
    (void)argv;
    FUZZ_CHECK(pat_context_writer(world_context(), &store) == PAT_OK);
    world_fill(store);
    make_history(store);
    pat_store_close(store); /* and what stood in its log is in the file */
    read_golden();
    memcpy(image, golden, golden_len);
    image_len = golden_len;
    in_memory = true;
    FUZZ_CHECK(open_store(&store) == PAT_OK);
    for (size_t i = 0; i < WORLD_TOKENS; i++)
        for (size_t way = 0; way < WAYS; way++) {
            ask(store, i, way, &answers[i][way]);
            accepted += answers[i][way].class == PAT_CLASS_ACCEPTED;
        }
    FUZZ_CHECK(accepted >= 10 && answers[0][0].class == PAT_CLASS_REFUSED);
    pat_store_close(store);
    return 0;
}

/* --- edits --- */

static size_t
pick_place(struct fuzz_input *input)
{
    return (size_t)fuzz_number(input, 3) % image_len;
}

static void
copy_bytes(struct fuzz_input *input, size_t at, size_t unit)
{
    size_t from = pick_place(input) / unit * unit, len = unit * (1 + (size_t)fuzz_byte(input));

    at = at / unit * unit;
    len = unit == PAGE ? PAGE : len;
    len = len > image_len - at ? image_len - at : len;
    len = len > image_len - from ? image_len - from : len;
    memmove(image + at, image + from, len);
}

/* Behind the description of a token: its state, scopes, addresses and times. */
static void
edit_row(struct fuzz_input *input)
{
    char text[32];
    unsigned char *found;

    snprintf(text, sizeof text, "canarydescription%02zu", fuzz_pick(input, WORLD_TOKENS));
    found = memmem(image, image_len, text, strlen(text));
    if (found == NULL)
        return;
    found += strlen(text) + fuzz_byte(input);
    if (found < image + image_len)
        *found ^= fuzz_byte(input);
}

static void
edit(struct fuzz_input *input)
{
    size_t kind = fuzz_pick(input, 9), at, len;
    char text[64];

    if (kind == 8) {
        edit_row(input);
        return;
    }
    at = pick_place(input);
    switch (kind) {
    case 0:
        image[at] ^= (unsigned char)(1 + fuzz_byte(input) % 255);
        break;
    case 1:
        image[at] = fuzz_byte(input);
        break;
    case 2:
        copy_bytes(input, at, 1);
        break;
    case 3:
        copy_bytes(input, at, PAGE);
        break;
    case 4:
        len = 1 + (size_t)fuzz_number(input, 2);
        memset(image + at, fuzz_byte(input), len < image_len - at ? len : image_len - at);
        break;
    case 5: /* a word of the schema, of a row, of a page's head */
        fuzz_text(input, text, sizeof text);
        len = strlen(text) < image_len - at ? strlen(text) : image_len - at;
        memcpy(image + at, text, len);
        break;
    case 6: /* the heads of pages */
        at = at % (image_len / PAGE) * PAGE + (size_t)fuzz_byte(input) % 16;
        if (at < image_len)
            image[at] = fuzz_byte(input);
        break;
    default:
        image_len = at < PAGE ? image_len : at;
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);
    struct pat_store *store = NULL;
    struct pat_check check;
    uint8_t how = fuzz_byte(&input);
    size_t edits = how % EDITS_MAX;
    bool untouched;

    thorough = how >= 240;
    memcpy(image, golden, golden_len);
    memset(image + golden_len, 0, PAGE);
    image_len = golden_len;
    for (size_t i = 0; i < edits && input.left > 0; i++)
        edit(&input);
    untouched = image_len == golden_len && memcmp(image, golden, golden_len) == 0;
    if (open_store(&store) != PAT_OK) {
        FUZZ_CHECK(store == NULL && !untouched);
        return 0;
    }
    for (size_t i = 0; i < QUESTIONS; i++) {
        size_t index = fuzz_pick(&input, WORLD_TOKENS);

        check_answer(store, index, fuzz_pick(&input, WAYS), untouched);
    }
    if (thorough && pat_check_store(store, NULL, NULL, &check) != PAT_OK)
        FUZZ_CHECK(!untouched);
    pat_store_close(store);
    return 0;
}
