/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection, one packet, one answer. It runs inside sshd, su, slapd and others: it opens one
 * descriptor and closes it, raises no signal, never waits longer than it says, and trusts the
 * server only after looking at its uid.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/api/client.h"
#include "core/base/monotonic.h"
#include "core/base/text.h"
#include "core/wire/peer.h"
#include "core/wire/wire.h"

#define RETRY_PAUSE_NANOSECONDS 20000000L

/* The socket's own timeouts bound what waits: SO_SNDTIMEO connect(2), SO_RCVTIMEO recv(2). */
static bool
set_timeout(int fd, int which, int64_t deadline)
{
    int64_t left = deadline - pat_monotonic_milliseconds();
    struct timeval wait = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};

    if (left <= 0) {
        errno = EAGAIN;
        return false;
    }
    return setsockopt(fd, SOL_SOCKET, which, &wait, sizeof wait) == 0;
}

static enum pat_err
err_of_errno(int error_number)
{
    switch (error_number) {
    case EAGAIN:
    case EINPROGRESS:
        return PAT_ERR_TIMEOUT;
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
        return PAT_ERR_UNAVAILABLE;
    case EACCES:
    case EPERM:
        return PAT_ERR_DENIED;
    default:
        return PAT_ERR_IO;
    }
}

/* Only a server that was away for a moment is asked again. */
static bool
may_retry(int error_number)
{
    return error_number == ECONNREFUSED || error_number == ECONNRESET || error_number == EPIPE;
}

/* EINTR leaves a Unix connect undone; nothing was sent, so it is simply tried again. */
static int
connect_socket(int fd, int64_t deadline, const struct sockaddr_un *address)
{
    int result;

    do {
        if (!set_timeout(fd, SO_SNDTIMEO, deadline))
            return -1;
        result = connect(fd, (const struct sockaddr *)address, sizeof *address);
    } while (result == -1 && errno == EINTR);
    return result;
}

static ssize_t
receive(int fd, int64_t deadline, unsigned char *packet, size_t size)
{
    ssize_t got;

    do {
        if (!set_timeout(fd, SO_RCVTIMEO, deadline))
            return -1;
        got = recv(fd, packet, size, MSG_TRUNC);
    } while (got == -1 && errno == EINTR);
    return got;
}

/* One attempt. *ret_errno tells why it failed on the socket; 0 when it did not. */
static enum pat_err
exchange(const struct sockaddr_un *address, int64_t deadline, const unsigned char *request,
         size_t request_len, unsigned char *answer, size_t *ret_len, int *ret_errno)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    enum pat_err err;
    ssize_t got;

    *ret_errno = 0;
    if (fd == -1)
        return PAT_ERR_IO;
    if (connect_socket(fd, deadline, address) == -1)
        goto failed;
    err = pat_peer_check_server(fd, address->sun_path);
    if (err != PAT_OK)
        goto out;
    /* The first packet of a connection always has room. */
    if (send(fd, request, request_len, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
        goto failed;
    got = receive(fd, deadline, answer, PAT_WIRE_MAX);
    if (got == 0)
        errno = ECONNRESET;
    if (got <= 0)
        goto failed;
    *ret_len = (size_t)got;
    err = got <= PAT_WIRE_MAX ? PAT_OK : PAT_ERR_SYNTAX;
    goto out;
failed:
    *ret_errno = errno;
    err = err_of_errno(*ret_errno);
out:
    close(fd);
    return err;
}

static enum pat_err
ask(const struct sockaddr_un *address, const struct pat_request *request, struct pat_answer *ret)
{
    const struct timespec pause = {.tv_nsec = RETRY_PAUSE_NANOSECONDS};
    int64_t deadline = pat_monotonic_milliseconds() + INT64_C(1000) * PAT_CLIENT_SECONDS;
    unsigned char question[PAT_WIRE_MAX];
    unsigned char packet[PAT_WIRE_MAX];
    size_t question_len = pat_wire_put_request(request, question);
    size_t len = 0;
    enum pat_err err = PAT_ERR_RANGE;
    int error_number;

    if (question_len == 0)
        goto out;
    err = exchange(address, deadline, question, question_len, packet, &len, &error_number);
    if (err != PAT_OK && may_retry(error_number)) {
        nanosleep(&pause, NULL);
        err = exchange(address, deadline, question, question_len, packet, &len, &error_number);
    }
    if (err == PAT_OK)
        err = pat_wire_get_answer(packet, len, ret);
    if (err == PAT_OK && memcmp(ret->nonce, request->nonce, sizeof ret->nonce) != 0)
        err = PAT_ERR_SYNTAX;
out:
    pat_secret_wipe(question, sizeof question);
    return err;
}

enum pat_err
pat_client_ask(const char *socket_path, struct pat_request *request, struct pat_answer *ret)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum pat_err err = PAT_ERR_RANGE;

    memset(ret, 0, sizeof *ret);
    ret->class = PAT_CLASS_UNAVAILABLE;
    if (getrandom(request->nonce, sizeof request->nonce, GRND_NONBLOCK) !=
        (ssize_t)sizeof request->nonce)
        return PAT_ERR_IO; /* early in the boot: a login does not wait for entropy */
    if (pat_text_set(address.sun_path, sizeof address.sun_path, socket_path) == PAT_OK)
        err = ask(&address, request, ret);
    if (err != PAT_OK) {
        memset(ret, 0, sizeof *ret);
        ret->class = PAT_CLASS_UNAVAILABLE;
    }
    return err;
}
