/* SPDX-License-Identifier: BSD-2-Clause */
/* The floor of verify_bench: epoll as in patd, and nothing behind it. */
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/echo.h"
#include "bench/sample.h"

#define PACKET_MAX 2048
#define BACKLOG 64
#define ROUND 16

static void
add(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1)
        bench_sample_fail("echo: epoll_ctl");
}

static void
serve_one(int fd, size_t answer_len)
{
    unsigned char packet[PACKET_MAX] = {0};

    if (recv(fd, packet, sizeof packet, 0) <= 0 || send(fd, packet, answer_len, MSG_NOSIGNAL) == -1)
        close(fd);
}

static void __attribute__((noreturn)) serve(int listening, size_t answer_len)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    add(epoll, listening);
    for (;;) {
        struct epoll_event events[ROUND];
        int count = epoll_wait(epoll, events, ROUND, -1);

        for (int i = 0; i < count; i++)
            if (events[i].data.fd == listening)
                add(epoll, accept4(listening, NULL, NULL, SOCK_CLOEXEC));
            else
                serve_one(events[i].data.fd, answer_len);
    }
}

pid_t
bench_echo_start(const struct sockaddr_un *address, size_t answer_len)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    pid_t child;

    if (fd == -1 || bind(fd, (const struct sockaddr *)address, sizeof *address) == -1 ||
        listen(fd, BACKLOG) == -1)
        bench_sample_fail(address->sun_path);
    child = fork();
    if (child == -1)
        bench_sample_fail("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(fd, answer_len);
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
