/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole small files. Symbolic links are never followed, foreign files never trusted. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/text.h"

#define PATH_SIZE 4096

enum pat_err
pat_file_err(int error_number)
{
    switch (error_number) {
    case ENOENT:
        return PAT_ERR_NOT_FOUND;
    case EEXIST:
        return PAT_ERR_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return PAT_ERR_FULL;
    case EACCES:
    case EPERM:
    case ELOOP:
        return PAT_ERR_DENIED;
    case ENOMEM:
        return PAT_ERR_NOMEM;
    default:
        return PAT_ERR_IO;
    }
}

static enum pat_err
check_trust(int fd)
{
    struct stat status;

    if (fstat(fd, &status) == -1)
        return pat_file_err(errno);
    if (!S_ISREG(status.st_mode) || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return PAT_ERR_DENIED;
    return status.st_uid == 0 || status.st_uid == geteuid() ? PAT_OK : PAT_ERR_DENIED;
}

static enum pat_err
read_all(int fd, void *ret, size_t size, size_t *ret_len)
{
    size_t len = 0;
    char more;

    while (len < size) {
        ssize_t got = read(fd, (char *)ret + len, size - len);

        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return pat_file_err(errno);
        if (got == 0)
            break;
        len += (size_t)got;
    }
    if (len == size && read(fd, &more, 1) != 0)
        return PAT_ERR_RANGE;
    *ret_len = len;
    return PAT_OK;
}

enum pat_err
pat_file_read(const char *path, void *ret, size_t size, size_t *ret_len)
{
    /* O_NONBLOCK so that a FIFO cannot make us wait before its kind is known. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    enum pat_err err;

    if (fd == -1)
        return errno == ENXIO ? PAT_ERR_DENIED : pat_file_err(errno); /* ENXIO: a socket */
    err = check_trust(fd);
    if (err == PAT_OK)
        err = read_all(fd, ret, size, ret_len);
    close(fd);
    return err;
}

static enum pat_err
write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t done = write(fd, at, len);

        if (done == -1 && errno == EINTR)
            continue;
        if (done == -1)
            return pat_file_err(errno);
        at += done;
        len -= (size_t)done;
    }
    return fsync(fd) == 0 ? PAT_OK : pat_file_err(errno);
}

static enum pat_err
put_in_place(const char *temporary, const char *path, int exclusive)
{
    if (exclusive) {
        if (link(temporary, path) == -1)
            return pat_file_err(errno);
        unlink(temporary);
    } else if (rename(temporary, path) == -1) {
        return pat_file_err(errno);
    }
    return pat_file_sync_parent(path);
}

enum pat_err
pat_file_write(const char *path, const void *bytes, size_t len, int exclusive)
{
    char temporary[PATH_SIZE];
    enum pat_err err;
    int fd;

    if ((size_t)snprintf(temporary, sizeof temporary, "%s.new", path) >= sizeof temporary)
        return PAT_ERR_RANGE;
    unlink(temporary); /* left by a crash */
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1)
        return pat_file_err(errno);
    err = write_all(fd, bytes, len);
    close(fd);
    if (err == PAT_OK)
        err = put_in_place(temporary, path, exclusive);
    if (err != PAT_OK)
        unlink(temporary);
    return err;
}

static enum pat_err
sync_with(const char *path, int flag)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flag);
    enum pat_err err;

    if (fd == -1)
        return pat_file_err(errno);
    err = fsync(fd) == 0 ? PAT_OK : pat_file_err(errno);
    close(fd);
    return err;
}

enum pat_err
pat_file_sync(const char *path)
{
    return sync_with(path, O_NOFOLLOW);
}

enum pat_err
pat_file_sync_parent(const char *path)
{
    char dir[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL || slash == path ? 1 : (size_t)(slash - path);

    if (pat_text_copy(dir, sizeof dir, slash == NULL ? "." : path, len) != PAT_OK)
        return PAT_ERR_RANGE;
    return sync_with(dir, O_DIRECTORY);
}

enum pat_err
pat_file_path(char *ret, size_t size, const char *dir, const char *name)
{
    int len = snprintf(ret, size, "%s/%s", dir, name);

    return len >= 0 && (size_t)len < size ? PAT_OK : PAT_ERR_RANGE;
}
