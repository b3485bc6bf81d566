/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies on their way out. What was sent is wiped. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/secret.h"
#include "core/wire/varlink.h"
#include "patd/outbox.h"

#define KEPT ((size_t)64 * 1024) /* when all was sent */

static bool
make_room(struct patd_outbox *outbox, size_t size)
{
    char *bytes;

    if (size <= outbox->size)
        return true;
    bytes = malloc(2 * size);
    if (bytes == NULL)
        return false;
    if (outbox->len > 0)
        memcpy(bytes, outbox->bytes, outbox->len);
    pat_varlink_free(outbox->bytes, outbox->len);
    outbox->bytes = bytes;
    outbox->size = 2 * size;
    return true;
}

enum pat_err
patd_outbox_put(struct patd_outbox *outbox, char *message, size_t len)
{
    bool fits;

    if (message == NULL)
        return PAT_ERR_NOMEM;
    fits = make_room(outbox, outbox->len + len);
    if (fits) {
        memcpy(outbox->bytes + outbox->len, message, len);
        outbox->len += len;
    }
    pat_varlink_free(message, len);
    return fits ? PAT_OK : PAT_ERR_NOMEM;
}

void
patd_outbox_cut(struct patd_outbox *outbox, size_t len)
{
    if (outbox->len <= len)
        return;
    pat_secret_wipe(outbox->bytes + len, outbox->len - len);
    outbox->len = len;
}

enum patd_outbox_state
patd_outbox_send(struct patd_outbox *outbox, int fd, bool is_over)
{
    while (outbox->sent < outbox->len) {
        ssize_t sent = send(fd, outbox->bytes + outbox->sent, outbox->len - outbox->sent,
                            MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent == -1)
            return errno == EAGAIN || errno == EINTR ? PATD_OUTBOX_WAITS : PATD_OUTBOX_BROKEN;
        outbox->sent += (size_t)sent;
    }
    if (outbox->size > KEPT && is_over)
        patd_outbox_free(outbox);
    else
        pat_secret_wipe(outbox->bytes, outbox->len);
    outbox->len = outbox->sent = 0;
    return PATD_OUTBOX_EMPTY;
}

void
patd_outbox_free(struct patd_outbox *outbox)
{
    pat_varlink_free(outbox->bytes, outbox->len);
    *outbox = (struct patd_outbox){.bytes = NULL};
}

bool
patd_outbox_hung_up(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}
