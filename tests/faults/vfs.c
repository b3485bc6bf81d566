/* SPDX-License-Identifier: BSD-2-Clause */
/* Nothing is really synced: that would take time, and what it promises is the trace's to know. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "tests/faults/fault.h"
#include "tests/faults/figures.h"
#include "tests/faults/steady.h"
#include "tests/faults/trace.h"
#include "tests/faults/vfs.h"

const char *vfs_synchronous;
void (*vfs_reads)(size_t at, size_t len);

static sqlite3_vfs *unix_vfs;
static sqlite3_vfs vfs;
static uint64_t random_state = 1;

struct file {
    sqlite3_file base;
    unsigned number;  /* of the trace */
    bool syncs_names; /* at the first sync: a journal */
    bool is_store;
    char directory[TRACE_ROOT];
    sqlite3_file real[]; /* what SQLite's own keeps */
};

static struct file *
of(sqlite3_file *file)
{
    return (struct file *)file;
}

static sqlite3_file *
real(sqlite3_file *file)
{
    return of(file)->real;
}

/* SQLITE_OK, or what the call answers instead. */
static int
fails(enum fault_kind kind, int code)
{
    if (!fault_strikes(kind))
        return SQLITE_OK;
    return kind == FAULT_WRITE && fault_plan()->error == ENOSPC ? SQLITE_FULL : code;
}

/* --- files --- */

static int
file_close(sqlite3_file *file)
{
    return real(file)->pMethods->xClose(real(file));
}

static int
file_read(sqlite3_file *file, void *ret, int len, sqlite3_int64 at)
{
    int code = fails(FAULT_READ, SQLITE_IOERR_READ);

    if (vfs_reads != NULL && of(file)->is_store)
        vfs_reads((size_t)at, (size_t)len);
    return code != SQLITE_OK ? code : real(file)->pMethods->xRead(real(file), ret, len, at);
}

static int
file_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    int failed = fails(FAULT_WRITE, SQLITE_IOERR_WRITE), code;

    if (failed != SQLITE_OK)
        len = fault_plan()->is_short ? len / 2 : 0;
    if (len == 0)
        return failed;
    code = real(file)->pMethods->xWrite(real(file), bytes, len, at);
    if (code == SQLITE_OK)
        trace_write(of(file)->number, (size_t)at, bytes, (size_t)len);
    return failed != SQLITE_OK ? failed : code;
}

static int
file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = fails(FAULT_WRITE, SQLITE_IOERR_TRUNCATE);

    if (code == SQLITE_OK)
        code = real(file)->pMethods->xTruncate(real(file), size);
    if (code == SQLITE_OK)
        trace_size(of(file)->number, (size_t)size);
    return code;
}

/* As the real one: the first sync of a journal is one of its directory too. */
static int
file_sync(sqlite3_file *file, int flags)
{
    int code = fails(FAULT_SYNC, SQLITE_IOERR_FSYNC);

    (void)flags;
    trace_sync(of(file)->number, code != SQLITE_OK);
    if (code == SQLITE_OK && of(file)->syncs_names && of(file)->number != 0)
        trace_sync_names(of(file)->directory);
    of(file)->syncs_names = false;
    return code;
}

static int
file_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    int code = fails(FAULT_READ, SQLITE_IOERR_FSTAT);

    return code != SQLITE_OK ? code : real(file)->pMethods->xFileSize(real(file), ret);
}

static int
file_lock(sqlite3_file *file, int level)
{
    int code = fails(FAULT_LOCK, SQLITE_IOERR_LOCK);

    return code != SQLITE_OK ? code : real(file)->pMethods->xLock(real(file), level);
}

static int
file_unlock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int
file_reserved(sqlite3_file *file, int *ret)
{
    int code = fails(FAULT_LOCK, SQLITE_IOERR_CHECKRESERVEDLOCK);

    return code != SQLITE_OK ? code : real(file)->pMethods->xCheckReservedLock(real(file), ret);
}

static int
file_control(sqlite3_file *file, int what, void *argument)
{
    return real(file)->pMethods->xFileControl(real(file), what, argument);
}

static int
file_sector(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int
file_device(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int
file_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
    int code = fails(FAULT_SHARED, SQLITE_IOERR_SHMMAP);

    *ret = NULL;
    return code != SQLITE_OK ? code
                             : real(file)->pMethods->xShmMap(real(file), region, size, extend, ret);
}

static int
file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    int code = (flags & SQLITE_SHM_LOCK) != 0 ? fails(FAULT_LOCK, SQLITE_IOERR_SHMLOCK) : SQLITE_OK;

    return code != SQLITE_OK ? code
                             : real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void
file_shm_barrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int
file_shm_unmap(sqlite3_file *file, int remove)
{
    return real(file)->pMethods->xShmUnmap(real(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* --- the VFS --- */

static int
vfs_open(sqlite3_vfs *self, const char *path, sqlite3_file *file, int flags, int *ret_flags)
{
    struct file *opened = of(file);
    int there = 0, code;

    (void)self;
    memset(opened, 0, sizeof *opened);
    code = fails(FAULT_NAME, SQLITE_CANTOPEN);
    if (code == SQLITE_OK && path != NULL)
        code = unix_vfs->xAccess(unix_vfs, path, SQLITE_ACCESS_EXISTS, &there);
    if (code == SQLITE_OK)
        code = unix_vfs->xOpen(unix_vfs, path, opened->real, flags, ret_flags);
    if (code != SQLITE_OK)
        return code;
    opened->base.pMethods = &methods;
    opened->is_store = path != NULL && (flags & SQLITE_OPEN_MAIN_DB) != 0 &&
                       strcmp(strrchr(path, '/') + 1, "pat.db") == 0;
    if (path == NULL || !trace_is_on(path))
        return code;
    opened->number = trace_open(path, there == 0);
    opened->syncs_names = (flags & SQLITE_OPEN_CREATE) != 0 &&
                          (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    snprintf(opened->directory, sizeof opened->directory, "%.*s", (int)(strrchr(path, '/') - path),
             path);
    return code;
}

static int
vfs_delete(sqlite3_vfs *self, const char *path, int sync)
{
    int code = fails(FAULT_NAME, SQLITE_IOERR_DELETE);
    char directory[TRACE_ROOT];

    (void)self;
    if (code == SQLITE_OK)
        code = unix_vfs->xDelete(unix_vfs, path, 0);
    if (code != SQLITE_OK)
        return code;
    trace_name(TRACE_UNLINK, path, NULL);
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (sync != 0)
        trace_sync_names(directory);
    return code;
}

static int
vfs_access(sqlite3_vfs *self, const char *path, int flags, int *ret)
{
    int code = fails(FAULT_NAME, SQLITE_IOERR_ACCESS);

    (void)self;
    return code != SQLITE_OK ? code : unix_vfs->xAccess(unix_vfs, path, flags, ret);
}

static int
vfs_full_path(sqlite3_vfs *self, const char *path, int size, char *ret)
{
    (void)self;
    return unix_vfs->xFullPathname(unix_vfs, path, size, ret);
}

static int
vfs_randomness(sqlite3_vfs *self, int len, char *ret)
{
    (void)self;
    for (int i = 0; i < len; i++)
        ret[i] = (char)(steady_next(&random_state) >> 24);
    return len;
}

static int
vfs_sleep(sqlite3_vfs *self, int microseconds)
{
    (void)self;
    return microseconds;
}

static int
vfs_time(sqlite3_vfs *self, double *ret)
{
    (void)self;
    return unix_vfs->xCurrentTime(unix_vfs, ret);
}

static int
vfs_last_error(sqlite3_vfs *self, int size, char *ret)
{
    (void)self;
    return unix_vfs->xGetLastError(unix_vfs, size, ret);
}

void
vfs_start(void)
{
    unix_vfs = sqlite3_vfs_find(NULL);
    FIGURES_NEED(unix_vfs != NULL);
    vfs = (sqlite3_vfs){.iVersion = 1,
                        .szOsFile = (int)sizeof(struct file) + unix_vfs->szOsFile,
                        .mxPathname = unix_vfs->mxPathname,
                        .zName = "faults",
                        .xOpen = vfs_open,
                        .xDelete = vfs_delete,
                        .xAccess = vfs_access,
                        .xFullPathname = vfs_full_path,
                        .xRandomness = vfs_randomness,
                        .xSleep = vfs_sleep,
                        .xCurrentTime = vfs_time,
                        .xGetLastError = vfs_last_error};
    FIGURES_NEED(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

/* --- how it syncs --- */

int __real_sqlite3_exec(sqlite3 *db, const char *sql, int (*each)(void *, int, char **, char **),
                        void *context, char **ret_message);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*each)(void *, int, char **, char **),
                        void *context, char **ret_message);

int
__wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*each)(void *, int, char **, char **),
                    void *context, char **ret_message)
{
    int code = __real_sqlite3_exec(db, sql, each, context, ret_message);
    char pragma[64];

    if (code != SQLITE_OK || vfs_synchronous == NULL || strstr(sql, "synchronous = FULL") == NULL)
        return code;
    snprintf(pragma, sizeof pragma, "PRAGMA synchronous = %s", vfs_synchronous);
    return __real_sqlite3_exec(db, pragma, NULL, NULL, NULL);
}
