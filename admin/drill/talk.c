/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets that do not block, for ^C and the time limit; openssl has one end of a pair. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/drill/talk.h"
#include "admin/host/tool.h"
#include "core/base/descriptor.h"
#include "core/base/monotonic.h"
#include "core/base/text.h"

#define SLICE_MILLISECONDS 50

static bool
wait_for(struct talk *talk, short events)
{
    struct pollfd one = {.fd = talk->fd, .events = events};
    int ready = 0;

    while (ready == 0 && !interrupt_came(talk->interrupt) &&
           pat_monotonic_milliseconds() < talk->until)
        ready = poll(&one, 1, SLICE_MILLISECONDS);
    return ready > 0;
}

/* --- ways there --- */

static int
connect_to(const struct sockaddr *address, socklen_t len)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, address, len) != 0 && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int
connect_clear(const struct place *place)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct addrinfo *found = NULL;
    int fd = -1;

    if (place->port[0] == '\0')
        return pat_text_set(path.sun_path, sizeof path.sun_path, place->address) == PAT_OK
                   ? connect_to((const struct sockaddr *)&path, sizeof path)
                   : -1;
    if (getaddrinfo(place->address, place->port, &hints, &found) == 0)
        fd = connect_to(found->ai_addr, found->ai_addrlen);
    if (found != NULL)
        freeaddrinfo(found);
    return fd;
}

static _Noreturn void
become(const char *path, const char *const argv[], int end)
{
    static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
                                              NULL};
    int nowhere = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    if (nowhere < 0 || dup2(end, STDIN_FILENO) < 0 || dup2(end, STDOUT_FILENO) < 0 ||
        dup2(nowhere, STDERR_FILENO) < 0 || !pat_descriptor_close_from(STDERR_FILENO + 1))
        _exit(127);
    execve(path, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment);
    _exit(127);
}

static int
connect_by_openssl(const struct place *place, bool sieve, pid_t *ret_pid)
{
    char path[TOOL_PATH_MAX], target[128];
    const char *const argv[] = {"openssl",
                                "s_client",
                                "-quiet",
                                "-verify_quiet",
                                "-connect",
                                target,
                                sieve ? "-starttls" : NULL,
                                "sieve",
                                NULL};
    bool six = strchr(place->address, ':') != NULL;
    int ends[2];

    snprintf(target, sizeof target, "%s%.100s%s:%s", six ? "[" : "", place->address, six ? "]" : "",
             place->port);
    if (!tool_find("openssl", path) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return -1;
    *ret_pid = fork();
    if (*ret_pid == 0)
        become(path, argv, ends[1]);
    close(ends[1]);
    if (*ret_pid < 0) {
        close(ends[0]);
        *ret_pid = 0;
        return -1;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return ends[0];
}

bool
talk_begin(struct talk *talk, const struct place *place, enum talk_tls tls, unsigned seconds,
           struct interrupt *interrupt)
{
    *talk = (struct talk){.fd = -1,
                          .until = pat_monotonic_milliseconds() + (int64_t)seconds * 1000,
                          .interrupt = interrupt};
    talk->fd = tls == TALK_CLEAR ? connect_clear(place)
                                 : connect_by_openssl(place, tls == TALK_SIEVE, &talk->pid);
    return talk->fd >= 0;
}

void
talk_end(struct talk *talk)
{
    if (talk->fd >= 0)
        close(talk->fd);
    if (talk->pid > 0) {
        kill(talk->pid, SIGKILL);
        while (waitpid(talk->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    *talk = (struct talk){.fd = -1};
}

/* --- words --- */

bool
talk_send(struct talk *talk, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t sent = wait_for(talk, POLLOUT) ? send(talk->fd, at, len, MSG_NOSIGNAL) : -1;

        if (sent < 0 && (errno != EAGAIN || pat_monotonic_milliseconds() >= talk->until))
            return false;
        at += sent > 0 ? sent : 0;
        len -= sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

bool
talk_take(struct talk *talk, void *ret, size_t len)
{
    char *at = ret;

    while (len > 0) {
        ssize_t got = wait_for(talk, POLLIN) ? recv(talk->fd, at, len, 0) : -1;

        if (got <= 0)
            return false;
        at += got;
        len -= (size_t)got;
    }
    return true;
}

bool
talk_line(struct talk *talk, char *ret, size_t size)
{
    size_t len = 0;
    char byte;

    while (talk_take(talk, &byte, 1)) {
        if (byte == '\n') {
            ret[len] = '\0';
            return true;
        }
        if (byte != '\r' && len < size - 1)
            ret[len++] = byte;
    }
    ret[0] = '\0';
    return false;
}
