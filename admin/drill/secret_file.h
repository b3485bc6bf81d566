/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file in memory for one client of the drill: it has no name on any disk, mode 0600, and goes
 * with its last descriptor. A child of root's opens it by path, so that a token need not be in an
 * argument, the environment, or a temporary file.
 */
#ifndef ADMIN_DRILL_SECRET_FILE_H
#define ADMIN_DRILL_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define SECRET_FILE_PATH 64

/*
 * A descriptor (to be closed by the caller) of a file that holds these bytes, and its path for as
 * long as it is open; -1 and errno. executable: a script of root's.
 */
int secret_file_open(const char *bytes, size_t len, bool executable, char path[SECRET_FILE_PATH]);

#endif
