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

static const struct cmd_option log_cut_options[] = {
    {"before", 0, "WHEN", "changes older than that; 2y is two years ago"},
    {"host", 0, NULL, "the log of the host itself"},
    TABLE_REASON,
    {"dry-run", 'n', NULL, "only say how many they are"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option log_erase_options[] = {
    TABLE_REASON,
    {"dry-run", 'n', NULL, "only say how many they are"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option log_options[] = {
    {"since", 0, "WHEN", "only changes from then on; 2d is two days ago"},
    {"until", 0, "WHEN", "only changes before then"},
    {"token", 0, "ID", "only changes of this token"},
    {"token-stdin", 0, NULL, "everything a found token did; it is read from standard input"},
    {"event", 0, "EVENT", "only these, like token.revoke, or token for all of that kind"},
    {"batch", 0, "BATCH", "only changes that were made together under this name"},
    {"lines", 0, "N", "the newest N of each log"},
    {"follow", 0, NULL, "go on with what is changed from now on"},
    {"host", 0, NULL, "the log of the host itself"},
    {"verify", 0, NULL, "prove that nobody edited, removed or moved a change"},
    {"heads", 0, "FILE", "verify it against the heads in a system log; - is standard input"},
    TABLE_COLUMNS,
    TABLE_OPTIONS_END,
};

static const struct cmd_option stats_options[] = {
    {"by", 0, "WHAT", "by service (as is usual), user or token"},
    {"days", 0, "N", "so many days back (30)"},
    {"limit", 0, "N", "the N that were used most"},
    {"prometheus", 0, NULL, "everything, as Prometheus reads it"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option notify_options[] = {
    {"days", 0, "N[,N]...", "how many days before the end (30,7,1)"},
    {"mail", 0, NULL, "by mail to the users, through sendmail"},
    {"sendmail", 0, "FILE", "this program instead of /usr/sbin/sendmail"},
    {"exec", 0, "COMMAND", "by this command of the shell, which reads a notice as JSON"},
    {"dry-run", 'n', NULL, "show what would be sent, and do nothing"},
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
    {"sessions", NULL, "[ID]", 0, 1, LOOKING, "Show which logins of tokens are still open",
     "Those of sshd, su, sudo and login whose PAM stack has pam_pat(8) with the option putenv: "
     "the session then names its token. Mail and directory connections are not shown. Root sees "
     "all, others what they opened themselves.",
     "  patctl sessions\n"
     "  patctl sessions 3rjhkwz5\n",
     NULL, cmd_sessions},
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
     "  patctl log --follow --jsonl\n"
     "  patctl log --token-stdin < found\n"
     "  patctl log --verify --heads /var/log/auth.log\n",
     log_options, cmd_log},
    {"log cut", NULL, "", 0, 0, LOOKING, "Remove the oldest changes of a log",
     "For operators. The log then begins at a checkpoint that its head seals, and is verified "
     "from there. Changes of the last 30 days stay.",
     "  patctl log cut --tenant acme --before 2y --dry-run\n", log_cut_options, cmd_log_cut},
    {"log erase", NULL, "USER", 1, 1, LOOKING, "Erase the texts of changes that concern a user",
     "For operators. Who did what, and when, stays; names, descriptions, reasons and what callers "
     "claimed go. The chain covers their hashes, and holds.",
     "  patctl log erase alice --tenant acme\n", log_erase_options, cmd_log_erase},
    {"stats", NULL, "", 0, 0, LOOKING, "Count logins by service, user or token",
     "Of one tenant, or of all that you see. Uses are kept for 400 days. For Prometheus, "
     "operators get the state of patd, tokens by tenant and state, and the decisions since patd "
     "was "
     "started.",
     "  patctl stats --by token --days 7\n"
     "  patctl stats --prometheus\n",
     stats_options, cmd_stats},
    {"scan", NULL, "PATH...", 1, CMD_WORDS_MAX, LOOKING, "Find tokens that got into files",
     "Reads files, and directories with all that is in them but what symbolic links point to; - is "
     "standard input. A find is told by its line and the token's id, never with the secret; where "
     "patd can be asked, also what has become of the token. The exit status is 9 when something "
     "was "
     "found, and 8 when something could not be read.",
     "  patctl scan /etc /srv/git\n"
     "  git log -p | patctl scan -\n",
     NULL, cmd_scan},
    {"notify", NULL, "", 0, 0, LOOKING, "Tell owners that their tokens end soon",
     "Each token is told of once for every number of days, and only of the number that fits; "
     "suspended and replaced tokens are left out. A notice that could not be sent is due again the "
     "next time, and the exit status is 8. For operators: pat-notify.timer runs it every day. Mail "
     "goes to the user's contact if that is a mail address, else to the account, else to the "
     "user's "
     "name in the first realm of the tenant.",
     "  patctl notify --dry-run\n"
     "  patctl notify --mail --days 14,3\n"
     "  patctl notify --exec /usr/local/sbin/tell-chat\n",
     notify_options, cmd_notify},
    {"status", NULL, "", 0, 0, LOOKING, "Show how tokens, services and the store do", NULL, NULL,
     NULL, cmd_status},
    {"whoami", NULL, "", 0, 0, LOOKING, "Show who you are to patd, and what you may do", NULL, NULL,
     NULL, cmd_whoami},
    TABLE_END,
};
