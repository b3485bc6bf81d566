/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing tokens down: to a new file that only its owner reads, or to standard output. */
#ifndef ADMIN_CREATE_DELIVER_H
#define ADMIN_CREATE_DELIVER_H

#include <stdbool.h>

/* A new file of mode 0600, never through a symbolic link; -1 with errno when there is none. */
int deliver_open(const char *file);

/* A token, or a line that holds one, and a newline, without any buffer. False with errno. */
bool deliver_write(int fd, const char *token);

#endif
