/* SPDX-License-Identifier: BSD-2-Clause */
/* A mebibyte: a revocation takes some forty kilobytes of the store's log. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/api/ballast.h"
#include "core/base/file.h"
#include "core/base/log.h"

#define PATH_SIZE 4096
#define FILE_NAME "ballast"
#define BYTES ((off_t)1024 * 1024)
#define BYTES_MIN (BYTES / 8)

/* As much of it as there is room for, if it is enough; what is there already stays. */
static bool
fill(int fd)
{
    struct stat status;
    off_t size = BYTES;

    if (fstat(fd, &status) == -1)
        return false;
    while (size > status.st_size && size >= BYTES_MIN && posix_fallocate(fd, 0, size) != 0)
        size /= 2;
    return size >= BYTES_MIN;
}

void
pat_ballast_keep(const char *state_dir)
{
    char path[PATH_SIZE];
    int fd;

    if (pat_file_path(path, sizeof path, state_dir, FILE_NAME) != PAT_OK)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1)
        return;
    if (!fill(fd))
        unlink(path);
    close(fd);
}

bool
pat_ballast_drop(const char *state_dir, const char *what_for)
{
    char path[PATH_SIZE];

    if (pat_file_path(path, sizeof path, state_dir, FILE_NAME) != PAT_OK || unlink(path) == -1)
        return false;
    PAT_LOG(LOG_WARNING, "failure", {"doing", what_for});
    return true;
}

bool
pat_ballast_makes_room(const struct pat_manage *manage, enum pat_err err)
{
    return err == PAT_ERR_FULL && manage->lacks_room &&
           pat_ballast_drop(pat_context_state_dir(manage->context),
                            "taking rights away on a full disk: the room kept for it is used now");
}
