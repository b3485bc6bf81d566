/* SPDX-License-Identifier: BSD-2-Clause */
/* Help, printed from the table of commands, and the nearest command to a misspelt one. */
#include <stdio.h>
#include <string.h>

#include "admin/cmd.h"
#include "admin/nearest.h"
#include "core/base/text.h"

#define HELP_COLUMN 28
#define WIDTH 79

/* Breaks at spaces; every line after the first is indented to column. */
static void
print_wrapped(const char *text, int column)
{
    int at = column;

    while (*text != '\0') {
        size_t len = strcspn(text, " \n");

        if (at > column && at + 1 + (int)len > WIDTH) {
            printf("\n%*s", column, "");
            at = column;
        } else if (at > column) {
            putchar(' ');
            at++;
        }
        printf("%.*s", (int)len, text);
        at += (int)len;
        text += len;
        if (*text == '\n') {
            printf("\n%*s", column, "");
            at = column;
        }
        text += *text != '\0';
    }
    putchar('\n');
}

static void
print_option(const struct cmd_option *option)
{
    char left[64];
    bool optional = option->argument != NULL && option->argument[0] == '[';
    int len = snprintf(left, sizeof left, "  %c%c%s--%s%s%s", option->letter == 0 ? ' ' : '-',
                       option->letter == 0 ? ' ' : option->letter,
                       option->letter == 0 ? "  " : ", ", option->name,
                       option->argument == NULL ? ""
                       : optional               ? ""
                                                : " ",
                       option->argument == NULL ? "" : option->argument);

    printf("%-*s", HELP_COLUMN - 2, left);
    if (len > HELP_COLUMN - 3)
        printf("\n%*s", HELP_COLUMN - 2, "");
    fputs("  ", stdout);
    print_wrapped(option->help, HELP_COLUMN);
}

void
cmd_help_options(const struct cmd_option *options)
{
    for (; options->name != NULL; options++)
        print_option(options);
}

static void
print_options(const char *heading, const struct cmd_option *options)
{
    if (options == NULL || options->name == NULL)
        return;
    printf("\n%s\n", heading);
    cmd_help_options(options);
}

static void
print_row(const struct cmd *cmd)
{
    printf("  %-*s", HELP_COLUMN - 10, cmd->name);
    print_wrapped(cmd->summary, HELP_COLUMN - 8);
}

void
cmd_help_overview(void)
{
    const char *group = "";

    puts("Usage: patctl [OPTIONS] COMMAND ...\n"
         "\n"
         "Manages personal access tokens: what services of this host take where they take\n"
         "passwords. 'patctl COMMAND --help' tells more of a command, patctl(1) of all.");
    for (const struct cmd *cmd = cmd_first(); cmd != NULL; cmd = cmd_next(cmd)) {
        if (cmd->group == NULL)
            continue;
        if (!pat_text_equal(group, cmd->group))
            printf("\n%s\n", cmd->group);
        group = cmd->group;
        print_row(cmd);
    }
    print_options("Options of every command", cmd_globals);
    puts("\nTimes: 2s 15m 90d 12w 6mon 1y, 2026-12-31, 2026-12-31T18:00[Z], tomorrow, eom,\n"
         "eoy, never. Exit status: 0 done, 2 usage, 3 not found, 4 not permitted,\n"
         "5 refused, 6 conflict or limit, 7 unavailable, 8 partly done, 9 findings,\n"
         "10 declined. More: 'patctl help topics'.");
}

/* The commands whose first word this is. */
static void
print_family(const char *name)
{
    size_t len = strlen(name);

    for (const struct cmd *cmd = cmd_first(); cmd != NULL; cmd = cmd_next(cmd))
        if (strncmp(cmd->name, name, len) == 0 && cmd->name[len] == ' ')
            print_row(cmd);
}

bool
cmd_help_family(const char *name)
{
    if (!cmd_is_first(name))
        return false;
    printf("Usage: patctl %s COMMAND ...\n\n", name);
    print_family(name);
    printf("\n'patctl %s COMMAND --help' tells more of one.\n", name);
    return true;
}

void
cmd_help_command(const struct cmd *cmd)
{
    printf("Usage: patctl %s%s%s%s\n\n", cmd->name,
           cmd->options == NULL || cmd->options->name == NULL ? "" : " [OPTIONS]",
           cmd->words[0] == '\0' ? "" : " ", cmd->words);
    print_wrapped(cmd->summary, 0);
    if (cmd->alias != NULL)
        printf("Also called: %s\n", cmd->alias);
    if (cmd->details != NULL) {
        putchar('\n');
        print_wrapped(cmd->details, 0);
    }
    print_options("Options", cmd->options);
    puts("\nOptions of every command: see 'patctl --help'.");
    if (cmd_is_first(cmd->name)) {
        puts("\nSee also");
        print_family(cmd->name);
    }
    if (cmd->example != NULL)
        printf("\nExamples\n%s", cmd->example);
}

/* --- what may have been meant --- */

const char *
cmd_nearest(const char *name)
{
    struct nearest nearest = {.word = name};

    for (const struct cmd *cmd = cmd_first(); cmd != NULL; cmd = cmd_next(cmd))
        if (cmd->group != NULL)
            nearest_offer(&nearest, cmd->name);
    return nearest.best;
}
