/* SPDX-License-Identifier: BSD-2-Clause */
/* Every command and option of patctl, once. */
#include "admin/commands/commands.h"

#define TOKENS "Tokens"
#define LOOKING "Looking"
#define PEOPLE "Users and tenants"
#define PROGRAM "This program"

#define OPTIONS_END                                                                                \
    {                                                                                              \
        NULL, 0, NULL, NULL                                                                        \
    }
#define REASON                                                                                     \
    {                                                                                              \
        "reason", 0, "TEXT", "why, for the change log"                                             \
    }
#define OUT_FILE                                                                                   \
    {                                                                                              \
        "out-file", 0, "FILE", "write it to a new file of mode 0600 instead of printing it"        \
    }
/* Of the one-time screen. */
#define HAND_OVER                                                                                  \
    {"copy", 0, NULL, "send it to the clipboard of the terminal"},                                 \
        {"qr", 0, NULL, "show it as a QR code, too"},                                              \
    {                                                                                              \
        "no-confirm", 0, NULL, "make it work at once, not only when it is stored"                  \
    }
#define COLUMNS                                                                                    \
    {                                                                                              \
        "columns", 0, "C,...", "show these columns; names as in --json"                            \
    }

const struct cmd_option cmd_globals[] = {
    {"tenant", 't', "TENANT", "the tenant meant; else your own, or the default one"},
    {"user", 'u', "USER", "the user meant"},
    {"json", 'j', "[=FIELDS]", "print JSON, times in UTC; perhaps only these fields"},
    {"jsonl", 0, NULL, "print JSON, one object a line"},
    {"plain", 0, NULL, "print tables as bare columns"},
    {"quiet", 'q', NULL, "say nothing that was not asked for"},
    {"time", 0, "STYLE", "relative, iso, full or unix"},
    {"utc", 0, NULL, "show times in UTC"},
    {"color", 0, "MODE", "auto, always or never"},
    {"no-legend", 0, NULL, "no headings and no closing lines"},
    {"no-input", 0, NULL, "never ask: fail instead"},
    {"no-pager", 0, NULL, "do not show long output in a pager"},
    {"yes", 'y', NULL, "take every question for confirmed"},
    {"config", 0, "FILE", "read FILE instead of pat.conf, to find patd"},
    {"socket", 0, "PATH", "ask patd on this socket"},
    {"help", 'h', NULL, "show help"},
    {"version", 'V', NULL, "show the version"},
    OPTIONS_END,
};

static const struct cmd_option create_options[] = {
    {"name", 0, "NAME", "what you will know it by, 8 to 64 characters"},
    {"description", 0, "TEXT", "what it is for"},
    {"scope", 0, "S[,S]...", "what it may be used for; may be repeated"},
    {"expires", 0, "WHEN", "when it ends; never for a token that does not"},
    {"not-before", 0, "WHEN", "when it begins to work"},
    {"from", 0, "CIDR[,...]", "addresses it may be used from; may be repeated"},
    {"preset", 0, "PRESET", "fill in what a purpose needs and is not given"},
    OUT_FILE,
    HAND_OVER,
    {"count", 0, "N", "make N tokens, named by --name-template"},
    {"name-template", 0, "TEXT", "their names; {n} or %d in it is the number"},
    {"from-file", 0, "FILE", "make a token for every row of a file, CSV or JSON lines"},
    OPTIONS_END,
};

static const struct cmd_option rotate_options[] = {
    {"grace", 0, "SPAN", "how long the old one goes on working (1d); 0 ends it at once"},
    {"expires", 0, "WHEN", "when the new one ends; same, as is usual: it lives as long as the old"},
    {"finish", 0, NULL, "end the grace period now"},
    {"reason", 0, "TEXT", "why, for the change log; with --finish"},
    OUT_FILE,
    HAND_OVER,
    OPTIONS_END,
};

/* What tokens have in common; admin/filter.c reads it. */
#define FILTERS                                                                                    \
    {"name", 0, "TEXT", "only those whose name holds TEXT, in any case; all of it with * or ?"},   \
        {"scope", 0, "SCOPE", "only those that have this scope"},                                  \
        {"status", 0, "STATE,...", "only active, expiring, expired, revoked, pending, suspended"}, \
        {"created-before", 0, "WHEN", "only those made before then; 90d is 90 days ago"},          \
        {"created-after", 0, "WHEN", "only those made from then on"},                              \
        {"expires-before", 0, "WHEN", "only those that end before then; 14d is in 14 days"},       \
        {"no-expiry", 0, NULL, "only those that never expire"},                                    \
        {"unused", 0, "WHEN", "only those not used since then; never for those not used at all"},  \
        {"service", 0, "SERVICE", "only those that this service accepted"},                        \
    {                                                                                              \
        "from", 0, "CIDR", "only those that were last used from there"                             \
    }

static const struct cmd_option list_options[] = {
    {"all", 0, NULL, "revoked ones too"},
    FILTERS,
    {"sort", 0, "FIELD", "in the order of this field; of -FIELD the other way round"},
    {"group-by", 0, "GROUP", "by user, tenant, scope or status, one group below the other"},
    {"limit", 0, "N", "at most N, the first ones"},
    COLUMNS,
    OPTIONS_END,
};

static const struct cmd_option edit_options[] = {
    {"name", 0, "NAME", "another name"},
    {"description", 0, "TEXT", "another description"},
    {"remove-scope", 0, "S[,S]...", "what it may no longer be used for; may be repeated"},
    {"from", 0, "CIDR[,...]", "the only addresses it may be used from; may be repeated"},
    {"expires", 0, "WHEN", "an earlier end"},
    REASON,
    OPTIONS_END,
};

static const struct cmd_option revoke_options[] = {
    FILTERS,
    {"reason", 0, "TEXT", "why, for the change log: unused, compromised, rotated, scope-change"},
    {"compromised", 0, NULL, "somebody else may have it: tell what it may have been used to make"},
    {"dry-run", 'n', NULL, "show what would be revoked, and do nothing"},
    OPTIONS_END,
};

static const struct cmd_option check_options[] = {
    {"service", 0, "SERVICE", "as this PAM or SASL service would"},
    {"scope", 0, "SCOPE", "whether it covers this scope, for a third party"},
    {"rhost", 0, "ADDRESS", "as if it came from this address"},
    {"realm", 0, "REALM", "as if this realm had been given"},
    {"token-file", 0, "FILE", "read the token from FILE; - is standard input"},
    {"record", 0, NULL, "log and count it like a login"},
    OPTIONS_END,
};

static const struct cmd_option explain_options[] = {
    {"service", 0, "SERVICE", "as this PAM or SASL service would"},
    {"scope", 0, "SCOPE", "whether it covers this scope, for a third party"},
    {"rhost", 0, "ADDRESS", "as if it came from this address"},
    {"realm", 0, "REALM", "as if this realm had been given"},
    OPTIONS_END,
};

static const struct cmd_option uses_options[] = {
    {"days", 0, "N", "days in the overview (30)"},
    {"lines", 0, "N", "the newest N (20)"},
    OPTIONS_END,
};

static const struct cmd_option review_options[] = {
    {"unused", 0, "SPAN", "how long is unused (90d)"},
    {"expiring", 0, "SPAN", "how soon is soon (14d)"},
    {"age", 0, "SPAN", "do not judge the use of tokens that are younger (30d)"},
    OPTIONS_END,
};

static const struct cmd_option timeline_options[] = {
    {"days", 0, "N", "days on the screen (180)"},
    {"limit", 0, "N", "at most N tokens, those that end first"},
    OPTIONS_END,
};

static const struct cmd_option log_options[] = {
    {"since", 0, "WHEN", "only changes from then on; 2d is two days ago"},
    {"until", 0, "WHEN", "only changes before then"},
    {"token", 0, "ID", "only changes of this token"},
    {"event", 0, "EVENT", "only these, like token.revoke, or token for all of that kind"},
    {"lines", 0, "N", "the newest N of each log"},
    {"host", 0, NULL, "the log of the host itself"},
    {"verify", 0, NULL, "prove that nobody edited, removed or moved a change"},
    COLUMNS,
    OPTIONS_END,
};

static const struct cmd_option tenant_create_options[] = {
    {"description", 0, "TEXT", "what it is"},
    {"contact", 0, "TEXT", "whom its users ask; shown when something is refused"},
    {"realm", 0, "R[,R]...", "its realms, the primary one first"},
    {"max-tokens", 0, "N", "tokens a user may have (25), or unlimited"},
    {"name-min", 0, "N", "shortest name of a token (8)"},
    {"require-expiry", 0, NULL, "tokens must expire"},
    {"require-from", 0, NULL, "tokens must be bound to addresses"},
    {"default-expiry", 0, "SPAN", "lifetime of a token when none is given"},
    {"max-lifetime", 0, "SPAN", "longest lifetime of a token"},
    {"scopes", 0, "S[,S]...", "the only scopes its tokens may have"},
    {"networks", 0, "CIDR[,...]", "the only networks its tokens work from"},
    {"no-self-service", 0, NULL, "only administrators make tokens"},
    {"self-service-scopes", 0, "S[,S]...", "scopes users may give their own tokens"},
    {"default", 0, NULL, "make it the tenant of services that list none"},
    OPTIONS_END,
};

static const struct cmd_option binding_options[] = {
    {"account", 0, "ACCOUNT", "bind the user to this account of the host"},
    {"virtual", 0, NULL, "bind the user to none"},
    {"system", 0, NULL, "the account's uid below 1000 is meant"},
    {"allow-root", 0, NULL, "the account's uid 0 is meant"},
    OPTIONS_END,
};

static const struct cmd_option user_create_options[] = {
    {"account", 0, "ACCOUNT", "bind the user to this account of the host"},
    {"virtual", 0, NULL, "a user without an account, for mail, LDAP and the like"},
    {"grant", 0, "S[,S]...", "scopes the user's tokens may have; may be repeated"},
    {"role", 0, "ROLE", "user, auditor or admin of the tenant"},
    {"contact", 0, "TEXT", "address for notices"},
    {"system", 0, NULL, "the account's uid below 1000 is meant"},
    {"allow-root", 0, NULL, "the account's uid 0 is meant"},
    OPTIONS_END,
};

static const struct cmd_option state_options[] = {REASON, OPTIONS_END};

const struct cmd cmd_table[] = {
    {"create", "new generate", "[USER]", 0, 1, TOKENS, "Make a token",
     "On a terminal, what is missing is asked for, and the token is shown on a screen that "
     "vanishes; it works when the word stored is typed. Elsewhere it is printed on standard "
     "output, and everything else goes to standard error. It is stored nowhere and cannot be "
     "shown again. Without USER the token is your own.\n"
     "\n"
     "A PRESET gives what options do not: printer (mail:send, 1y), phone (mail:read and "
     "mail:send, 1y), backup (ssh:login, 1y), ci (ssh:login, 90d), ldap-bind (ldap:bind, 1y), and "
     "a description.",
     "  patctl create alice --name \"CI deploy key\" --scope ssh:login --expires 90d -q\n"
     "  patctl create --name nightly-backup --scope ssh:login --out-file token\n"
     "  patctl create alice --preset ci --count 20 --name-template \"runner no. {n}\"\n",
     create_options, cmd_create},
    {"rotate", NULL, "ID", 1, 1, TOKENS, "Give a token a successor with a new secret",
     "The successor has the same settings. The old one goes on working for the grace period, and "
     "it stays as it is until the new one is stored.",
     "  patctl rotate 3rjhkwz5 --grace 24h --out-file token\n"
     "  patctl rotate --finish 3rjhkwz5\n",
     rotate_options, cmd_rotate},
    {"list", "ls", "", 0, 0, TOKENS, "List tokens, the newest first",
     "Tokens that were revoked are only counted, unless they are asked for.",
     "  patctl list -u alice\n"
     "  patctl list --unused 90d --sort last_used\n"
     "  patctl list --all --json=id,name,status\n",
     list_options, cmd_list},
    {"show", NULL, "ID...", 1, CMD_WORDS_MAX, TOKENS, "Show tokens, one card each",
     "ID is a token's id, the beginning of one, or its exact name.", NULL, NULL, cmd_show},
    {"edit", NULL, "ID", 1, 1, TOKENS, "Change a token, or narrow it",
     "A token that is out never gets more than it had: for that make another one, or rotate it.",
     "  patctl edit 3rjhkwz5 --name \"build server\" --expires 30d\n"
     "  patctl edit 3rjhkwz5 --remove-scope mail:send --from 192.0.2.0/24\n",
     edit_options, cmd_edit},
    {"suspend", NULL, "ID...", 1, CMD_WORDS_MAX, TOKENS, "Refuse tokens for a while",
     "All of them are suspended, or none.", "  patctl suspend 3rjhkwz5 --reason \"on holiday\"\n",
     state_options, cmd_suspend},
    {"resume", NULL, "ID...", 1, CMD_WORDS_MAX, TOKENS, "Let suspended tokens work again",
     "All of them are resumed, or none.", NULL, state_options, cmd_resume},
    {"revoke", NULL, "[ID...]", 0, CMD_WORDS_MAX, TOKENS, "Revoke tokens, for ever",
     "Services refuse them at the next login. What a token opened stays open. Either ids are "
     "given, and all of them are revoked or none; or filters, and what they find is revoked.",
     "  patctl revoke 3rjhkwz5 --reason \"laptop stolen\"\n"
     "  patctl revoke --unused 1y --dry-run\n",
     revoke_options, cmd_revoke},

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

    {"setup", NULL, "", 0, 0, PEOPLE, "Make the first tenant",
     "Needs --tenant. May be run again: it says what is there.", "  patctl setup --tenant acme\n",
     NULL, cmd_setup},
    {"tenant create", NULL, "TENANT", 1, 1, PEOPLE, "Make a tenant", NULL, NULL,
     tenant_create_options, cmd_tenant_create},
    {"tenant list", NULL, "", 0, 0, PEOPLE, "List tenants", NULL, NULL, NULL, cmd_tenant_list},
    {"user create", NULL, "USER", 1, 1, PEOPLE, "Make a user of a tenant",
     "Either --account, whose logins the user's tokens then open, or --virtual.",
     "  patctl user create alice --tenant acme --account alice --grant ssh:login\n",
     user_create_options, cmd_user_create},
    {"user list", NULL, "", 0, 0, PEOPLE, "List users of a tenant", NULL, NULL, NULL,
     cmd_user_list},
    {"user show", NULL, "[USER]", 0, 1, PEOPLE, "Show a user", NULL, NULL, NULL, cmd_user_show},
    {"user bind", NULL, "USER", 1, 1, PEOPLE, "Bind a user to an account of the host",
     "Tokens open only the account that was bound, by name and uid: an account that was deleted "
     "and made again inherits nothing until it is bound again.",
     NULL, binding_options, cmd_user_bind},
    {"user disable", NULL, "USER", 1, 1, PEOPLE, "Refuse all tokens of a user", NULL, NULL,
     state_options, cmd_user_disable},
    {"user enable", NULL, "USER", 1, 1, PEOPLE, "Let the tokens of a user work again", NULL, NULL,
     state_options, cmd_user_enable},
    {"grant add", NULL, "USER|@GROUP SCOPE...", 2, CMD_WORDS_MAX, PEOPLE,
     "Grant scopes to a user or a Unix group", NULL, "  patctl grant add alice sudo:run\n",
     state_options, cmd_grant_add},
    {"grant remove", NULL, "USER|@GROUP SCOPE...", 2, CMD_WORDS_MAX, PEOPLE,
     "Take granted scopes back, at once", NULL, NULL, state_options, cmd_grant_remove},
    {"grant list", NULL, "[USER|@GROUP]", 0, 1, PEOPLE, "List what is granted", NULL, NULL, NULL,
     cmd_grant_list},

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
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL},
};
