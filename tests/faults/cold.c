/* SPDX-License-Identifier: BSD-2-Clause */
/* Two caches: SQLite's of pages, the store's of rows that were proved. */
#include <sqlite3.h>
#include <string.h>

#include "core/store/proved.h"
#include "tests/faults/cold.h"
#include "tests/faults/figures.h"

static sqlite3 *latest;
static bool started;

int __real_sqlite3_open_v2(const char *path, sqlite3 **ret, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **ret, int flags, const char *vfs);
bool __real_pat_proved_find(struct pat_proved *proved, enum pat_row_kind kind, const char *tenant,
                            const char *name, void *ret);
bool __wrap_pat_proved_find(struct pat_proved *proved, enum pat_row_kind kind, const char *tenant,
                            const char *name, void *ret);

int
__wrap_sqlite3_open_v2(const char *path, sqlite3 **ret, int flags, const char *vfs)
{
    int code = __real_sqlite3_open_v2(path, ret, flags, vfs);

    if (code == SQLITE_OK && strstr(path, "/pat.db") != NULL)
        latest = *ret;
    return code;
}

bool
__wrap_pat_proved_find(struct pat_proved *proved, enum pat_row_kind kind, const char *tenant,
                       const char *name, void *ret)
{
    return !started && __real_pat_proved_find(proved, kind, tenant, name, ret);
}

void
cold_start(void)
{
    started = true;
}

void
cold_drop(void)
{
    FIGURES_NEED(sqlite3_db_release_memory(latest) == SQLITE_OK);
}
