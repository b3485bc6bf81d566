/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SECURITY: this is where root writes into /etc. Every directory on the way is opened by itself,
 * no symbolic link is followed, and before something is written each of them must be root's and
 * closed to others. The new file is written beside the old one, synced, and renamed over it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "admin/wiring/place.h"
#include "core/base/file.h"
#include "core/base/text.h"

#define ATTRIBUTES_MAX 4096
#define NEW_SUFFIX ".pat-new" /* of ".NAME": nothing reads such a name */

static enum pat_err explain(char why[PLACE_WHY_MAX], enum pat_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum pat_err
explain(char why[PLACE_WHY_MAX], enum pat_err err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, PLACE_WHY_MAX, format, args);
    va_end(args);
    return err;
}

static enum pat_err
explain_errno(char why[PLACE_WHY_MAX], const char *path)
{
    return explain(why, pat_file_err(errno), "%s: %s", path, strerror(errno));
}

/* --- directories --- */

/* For root: where others may put files of any name, a rename says nothing. */
static bool
is_roots_own(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && status.st_uid == 0 &&
           ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0 || (status.st_mode & S_ISVTX) != 0);
}

/* Opens the next directory on the way; takes over fd. -1 with errno. */
static int
step_down(int fd, const char *name, bool strict)
{
    int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int saved = errno;

    close(fd);
    if (next != -1 && strict && !is_roots_own(next)) {
        close(next);
        next = -1;
        saved = EPERM;
    }
    errno = saved;
    return next;
}

/* The directory that holds path; -1 after telling why. ret_name points into path. */
static int
open_parent(const char *path, bool strict, const char **ret_name, enum pat_err *ret_err,
            char why[PLACE_WHY_MAX])
{
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *at = path + 1, *slash;
    char name[NAME_MAX + 1];

    while (fd != -1 && (slash = strchr(at, '/')) != NULL) {
        if (pat_text_copy(name, sizeof name, at, (size_t)(slash - at)) != PAT_OK) {
            close(fd);
            *ret_err = explain(why, PAT_ERR_SYNTAX, "%s: a name is too long", path);
            return -1;
        }
        fd = step_down(fd, name, strict);
        at = slash + 1;
    }
    *ret_name = at;
    if (fd != -1)
        return fd;
    if (errno == ELOOP || errno == ENOTDIR)
        *ret_err = explain(why, PAT_ERR_SYNTAX,
                           "%s: a directory on the way is a symbolic link, or none", path);
    else if (errno == EPERM && strict)
        *ret_err = explain(why, PAT_ERR_DENIED,
                           "%s: a directory on the way is not root's, or others may write to it",
                           path);
    else
        *ret_err = explain_errno(why, path);
    return -1;
}

bool
place_has_directory(const char *path)
{
    char why[PLACE_WHY_MAX];
    enum pat_err err = PAT_OK;
    const char *name;
    struct stat status;
    int fd = open_parent(path, false, &name, &err, why);
    bool there = fd != -1 && fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                 S_ISDIR(status.st_mode);

    if (fd != -1)
        close(fd);
    return there;
}

bool
place_lacks_directory(const char *path)
{
    char parent[CHANGE_PATH_MAX];
    struct stat status;

    pat_text_clip(parent, sizeof parent, path);
    *strrchr(parent, '/') = '\0';
    return lstat(parent, &status) != 0 && errno == ENOENT;
}

/* --- reading --- */

static enum pat_err
judge(const char *path, const struct stat *status, char why[PLACE_WHY_MAX])
{
    if (!S_ISREG(status->st_mode))
        return explain(why, PAT_ERR_SYNTAX, "%s is no plain file", path);
    if (status->st_nlink > 1)
        return explain(why, PAT_ERR_SYNTAX, "%s has another name too (a hard link)", path);
    if ((size_t)status->st_size >= CHANGE_FILE_MAX)
        return explain(why, PAT_ERR_SYNTAX, "%s is longer than %zu bytes", path, CHANGE_FILE_MAX);
    return PAT_OK;
}

/* Text as this program can keep and show it. */
static bool
is_text(const char *text, size_t len)
{
    size_t points;

    if (memchr(text, '\0', len) != NULL)
        return false;
    for (const char *line = text; *line != '\0';) {
        size_t size = strcspn(line, "\t\n"), one = size > 250 ? 250 : size;
        char part[256];

        /* Long lines are judged in parts that end between characters. */
        while (one < size && ((unsigned char)line[one] & 0xc0) == 0x80 && one > 240)
            one--;
        if (pat_text_copy(part, sizeof part, line, one) != PAT_OK ||
            (one > 0 && pat_text_points(part, &points) != PAT_OK))
            return false;
        line += one;
        line += *line == '\t' || *line == '\n';
    }
    return true;
}

static enum pat_err
read_whole(int fd, const char *path, size_t expected, char **ret, char why[PLACE_WHY_MAX])
{
    char *text = malloc(expected + 2);
    size_t len = 0;
    ssize_t got = 1;

    if (text == NULL)
        return explain(why, PAT_ERR_NOMEM, "out of memory");
    while (len <= expected && (got = read(fd, text + len, expected + 1 - len)) > 0)
        len += (size_t)got;
    if (got < 0 || len > expected) {
        free(text);
        return got < 0 ? explain_errno(why, path)
                       : explain(why, PAT_ERR_CONFLICT, "%s is being changed", path);
    }
    text[len] = '\0';
    if (!is_text(text, len)) {
        free(text);
        return explain(why, PAT_ERR_SYNTAX, "%s is not plain UTF-8 text", path);
    }
    *ret = text;
    return PAT_OK;
}

static enum pat_err
read_at(int directory, const char *path, const char *name, char **ret_text, struct stat *ret_status,
        char why[PLACE_WHY_MAX])
{
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    enum pat_err err;

    if (fd == -1 && errno == ELOOP)
        return explain(why, PAT_ERR_SYNTAX, "%s is a symbolic link: whoever made it owns it", path);
    if (fd == -1)
        return explain_errno(why, path);
    err = fstat(fd, ret_status) == 0 ? judge(path, ret_status, why) : explain_errno(why, path);
    if (err == PAT_OK)
        err = read_whole(fd, path, (size_t)ret_status->st_size, ret_text, why);
    close(fd);
    return err;
}

enum pat_err
place_read(const char *path, char **ret_text, struct stat *ret_status, char why[PLACE_WHY_MAX])
{
    enum pat_err err = PAT_OK;
    const char *name;
    int directory = open_parent(path, false, &name, &err, why);

    if (directory == -1)
        return err;
    err = read_at(directory, path, name, ret_text, ret_status, why);
    close(directory);
    return err;
}

/* --- writing --- */

/* The SELinux context and ACLs of the old file; file systems without them have none. */
static bool
copy_attributes(int from, int to)
{
    char names[ATTRIBUTES_MAX], value[ATTRIBUTES_MAX];
    ssize_t len = flistxattr(from, names, sizeof names);

    if (len < 0)
        return errno == ENOTSUP;
    for (const char *name = names; name < names + len; name += strlen(name) + 1) {
        ssize_t size = fgetxattr(from, name, value, sizeof value);

        if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0) != 0)
            return false;
    }
    return true;
}

static bool
write_whole(int fd, const char *text)
{
    size_t len = strlen(text), done = 0;

    while (done < len) {
        ssize_t put = write(fd, text + done, len - done);

        if (put < 0 && errno != EINTR)
            return false;
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

struct writing {
    const struct change *change;
    int directory;
    const char *name;
    char new_name[NAME_MAX + 1];
    struct stat status; /* of the old file */
};

static void
name_new(struct writing *writing)
{
    snprintf(writing->new_name, sizeof writing->new_name, ".%.200s" NEW_SUFFIX, writing->name);
}

/* The new file beside the old one, as the old one is. */
static bool
write_beside(const struct writing *writing)
{
    bool fresh = writing->change->kind == CHANGE_CREATE, good;
    int old = fresh ? -1
                    : openat(writing->directory, writing->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int fd, saved;

    if (!fresh && old == -1)
        return false;
    fd = openat(writing->directory, writing->new_name,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    good = fd != -1 && write_whole(fd, writing->change->after);
    if (good && fresh)
        good = fchown(fd, 0, 0) == 0 && fchmod(fd, writing->change->mode) == 0;
    else if (good)
        good = fchown(fd, writing->status.st_uid, writing->status.st_gid) == 0 &&
               fchmod(fd, writing->status.st_mode & 07777) == 0 && copy_attributes(old, fd);
    good = good && fsync(fd) == 0;
    saved = errno;
    if (fd != -1)
        close(fd);
    if (old != -1)
        close(old);
    if (!good)
        (void)unlinkat(writing->directory, writing->new_name, 0);
    errno = saved;
    return good;
}

/*
 * One name for another, at once; never over a file that was not there before. What a kill left of
 * an earlier attempt goes.
 */
static bool
put_in_place(const struct writing *writing)
{
    const struct change *change = writing->change;
    bool good;

    (void)unlinkat(writing->directory, writing->new_name, 0);
    if (change->kind == CHANGE_REMOVE)
        good = unlinkat(writing->directory, writing->name, 0) == 0;
    else
        good = write_beside(writing) &&
               renameat2(writing->directory, writing->new_name, writing->directory, writing->name,
                         change->kind == CHANGE_CREATE ? RENAME_NOREPLACE : 0) == 0;
    return good && fsync(writing->directory) == 0;
}

static enum pat_err
compare(struct writing *writing, char why[PLACE_WHY_MAX])
{
    const struct change *change = writing->change;
    char *text = NULL;
    enum pat_err err = read_at(writing->directory, change->path, writing->name, &text,
                               &writing->status, why);

    if (err == PAT_OK && (change->kind == CHANGE_CREATE || !pat_text_equal(text, change->before)))
        err = explain(why, PAT_ERR_CONFLICT, "%s was changed meanwhile", change->path);
    else if (err == PAT_ERR_NOT_FOUND && change->kind == CHANGE_CREATE)
        err = PAT_OK;
    free(text);
    return err;
}

/* Makes or removes the directory that the file is alone in. */
static enum pat_err
change_directory(const struct change *change, bool make, char why[PLACE_WHY_MAX])
{
    char path[CHANGE_PATH_MAX];
    enum pat_err err = PAT_OK;
    const char *name;
    int fd;

    pat_text_clip(path, sizeof path, change->path);
    *strrchr(path, '/') = '\0';
    fd = open_parent(path, true, &name, &err, why);
    if (fd == -1)
        return err;
    if (!make) /* a directory that others use by now stays */
        (void)unlinkat(fd, name, AT_REMOVEDIR);
    else if ((mkdirat(fd, name, 0755) != 0 && errno != EEXIST) ||
             fchmodat(fd, name, 0755, 0) != 0 || fsync(fd) != 0)
        err = explain_errno(why, path);
    close(fd);
    return err;
}

enum pat_err
place_change(const struct change *change, char why[PLACE_WHY_MAX])
{
    struct writing writing = {.change = change};
    enum pat_err err = PAT_OK;

    if (change->made_directory && change->kind == CHANGE_CREATE)
        err = change_directory(change, true, why);
    if (err != PAT_OK)
        return err;
    writing.directory = open_parent(change->path, true, &writing.name, &err, why);
    if (writing.directory == -1)
        return err;
    name_new(&writing);
    err = compare(&writing, why);
    if (err == PAT_OK && !put_in_place(&writing))
        err = explain_errno(why, change->path);
    close(writing.directory);
    if (err == PAT_OK && change->made_directory && change->kind == CHANGE_REMOVE)
        err = change_directory(change, false, why);
    return err;
}

void
place_clean(const struct change *change)
{
    struct writing writing = {.change = change};
    char why[PLACE_WHY_MAX];
    enum pat_err err = PAT_OK;

    writing.directory = open_parent(change->path, true, &writing.name, &err, why);
    if (writing.directory == -1)
        return;
    name_new(&writing);
    (void)unlinkat(writing.directory, writing.new_name, 0);
    close(writing.directory);
    if (change->kind == CHANGE_CREATE && change->made_directory &&
        change_directory(change, false, why) != PAT_OK)
        return;
}
