/* SPDX-License-Identifier: BSD-2-Clause */
/* What enable and disable work on, and how both show and ask. */
#ifndef ADMIN_COMMANDS_ENABLING_H
#define ADMIN_COMMANDS_ENABLING_H

#include <limits.h>

#include "admin/cmd.h"
#include "admin/wiring/rewire.h"
#include "admin/wiring/wiring.h"
#include "admin/wiring/record.h"

struct enabling {
    struct patctl *patctl;
    const struct cmd_line *line;
    const struct service *service; /* NULL: there is none of that name, and it was told */
    char config[PATH_MAX];
    struct wiring plan;
    struct record record;
    struct rewire_back back;
};

/* For the service of the first word; NULL after telling that there is no memory. */
struct enabling *cmd_enabling_begin(struct patctl *patctl, const struct cmd_line *line);
void cmd_enabling_end(struct enabling *enabling);

bool cmd_enabling_is_dry(const struct enabling *enabling);
/* EXIT_DENIED, and told, for others than root who do not only want to look. */
int cmd_enabling_demand_root(const struct enabling *enabling);
/* Plans the service; EXIT_USAGE, and told, when pat.conf is wrong. */
int cmd_enabling_plan(struct enabling *enabling);

/* A line of a difference, for change_diff(); the context is the output. */
void cmd_enabling_line(void *context, char sign, const char *line);
/* The difference, unless nobody wants to see it. */
void cmd_enabling_show(const struct enabling *enabling, const struct change *changes, size_t count);
/* Asks; as prompt_confirm(). */
int cmd_enabling_confirm(const struct enabling *enabling, size_t count);
/* "Next:      ...", the list line by line. */
void cmd_enabling_say(const struct enabling *enabling, json_t *list, const char *first);
/* The document of --json; nothing without it. */
void cmd_enabling_print(const struct enabling *enabling, bool enabled, bool changed,
                        const struct change *changes, size_t count);
/* Tells why nothing was changed: EXIT_CONFLICT. */
int cmd_enabling_tell(const struct enabling *enabling, const char *id, const char *why);

#endif
