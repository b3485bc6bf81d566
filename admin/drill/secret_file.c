/* SPDX-License-Identifier: BSD-2-Clause */
/* memfd_create(2); a program cannot be run from a file that is open for writing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/drill/secret_file.h"

#define FLAG_EXECUTABLE 0x10U /* MFD_EXEC, Linux 6.3 */

static int
make(bool executable)
{
    int fd = -1;

    if (executable)
        fd = memfd_create("pat-drill", MFD_CLOEXEC | FLAG_EXECUTABLE);
    return fd == -1 ? memfd_create("pat-drill", MFD_CLOEXEC) : fd; /* an older kernel */
}

int
secret_file_open(const char *bytes, size_t len, bool executable, char path[SECRET_FILE_PATH])
{
    int fd = make(executable), reading = -1, error;

    if (fd != -1 && fchmod(fd, executable ? 0700 : 0600) == 0 &&
        write(fd, bytes, len) == (ssize_t)len) {
        snprintf(path, SECRET_FILE_PATH, "/proc/self/fd/%d", fd);
        reading = open(path, O_RDONLY | O_CLOEXEC);
    }
    error = errno;
    if (fd != -1)
        close(fd);
    if (reading != -1)
        snprintf(path, SECRET_FILE_PATH, "/proc/%d/fd/%d", (int)getpid(), reading);
    errno = error;
    return reading;
}
