/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls that patd makes of its sockets, over tables. As unix(7) and epoll(7) say it. */
#undef _FORTIFY_SOURCE /* the headers would define what is defined here */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "core/base/monotonic.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/sockets.h"

#define EPOLL 0x100000
#define WAKE (EPOLL + 1)
#define GROUPS (EPOLL + 2)
#define LISTENER (EPOLL + 3)
#define CLIENT (LISTENER + SOCKETS_LISTENERS)
#define DESCRIPTORS (CLIENT + SOCKETS_CLIENTS - EPOLL)
#define RESERVE 0x200000 /* /dev/null, any number of times */
#define RESERVES 64

struct sockets sockets;

static struct {
    bool running;
    bool open[DESCRIPTORS], watched[DESCRIPTORS];
    struct epoll_event events[DESCRIPTORS];
    bool reserves[RESERVES];
    bool woken;
} kernel;

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_close(int fd);
int __real_close(int fd);
int __wrap_epoll_create1(int flags);
int __real_epoll_create1(int flags);
int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __real_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int size, int timeout);
int __real_epoll_wait(int epoll, struct epoll_event *events, int size, int timeout);
int __wrap_eventfd(unsigned count, int flags);
int __real_eventfd(unsigned count, int flags);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *bytes, size_t len);
ssize_t __real_read(int fd, void *bytes, size_t len);
ssize_t __wrap___read_chk(int fd, void *bytes, size_t len, size_t size);
ssize_t __wrap_recv(int fd, void *bytes, size_t len, int flags);
ssize_t __wrap___recv_chk(int fd, void *bytes, size_t len, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __real_write(int fd, const void *bytes, size_t len);
int64_t __wrap_pat_monotonic_milliseconds(void);
int64_t __wrap_pat_monotonic_microseconds(void);

/* --- descriptors --- */

static bool
is_ours(int fd)
{
    return kernel.running && fd >= EPOLL && fd < EPOLL + (int)DESCRIPTORS;
}

static bool
is_reserve(int fd)
{
    return kernel.running && fd >= RESERVE && fd < RESERVE + RESERVES;
}

static struct sockets_client *
client_of(int fd)
{
    FUZZ_CHECK(fd >= CLIENT && (size_t)(fd - CLIENT) < sockets.count);
    FUZZ_CHECK(kernel.open[fd - EPOLL]);
    return &sockets.clients[fd - CLIENT];
}

/* True once for each fault that was planned. */
static bool
strikes(int *fault)
{
    if (*fault == 0)
        return false;
    errno = *fault;
    *fault = 0;
    sockets.failed = true;
    return true;
}

void
sockets_begin(void)
{
    for (size_t i = 0; i < sockets.count; i++)
        memset(&sockets.clients[i], 0, offsetof(struct sockets_client, bytes));
    memset((char *)&sockets + sizeof sockets.clients, 0, sizeof sockets - sizeof sockets.clients);
    memset(&kernel, 0, sizeof kernel);
    kernel.running = true;
    kernel.open[GROUPS - EPOLL] = true;
    for (size_t i = 0; i < SOCKETS_LISTENERS; i++)
        kernel.open[LISTENER - EPOLL + (int)i] = true;
    sockets.now = 1000000;
}

void
sockets_end(void)
{
    for (size_t i = 0; i < DESCRIPTORS; i++)
        FUZZ_CHECK(!kernel.open[i]);
    for (size_t i = 0; i < RESERVES; i++)
        FUZZ_CHECK(!kernel.reserves[i]);
    kernel.running = false;
}

int
sockets_listener(size_t index)
{
    return LISTENER + (int)index;
}

int
sockets_groups(void)
{
    return GROUPS;
}

/* --- clients --- */

struct sockets_client *
sockets_connect(size_t listener, uint32_t uid, bool is_packets)
{
    struct sockets_client *client = &sockets.clients[sockets.count];

    if (sockets.count == SOCKETS_CLIENTS)
        return NULL;
    sockets.count++;
    client->listener = listener;
    client->uid = uid;
    client->is_packets = is_packets;
    return client;
}

bool
sockets_say(struct sockets_client *client, const void *bytes, size_t len)
{
    if (client->closed || client->gone || client->finished || len == 0 ||
        len > sizeof client->bytes - client->len ||
        (client->is_packets && client->packet_count == SOCKETS_PACKETS))
        return false;
    memcpy(client->bytes + client->len, bytes, len);
    client->len += len;
    if (client->is_packets)
        client->packets[client->packet_count++] = len;
    return true;
}

static struct sockets_client *
first_waiting(size_t listener)
{
    for (size_t i = 0; i < sockets.count; i++)
        if (sockets.clients[i].listener == listener && !sockets.clients[i].accepted)
            return &sockets.clients[i];
    return NULL;
}

size_t
sockets_backlog(size_t listener)
{
    size_t waiting = 0;

    for (size_t i = 0; i < sockets.count; i++)
        waiting += sockets.clients[i].listener == listener && !sockets.clients[i].accepted;
    return waiting;
}

/* --- what is ready --- */

static uint32_t
state_of(int fd)
{
    const struct sockets_client *client;

    if (fd == WAKE)
        return kernel.woken ? EPOLLIN : 0;
    if (fd == GROUPS)
        return (sockets.groups_len > 0 || sockets.groups_gone ? EPOLLIN : 0) |
               (sockets.groups_gone ? EPOLLHUP : 0);
    if (fd < CLIENT)
        return first_waiting((size_t)(fd - LISTENER)) != NULL ? EPOLLIN : 0;
    client = &sockets.clients[fd - CLIENT];
    return (client->len > 0 || client->finished || client->gone ? EPOLLIN : 0) |
           (client->gone ? EPOLLHUP : 0);
}

static uint32_t
ready_events(size_t index)
{
    uint32_t wanted = kernel.events[index].events | EPOLLHUP | EPOLLERR;

    if (!kernel.open[index] || !kernel.watched[index])
        return 0;
    return state_of(EPOLL + (int)index) & wanted;
}

static size_t
descriptors(void)
{
    return (size_t)(CLIENT - EPOLL) + sockets.count;
}

bool
sockets_is_ready(void)
{
    for (size_t i = 0; i < descriptors(); i++)
        if (ready_events(i) != 0)
            return true;
    return false;
}

int
__wrap_epoll_wait(int epoll, struct epoll_event *events, int size, int timeout)
{
    size_t all = descriptors(), from;
    int found = 0;

    if (epoll != EPOLL || !kernel.running)
        return __real_epoll_wait(epoll, events, size, timeout);
    sockets_move(timeout);
    all = descriptors();
    from = sockets.first % all;
    for (size_t i = 0; i < all && found < size; i++) {
        size_t index = (from + i) % all;
        uint32_t ready = ready_events(index);

        if (ready == 0 || (sockets.most > 0 && (size_t)found == sockets.most))
            continue;
        events[found] = kernel.events[index];
        events[found++].events = ready;
    }
    return found;
}

int
__wrap_epoll_create1(int flags)
{
    if (!kernel.running)
        return __real_epoll_create1(flags);
    kernel.open[0] = true;
    return EPOLL;
}

int
__wrap_eventfd(unsigned count, int flags)
{
    if (!kernel.running)
        return __real_eventfd(count, flags);
    kernel.open[WAKE - EPOLL] = true;
    return WAKE;
}

int
__wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    size_t index = (size_t)(fd - EPOLL);

    if (epoll != EPOLL || !kernel.running)
        return __real_epoll_ctl(epoll, operation, fd, event);
    FUZZ_CHECK(is_ours(fd) && kernel.open[index]);
    FUZZ_CHECK(kernel.watched[index] == (operation == EPOLL_CTL_MOD));
    if (strikes(&sockets.control_errno))
        return -1;
    kernel.watched[index] = true;
    kernel.events[index] = *event;
    return 0;
}

/* --- the calls of sockets --- */

int
__wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
    struct sockets_client *client = first_waiting((size_t)(fd - LISTENER));
    size_t index;

    FUZZ_CHECK(is_ours(fd) && fd >= LISTENER && fd < CLIENT && address == NULL && len == NULL);
    FUZZ_CHECK((flags & SOCK_CLOEXEC) != 0);
    if (strikes(&sockets.accept_errno))
        return -1;
    errno = EAGAIN;
    if (client == NULL)
        return -1;
    index = (size_t)(client - sockets.clients);
    client->accepted = true;
    kernel.open[CLIENT - EPOLL + (int)index] = true;
    client->since = sockets.now;
    sockets_accepted(client);
    return CLIENT + (int)index;
}

int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    struct ucred credentials = {.pid = 1};

    FUZZ_CHECK(level == SOL_SOCKET && name == SO_PEERCRED && *len == sizeof credentials);
    credentials.uid = client_of(fd)->uid;
    memcpy(value, &credentials, sizeof credentials);
    return 0;
}

static ssize_t
receive_groups(void *bytes, size_t len)
{
    size_t got = sockets.groups_len;

    errno = EAGAIN;
    if (got == 0)
        return sockets.groups_gone ? 0 : -1;
    FUZZ_CHECK(got <= len);
    memcpy(bytes, sockets.groups_answer, got);
    sockets.groups_len = 0;
    return (ssize_t)got;
}

/* A packet that does not fit loses its end. */
static size_t
take_bytes(struct sockets_client *client, void *bytes, size_t len)
{
    size_t whole = client->is_packets ? client->packets[0] : len < client->len ? len : client->len;
    size_t got = whole < len ? whole : len;

    memcpy(bytes, client->bytes, got);
    if (client->is_packets) {
        client->taken_len = 0;
        client->packet_count--;
        memmove(client->packets, client->packets + 1, sizeof client->packets - sizeof(size_t));
    }
    if (!client->answered || client->is_packets) {
        FUZZ_CHECK(got <= sizeof client->taken - client->taken_len);
        memcpy(client->taken + client->taken_len, bytes, got);
        client->taken_len += got;
    }
    client->len -= whole;
    memmove(client->bytes, client->bytes + whole, client->len);
    return got;
}

ssize_t
__wrap_recv(int fd, void *bytes, size_t len, int flags)
{
    struct sockets_client *client;
    size_t got;

    FUZZ_CHECK(is_ours(fd) && flags == MSG_DONTWAIT);
    if (fd == GROUPS)
        return receive_groups(bytes, len);
    client = client_of(fd);
    FUZZ_CHECK(len > 0);
    if (strikes(&sockets.recv_errno))
        return -1;
    errno = EAGAIN;
    if (client->len == 0)
        return client->finished || client->gone ? 0 : -1;
    got = take_bytes(client, bytes, len);
    sockets_taken(client);
    return (ssize_t)got;
}

ssize_t
__wrap___recv_chk(int fd, void *bytes, size_t len, size_t size, int flags)
{
    FUZZ_CHECK(len <= size);
    return __wrap_recv(fd, bytes, len, flags);
}

ssize_t
__wrap_send(int fd, const void *bytes, size_t len, int flags)
{
    struct sockets_client *client;

    FUZZ_CHECK(is_ours(fd) && flags == (MSG_DONTWAIT | MSG_NOSIGNAL));
    if (fd == GROUPS) {
        char account[256];

        FUZZ_CHECK(len > 0 && len < sizeof account);
        memcpy(account, bytes, len);
        account[len] = '\0';
        errno = EPIPE;
        if (sockets.groups_gone)
            return -1;
        sockets_asked_groups(account);
        return (ssize_t)len;
    }
    client = client_of(fd);
    errno = EPIPE;
    if (client->gone || strikes(&sockets.send_errno)) {
        client->refused_write = true;
        return -1;
    }
    sockets_sent(client, bytes, len);
    return (ssize_t)len;
}

/* --- the calls of files --- */

int
__wrap_close(int fd)
{
    if (is_reserve(fd)) {
        FUZZ_CHECK(kernel.reserves[fd - RESERVE]);
        kernel.reserves[fd - RESERVE] = false;
        return 0;
    }
    if (!is_ours(fd))
        return __real_close(fd);
    FUZZ_CHECK(kernel.open[fd - EPOLL]); /* not twice */
    if (fd >= CLIENT) {
        struct sockets_client *client = client_of(fd);

        client->closed = true;
        sockets_closed(client);
    }
    kernel.open[fd - EPOLL] = kernel.watched[fd - EPOLL] = false;
    return 0;
}

int
__wrap_open(const char *path, int flags, ...)
{
    va_list list;
    mode_t mode = 0;

    if (kernel.running && strcmp(path, "/dev/null") == 0) {
        for (int i = 0; i < RESERVES && !strikes(&sockets.open_errno); i++)
            if (!kernel.reserves[i]) {
                kernel.reserves[i] = true;
                return RESERVE + i;
            }
        return -1;
    }
    va_start(list, flags);
    if ((flags & O_CREAT) != 0)
        mode = va_arg(list, mode_t);
    va_end(list);
    return __real_open(path, flags, mode);
}

ssize_t
__wrap_read(int fd, void *bytes, size_t len)
{
    uint64_t one = 1;

    if (!is_ours(fd))
        return __real_read(fd, bytes, len);
    FUZZ_CHECK(fd == WAKE && len == sizeof one);
    kernel.woken = false;
    memcpy(bytes, &one, sizeof one);
    return (ssize_t)len;
}

ssize_t
__wrap___read_chk(int fd, void *bytes, size_t len, size_t size)
{
    FUZZ_CHECK(len <= size);
    return __wrap_read(fd, bytes, len);
}

ssize_t
__wrap_write(int fd, const void *bytes, size_t len)
{
    if (!is_ours(fd))
        return __real_write(fd, bytes, len);
    FUZZ_CHECK(fd == WAKE);
    kernel.woken = true;
    return (ssize_t)len;
}

/* --- the clock --- */

int64_t
__wrap_pat_monotonic_milliseconds(void)
{
    return sockets.now;
}

int64_t
__wrap_pat_monotonic_microseconds(void)
{
    return 1000 * sockets.now;
}
