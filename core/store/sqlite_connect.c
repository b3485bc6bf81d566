/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening databases: values of a bounded length, a schema that is not trusted, no extensions. */
#include <pthread.h>
#include <sqlite3.h>

#include "core/store/sqlite_connect.h"

#define VALUE_MAX (1 << 20)
#define SQL_MAX (1 << 14)

/* Statistics that nobody reads cost every allocation a lock. */
static void
configure_library(void)
{
    if (sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK)
        return; /* in use already: it works all the same */
}

bool
pat_sqlite_connect(const char *path, bool create, int busy, struct sqlite3 **ret)
{
    static pthread_once_t configured = PTHREAD_ONCE_INIT;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                SQLITE_OPEN_EXRESCODE | (create ? SQLITE_OPEN_CREATE : 0);

    *ret = NULL;
    if (pthread_once(&configured, configure_library) != 0 ||
        sqlite3_open_v2(path, ret, flags, NULL) != SQLITE_OK)
        return false;
    sqlite3_busy_timeout(*ret, busy);
    sqlite3_limit(*ret, SQLITE_LIMIT_LENGTH, VALUE_MAX);
    sqlite3_limit(*ret, SQLITE_LIMIT_SQL_LENGTH, SQL_MAX);
    sqlite3_limit(*ret, SQLITE_LIMIT_ATTACHED, 0);
    /* Else each new pattern of a LIKE has its statement planned anew, to the same end. */
    return sqlite3_db_config(*ret, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL) == SQLITE_OK &&
           sqlite3_db_config(*ret, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) == SQLITE_OK &&
           sqlite3_db_config(*ret, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL) == SQLITE_OK;
}
