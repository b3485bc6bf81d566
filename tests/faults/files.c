/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls by which our own code reads and writes files, as --wrap of the linker hands them over:
 * each is a point that may fail, and what it does is noted in the trace. SQLite's go through
 * vfs.c. Nothing is waited for: what a sync promises is the trace's to know.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/faults/fault.h"
#include "tests/faults/files.h"
#include "tests/faults/trace.h"

#define DESCRIPTORS 1024

const char *files_forget_to_sync;

static struct {
    unsigned file;
    size_t at;                  /* of write(2) */
    bool forgets;               /* to sync */
    char directory[TRACE_ROOT]; /* empty: it is none */
} opened[DESCRIPTORS];

int __real_access(const char *path, int mode);
int __real_close(int fd);
int __real_fdatasync(int fd);
int __real_fstat(int fd, struct stat *ret);
int __real_fsync(int fd);
int __real_link(const char *from, const char *to);
int __real_lstat(const char *path, struct stat *ret);
int __real_open(const char *path, int flags, ...);
DIR *__real_opendir(const char *path);
int __real_posix_fallocate(int fd, off_t at, off_t len);
ssize_t __real_pread(int fd, void *ret, size_t len, off_t at);
ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __real_read(int fd, void *ret, size_t len);
struct dirent *__real_readdir(DIR *directory);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
ssize_t __real_write(int fd, const void *bytes, size_t len);

int __wrap_access(const char *path, int mode);
int __wrap_close(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fstat(int fd, struct stat *ret);
int __wrap_fsync(int fd);
int __wrap_link(const char *from, const char *to);
int __wrap_lstat(const char *path, struct stat *ret);
int __wrap_open(const char *path, int flags, ...);
DIR *__wrap_opendir(const char *path);
int __wrap_posix_fallocate(int fd, off_t at, off_t len);
ssize_t __wrap_pread(int fd, void *ret, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __wrap_read(int fd, void *ret, size_t len);
struct dirent *__wrap_readdir(DIR *directory);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);

/* errno is set when it answers true. */
static bool
fails(enum fault_kind kind)
{
    if (!fault_strikes(kind))
        return false;
    errno = fault_plan()->error;
    return true;
}

/* --- looking --- */

int
__wrap_access(const char *path, int mode)
{
    return fails(FAULT_NAME) ? -1 : __real_access(path, mode);
}

int
__wrap_lstat(const char *path, struct stat *ret)
{
    return fails(FAULT_NAME) ? -1 : __real_lstat(path, ret);
}

int
__wrap_fstat(int fd, struct stat *ret)
{
    return fails(FAULT_READ) ? -1 : __real_fstat(fd, ret);
}

DIR *
__wrap_opendir(const char *path)
{
    return fails(FAULT_NAME) ? NULL : __real_opendir(path);
}

struct dirent *
__wrap_readdir(DIR *directory)
{
    return fails(FAULT_READ) ? NULL : __real_readdir(directory);
}

/* --- opening and closing --- */

int
__wrap_open(const char *path, int flags, ...)
{
    bool there = __real_access(path, F_OK) == 0;
    mode_t mode = 0;
    va_list args;
    int fd;

    if ((flags & O_CREAT) != 0) {
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    if (fails(FAULT_NAME))
        return -1;
    fd = __real_open(path, flags, mode);
    if (fd < 0 || fd >= DESCRIPTORS)
        return fd;
    memset(&opened[fd], 0, sizeof opened[fd]);
    if (!trace_is_on(path))
        return fd;
    if ((flags & O_DIRECTORY) != 0)
        snprintf(opened[fd].directory, sizeof opened[fd].directory, "%s", path);
    else
        opened[fd].file = trace_open(path, !there);
    opened[fd].forgets = files_forget_to_sync != NULL && strstr(path, files_forget_to_sync) != NULL;
    return fd;
}

int
__wrap_close(int fd)
{
    if (fd >= 0 && fd < DESCRIPTORS)
        memset(&opened[fd], 0, sizeof opened[fd]);
    return __real_close(fd);
}

/* --- reading and writing --- */

ssize_t
__wrap_read(int fd, void *ret, size_t len)
{
    return fails(FAULT_READ) ? -1 : __real_read(fd, ret, len);
}

ssize_t
__wrap_pread(int fd, void *ret, size_t len, off_t at)
{
    return fails(FAULT_READ) ? -1 : __real_pread(fd, ret, len, at);
}

/* A short write is no error: whoever called goes on with the rest, and then it fails. */
static size_t
length(size_t len)
{
    return fault_plan()->is_short && len > 1 ? len / 2 : 0;
}

static void
note_write(int fd, size_t at, const void *bytes, ssize_t done)
{
    if (done > 0 && fd < DESCRIPTORS)
        trace_write(opened[fd].file, at, bytes, (size_t)done);
}

ssize_t
__wrap_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    ssize_t done;

    if (fails(FAULT_WRITE)) {
        len = length(len);
        if (len == 0)
            return -1;
    }
    done = __real_pwrite(fd, bytes, len, at);
    note_write(fd, (size_t)at, bytes, done);
    return done;
}

ssize_t
__wrap_write(int fd, const void *bytes, size_t len)
{
    ssize_t done;

    if (fails(FAULT_WRITE)) {
        len = length(len);
        if (len == 0)
            return -1;
    }
    done = __real_write(fd, bytes, len);
    if (fd < DESCRIPTORS && done > 0) {
        note_write(fd, opened[fd].at, bytes, done);
        opened[fd].at += (size_t)done;
    }
    return done;
}

int
__wrap_posix_fallocate(int fd, off_t at, off_t len)
{
    struct stat before;
    int failed;

    if (fails(FAULT_WRITE))
        return errno;
    failed = __real_fstat(fd, &before) == 0 ? __real_posix_fallocate(fd, at, len) : errno;
    if (failed == 0 && fd < DESCRIPTORS && at + len > before.st_size)
        trace_size(opened[fd].file, (size_t)(at + len));
    return failed;
}

/* --- syncing --- */

static int
sync_one(int fd)
{
    bool failed = fails(FAULT_SYNC);

    if (fd >= 0 && fd < DESCRIPTORS && !opened[fd].forgets) {
        trace_sync(opened[fd].file, failed);
        if (opened[fd].directory[0] != '\0' && !failed)
            trace_sync_names(opened[fd].directory);
    }
    return failed ? -1 : 0;
}

int
__wrap_fsync(int fd)
{
    return sync_one(fd);
}

int
__wrap_fdatasync(int fd)
{
    return sync_one(fd);
}

/* --- names --- */

int
__wrap_rename(const char *from, const char *to)
{
    int result = fails(FAULT_NAME) ? -1 : __real_rename(from, to);

    if (result == 0)
        trace_name(TRACE_RENAME, to, from);
    return result;
}

int
__wrap_link(const char *from, const char *to)
{
    int result = fails(FAULT_NAME) ? -1 : __real_link(from, to);

    if (result == 0)
        trace_name(TRACE_LINK, to, from);
    return result;
}

int
__wrap_unlink(const char *path)
{
    int result = fails(FAULT_NAME) ? -1 : __real_unlink(path);

    if (result == 0)
        trace_name(TRACE_UNLINK, path, NULL);
    return result;
}
