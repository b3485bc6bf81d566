/* SPDX-License-Identifier: BSD-2-Clause */
/* The open sessions of tokens, as commands see them: /proc and patd put together. */
#ifndef ADMIN_COMMANDS_OPEN_SESSIONS_H
#define ADMIN_COMMANDS_OPEN_SESSIONS_H

#include <jansson.h>
#include <stdint.h>

#include "admin/patctl.h"
#include "admin/sessions/sessions.h"

struct open_sessions {
    struct patctl quiet; /* asks without telling what it is refused */
    struct processes processes;
    json_t *users; /* "tenant/user" -> as patd tells them */
};

/* EXIT_DONE, or what was told. End it in any case. */
int cmd_open_sessions_begin(struct patctl *patctl, struct open_sessions *ret);
void cmd_open_sessions_end(struct open_sessions *open);

/*
 * Those of a token; *ret is to be freed with sessions_free(). *ret_untold is how many SSH
 * connections of its account name no token. A virtual user has neither. False without memory.
 */
bool cmd_open_sessions_of(struct open_sessions *open, json_t *token, struct sessions *ret,
                          int64_t *ret_untold);

/* How many these tokens have. */
int64_t cmd_open_sessions_count(struct open_sessions *open, json_t *tokens);

#endif
