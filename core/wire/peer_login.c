/* SPDX-License-Identifier: BSD-2-Clause */
/* The audit system's login uid of a peer: who logged in before su or sudo. patd only. */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/wire/peer.h"

#define SO_PEERPIDFD_NUMBER 77 /* asm-generic; headers before Linux 6.5 lack it */
#define LOGIN_UID_UNSET INT64_C(4294967295)

static bool
read_line(const char *path, const char *prefix, char *ret, size_t size)
{
    FILE *file = fopen(path, "re");
    bool found = false;

    while (file != NULL && !found && fgets(ret, (int)size, file) != NULL)
        found = strncmp(ret, prefix, strlen(prefix)) == 0;
    if (file != NULL)
        fclose(file);
    return found;
}

static bool
number_in(char *line, size_t skip, int64_t max, int64_t *ret)
{
    char *text = line + skip + strspn(line + skip, " \t");

    text[strcspn(text, "\n")] = '\0';
    return pat_text_number(text, 0, max, ret) == PAT_OK;
}

/* A pid read from the descriptor names its process as long as that one has not ended. */
static bool
has_ended(int pidfd)
{
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};

    return poll(&wait, 1, 0) != 0;
}

void
pat_peer_login_find(int fd, struct pat_peer *peer)
{
    socklen_t len = sizeof(int);
    char path[64], line[64];
    int64_t pid, login;
    int pidfd = -1;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD_NUMBER, &pidfd, &len) == -1 || pidfd == -1)
        return;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    if (read_line(path, "Pid:", line, sizeof line) && number_in(line, 4, INT_MAX, &pid)) {
        snprintf(path, sizeof path, "/proc/%lld/loginuid", (long long)pid);
        if (read_line(path, "", line, sizeof line) && number_in(line, 0, UINT32_MAX, &login) &&
            login != LOGIN_UID_UNSET && !has_ended(pidfd))
            peer->login_uid = (struct pat_optional){.set = true, .at = login};
    }
    close(pidfd);
}
