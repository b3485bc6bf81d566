/* SPDX-License-Identifier: BSD-2-Clause */
/* Peer credentials. libc only: the modules check their server with it. */
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/wire/peer.h"

#define PATH_SIZE 128       /* more than a socket's address holds */
#define UID_OVERFLOW 65534U /* /proc/sys/kernel/overflowuid: "somebody of another namespace" */

enum pat_err
pat_peer_get(int fd, struct pat_peer *ret)
{
    struct ucred credentials = {.uid = (uid_t)-1};
    socklen_t len = sizeof credentials;

    *ret = (struct pat_peer){.uid = UINT32_MAX};
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) == -1 ||
        len != sizeof credentials)
        return PAT_ERR_DENIED;
    if (credentials.uid == (uid_t)-1 || credentials.uid == UID_OVERFLOW)
        return PAT_ERR_DENIED;
    ret->uid = credentials.uid;
    return PAT_OK;
}

/* The directory that holds the socket; false when the path has none. */
static bool
parent_of(const char *path, char *ret, size_t size)
{
    const char *slash = strrchr(path, '/');
    size_t len;

    if (slash == NULL)
        return false;
    len = slash == path ? 1 : (size_t)(slash - path);
    return pat_text_copy(ret, size, path, len) == PAT_OK;
}

enum pat_err
pat_peer_check_server(int fd, const char *socket_path)
{
    char dir[PATH_SIZE];
    struct pat_peer server;
    struct stat status;

    if (pat_peer_get(fd, &server) != PAT_OK || !parent_of(socket_path, dir, sizeof dir))
        return PAT_ERR_DENIED;
    /* In the order of what is likely: each question is a system call within a login. */
    if (server.uid == 0 || (stat(dir, &status) == 0 && status.st_uid == server.uid))
        return PAT_OK;
    return server.uid == geteuid() ? PAT_OK : PAT_ERR_DENIED;
}
