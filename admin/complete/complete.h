/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completing a command line from the table of commands. What was typed is read leniently; what may
 * follow is printed, one "candidate<TAB>description" a line, or the line ":files" where the shell
 * knows better.
 *
 * SECURITY: candidates end up on a command line. They are printed only when no shell would take a
 * character of them for anything else, and descriptions only without control characters.
 */
#ifndef ADMIN_COMPLETE_COMPLETE_H
#define ADMIN_COMPLETE_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/cmd.h"

struct complete {
    struct patctl *patctl;
    const struct cmd *cmd;           /* NULL: not known yet */
    const char *first;               /* the typed half of a command of two words, or NULL */
    bool lost;                       /* no such command: nothing can follow */
    bool no_options;                 /* behind "--" */
    const struct cmd_option *option; /* whose value is wanted, or NULL */
    const char *words[CMD_WORDS_MAX];
    int word_count;
    char lead[CMD_VALUE_MAX];  /* what stands in front of typed in the same word */
    char typed[CMD_VALUE_MAX]; /* what candidates begin with */
};

/* The files of the three shells, as they are installed; built from admin/complete/shells/. */
extern const char complete_text_bash[];
extern const char complete_text_zsh[];
extern const char complete_text_fish[];

/* Prints what may stand in the last one of the words. */
void complete_line(struct patctl *patctl, int count, const char *const *words);

/* Prints a candidate if it goes on from what was typed; description may be NULL. */
void complete_put(const struct complete *complete, const char *candidate, const char *description);

/* Offers what a placeholder of the table means: "ID", "USER|@GROUP", "[=FIELDS]", "S[,S]...". */
void complete_offer(struct complete *complete, const char *placeholder);

/* What patd knows: each asks it, and offers what the caller may see. */
void complete_live_ids(struct complete *complete);
void complete_live_users(struct complete *complete);
void complete_live_tenants(struct complete *complete);
/* Scopes that are at hand there; false when patd does not say. */
bool complete_live_scopes(struct complete *complete);

#endif
