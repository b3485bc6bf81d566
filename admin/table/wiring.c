/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that make services take tokens, and look at how they do. */
#include "admin/commands/commands.h"
#include "admin/table/table.h"

#define WIRING "Wiring"

static const struct cmd_option enable_options[] = {
    {"dry-run", 'n', NULL, "only show the difference"},
    TABLE_OPTIONS_END,
};

const struct cmd table_wiring[] = {
    {"enable", NULL, "SERVICE", 1, 1, WIRING, "Make a service take tokens",
     "Shows what will be changed, as a difference, and asks. Passwords and keys go on working. The "
     "service's own tool judges the result, and everything is put back when it finds fault. What "
     "it does not understand it leaves alone, and says what to do by hand. For root.",
     "  patctl enable sshd --dry-run\n"
     "  patctl enable sshd\n",
     enable_options, cmd_enable},
    {"disable", NULL, "SERVICE", 1, 1, WIRING, "Take that back",
     "Files that nobody changed since are as they were before, byte for byte. Of others only the "
     "lines go that enable had put in. For root.",
     "  patctl disable sshd\n", enable_options, cmd_disable},
    {"service list", "service ls", "", 0, 0, WIRING,
     "Show which services could take tokens, and do", NULL, NULL, NULL, cmd_service_list},
    {"service show", NULL, "SERVICE", 1, 1, WIRING, "Show how a service is wired, line by line",
     NULL, "  patctl service show sshd\n", NULL, cmd_service_show},
    {"service map", NULL, "", 0, 0, WIRING, "Show which service asks for which scope",
     "As patd decides it: what is built in, and what pat.conf says.", NULL, NULL, cmd_service_map},
    TABLE_END,
};
