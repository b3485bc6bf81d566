/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about patctl itself. */
#include "admin/commands/commands.h"
#include "admin/table/table.h"

#define PROGRAM "This program"

const struct cmd table_program[] = {
    {"help", NULL, "[COMMAND|TOPIC]", 0, 2, PROGRAM, "Show help",
     "On a command, or on a topic; topics lists the topics.",
     "  patctl help user create\n"
     "  patctl help times\n",
     NULL, cmd_help},
    {"completion", NULL, "bash|zsh|fish", 1, 1, PROGRAM, "Print what completes patctl in a shell",
     "Packages put it where the shell finds it.", "  source <(patctl completion bash)\n", NULL,
     cmd_completion},
    {"version", NULL, "", 0, 0, PROGRAM, "Show the version", NULL, NULL, NULL, cmd_version},
    {"__complete", NULL, "-- WORD...", 0, CMD_WORDS_MAX, NULL,
     "Print what the last word may become, for shells", NULL, NULL, NULL, cmd_complete},
    TABLE_END,
};
