/* SPDX-License-Identifier: BSD-2-Clause */
/* The schema and the statements of usage.db. */
#include "core/store/sqlite_usage_sql.h"

const char pat_sqlite_usage_schema[] =
    "BEGIN;"
    "CREATE TABLE since (at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE tokens ("
    " tenant TEXT NOT NULL, id TEXT NOT NULL,"
    " at INTEGER NOT NULL, service TEXT NOT NULL, address TEXT NOT NULL," /* last acceptance */
    " accepted INTEGER NOT NULL, refused INTEGER NOT NULL, uses INTEGER NOT NULL,"
    " PRIMARY KEY (tenant, id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE recent (" /* a ring: slot is the number of the use modulo 20 */
    " tenant TEXT NOT NULL, id TEXT NOT NULL, slot INTEGER NOT NULL,"
    " at INTEGER NOT NULL, service TEXT NOT NULL, address TEXT NOT NULL, verdict TEXT NOT NULL,"
    " PRIMARY KEY (tenant, id, slot)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE token_days ("
    " tenant TEXT NOT NULL, id TEXT NOT NULL, day INTEGER NOT NULL, service TEXT NOT NULL,"
    " accepted INTEGER NOT NULL, refused INTEGER NOT NULL,"
    " PRIMARY KEY (tenant, id, day, service)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE service_days ("
    " tenant TEXT NOT NULL, day INTEGER NOT NULL, service TEXT NOT NULL,"
    " accepted INTEGER NOT NULL, refused INTEGER NOT NULL,"
    " PRIMARY KEY (tenant, day, service)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE told (" /* owners, of the end of their tokens: the fewest days they know of */
    " tenant TEXT NOT NULL, id TEXT NOT NULL, days INTEGER NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (tenant, id)) STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 1;"
    "COMMIT;";

/*
 * ?1 tenant, ?2 id, ?3 at, ?4 service, ?5 address, ?6 accepted, ?7 refused, ?8 verdict, ?9 day
 * or days, ?10 kept in the ring
 */
const char *const pat_sqlite_usage_sql[PAT_USAGE_SQL_COUNT] = {
    [PAT_USAGE_BEGIN] = "BEGIN IMMEDIATE",
    [PAT_USAGE_BEGIN_READ] = "BEGIN",
    [PAT_USAGE_COMMIT] = "COMMIT",
    [PAT_USAGE_PUT_TOKEN] =
        "INSERT INTO tokens VALUES (?1, ?2, iif(?6, ?3, 0), iif(?6, ?4, ''),"
        " iif(?6, ?5, ''), ?6, ?7, ?10) "
        "ON CONFLICT DO UPDATE SET at = iif(?6, ?3, at), service = iif(?6, ?4, service),"
        " address = iif(?6, ?5, address), accepted = accepted + ?6,"
        " refused = refused + ?7, uses = uses + ?10",
    [PAT_USAGE_PUT_RECENT] =
        "INSERT OR REPLACE INTO recent SELECT ?1, ?2, uses % 20, ?3, ?4, ?5, ?8 "
        "FROM tokens WHERE tenant = ?1 AND id = ?2",
    [PAT_USAGE_PUT_TOKEN_DAY] =
        "INSERT INTO token_days VALUES (?1, ?2, ?9, ?4, ?6, ?7) "
        "ON CONFLICT DO UPDATE SET accepted = accepted + ?6, refused = refused + ?7",
    [PAT_USAGE_PUT_SERVICE_DAY] =
        "INSERT INTO service_days VALUES (?1, ?9, ?4, ?6, ?7) "
        "ON CONFLICT DO UPDATE SET accepted = accepted + ?6, refused = refused + ?7",
    [PAT_USAGE_DROP_TOKEN_DAYS] = "DELETE FROM token_days WHERE day < ?9",
    [PAT_USAGE_DROP_SERVICE_DAYS] = "DELETE FROM service_days WHERE day < ?9",
    [PAT_USAGE_FORGET_TOKEN] = "DELETE FROM tokens WHERE tenant = ?1 AND id = ?2",
    [PAT_USAGE_FORGET_RECENT] = "DELETE FROM recent WHERE tenant = ?1 AND id = ?2",
    [PAT_USAGE_FORGET_DAYS] = "DELETE FROM token_days WHERE tenant = ?1 AND id = ?2",
    [PAT_USAGE_FORGET_TOLD] = "DELETE FROM told WHERE tenant = ?1 AND id = ?2",
    [PAT_USAGE_GET_SINCE] = "SELECT at FROM since",
    [PAT_USAGE_GET_TOKEN] = "SELECT at, service, address, accepted, refused FROM tokens "
                            "WHERE tenant = ?1 AND id = ?2",
    [PAT_USAGE_GET_ACCEPTED_BY] =
        "SELECT EXISTS (SELECT 1 FROM tokens"
        "  WHERE tenant = ?1 AND id = ?2 AND service = ?4 AND accepted > 0) "
        "OR EXISTS (SELECT 1 FROM token_days"
        "  WHERE tenant = ?1 AND id = ?2 AND service = ?4 AND accepted > 0) "
        "OR EXISTS (SELECT 1 FROM recent"
        "  WHERE tenant = ?1 AND id = ?2 AND service = ?4 AND verdict = 'accepted')",
    [PAT_USAGE_LIST_RECENT] = "SELECT at, service, address, verdict FROM recent "
                              "WHERE tenant = ?1 AND id = ?2 ORDER BY at DESC, slot DESC",
    [PAT_USAGE_LIST_TOKEN_DAYS] =
        "SELECT service, day, accepted, refused FROM token_days "
        "WHERE tenant = ?1 AND id = ?2 AND day >= ?9 ORDER BY service, day",
    [PAT_USAGE_LIST_SERVICE_DAYS] =
        "SELECT service, day, sum(accepted), sum(refused) FROM service_days "
        "WHERE (?1 = '' OR tenant = ?1) AND day >= ?9 GROUP BY service, day ORDER BY service, day",
    [PAT_USAGE_PUT_TOLD] = "INSERT INTO told VALUES (?1, ?2, ?9, ?3) "
                           "ON CONFLICT DO UPDATE SET days = min(days, ?9), at = ?3",
    [PAT_USAGE_GET_TOLD] = "SELECT days FROM told WHERE tenant = ?1 AND id = ?2",
    [PAT_USAGE_DROP_TOLD] = "DELETE FROM told WHERE at < ?9 * 86400000000",
};
