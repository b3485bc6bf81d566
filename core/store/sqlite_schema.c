/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The schema and its history. A step that was released is never edited; a change is a new step.
 *
 * Every key leads with the tenant; '' is the host. Times are microseconds since 1970 UTC. Row
 * versions and seals are made by store.c. Triggers are a second line: the first is that patd alone
 * writes, and asks core/api what may change.
 */
#include <sqlite3.h>
#include <stddef.h>

#include "core/store/sqlite_connect.h"
#include "core/store/sqlite_schema.h"

static const char step_1[] =
    "CREATE TABLE host ("
    " id TEXT PRIMARY KEY,"
    " default_tenant TEXT NOT NULL,"
    " generation INTEGER NOT NULL,"
    " sum BLOB NOT NULL CHECK (length(sum) = 64),"
    " version INTEGER NOT NULL,"
    " seal BLOB NOT NULL CHECK (length(seal) = 32)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE heads ("
    " tenant TEXT PRIMARY KEY,"
    " seq INTEGER NOT NULL,"
    " chain BLOB NOT NULL CHECK (length(chain) = 32),"
    " cut_seq INTEGER NOT NULL,"
    " cut_chain BLOB NOT NULL CHECK (length(cut_chain) = 32),"
    " sum BLOB NOT NULL CHECK (length(sum) = 64),"
    " version INTEGER NOT NULL,"
    " seal BLOB NOT NULL CHECK (length(seal) = 32)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE tenants ("
    " tenant TEXT PRIMARY KEY CHECK (length(tenant) BETWEEN 1 AND 16),"
    " state INTEGER NOT NULL CHECK (state IN (1, 5))," /* active, disabled */
    " description TEXT NOT NULL,"
    " contact TEXT NOT NULL,"
    " realms TEXT NOT NULL," /* by commas, the primary one first */
    " any_scope INTEGER NOT NULL,"
    " scopes TEXT NOT NULL,"
    " any_network INTEGER NOT NULL,"
    " networks TEXT NOT NULL,"
    " self_service INTEGER NOT NULL,"
    " self_service_scopes TEXT NOT NULL,"
    " max_tokens INTEGER," /* NULL: unlimited */
    " name_min INTEGER NOT NULL,"
    " require_expiry INTEGER NOT NULL,"
    " require_addresses INTEGER NOT NULL,"
    " default_lifetime INTEGER,"
    " max_lifetime INTEGER,"
    " pending_lifetime INTEGER NOT NULL,"
    " created INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " seal BLOB NOT NULL CHECK (length(seal) = 32)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE users ("
    " tenant TEXT NOT NULL REFERENCES tenants (tenant),"
    " user TEXT NOT NULL,"
    " state INTEGER NOT NULL CHECK (state IN (1, 5)),"     /* active, disabled */
    " role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 2)," /* user, auditor, admin */
    " account TEXT NOT NULL,"                              /* '': virtual */
    " uid INTEGER CHECK ((uid IS NULL) = (account = '')),"
    " allow_root INTEGER NOT NULL,"
    " grants TEXT NOT NULL,"
    " contact TEXT NOT NULL,"
    " created INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " seal BLOB NOT NULL CHECK (length(seal) = 32),"
    " PRIMARY KEY (tenant, user)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX users_by_uid ON users (uid) WHERE uid IS NOT NULL;"

    "CREATE TABLE groups ("
    " tenant TEXT NOT NULL REFERENCES tenants (tenant),"
    " group_name TEXT NOT NULL,"
    " role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 2),"
    " grants TEXT NOT NULL,"
    " created INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " seal BLOB NOT NULL CHECK (length(seal) = 32),"
    " PRIMARY KEY (tenant, group_name)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE scopes (" /* the catalogue; tenant is always '' */
    " tenant TEXT NOT NULL,"
    " scope TEXT NOT NULL,"
    " label TEXT NOT NULL,"
    " meaning TEXT NOT NULL,"
    " created INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " seal BLOB NOT NULL CHECK (length(seal) = 32),"
    " PRIMARY KEY (tenant, scope)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE tokens ("
    " tenant TEXT NOT NULL,"
    " created_seq INTEGER NOT NULL," /* the change that made it */
    " id TEXT NOT NULL CHECK (length(id) = 8),"
    " user TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " description TEXT NOT NULL,"
    " state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4)," /* active, pending, suspended, revoked
                                                              */
    " scopes TEXT NOT NULL CHECK (scopes <> ''),"
    " addresses TEXT NOT NULL,"
    " created INTEGER NOT NULL,"
    " creator_uid INTEGER NOT NULL,"
    " creator TEXT NOT NULL," /* '': the user */
    " not_before INTEGER,"
    " expires INTEGER," /* NULL: never */
    " pending_until INTEGER CHECK (state <> 2 OR pending_until IS NOT NULL),"
    " ended INTEGER CHECK ((state = 4) = (ended IS NOT NULL)),"
    " successor TEXT NOT NULL,"
    " batch TEXT NOT NULL,"
    " key_number INTEGER NOT NULL,"
    " verifier BLOB NOT NULL CHECK (length(verifier) = 32),"
    " version INTEGER NOT NULL,"
    " seal BLOB NOT NULL CHECK (length(seal) = 32),"
    " PRIMARY KEY (tenant, created_seq),"
    " FOREIGN KEY (tenant, user) REFERENCES users (tenant, user)"
    ") STRICT;"
    "CREATE UNIQUE INDEX tokens_by_id ON tokens (id);"
    "CREATE INDEX tokens_by_user ON tokens (tenant, user, created_seq);"
    "CREATE INDEX tokens_pending ON tokens (pending_until) WHERE state = 2;"

    "CREATE TABLE changes ("
    " tenant TEXT NOT NULL,"
    " seq INTEGER NOT NULL,"
    " generation INTEGER NOT NULL,"
    " at INTEGER NOT NULL,"
    " actor_uid INTEGER NOT NULL,"
    " login_uid INTEGER,"
    " actor TEXT NOT NULL,"
    " event TEXT NOT NULL,"
    " user TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " batch TEXT NOT NULL,"
    " erased INTEGER NOT NULL,"
    " salt BLOB NOT NULL,"
    " text_hash BLOB NOT NULL CHECK (length(text_hash) = 32),"
    " \"before\" TEXT NOT NULL,"
    " after TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " claimed TEXT NOT NULL,"
    " link BLOB NOT NULL CHECK (length(link) = 32),"
    " PRIMARY KEY (tenant, seq)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TRIGGER tokens_stay_revoked BEFORE UPDATE ON tokens"
    " WHEN OLD.state = 4 AND (NEW.state <> 4 OR NEW.ended IS NOT OLD.ended)"
    " BEGIN SELECT RAISE(ABORT, 'a revoked token stays revoked'); END;"
    "CREATE TRIGGER tokens_keep_identity"
    " BEFORE UPDATE OF id, tenant, user, verifier, key_number, created_seq ON tokens"
    " WHEN NEW.id <> OLD.id OR NEW.tenant <> OLD.tenant OR NEW.user <> OLD.user"
    " OR NEW.verifier <> OLD.verifier OR NEW.key_number <> OLD.key_number"
    " OR NEW.created_seq <> OLD.created_seq"
    " BEGIN SELECT RAISE(ABORT, 'a token keeps its owner and secret'); END;"
    "CREATE TRIGGER tokens_are_not_replaced BEFORE INSERT ON tokens"
    " WHEN EXISTS (SELECT 1 FROM tokens WHERE id = NEW.id)"
    " BEGIN SELECT RAISE(ABORT, 'a token is never replaced'); END;"
    "CREATE TRIGGER tokens_are_kept BEFORE DELETE ON tokens"
    " WHEN OLD.state <> 4 AND OLD.expires IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM tenants WHERE tenant = OLD.tenant AND state = 5)"
    " BEGIN SELECT RAISE(ABORT, 'only dead tokens are purged, or those of a disabled tenant'); END;"
    "CREATE TRIGGER changes_are_kept BEFORE DELETE ON changes"
    " WHEN OLD.seq > coalesce((SELECT cut_seq FROM heads WHERE tenant = OLD.tenant), 0)"
    " BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END;"
    "CREATE TRIGGER changes_are_not_edited BEFORE UPDATE ON changes"
    " WHEN NEW.erased <> 1 OR NEW.\"before\" <> '' OR NEW.after <> '' OR NEW.reason <> ''"
    " OR NEW.claimed <> '' OR NEW.tenant <> OLD.tenant OR NEW.seq <> OLD.seq"
    " OR NEW.generation <> OLD.generation OR NEW.at <> OLD.at OR NEW.actor_uid <> OLD.actor_uid"
    " OR NEW.login_uid IS NOT OLD.login_uid OR NEW.actor <> OLD.actor OR NEW.event <> OLD.event"
    " OR NEW.user <> OLD.user OR NEW.subject <> OLD.subject OR NEW.batch <> OLD.batch"
    " OR NEW.text_hash <> OLD.text_hash OR NEW.link <> OLD.link"
    " BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END;";

static const char *const steps[] = {step_1};

int
pat_sqlite_schema_newest(void)
{
    return (int)(sizeof steps / sizeof steps[0]);
}

static enum pat_err
read_number(sqlite3 *db, const char *pragma, int *ret)
{
    sqlite3_stmt *stmt = NULL;
    enum pat_err err = PAT_ERR_IO;

    if (sqlite3_prepare_v2(db, pragma, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        *ret = sqlite3_column_int(stmt, 0);
        err = PAT_OK;
    }
    sqlite3_finalize(stmt);
    return err;
}

static enum pat_err
run_step(sqlite3 *db, int number)
{
    /* PRAGMA takes no bound values: its number is the only text made at run time. */
    char *stamp = sqlite3_mprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;",
                                  PAT_SQLITE_APPLICATION_ID, number);
    enum pat_err err = PAT_ERR_NOMEM;

    if (stamp == NULL)
        return err;
    err = PAT_ERR_IO;
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK) {
        if (sqlite3_exec(db, steps[number - 1], NULL, NULL, NULL) == SQLITE_OK &&
            sqlite3_exec(db, stamp, NULL, NULL, NULL) == SQLITE_OK &&
            sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
            err = PAT_OK;
        else
            sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    sqlite3_free(stamp);
    return err;
}

enum pat_err
pat_sqlite_schema_version(sqlite3 *db, int *ret)
{
    int application = 0, tables = 0;

    if (read_number(db, "PRAGMA application_id", &application) != PAT_OK ||
        read_number(db, "PRAGMA user_version", ret) != PAT_OK ||
        read_number(db, "SELECT count(*) FROM sqlite_schema", &tables) != PAT_OK)
        return PAT_ERR_IO;
    if (application != PAT_SQLITE_APPLICATION_ID && (tables != 0 || *ret != 0))
        return PAT_ERR_SYNTAX;
    return *ret > pat_sqlite_schema_newest() ? PAT_ERR_VERSION : PAT_OK;
}

enum pat_err
pat_sqlite_schema_migrate(sqlite3 *db, int version)
{
    enum pat_err err = PAT_OK;

    for (; err == PAT_OK && version < pat_sqlite_schema_newest(); version++)
        err = run_step(db, version + 1);
    return err;
}

/* --- what else is there --- */

static enum pat_err
failure(sqlite3 *db)
{
    return db == NULL || (sqlite3_errcode(db) & 0xff) == SQLITE_NOMEM ? PAT_ERR_NOMEM : PAT_ERR_IO;
}

/* The same object in the model. */
static enum pat_err
find_same(sqlite3_stmt *object, sqlite3_stmt *same)
{
    bool bound = true;
    int code;

    for (int i = 0; i < 4; i++)
        bound = bound &&
                sqlite3_bind_value(same, i + 1, sqlite3_column_value(object, i)) == SQLITE_OK;
    code = bound ? sqlite3_step(same) : SQLITE_NOMEM;
    sqlite3_reset(same);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return failure(sqlite3_db_handle(same));
    return code == SQLITE_ROW ? PAT_OK : PAT_ERR_SEAL;
}

static enum pat_err
compare(sqlite3 *db, sqlite3 *model)
{
    sqlite3_stmt *object = NULL, *same = NULL;
    enum pat_err err = PAT_OK;
    int code = SQLITE_ROW;

    if (sqlite3_prepare_v2(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema", -1, &object,
                           NULL) != SQLITE_OK)
        err = failure(db);
    else if (sqlite3_prepare_v2(model,
                                "SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2 AND"
                                " tbl_name = ?3 AND sql IS ?4",
                                -1, &same, NULL) != SQLITE_OK)
        err = failure(model);
    while (err == PAT_OK && (code = sqlite3_step(object)) == SQLITE_ROW)
        err = find_same(object, same);
    if (err == PAT_OK && code != SQLITE_DONE)
        err = failure(db);
    sqlite3_finalize(object);
    sqlite3_finalize(same);
    return err;
}

enum pat_err
pat_sqlite_schema_compare(sqlite3 *db)
{
    sqlite3 *model = NULL;
    enum pat_err err = pat_sqlite_connect(":memory:", true, 0, &model) ? PAT_OK : failure(model);

    if (err == PAT_OK)
        err = pat_sqlite_schema_migrate(model, 0);
    if (err == PAT_OK)
        err = compare(db, model);
    sqlite3_close(model);
    return err;
}
