/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets, epoll(7) and a clock that are a few tables, so that a run of patd's connections takes
 * microseconds and is the same every time. A target that links this is linked with --wrap for what
 * sockets.c defines; descriptors that are not its own go to the kernel.
 *
 * The loop's epoll_wait(2) is where the world outside moves: the target's sockets_move() is called
 * there, and does what clients do.
 */
#ifndef TESTS_FUZZ_SOCKETS_H
#define TESTS_FUZZ_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOCKETS_LISTENERS 3
#define SOCKETS_CLIENTS 192
#define SOCKETS_BYTES 6144
#define SOCKETS_PACKETS 8

/* A client's connection, as both ends have it. */
struct sockets_client {
    size_t listener;
    uint32_t uid;
    bool is_packets;
    bool accepted, closed; /* by patd */
    bool finished;         /* sends no more */
    bool gone;
    bool refused_write; /* patd could not send to it */
    bool owed;          /* a request was read whole, and not answered */
    bool answered;
    int64_t since; /* its connection was accepted, or last answered */
    /* Lengths of packets on the way to patd. */
    size_t packets[SOCKETS_PACKETS];
    size_t packet_count;
    size_t len, taken_len, plan_len;
    unsigned char bytes[SOCKETS_BYTES]; /* on the way to patd */
    unsigned char taken[SOCKETS_BYTES]; /* what it has read of the request in hand */
    unsigned char plan[SOCKETS_BYTES];  /* what the client still means to say */
};

struct sockets {
    struct sockets_client clients[SOCKETS_CLIENTS];
    size_t count;
    int64_t now; /* milliseconds */
    /* What fails next, once: an errno, or 0. */
    int accept_errno, send_errno, recv_errno, control_errno, open_errno;
    bool failed; /* something did */
    /* What epoll_wait() hands over: from which descriptor on, and how many; 0: all. */
    size_t first, most;
    /* The process that is asked for groups. */
    bool groups_gone;
    char groups_answer[512];
    size_t groups_len; /* 0: none waits */
};

extern struct sockets sockets;

/* A fresh world; patd_loop_open() and the servers may be opened in it. */
void sockets_begin(void);
/* Nothing of patd's is open any more. */
void sockets_end(void);

int sockets_listener(size_t index);
int sockets_groups(void);

/* A client connects: it waits to be accepted. NULL: there are too many. */
struct sockets_client *sockets_connect(size_t listener, uint32_t uid, bool is_packets);
/* It says something; false when there is no room, or it can say no more. */
bool sockets_say(struct sockets_client *client, const void *bytes, size_t len);

/* Whether patd would be woken. */
bool sockets_is_ready(void);
/* Connections of a listener that wait to be accepted. */
size_t sockets_backlog(size_t listener);

/* --- what the target brings --- */

/* The loop waits, at most so many milliseconds; the clock moves by what is added to sockets.now. */
void sockets_move(int timeout);
void sockets_accepted(struct sockets_client *client);
void sockets_taken(struct sockets_client *client);
void sockets_sent(struct sockets_client *client, const unsigned char *bytes, size_t len);
void sockets_closed(struct sockets_client *client);
void sockets_asked_groups(const char *account);

#endif
