/* SPDX-License-Identifier: BSD-2-Clause */
/* The least that a server can do: every packet is answered by one of a given size. */
#ifndef BENCH_ECHO_H
#define BENCH_ECHO_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

/* Listens on a SOCK_SEQPACKET socket in a child process that ends with its parent; its pid. */
pid_t bench_echo_start(const struct sockaddr_un *address, size_t answer_len);

/* Ends it and removes its socket. */
void bench_echo_stop(pid_t server, const struct sockaddr_un *address);

#endif
