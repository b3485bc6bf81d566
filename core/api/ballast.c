/* SPDX-License-Identifier: BSD-2-Clause */
/* A mebibyte: a revocation takes some forty kilobytes of the store's log. */
#include <fcntl.h>
#include <unistd.h>

#include "core/api/ballast.h"
#include "core/base/file.h"
#include "core/base/log.h"

#define PATH_SIZE 4096
#define FILE_NAME "ballast"
#define BYTES ((off_t)1024 * 1024)

void
pat_ballast_keep(const char *state_dir)
{
    char path[PATH_SIZE];
    int fd;

    if (pat_file_path(path, sizeof path, state_dir, FILE_NAME) != PAT_OK)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1)
        return; /* it is there, mostly */
    if (posix_fallocate(fd, 0, BYTES) != 0)
        unlink(path);
    close(fd);
}

bool
pat_ballast_makes_room(const struct pat_manage *manage, enum pat_err err)
{
    char path[PATH_SIZE];

    if (err != PAT_ERR_FULL || !manage->lacks_room ||
        pat_file_path(path, sizeof path, pat_context_state_dir(manage->context), FILE_NAME) !=
            PAT_OK ||
        unlink(path) == -1)
        return false;
    PAT_LOG(LOG_WARNING, "failure",
            {"doing", "taking rights away on a full disk: the room kept for it is used now"});
    return true;
}
