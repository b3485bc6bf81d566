/* SPDX-License-Identifier: BSD-2-Clause */
/* Every command and option of patctl, once. */
#include "admin/cmds.h"

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
    {"color", 0, "WHEN", "auto, always or never"},
    {"no-legend", 0, NULL, "no headings and no closing lines"},
    {"no-input", 0, NULL, "never ask: fail instead"},
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
    {"out-file", 0, "FILE", "write it to a new file of mode 0600 instead of printing it"},
    OPTIONS_END,
};

static const struct cmd_option list_options[] = {
    {"all", 0, NULL, "revoked ones too"},
    {"name", 0, "TEXT", "only those whose name holds TEXT, in any case"},
    {"limit", 0, "N", "at most N, the newest first"},
    COLUMNS,
    OPTIONS_END,
};

static const struct cmd_option revoke_options[] = {
    REASON,
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

static const struct cmd_option uses_options[] = {
    {"days", 0, "N", "days in the overview (30)"},
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
     "Prints the token on standard output, once: it is stored nowhere and cannot be shown again. "
     "Everything else goes to standard error. Without USER the token is your own.",
     "  patctl create alice --name \"CI deploy key\" --scope ssh:login --expires 90d -q\n"
     "  patctl create --name nightly-backup --scope ssh:login --out-file token\n",
     create_options, cmd_create},
    {"list", "ls", "", 0, 0, TOKENS, "List tokens, the newest first", NULL,
     "  patctl list -u alice\n"
     "  patctl list --all --json=id,name,status\n",
     list_options, cmd_list},
    {"show", NULL, "ID...", 1, CMD_WORDS_MAX, TOKENS, "Show tokens, one card each",
     "ID is a token's id, the beginning of one, or its exact name.", NULL, NULL, cmd_show},
    {"revoke", NULL, "ID...", 1, CMD_WORDS_MAX, TOKENS, "Revoke tokens, for ever",
     "Services refuse them at the next login. What a token opened stays open. All of them are "
     "revoked, or none.",
     "  patctl revoke 3rjhkwz5 --reason \"laptop stolen\"\n", revoke_options, cmd_revoke},

    {"check", NULL, "", 0, 0, LOOKING, "Say whether a token would be accepted, and why not",
     "The token is read from standard input or asked for. Nothing is changed or counted. The exit "
     "status is 0 when it is accepted and 5 when it is refused.",
     "  patctl check --service sshd --user alice --rhost 192.0.2.1 < token\n", check_options,
     cmd_check},
    {"uses", NULL, "ID", 1, 1, LOOKING, "Show where and when a token was used", NULL, NULL,
     uses_options, cmd_uses},
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

    {"help", NULL, "[COMMAND]", 0, 2, PROGRAM, "Show help", NULL, NULL, NULL, cmd_help},
    {"version", NULL, "", 0, 0, PROGRAM, "Show the version", NULL, NULL, NULL, cmd_version},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL},
};
