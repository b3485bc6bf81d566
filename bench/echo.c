/* SPDX-License-Identifier: BSD-2-Clause */
/* The floor of verify_bench and sasl_bench: epoll as in patd, and nothing behind it. */
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/echo.h"
#include "bench/sample.h"

#define REQUEST_MAX 2048
#define BACKLOG 64
#define ROUND 16

struct server {
    int listening;
    int type;
    const void *answer;
    size_t answer_len;
};

static void
add(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1)
        bench_sample_fail("echo: epoll_ctl");
}

static void
serve_one(const struct server *server, int fd)
{
    unsigned char request[REQUEST_MAX];

    if (recv(fd, request, sizeof request, 0) <= 0 ||
        send(fd, server->answer, server->answer_len, MSG_NOSIGNAL) == -1 ||
        server->type == SOCK_STREAM)
        close(fd);
}

static void __attribute__((noreturn)) serve(const struct server *server)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    add(epoll, server->listening);
    for (;;) {
        struct epoll_event events[ROUND];
        int count = epoll_wait(epoll, events, ROUND, -1);

        for (int i = 0; i < count; i++)
            if (events[i].data.fd == server->listening)
                add(epoll, accept4(server->listening, NULL, NULL, SOCK_CLOEXEC));
            else
                serve_one(server, events[i].data.fd);
    }
}

pid_t
bench_echo_start(const struct sockaddr_un *address, int type, const void *answer, size_t answer_len)
{
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    pid_t child;

    if (fd == -1 || bind(fd, (const struct sockaddr *)address, sizeof *address) == -1 ||
        listen(fd, BACKLOG) == -1)
        bench_sample_fail(address->sun_path);
    child = fork();
    if (child == -1)
        bench_sample_fail("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(&(struct server){fd, type, answer, answer_len});
    }
    close(fd);
    return child;
}

void
bench_echo_stop(pid_t server, const struct sockaddr_un *address)
{
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    unlink(address->sun_path);
}
