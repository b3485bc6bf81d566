/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories are opened from the one above: whoever moves or replaces something meanwhile leads
 * nobody out of the tree.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "admin/walk.h"

#define DEPTH_MAX 200 /* each level keeps a descriptor open */

struct names {
    char **list;
    size_t count, size;
};

static void enter(const struct walk *walk, int fd, const char *path, int depth);

static void
free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
}

static int
compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
add_name(struct names *names, const char *name)
{
    if (names->count == names->size) {
        size_t size = names->size == 0 ? 64 : 2 * names->size;
        char **list = realloc(names->list, size * sizeof *list);

        if (list == NULL)
            return false;
        names->list = list;
        names->size = size;
    }
    names->list[names->count] = strdup(name);
    return names->list[names->count] != NULL && ++names->count > 0;
}

/* 0, or an errno. */
static int
read_names(int fd, struct names *ret)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), error = 0;
    DIR *stream = copy == -1 ? NULL : fdopendir(copy);
    const struct dirent *entry;

    if (stream == NULL) {
        error = errno;
        if (copy != -1)
            close(copy);
        return error;
    }
    for (errno = 0; (entry = readdir(stream)) != NULL; errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !add_name(ret, entry->d_name)) {
            errno = ENOMEM;
            break;
        }
    error = errno;
    closedir(stream);
    return error;
}

static bool
is_of_the_kernel(int fd)
{
    struct statfs filesystem;

    return fstatfs(fd, &filesystem) == 0 &&
           (filesystem.f_type == PROC_SUPER_MAGIC || filesystem.f_type == SYSFS_MAGIC ||
            filesystem.f_type == DEBUGFS_MAGIC || filesystem.f_type == TRACEFS_MAGIC ||
            filesystem.f_type == CGROUP2_SUPER_MAGIC);
}

/* Opened without waiting for anybody and without becoming anybody's terminal. */
static void
open_below(const struct walk *walk, int fd, const char *name, const char *path, int depth)
{
    int file = openat(fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (file == -1 && depth > 0 && (errno == ELOOP || errno == ENXIO || errno == ENOENT))
        return; /* a link, a socket, or gone meanwhile */
    if (file == -1) {
        walk->problem(walk->context, path,
                      errno == ELOOP ? "a symbolic link is not followed" : strerror(errno));
        return;
    }
    enter(walk, file, path, depth);
    close(file);
}

static void
walk_directory(const struct walk *walk, int fd, const char *path, int depth)
{
    const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
    struct names names = {.list = NULL};
    int error = read_names(fd, &names);

    if (error != 0)
        walk->problem(walk->context, path, strerror(error));
    if (names.count > 1)
        qsort(names.list, names.count, sizeof *names.list, compare);
    for (size_t i = 0; i < names.count; i++) {
        char *below = NULL;

        if (asprintf(&below, "%s%s%s", path, slash, names.list[i]) == -1) {
            walk->problem(walk->context, path, strerror(ENOMEM));
            break;
        }
        open_below(walk, fd, names.list[i], below, depth + 1);
        free(below);
    }
    free_names(&names);
}

static void
enter(const struct walk *walk, int fd, const char *path, int depth)
{
    struct stat status;

    if (fstat(fd, &status) == -1)
        walk->problem(walk->context, path, strerror(errno));
    else if (S_ISREG(status.st_mode))
        walk->file(walk->context, path, fd);
    else if (S_ISDIR(status.st_mode) && depth >= DEPTH_MAX)
        walk->problem(walk->context, path, "directories are nested too deeply");
    else if (S_ISDIR(status.st_mode) && (depth == 0 || !is_of_the_kernel(fd)))
        walk_directory(walk, fd, path, depth);
    else if (depth == 0 && !S_ISDIR(status.st_mode))
        walk->problem(walk->context, path, "neither a file nor a directory");
}

void
walk_path(const struct walk *walk, const char *path)
{
    open_below(walk, AT_FDCWD, path, path, 0);
}
