/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that look and change nothing. */
#include "admin/commands/commands.h"
#include "admin/table/table.h"

#define LOOKING "Looking"

static const struct cmd_option check_options[] = {
    {"service", 0, "SERVICE", "as this PAM or SASL service would"},
    {"scope", 0, "SCOPE", "whether it covers this scope, for a third party"},
    {"rhost", 0, "ADDRESS", "as if it came from this address"},
    {"realm", 0, "REALM", "as if this realm had been given"},
    {"token-file", 0, "FILE", "read the token from FILE; - is standard input"},
    {"record", 0, NULL, "log and count it like a login"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option explain_options[] = {
    {"service", 0, "SERVICE", "as this PAM or SASL service would"},
    {"scope", 0, "SCOPE", "whether it covers this scope, for a third party"},
    {"rhost", 0, "ADDRESS", "as if it came from this address"},
    {"realm", 0, "REALM", "as if this realm had been given"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option uses_options[] = {
    {"days", 0, "N", "days in the overview (30)"},
    {"lines", 0, "N", "the newest N (20)"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option review_options[] = {
    {"unused", 0, "SPAN", "how long is unused (90d)"},
    {"expiring", 0, "SPAN", "how soon is soon (14d)"},
    {"age", 0, "SPAN", "do not judge the use of tokens that are younger (30d)"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option timeline_options[] = {
    {"days", 0, "N", "days on the screen (180)"},
    {"limit", 0, "N", "at most N tokens, those that end first"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option log_options[] = {
    {"since", 0, "WHEN", "only changes from then on; 2d is two days ago"},
    {"until", 0, "WHEN", "only changes before then"},
    {"token", 0, "ID", "only changes of this token"},
    {"event", 0, "EVENT", "only these, like token.revoke, or token for all of that kind"},
    {"lines", 0, "N", "the newest N of each log"},
    {"host", 0, NULL, "the log of the host itself"},
    {"verify", 0, NULL, "prove that nobody edited, removed or moved a change"},
    TABLE_COLUMNS,
    TABLE_OPTIONS_END,
};

const struct cmd table_looking[] = {
    {"check", NULL, "", 0, 0, LOOKING, "Say whether a token would be accepted, and why not",
     "The token is read from standard input or asked for. Nothing is changed or counted. The exit "
     "status is 0 when it is accepted and 5 when it is refused.",
     "  patctl check --service sshd --user alice --rhost 192.0.2.1 < token\n", check_options,
     cmd_check},
    {"explain", NULL, "ID", 1, 1, LOOKING, "Say the same of a token by its id",
     "As if it had been presented: nobody needs the secret. The exit status is that of check.",
     "  patctl explain 3rjhkwz5 --service sshd --user alice --rhost 192.0.2.1\n", explain_options,
     cmd_explain},
    {"uses", NULL, "[ID]", 0, 1, LOOKING, "Show where and when tokens were used",
     "Without ID all of your own tokens, or those of --user.", NULL, uses_options, cmd_uses},
    {"review", NULL, "", 0, 0, LOOKING, "Find tokens that should not be there any more",
     "Unused ones, those that never expire or have scopes they do not use, those used from many "
     "places, those whose owner has gone, and those that expire soon. The exit status is 9 when "
     "something was found.",
     "  patctl review --unused 180d\n", review_options, cmd_review},
    {"timeline", NULL, "", 0, 0, LOOKING, "Draw when tokens begin and end", NULL,
     "  patctl timeline --days 365\n", timeline_options, cmd_timeline},
    {"log", NULL, "", 0, 0, LOOKING, "Show the change log",
     "Every change with who made it. Logins are not in it: see uses, and the system log.",
     "  patctl log --since yesterday\n"
     "  patctl log --verify\n",
     log_options, cmd_log},
    {"status", NULL, "", 0, 0, LOOKING, "Show how tokens, services and the store do", NULL, NULL,
     NULL, cmd_status},
    {"whoami", NULL, "", 0, 0, LOOKING, "Show who you are to patd, and what you may do", NULL, NULL,
     NULL, cmd_whoami},
    TABLE_END,
};
