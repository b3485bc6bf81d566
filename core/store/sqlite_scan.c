/* SPDX-License-Identifier: BSD-2-Clause */
/* The parameters of scans. The statements themselves are constant: sqlite_sql.c. */
#include <sqlite3.h>
#include <string.h>

#include "core/store/sqlite_scan.h"

/* A glob as a pattern of LIKE. False when it is too long for any name. */
static bool
write_pattern(const char *glob, char ret[2 * PAT_SCAN_GLOB_MAX + 1])
{
    if (strlen(glob) > PAT_SCAN_GLOB_MAX)
        return false;
    for (; *glob != '\0'; glob++) {
        if (strchr("%_\\", *glob) != NULL)
            *ret++ = '\\';
        *ret++ = *glob == '*' ? '%' : *glob == '?' ? '_' : *glob;
    }
    *ret = '\0';
    return true;
}

static int
bind_optional(sqlite3_stmt *stmt, int index, const struct pat_optional *number, int64_t otherwise)
{
    return sqlite3_bind_int64(stmt, index, number->set ? number->at : otherwise);
}

static int
bind_or_null(sqlite3_stmt *stmt, int index, const struct pat_optional *number)
{
    return number->set ? sqlite3_bind_int64(stmt, index, number->at) : SQLITE_OK;
}

static enum pat_err
bind_fit(sqlite3_stmt *stmt, const struct pat_scan_fit *fit)
{
    char pattern[2 * PAT_SCAN_GLOB_MAX + 1];

    if (!write_pattern(fit->glob == NULL ? "*" : fit->glob, pattern))
        return PAT_ERR_RANGE;
    if (sqlite3_bind_text(stmt, 2, pattern, -1, SQLITE_TRANSIENT) != SQLITE_OK ||
        sqlite3_bind_text(stmt, 7, fit->scope == NULL ? "" : fit->scope, -1, SQLITE_STATIC) !=
            SQLITE_OK ||
        sqlite3_bind_int64(stmt, 8, fit->states == 0 ? -1 : (int64_t)fit->states) != SQLITE_OK ||
        bind_optional(stmt, 9, &fit->created_from, INT64_MIN) != SQLITE_OK ||
        bind_optional(stmt, 10, &fit->created_before, INT64_MAX) != SQLITE_OK ||
        bind_or_null(stmt, 11, &fit->expires_before) != SQLITE_OK ||
        sqlite3_bind_int64(stmt, 12, fit->no_expiry ? 1 : 0) != SQLITE_OK ||
        sqlite3_bind_text(stmt, 13, fit->batch == NULL ? "" : fit->batch, -1, SQLITE_STATIC) !=
            SQLITE_OK ||
        bind_or_null(stmt, 14, &fit->dead_before) != SQLITE_OK)
        return PAT_ERR_IO;
    return PAT_OK;
}

enum pat_err
pat_sqlite_scan_bind(sqlite3_stmt *stmt, const struct pat_scan *scan)
{
    static const struct pat_scan_fit anything = {.states = 0};
    const char *texts[] = {scan->tenant, scan->name, NULL, NULL, NULL, scan->after_name};
    const int64_t numbers[] = {0,
                               0,
                               scan->number,
                               scan->before == 0 ? INT64_MAX : scan->before,
                               scan->limit == 0 ? -1 : scan->limit,
                               0};
    int wanted = sqlite3_bind_parameter_count(stmt);

    for (int i = 0; i < wanted && i < 6; i++) {
        bool is_text = i < 2 || i == 5;
        int code = is_text ? sqlite3_bind_text(stmt, i + 1, texts[i] == NULL ? "" : texts[i], -1,
                                               SQLITE_STATIC)
                           : sqlite3_bind_int64(stmt, i + 1, numbers[i]);

        if (code != SQLITE_OK)
            return PAT_ERR_IO;
    }
    if (scan->what == PAT_SCAN_TOKENS_FITTING)
        return bind_fit(stmt, scan->fit == NULL ? &anything : scan->fit);
    return PAT_OK;
}
