/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a new token goes, for create and rotate: the one-time screen, standard output, or a file.
 * It goes there once. What cannot be handed over is revoked, because nobody would ever know it.
 */
#ifndef ADMIN_CREATE_HAND_OVER_H
#define ADMIN_CREATE_HAND_OVER_H

#include <jansson.h>

#include "admin/cmd.h"
#include "admin/terminal/screen.h"

struct hand {
    const char *file; /* or NULL */
    int fd;           /* of file, or -1 */
    bool shows;       /* the one-time screen; else file or standard output */
    bool confirms;    /* ask patd for a pending token: it is confirmed when it is stored */
    bool opened;      /* screen is open */
    bool qr, copy;
    struct screen screen;
};

/*
 * Before the token is made: opens the file or the terminal, and says what cannot be done. The
 * command has the options out-file, qr, copy and no-confirm. From here on signals wait.
 */
int hand_prepare(const struct patctl *patctl, const struct cmd_line *line, struct hand *ret);
void hand_finish(struct hand *hand,
                 int status); /* status of the command: a failed one leaves no file */

/*
 * Hands over the token of a reply and, on the screen, waits until it is stored and confirms it,
 * with grace if that is not negative. *ret is then the token as it is now, a new reference.
 */
int hand_token(struct patctl *patctl, struct hand *hand, json_t *reply, int64_t grace,
               json_t **ret);

/* Revokes a token that nobody will know. */
void hand_revoke(struct patctl *patctl, json_t *created, const char *reason);

#endif
