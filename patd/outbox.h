/* SPDX-License-Identifier: BSD-2-Clause */
/* What is to be sent on a connection that takes it when it likes. It may hold a new token. */
#ifndef PATD_OUTBOX_H
#define PATD_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

/* Zero at its beginning; patd_outbox_free() ends its life. */
struct patd_outbox {
    char *bytes;
    size_t len, sent, size;
};

/* Takes over message, of pat_varlink_reply() and the like, which may be NULL for want of memory. */
PAT_CHECKED enum pat_err patd_outbox_put(struct patd_outbox *outbox, char *message, size_t len);

/* Takes back what was put behind len. */
void patd_outbox_cut(struct patd_outbox *outbox, size_t len);

enum patd_outbox_state { PATD_OUTBOX_EMPTY, PATD_OUTBOX_WAITS, PATD_OUTBOX_BROKEN };

/* Sends as far as the connection takes it. is_over: nothing large follows, memory is given back. */
enum patd_outbox_state patd_outbox_send(struct patd_outbox *outbox, int fd, bool is_over);

void patd_outbox_free(struct patd_outbox *outbox);

/* True when the client has closed the connection, or its half of it. */
bool patd_outbox_hung_up(int fd);

#endif
