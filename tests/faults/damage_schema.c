/* SPDX-License-Identifier: BSD-2-Clause */
/* A database that is whole and sealed, under a schema that somebody else wrote. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/api/tokens.h"
#include "core/store/check.h"
#include "tests/faults/damage.h"
#include "tests/faults/figures.h"
#include "tests/faults/steady.h"

#define HANG_SECONDS 60 /* SIGALRM ends the test: on a machine that is busy with others, too */

/* --- a start, and what can be done there --- */

static bool
is_in(struct host *host)
{
    return requests_ask(host, &requests[0]) == PAT_VERDICT_ACCEPTED;
}

/* True when the revocation of the first request's token was acknowledged. */
static bool
revoke_first(struct host *host)
{
    struct pat_token_record record;
    struct pat_manage manage;
    struct pat_token token;
    enum pat_err err;

    FIGURES_NEED(pat_token_read(requests[0].token, strlen(requests[0].token), &token) ==
                 PAT_SHAPE_TOKEN);
    steady_now += 1000000;
    err = host_manage(host, &manage);
    if (err == PAT_OK && (err = pat_manage_start(&manage)) == PAT_OK)
        err = pat_manage_end(&manage,
                             pat_tokens_revoke(&manage, "acme", token.id, "", "", &record));
    pat_manage_close(&manage);
    return err == PAT_OK;
}

/* The check of the whole store, which runs in the background, stops all answers when it finds it.
 */
static bool
is_found(struct host *host)
{
    struct pat_check check;

    return host_writer(host) == NULL || pat_check_store(host->writer, NULL, NULL, &check) != PAT_OK;
}

void
damage_try(const char *dir, const char *what, struct answers *answers, unsigned long *refuses)
{
    struct answers before = *answers;
    struct host host;
    bool revoked;

    alarm(HANG_SECONDS);
    if (host_open(&host, dir) != PAT_OK) {
        ++*refuses;
        alarm(0);
        return;
    }
    answers_compare(&host, ANSWERS_ALL, what, answers);
    *refuses += answers->unavailable - before.unavailable == REQUESTS;
    revoked = revoke_first(&host);
    if (revoked && is_in(&host) && !is_found(&host))
        figures_found("%s: a token that was revoked gets in", what);
    host_close(&host);
    if (revoked && host_open(&host, dir) == PAT_OK) {
        if (is_in(&host) && !is_found(&host))
            figures_found("%s: a token that was revoked gets in after a restart", what);
        host_close(&host);
    }
    alarm(0);
}

/* --- raw SQL --- */

static bool
execute(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

bool
damage_execute(const char *dir, const char *sql)
{
    static const char freely[] =
        "PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON;"
        "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;"
        "DROP TRIGGER IF EXISTS tokens_stay_revoked;"
        "DROP TRIGGER IF EXISTS tokens_keep_identity;"
        "DROP TRIGGER IF EXISTS tokens_are_not_replaced;"
        "DROP TRIGGER IF EXISTS tokens_are_kept;"
        "DROP TRIGGER IF EXISTS changes_are_kept;"
        "DROP TRIGGER IF EXISTS changes_are_not_edited;";
    char path[2 * HOST_PATH];
    sqlite3 *db = NULL;
    bool done;

    snprintf(path, sizeof path, "%s/state/pat.db", dir);
    done = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
           execute(db, freely) && execute(db, sql);
    sqlite3_close(db);
    return done;
}

struct texts {
    char (*list)[64];
    size_t count;
};

static int
take_text(void *context, int columns, char **values, char **names)
{
    struct texts *texts = context;

    (void)columns;
    (void)names;
    FIGURES_NEED(texts->count < DAMAGE_ROWS_MAX);
    snprintf(texts->list[texts->count++], sizeof *texts->list, "%s",
             values[0] == NULL ? "" : values[0]);
    return 0;
}

static size_t
read_texts(const char *dir, const char *sql, char ret[DAMAGE_ROWS_MAX][64])
{
    struct texts texts = {.list = ret};
    char path[2 * HOST_PATH];
    sqlite3 *db = NULL;

    snprintf(path, sizeof path, "%s/state/pat.db", dir);
    FIGURES_NEED(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
                 sqlite3_exec(db, sql, take_text, &texts, NULL) == SQLITE_OK);
    sqlite3_close(db);
    return texts.count;
}

long
damage_number(const char *dir, const char *sql)
{
    char texts[DAMAGE_ROWS_MAX][64];
    size_t count = read_texts(dir, sql, texts);

    return count == 0 ? 0 : strtol(texts[count - 1], NULL, 10);
}

size_t
damage_texts(const char *dir, const char *expression, const char *table,
             char ret[DAMAGE_ROWS_MAX][64])
{
    char sql[256];

    snprintf(sql, sizeof sql, "SELECT %s FROM %s", expression, table);
    return read_texts(dir, sql, ret);
}

/* --- lies --- */

#define TOKENS_BUT_STATE                                                                           \
    "tenant, created_seq, id, user, name, description, 1 AS state, scopes, addresses, created, "   \
    "creator_uid, creator, not_before, expires, pending_until, NULL AS ended, successor, batch, "  \
    "key_number, verifier, version, seal"
#define ENDLESS "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "

static const struct lie {
    const char *what;
    const char *sql;
    bool may_fail; /* SQLite itself refuses it */
} lies[] = {
    {"no trigger of ours", "SELECT 1", false},
    {"another application_id", "PRAGMA application_id = 7", false},
    {"no application_id", "PRAGMA application_id = 0", false},
    {"a newer version", "PRAGMA user_version = 99", false},
    {"a negative version", "PRAGMA user_version = -1", false},
    {"no version", "PRAGMA user_version = 0", false},
    {"a rollback journal", "PRAGMA journal_mode = DELETE", false},
    {"other pages", "PRAGMA journal_mode = DELETE; PRAGMA page_size = 8192; VACUUM", false},
    {"UTF-16", "PRAGMA encoding = 'UTF-16'; VACUUM", false},
    {"no host", "DELETE FROM host", false},
    {"two hosts",
     "INSERT INTO host SELECT 'x', default_tenant, generation, sum, version, seal FROM "
     "host",
     false},
    {"no table of hosts", "DROP TABLE host", false},
    {"no changes", "DELETE FROM changes", false},
    {"no table of changes", "DROP TABLE changes", false},
    {"no heads", "DELETE FROM heads", false},
    {"no users", "DELETE FROM users", false},
    {"no tenants", "DELETE FROM tenants", false},
    {"no index", "DROP INDEX tokens_by_id; DROP INDEX tokens_by_user", false},
    {"a trigger that revives",
     "CREATE TRIGGER evil AFTER UPDATE ON tokens WHEN NEW.state = 4 BEGIN UPDATE tokens SET state "
     "= "
     "1, ended = NULL WHERE id = NEW.id; END",
     false},
    {"a trigger that puts the old row back",
     "CREATE TABLE kept AS SELECT * FROM tokens; CREATE TRIGGER evil AFTER UPDATE ON tokens WHEN "
     "NEW.state = 4 AND OLD.state <> 4 BEGIN DELETE FROM tokens WHERE id = NEW.id; INSERT INTO "
     "tokens SELECT * FROM kept WHERE id = NEW.id; END",
     false},
    {"a trigger that ignores updates",
     "CREATE TRIGGER evil BEFORE UPDATE ON tokens BEGIN SELECT RAISE(IGNORE); END", false},
    {"a trigger that ignores hosts",
     "CREATE TRIGGER evil BEFORE UPDATE ON host BEGIN SELECT RAISE(IGNORE); END", false},
    {"a trigger that fails",
     "CREATE TRIGGER evil BEFORE UPDATE ON tokens BEGIN SELECT RAISE(FAIL, 'no'); END", false},
    {"a trigger that rolls back",
     "CREATE TRIGGER evil AFTER UPDATE ON host BEGIN SELECT RAISE(ROLLBACK, 'no'); END", false},
    {"a trigger that forgets changes",
     "CREATE TRIGGER evil AFTER INSERT ON changes BEGIN DELETE FROM changes WHERE seq = NEW.seq "
     "AND "
     "tenant = NEW.tenant; END",
     false},
    {"a trigger that turns time back",
     "CREATE TRIGGER evil AFTER UPDATE ON host BEGIN UPDATE host SET generation = "
     "OLD.generation; END",
     false},
    {"a trigger that takes for ever",
     "CREATE TRIGGER evil AFTER UPDATE ON tokens BEGIN INSERT INTO scopes " ENDLESS
     "SELECT '', 'x' || x, '', '', 1, 1, zeroblob(32) FROM c; END",
     false},
    {"a view of tokens",
     "ALTER TABLE tokens RENAME TO hidden; CREATE VIEW tokens AS SELECT " TOKENS_BUT_STATE
     " FROM hidden",
     true},
    {"a view that takes for ever",
     "ALTER TABLE tokens RENAME TO hidden; CREATE VIEW tokens AS " ENDLESS
     "SELECT hidden.* FROM c, hidden WHERE c.x = -1",
     true},
    {"a view of users",
     "ALTER TABLE users RENAME TO hidden; CREATE VIEW users AS SELECT tenant, 'alice' AS user, "
     "state, role, account, uid, allow_root, grants, contact, created, version, seal FROM hidden",
     true},
    {"a view of hosts that takes for ever",
     "ALTER TABLE host RENAME TO hidden; CREATE VIEW host AS " ENDLESS
     "SELECT hidden.* FROM c, hidden WHERE c.x = -1",
     false},
    {"a generated column",
     "ALTER TABLE tokens ADD COLUMN more TEXT GENERATED ALWAYS AS (hex(randomblob(8))) VIRTUAL",
     true},
    {"one more column", "ALTER TABLE tokens ADD COLUMN more TEXT NOT NULL DEFAULT ''", false},
    {"one column less", "ALTER TABLE tokens DROP COLUMN description", true},
    {"an index over another column",
     "UPDATE sqlite_schema SET sql = 'CREATE UNIQUE INDEX tokens_by_id ON tokens (user)' WHERE "
     "name "
     "= 'tokens_by_id'",
     false},
    {"an index with a condition",
     "UPDATE sqlite_schema SET sql = 'CREATE UNIQUE INDEX tokens_by_id ON tokens (id) WHERE state "
     "= "
     "1' WHERE name = 'tokens_by_id'",
     false},
    {"tables under other names",
     "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = "
     "'users') "
     "WHERE name = 'tokens'",
     false},
    {"columns under other names",
     "UPDATE sqlite_schema SET sql = replace(replace(replace(sql, 'verifier BLOB', 'x BLOB'), "
     "'seal "
     "BLOB', 'verifier BLOB'), 'x BLOB', 'seal BLOB') WHERE name = 'tokens'",
     false},
    {"state and version exchanged",
     "UPDATE sqlite_schema SET sql = replace(replace(replace(sql, ' state INTEGER', ' x INTEGER'), "
     "' version INTEGER', ' state INTEGER'), ' x INTEGER', ' version INTEGER') WHERE name = "
     "'tokens'",
     false},
    {"names without case",
     "UPDATE sqlite_schema SET sql = replace(sql, ' id TEXT', ' id TEXT COLLATE NOCASE') WHERE "
     "name "
     "= 'tokens'",
     false},
    {"a default of a gigabyte",
     "UPDATE sqlite_schema SET sql = replace(sql, 'reason TEXT NOT NULL', 'reason TEXT NOT NULL "
     "DEFAULT (zeroblob(1000000000))') WHERE name = 'changes'",
     false},
    {"a schema that is none", "UPDATE sqlite_schema SET sql = 'CREATE' WHERE name = 'users'",
     false},
    {"a schema of noise", "UPDATE sqlite_schema SET sql = randomblob(300), type = 'table'", false},
    {"statistics that lie",
     "ANALYZE; UPDATE sqlite_stat1 SET stat = '99999999999999999999 0 -1 unordered'", false},
    {"an index that lies in wait",
     "CREATE INDEX evil ON tokens (id COLLATE NOCASE) WHERE state < 100", false},
};

void
damage_schema(const char *base, const char *work)
{
    struct answers answers = {.asked = 0};
    unsigned long refuses = 0, tried = 0;

    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        host_copy(base, work);
        if (!damage_execute(work, lies[i].sql)) {
            if (!lies[i].may_fail)
                figures_found("the test cannot do this: %s", lies[i].what);
            continue;
        }
        damage_try(work, lies[i].what, &answers, &refuses);
        tried++;
    }
    support_figure("damage, schema: %lu stores, %lu questions: %lu answered as before, %lu "
                   "stores refused to answer, nobody in who may not",
                   tried, answers.asked, answers.same, refuses);
}
