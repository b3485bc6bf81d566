/* SPDX-License-Identifier: BSD-2-Clause */
/* Getting sockets. Runs as root or as patd's user, before anything is served. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/diag.h"
#include "core/base/file.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "patd/listen.h"

#define FIRST_INHERITED 3
#define BACKLOG 4096

static const struct protocol {
    const char *name;
    enum pat_config_protocol protocol;
    int type;
    const char *below; /* the runtime directory */
} protocols[] = {
    {"verify", PAT_PROTOCOL_VERIFY, SOCK_SEQPACKET, PAT_VERIFY_SOCKET},
    {"manage", PAT_PROTOCOL_MANAGE, SOCK_STREAM, PAT_MANAGE_SOCKET},
    {"authdaemon", PAT_PROTOCOL_AUTHDAEMON, SOCK_STREAM, PAT_AUTHDAEMON_SOCKET},
    {"mux", PAT_PROTOCOL_MUX, SOCK_STREAM, PAT_MUX_SOCKET},
};

#define PROTOCOL_COUNT (sizeof protocols / sizeof protocols[0])

static int
type_of(enum pat_config_protocol protocol)
{
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if (protocols[i].protocol == protocol)
            return protocols[i].type;
    return -1;
}

static enum pat_err
add(struct patd_listeners *listeners, int fd, enum pat_config_protocol protocol)
{
    if (listeners->count == PATD_LISTENERS_MAX)
        return PAT_ERR_RANGE;
    listeners->sockets[listeners->count].fd = fd;
    listeners->sockets[listeners->count].protocol = protocol;
    listeners->count++;
    return PAT_OK;
}

static bool
has(const struct patd_listeners *listeners, enum pat_config_protocol protocol)
{
    for (size_t i = 0; i < listeners->count; i++)
        if (listeners->sockets[i].protocol == protocol)
            return true;
    return false;
}

/* --- inheriting --- */

static bool
is_listening(int fd, int type)
{
    int family = 0, kind = 0, listening = 0;
    socklen_t len = sizeof(int);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) == 0 && family == AF_UNIX &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &len) == 0 && kind == type &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening == 1;
}

static enum pat_err
take_inherited(struct patd_listeners *ret, int fd, const char *name, struct pat_diag *diag)
{
    for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
        if (!pat_text_equal(protocols[i].name, name))
            continue;
        if (!is_listening(fd, protocols[i].type))
            return pat_diag_set(diag, PAT_ERR_SYNTAX, 0, 0,
                                "inherited socket \"%s\" is not a listening Unix socket of the "
                                "right type",
                                name);
        if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 || fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
            return pat_diag_set(diag, PAT_ERR_IO, 0, 0, "inherited socket \"%s\": %s", name,
                                strerror(errno));
        return add(ret, fd, protocols[i].protocol);
    }
    return pat_diag_set(diag, PAT_ERR_SYNTAX, 0, 0,
                        "inherited socket \"%.40s\": the unit needs FileDescriptorName=verify, "
                        "manage, authdaemon or mux",
                        name);
}

enum pat_err
patd_listen_inherit(struct patd_listeners *ret, struct pat_diag *diag)
{
    const char *pid_text = getenv("LISTEN_PID");
    const char *count_text = getenv("LISTEN_FDS");
    const char *names = getenv("LISTEN_FDNAMES");
    char name[PAT_SERVICE_MAX + 1];
    int64_t pid, count;
    enum pat_err err = PAT_OK;

    ret->count = 0;
    if (pid_text == NULL || count_text == NULL ||
        pat_text_number(pid_text, 1, INT_MAX, &pid) != PAT_OK || pid != getpid())
        return PAT_OK;
    if (pat_text_number(count_text, 0, PATD_LISTENERS_MAX, &count) != PAT_OK)
        return pat_diag_set(diag, PAT_ERR_RANGE, 0, 0, "LISTEN_FDS is not a number of sockets");
    for (int64_t i = 0; err == PAT_OK && i < count; i++) {
        size_t len = names == NULL ? 0 : strcspn(names, ":");

        if (names == NULL || pat_text_copy(name, sizeof name, names, len) != PAT_OK)
            pat_text_clip(name, sizeof name, "");
        err = take_inherited(ret, FIRST_INHERITED + (int)i, name, diag);
        names = names == NULL || names[len] == '\0' ? NULL : names + len + 1;
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return err;
}

/* --- binding --- */

static bool
somebody_answers(const struct sockaddr_un *address, int type)
{
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool answers = false;

    if (fd == -1)
        return false;
    answers = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
              errno == EAGAIN;
    close(fd);
    return answers;
}

static enum pat_err
bind_socket(const char *path, enum pat_config_protocol protocol, bool ours,
            struct patd_listeners *listeners, struct pat_diag *diag)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int type = type_of(protocol);
    mode_t mask;
    bool bound;
    int fd;

    if (pat_text_set(address.sun_path, sizeof address.sun_path, path) != PAT_OK)
        return pat_diag_set(diag, PAT_ERR_RANGE, 0, 0, "%s is too long for a socket", path);
    if (somebody_answers(&address, type))
        return pat_diag_set(diag, PAT_ERR_BUSY, 0, 0, "another program listens on %s", path);
    if (ours)
        unlink(path);
    fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /*
     * Access is decided by credentials; everybody may connect. SECURITY: it is made with its mode,
     * as chmod(2) would follow what others put in its place.
     */
    mask = umask(0111);
    bound = fd != -1 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    umask(mask);
    if (!bound || listen(fd, BACKLOG) == -1) {
        pat_diag_set(diag, pat_file_err(errno), 0, 0, "%s: %s%s", path, strerror(errno),
                     errno == EADDRINUSE && !ours ? " (a socket is left there: remove it)" : "");
        if (fd != -1)
            close(fd);
        return PAT_ERR_IO;
    }
    return add(listeners, fd, protocol);
}

/* A directory that everybody may enter; one that is there already is taken as it is. */
static enum pat_err
make_dir(const char *path, struct pat_diag *diag)
{
    mode_t mask = umask(0022);
    bool made = mkdir(path, 0755) == 0;
    struct stat status;

    umask(mask);
    if (!made && errno != EEXIST)
        return pat_diag_set(diag, pat_file_err(errno), 0, 0, "%s: %s", path, strerror(errno));
    if (lstat(path, &status) == -1 || !S_ISDIR(status.st_mode))
        return pat_diag_set(diag, PAT_ERR_DENIED, 0, 0, "%s is not a directory", path);
    return PAT_OK;
}

static enum pat_err
bind_standard(const struct pat_config *config, const struct protocol *protocol,
              struct patd_listeners *listeners, struct pat_diag *diag)
{
    char path[PAT_CONFIG_PATH_MAX + 32];
    char *slash;
    enum pat_err err;

    if (has(listeners, protocol->protocol))
        return PAT_OK;
    snprintf(path, sizeof path, "%s%s", config->runtime_dir, protocol->below);
    slash = strrchr(path, '/');
    *slash = '\0';
    err = make_dir(config->runtime_dir, diag);
    if (err == PAT_OK)
        err = make_dir(path, diag);
    *slash = '/';
    return err == PAT_OK ? bind_socket(path, protocol->protocol, true, listeners, diag) : err;
}

/* Who hands over verify decides about its neighbours too: what is not inherited is not wanted. */
static bool
is_wanted(enum pat_config_protocol protocol, bool inherits)
{
    return !inherits || protocol == PAT_PROTOCOL_VERIFY || protocol == PAT_PROTOCOL_MANAGE;
}

enum pat_err
patd_listen_bind(const struct pat_config *config, struct patd_listeners *listeners,
                 struct pat_diag *diag)
{
    bool inherits = has(listeners, PAT_PROTOCOL_VERIFY);
    enum pat_err err = PAT_OK;

    for (size_t i = 0; err == PAT_OK && i < PROTOCOL_COUNT; i++)
        if (is_wanted(protocols[i].protocol, inherits))
            err = bind_standard(config, &protocols[i], listeners, diag);
    for (size_t i = 0; err == PAT_OK && i < config->listener_count; i++)
        err = bind_socket(config->listeners[i].path, config->listeners[i].protocol, false,
                          listeners, diag);
    return err;
}

void
patd_listen_close(struct patd_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        close(listeners->sockets[i].fd);
    listeners->count = 0;
}
