/* SPDX-License-Identifier: BSD-2-Clause */
/* The last steps of a token on its way out. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

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
    const size_t len = strlen(token);
    char newline[] = "\n", *text = strdup(token);
    const struct iovec line[] = {{.iov_base = text, .iov_len = len}, {newline, 1}};
    bool written = text != NULL && writev(fd, line, 2) == (ssize_t)len + 1;

    if (text != NULL)
        pat_secret_wipe(text, len);
    free(text);
    return written;
}
