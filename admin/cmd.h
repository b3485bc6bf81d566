/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one table of commands: it drives parsing and --help, and tests hold the manual page against
 * it.
 */
#ifndef ADMIN_CMD_H
#define ADMIN_CMD_H

#include <stddef.h>

#include "admin/patctl.h"

#define CMD_OPTIONS_MAX 32
#define CMD_WORDS_MAX 1000
#define CMD_VALUE_MAX 4096

struct cmd_option {
    const char *name;     /* long, without dashes; NULL ends a list */
    char letter;          /* 0: none */
    const char *argument; /* NULL: a flag; "[X]": may be left out */
    const char *help;
};

struct cmd_line;

struct cmd {
    const char *name;  /* one or two words; NULL ends a list */
    const char *alias; /* other names, by spaces; or NULL */
    const char *words; /* "USER SCOPE...", for help */
    int words_min, words_max;
    const char *group;   /* heading in the overview; NULL: hidden, for programs */
    const char *summary; /* one line, without a full stop */
    const char *details; /* paragraphs for --help; may be NULL */
    const char *example; /* lines; may be NULL */
    const struct cmd_option *options;
    int (*run)(struct patctl *patctl, const struct cmd_line *line);
};

/* Every command, in the order of the overview; NULL ends. */
const struct cmd *cmd_first(void);
const struct cmd *cmd_next(const struct cmd *cmd);
extern const struct cmd_option cmd_globals[];

/* What was given: words, and for each option of the command its values. */
struct cmd_line {
    const struct cmd *cmd;
    int word_count;
    const char *words[CMD_WORDS_MAX];
    bool given[CMD_OPTIONS_MAX];
    char values[CMD_OPTIONS_MAX][CMD_VALUE_MAX]; /* repeated ones joined by commas */
};

/* The value of an option of the command, or NULL when it was not given. */
const char *cmd_value(const struct cmd_line *line, const char *name);
bool cmd_flag(const struct cmd_line *line, const char *name);

/*
 * Reads the whole command line into globals and line; line->cmd is NULL when no command was
 * given. EXIT_USAGE after saying what is wrong. --help and --version are served here, with exit.
 */
int cmd_parse(struct patctl *patctl, int argc, char **argv, struct cmd_line *line);

/* True when something in the text looks like a token. */
bool cmd_holds_token(const char *text);

/* The overview, or one command's help, on standard output. */
void cmd_help_overview(void);
void cmd_help_command(const struct cmd *cmd);
/* The commands of two words whose first is this; false: there are none. */
bool cmd_help_family(const char *name);
void cmd_help_options(const struct cmd_option *options);

struct cmd_topic {
    const char *name; /* NULL ends the table */
    const char *summary;
    const char *text;
    void (*more)(void); /* prints what comes from other tables, and end follows; NULL: nothing */
    const char *end;
};

extern const struct cmd_topic cmd_topics[];

/* Prints a topic, or the list of them for "topics"; false when there is no such topic. */
bool cmd_help_topic(const char *name);

/* The command with this name or alias, or NULL. */
const struct cmd *cmd_find(const char *name);

/* True for the first half of a command of two words. */
bool cmd_is_first(const char *word);

/* Tells that there is no such command, and what may have been meant; answers EXIT_USAGE. */
int cmd_tell_unknown(const struct patctl *patctl, const char *name);

/* The name of the table that is nearest to a misspelt one, or NULL when none is near. */
const char *cmd_nearest(const char *name);

#endif
