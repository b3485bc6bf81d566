/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is at the other end of a Unix socket, as the kernel fixed it at connect(2); see unix(7). */
#ifndef PAT_WIRE_PEER_H
#define PAT_WIRE_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/policy/record.h"

/* Credentials decide; nothing a peer says of itself does, and neither does its pid. */
struct pat_peer {
    uint32_t uid;
    struct pat_optional login_uid; /* of the audit system; absent where it cannot be known */
};

/*
 * PAT_ERR_DENIED for (uid_t)-1 and 65534 (a peer of an unmapped user namespace) and when the
 * kernel does not say. Does not look for the login uid.
 */
PAT_CHECKED enum pat_err pat_peer_get(int fd, struct pat_peer *ret);

/*
 * For clients, which send secrets: PAT_OK only when the server at the other end is root, whom the
 * socket's directory belongs to, or the caller itself.
 */
PAT_CHECKED enum pat_err pat_peer_check_server(int fd, const char *socket_path);

/*
 * Fills login_uid by SO_PEERPIDFD (Linux 6.5) and /proc; leaves it absent when the process has
 * ended meanwhile or /proc does not show it.
 */
void pat_peer_login_find(int fd, struct pat_peer *peer);

#endif
