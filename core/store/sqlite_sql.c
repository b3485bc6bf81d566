/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The statements. The column lists repeat the field tables of row.c; a test compares them. The
 * preprocessor joins the pieces, so each statement is one constant.
 */
#include "core/store/sqlite_sql.h"

#define HOST "id, default_tenant, generation, sum, version, seal"
#define HEAD "tenant, seq, chain, cut_seq, cut_chain, sum, version, seal"
#define TENANT                                                                                     \
    "tenant, state, description, contact, realms, any_scope, scopes, any_network, networks, "      \
    "self_service, self_service_scopes, max_tokens, name_min, require_expiry, "                    \
    "require_addresses, default_lifetime, max_lifetime, pending_lifetime, created, version, seal"
#define USER                                                                                       \
    "tenant, user, state, role, account, uid, allow_root, grants, contact, created, version, seal"
#define GROUP "tenant, group_name, role, grants, created, version, seal"
#define SCOPE "tenant, scope, label, meaning, created, version, seal"
#define TOKEN                                                                                      \
    "tenant, created_seq, id, user, name, description, state, scopes, addresses, created, "        \
    "creator_uid, creator, not_before, expires, pending_until, ended, successor, batch, "          \
    "key_number, verifier, version, seal"
/* Without what a token keeps for ever: then no index over that is written again. */
#define TOKEN_CHANGING                                                                             \
    "name, description, state, scopes, addresses, created, creator_uid, creator, not_before, "     \
    "expires, pending_until, ended, successor, batch, version, seal"
#define CHANGE                                                                                     \
    "tenant, seq, generation, at, actor_uid, login_uid, actor, event, user, subject, batch, "      \
    "erased, salt, text_hash, \"before\", after, reason, claimed, link"

#define V6 "?1, ?2, ?3, ?4, ?5, ?6"
#define V7 V6 ", ?7"
#define V8 V7 ", ?8"
#define V12 V8 ", ?9, ?10, ?11, ?12"
#define V19 V12 ", ?13, ?14, ?15, ?16, ?17, ?18, ?19"
#define V21 V19 ", ?20, ?21"
#define V22 V21 ", ?22"
#define V_CHANGING "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?21, ?22"

#define SELECT(columns, table) "SELECT " columns " FROM " table " "
#define INSERT(columns, table, values) "INSERT INTO " table " (" columns ") VALUES (" values ")"
#define UPDATE(columns, table, values, where)                                                      \
    "UPDATE " table " SET (" columns ") = (" values ") WHERE " where

const struct pat_sqlite_row_sql pat_sqlite_row_sql[PAT_ROW_KINDS] = {
    [PAT_ROW_HOST] = {SELECT(HOST, "host"), INSERT(HOST, "host", V6),
                      UPDATE(HOST, "host", V6, "id = ?1 AND version = ?5 - 1"), NULL},
    [PAT_ROW_HEAD] = {SELECT(HEAD, "heads") "WHERE tenant = ?1", INSERT(HEAD, "heads", V8),
                      UPDATE(HEAD, "heads", V8, "tenant = ?1 AND version = ?7 - 1"),
                      "DELETE FROM heads WHERE tenant = ?1 AND version = ?7"},
    [PAT_ROW_TENANT] = {SELECT(TENANT, "tenants") "WHERE tenant = ?1",
                        INSERT(TENANT, "tenants", V21),
                        UPDATE(TENANT, "tenants", V21, "tenant = ?1 AND version = ?20 - 1"),
                        "DELETE FROM tenants WHERE tenant = ?1 AND version = ?20"},
    [PAT_ROW_USER] = {SELECT(USER, "users") "WHERE tenant = ?1 AND user = ?2",
                      INSERT(USER, "users", V12),
                      UPDATE(USER, "users", V12, "tenant = ?1 AND user = ?2 AND version = ?11 - 1"),
                      "DELETE FROM users WHERE tenant = ?1 AND user = ?2 AND version = ?11"},
    [PAT_ROW_GROUP] = {SELECT(GROUP, "groups") "WHERE tenant = ?1 AND group_name = ?2",
                       INSERT(GROUP, "groups", V7),
                       UPDATE(GROUP, "groups", V7,
                              "tenant = ?1 AND group_name = ?2 AND version = ?6 - 1"),
                       "DELETE FROM groups WHERE tenant = ?1 AND group_name = ?2 AND version = ?6"},
    [PAT_ROW_SCOPE] = {SELECT(SCOPE, "scopes") "WHERE tenant = ?1 AND scope = ?2",
                       INSERT(SCOPE, "scopes", V7),
                       UPDATE(SCOPE, "scopes", V7,
                              "tenant = ?1 AND scope = ?2 AND version = ?6 - 1"),
                       "DELETE FROM scopes WHERE tenant = ?1 AND scope = ?2 AND version = ?6"},
    [PAT_ROW_TOKEN] = {SELECT(TOKEN, "tokens") "WHERE tenant = ?1 AND id = ?2",
                       INSERT(TOKEN, "tokens", V22),
                       UPDATE(TOKEN_CHANGING, "tokens", V_CHANGING,
                              "tenant = ?1 AND created_seq = ?2 AND +id = ?3 AND +user = ?4 "
                              "AND key_number = ?19 AND verifier = ?20 AND version = ?21 - 1"),
                       "DELETE FROM tokens WHERE tenant = ?1 AND created_seq = ?2 AND +id = ?3 "
                       "AND version = ?21"},
    [PAT_ROW_CHANGE] = {NULL, INSERT(CHANGE, "changes", V19), NULL, NULL},
};

/* Pending ones until they are ended: a time that has passed gives nobody a place. */
#define LIVE(now) "(state = 2 OR (state IN (1, 3) AND (expires IS NULL OR expires > " now "))) "
/* The names first: the longest to ask, and what leaves the fewest. ?2 is a pattern of LIKE. */
#define FITTING                                                                                    \
    "AND name LIKE ?2 ESCAPE '\\' AND instr(scopes, ?7) > 0 AND (?8 >> state & 1) "                \
    "AND created >= ?9 AND created < ?10 AND (?11 IS NULL OR expires < ?11) "                      \
    "AND (NOT ?12 OR expires IS NULL) AND (?13 = '' OR batch = ?13) "                              \
    "AND (?14 IS NULL OR ended < ?14 OR expires < ?14) "
#define NEWEST_FIRST "AND created_seq < ?4 ORDER BY created_seq DESC LIMIT ?5"

const char *const pat_sqlite_scan_sql[PAT_SCAN_COUNT] = {
    [PAT_SCAN_TENANTS] = SELECT(TENANT, "tenants") "WHERE tenant > ?6 ORDER BY tenant LIMIT ?5",
    [PAT_SCAN_HEADS] = SELECT(HEAD, "heads") "WHERE tenant >= ?6 ORDER BY tenant LIMIT ?5",
    [PAT_SCAN_USERS] = SELECT(USER,
                              "users") "WHERE tenant = ?1 AND user > ?6 ORDER BY user LIMIT ?5",
    [PAT_SCAN_USERS_OF_UID] = SELECT(USER, "users") "WHERE uid = ?3 ORDER BY tenant, user LIMIT ?5",
    [PAT_SCAN_GROUPS] = SELECT(
        GROUP, "groups") "WHERE tenant = ?1 AND group_name > ?6 ORDER BY group_name LIMIT ?5",
    [PAT_SCAN_SCOPES] = SELECT(SCOPE,
                               "scopes") "WHERE tenant = '' AND scope > ?6 ORDER BY scope LIMIT ?5",
    [PAT_SCAN_TOKENS] = SELECT(TOKEN, "tokens") "WHERE tenant = ?1 " NEWEST_FIRST,
    [PAT_SCAN_TOKENS_FITTING] = SELECT(
        TOKEN, "tokens") "WHERE tenant = ?1 AND created_seq >= ?3 " FITTING NEWEST_FIRST,
    [PAT_SCAN_TOKENS_OF_USER] = SELECT(TOKEN,
                                       "tokens") "WHERE tenant = ?1 AND user = ?2 " NEWEST_FIRST,
    [PAT_SCAN_TOKENS_BY_ID] = SELECT(
        TOKEN, "tokens") "WHERE id >= ?2 AND id < ?2 || '~' AND (?1 = '' OR tenant = ?1) "
                         "ORDER BY id LIMIT ?5",
    [PAT_SCAN_TOKENS_NAMED] = SELECT(TOKEN,
                                     "tokens") "WHERE tenant = ?1 AND name = ?2 " NEWEST_FIRST,
    [PAT_SCAN_TOKENS_OVERDUE] = SELECT(TOKEN,
                                       "tokens") "WHERE state = 2 AND pending_until <= ?3 LIMIT ?5",
    [PAT_SCAN_TOKENS_ENDING] = SELECT(TOKEN,
                                      "tokens") "WHERE (?1 = '' OR tenant = ?1) AND state = 1 "
                                                "AND expires > ?3 ORDER BY expires LIMIT ?5",
    [PAT_SCAN_CHANGES] = SELECT(CHANGE,
                                "changes") "WHERE tenant = ?1 AND seq > ?3 ORDER BY seq LIMIT ?5",
    [PAT_SCAN_CHANGES_BACK] = SELECT(
        CHANGE, "changes") "WHERE tenant = ?1 AND seq < ?4 ORDER BY seq DESC LIMIT ?5",
};

const char pat_sqlite_cut_sql[] = "DELETE FROM changes WHERE tenant = ?1 AND seq <= ?2";

const char pat_sqlite_erase_sql[] =
    "UPDATE changes SET erased = 1, salt = zeroblob(length(salt)), \"before\" = '', after = '', "
    "reason = '', claimed = '' "
    "WHERE tenant = ?1 AND seq > ?3 AND seq <= ?4 AND user = ?2 AND NOT erased "
    "AND generation <= ?5";

const char pat_sqlite_count_live_sql[] =
    "SELECT count(*) FROM tokens INDEXED BY tokens_by_user "
    "WHERE tenant = ?1 AND user = ?2 AND (?4 IS NULL OR name = ?4) "
    "AND successor = '' AND " LIVE("?3");

#define TALLY                                                                                      \
    "SELECT"                                                                                       \
    " count(*) FILTER (WHERE state = 1 AND (expires IS NULL OR expires > ?2)),"                    \
    " count(*) FILTER (WHERE state = 1 AND expires > ?2 AND expires <= ?3),"                       \
    " count(*) FILTER (WHERE state IN (1, 2, 3) AND expires <= ?2),"                               \
    " count(*) FILTER (WHERE state = 4),"                                                          \
    " count(*) FILTER (WHERE state = 2 AND (expires IS NULL OR expires > ?2)),"                    \
    " count(*) FILTER (WHERE state = 3 AND (expires IS NULL OR expires > ?2)),"                    \
    " count(*) FILTER (WHERE state = 1 AND expires IS NULL),"
#define SIZE                                                                                       \
    "(SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) "

const char pat_sqlite_tally_sql[] = TALLY "(SELECT count(*) FROM users WHERE tenant = ?1), " SIZE
                                          "FROM tokens WHERE tenant = ?1";

const char pat_sqlite_tally_all_sql[] = TALLY "(SELECT count(*) FROM users), " SIZE "FROM tokens";
