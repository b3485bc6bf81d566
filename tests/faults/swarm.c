/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients that mean no good, so many at once, until standard input ends:
 *
 *     swarm SOCKET seqpacket|stream KIND COUNT
 *
 * silent connects and says nothing; slow says a byte now and then (on a stream); half shuts its
 * half down at once; pipeline asks twenty times and reads nothing; large sends what is too long.
 * One that is closed comes back. Prints how many connections were made and ended.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"

#define COUNT_MAX 20000
#define ROUND_MILLISECONDS                                                                         \
    20 /* one that was closed comes back so often: it is no test of poll(2) */
#define LARGE 60000
#define PIPELINED 20

enum kind { SILENT, SLOW, HALF, PIPELINE, LARGE_ONES, KINDS };
static const char *const kinds[KINDS] = {"silent", "slow", "half", "pipeline", "large"};

struct swarm {
    struct sockaddr_un address;
    int type;
    enum kind kind;
    int64_t count;
    struct pollfd *clients; /* the last one is standard input */
    size_t made, ended;
};

static void
say(const struct swarm *swarm, int fd)
{
    static char bytes[LARGE]; /* a request that ends nowhere, whatever the protocol */
    size_t len = swarm->kind == LARGE_ONES ? sizeof bytes : 20;

    memset(bytes, 1, sizeof bytes);
    if (swarm->kind == HALF)
        shutdown(fd, SHUT_WR);
    for (int i = 0; i < (swarm->kind == PIPELINE ? PIPELINED : 1); i++)
        if ((swarm->kind == PIPELINE || swarm->kind == LARGE_ONES) &&
            send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
            return;
}

static void
join(struct swarm *swarm, struct pollfd *client)
{
    int fd = socket(AF_UNIX, swarm->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd == -1)
        return;
    if (connect(fd, (const struct sockaddr *)&swarm->address, sizeof swarm->address) == -1) {
        close(fd); /* the backlog is full: in the next round */
        return;
    }
    swarm->made++;
    client->fd = fd;
    client->events = POLLRDHUP;
    say(swarm, fd);
}

static void
look_at(struct swarm *swarm, struct pollfd *client)
{
    if (client->fd == -1) {
        join(swarm, client);
    } else if ((client->revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0) {
        close(client->fd);
        client->fd = -1;
        swarm->ended++;
    } else if (swarm->kind == SLOW && swarm->type == SOCK_STREAM) {
        if (send(client->fd, "1", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
            return; /* it is seen in the next round */
    }
}

static void
run(struct swarm *swarm)
{
    struct pollfd *input = &swarm->clients[swarm->count];
    const struct timespec pause = {.tv_nsec = ROUND_MILLISECONDS * 1000000L};

    while ((input->revents & (POLLIN | POLLHUP)) == 0) {
        for (int64_t i = 0; i < swarm->count; i++)
            look_at(swarm, &swarm->clients[i]);
        nanosleep(&pause, NULL);
        if (poll(swarm->clients, (nfds_t)swarm->count + 1, 0) == -1)
            return;
    }
}

static bool
read_words(struct swarm *swarm, char **argv)
{
    swarm->address.sun_family = AF_UNIX;
    swarm->type = strcmp(argv[2], "stream") == 0 ? SOCK_STREAM : SOCK_SEQPACKET;
    for (swarm->kind = SILENT; swarm->kind < KINDS; swarm->kind++)
        if (strcmp(kinds[swarm->kind], argv[3]) == 0)
            break;
    return swarm->kind != KINDS &&
           pat_text_set(swarm->address.sun_path, sizeof swarm->address.sun_path, argv[1]) ==
               PAT_OK &&
           pat_text_number(argv[4], 1, COUNT_MAX, &swarm->count) == PAT_OK;
}

int
main(int argc, char **argv)
{
    static struct swarm swarm;
    struct rlimit limit;

    if (argc != 5 || !read_words(&swarm, argv)) {
        fputs("Usage: swarm SOCKET seqpacket|stream KIND COUNT\n", stderr);
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    swarm.clients = calloc((size_t)swarm.count + 1, sizeof *swarm.clients);
    if (swarm.clients == NULL)
        abort();
    for (int64_t i = 0; i < swarm.count; i++)
        swarm.clients[i].fd = -1;
    swarm.clients[swarm.count] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    run(&swarm);
    printf("{\"made\": %zu, \"ended\": %zu}\n", swarm.made, swarm.ended);
    free(swarm.clients);
    return 0;
}
