/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that make services take tokens, and look at how they do. */
#include "admin/commands/commands.h"
#include "admin/table/table.h"

#define WIRING "Wiring"

static const struct cmd_option enable_options[] = {
    {"dry-run", 'n', NULL, "only show the difference"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option drill_options[] = {
    {"account", 0, "NAME", "log in to this account of the host, not to pat-canary"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option doctor_options[] = {
    {"fix", 0, NULL, "change what can be put right by a file, each after asking"},
    {"only", 0, "CHECK", "run this check alone"},
    {"list-checks", 0, NULL, "show which checks there are, and run none"},
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
    {"service list", NULL, "", 0, 0, WIRING, "Show which services could take tokens, and do", NULL,
     NULL, NULL, cmd_service_list},
    {"service show", NULL, "SERVICE", 1, 1, WIRING, "Show how a service is wired, line by line",
     NULL, "  patctl service show sshd\n", NULL, cmd_service_show},
    {"service map", NULL, "", 0, 0, WIRING, "Show which service asks for which scope",
     "As patd decides it: what is built in, and what pat.conf says.", NULL, NULL, cmd_service_map},
    {"doctor", NULL, "[SERVICE...]", 0, CMD_WORDS_MAX, WIRING,
     "Look for what is wrong with the wiring",
     "Checks patd, its files and each service by the service's own tools, and changes nothing. "
     "What is wrong comes with the reason and with what to do. Services that do not take tokens "
     "are named and left alone. As root it sees everything.\n"
     "\n"
     "The exit status is 9 when there is a problem. Warnings do not fail: something is weaker than "
     "it looks, or could not be looked at.\n"
     "\n"
     "With --fix, for root, files are changed one by one, each shown and asked for; what is not "
     "safe or cannot be undone is told instead, and no service is restarted.",
     "  patctl doctor\n"
     "  patctl doctor sshd postfix\n"
     "  patctl doctor --only backup\n",
     doctor_options, cmd_doctor},
    {"drill", NULL, "[SERVICE...]", 0, CMD_WORDS_MAX, WIRING,
     "Prove that a revoked token is refused everywhere",
     "Makes a user of its own with a token for each service that is wired, logs in on the loopback "
     "with the service's usual client, revokes the tokens, and tries again until they are refused: "
     "60 seconds at most in all. Certificates of the loopback are not verified. The user goes "
     "again, whatever happens; the change log keeps the story. For root.\n"
     "\n"
     "The exit status is 9 when a login was accepted after the revocation, and who remembered it "
     "is named; 8 when not every service could be tried; 0 when every promise was kept.",
     "  patctl drill\n"
     "  patctl drill sshd imap --yes\n",
     drill_options, cmd_drill},
    TABLE_END,
};
