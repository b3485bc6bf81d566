/* SPDX-License-Identifier: BSD-2-Clause */
/* The least that a server can do: whatever it is asked, the answer is the same. */
#ifndef BENCH_ECHO_H
#define BENCH_ECHO_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

/*
 * Listens in a child process that ends with its parent; its pid. Packets (SOCK_SEQPACKET) are each
 * answered; on SOCK_STREAM what comes first is the request, and after the answer the connection is
 * closed, as saslauthd does.
 */
pid_t bench_echo_start(const struct sockaddr_un *address, int type, const void *answer,
                       size_t answer_len);

/* Ends it and removes its socket. */
void bench_echo_stop(pid_t server, const struct sockaddr_un *address);

#endif
