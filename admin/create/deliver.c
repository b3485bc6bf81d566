/* SPDX-License-Identifier: BSD-2-Clause */
/* The last steps of a token on its way out. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/create/deliver.h"
#include "core/base/secret.h"

int
deliver_open(const char *file)
{
    return open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

bool
deliver_write(int fd, const char *token)
{
    char line[128];
    int len = snprintf(line, sizeof line, "%s\n", token);
    bool written = write(fd, line, (size_t)len) == len;

    pat_secret_wipe(line, sizeof line);
    return written;
}
