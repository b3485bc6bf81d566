/* SPDX-License-Identifier: BSD-2-Clause */
/* Every regular file of a directory tree. */
#ifndef ADMIN_WALK_H
#define ADMIN_WALK_H

/* The descriptor is closed after the call; path is what the file is called for people. */
typedef void walk_file(void *context, const char *path, int fd);
/* Something that cannot be looked at, and why. */
typedef void walk_problem(void *context, const char *path, const char *why);

struct walk {
    walk_file *file;
    walk_problem *problem;
    void *context;
};

/*
 * Walks a file, or a directory and all below it, by name. Symbolic links are not followed: one that
 * is named itself is a problem. Devices, sockets and pipes are passed over, and so is what the
 * kernel shows as files (/proc, /sys).
 */
void walk_path(const struct walk *walk, const char *path);

#endif
