/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that make, change and end tokens. */
#include "admin/commands/commands.h"
#include "admin/table/table.h"

#define TOKENS "Tokens"

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
    TABLE_OPTIONS_END,
};

static const struct cmd_option rotate_options[] = {
    {"grace", 0, "SPAN", "how long the old one goes on working (1d); 0 ends it at once"},
    {"expires", 0, "WHEN", "when the new one ends; same, as is usual: it lives as long as the old"},
    {"finish", 0, NULL, "end the grace period now"},
    {"all-expiring", 0, "SPAN", "every token that ends within this time, one after the other"},
    {"dry-run", 'n', NULL, "with --all-expiring: show which ones, and do nothing"},
    {"reason", 0, "TEXT", "why, for the change log; with --finish"},
    OUT_FILE,
    HAND_OVER,
    TABLE_OPTIONS_END,
};

static const struct cmd_option list_options[] = {
    {"all", 0, NULL, "revoked ones too"},
    TABLE_FILTERS,
    {"sort", 0, "FIELD", "in the order of this field; of -FIELD the other way round"},
    {"group-by", 0, "GROUP", "by user, tenant, scope or status, one group below the other"},
    {"limit", 0, "N", "at most N, the first ones"},
    TABLE_COLUMNS,
    TABLE_OPTIONS_END,
};

static const struct cmd_option edit_options[] = {
    {"name", 0, "NAME", "another name"},
    {"description", 0, "TEXT", "another description"},
    {"remove-scope", 0, "S[,S]...", "what it may no longer be used for; may be repeated"},
    {"from", 0, "CIDR[,...]", "the only addresses it may be used from; may be repeated"},
    {"expires", 0, "WHEN", "an earlier end"},
    TABLE_REASON,
    TABLE_OPTIONS_END,
};

static const struct cmd_option revoke_options[] = {
    TABLE_FILTERS,
    {"id-file", 0, "FILE", "those whose ids stand in a file, one a line; - is standard input"},
    {"reason", 0, "TEXT", "why, for the change log: unused, compromised, rotated, scope-change"},
    {"compromised", 0, NULL, "somebody else may have it: tell what it may have been used to make"},
    {"kill-sessions", 0, NULL, "end the shell sessions that they opened; root alone can"},
    {"dry-run", 'n', NULL, "show what would be revoked, and do nothing"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option purge_options[] = {
    {"older-than", 0, "AGE", "those that died that long ago (400d); a day at least"},
    {"dry-run", 'n', NULL, "tell how many there are, and do nothing"},
    TABLE_OPTIONS_END,
};

const struct cmd table_tokens[] = {
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
    {"rotate", NULL, "[ID]", 0, 1, TOKENS, "Give a token a successor with a new secret",
     "The successor has the same settings. The old one goes on working for the grace period, and "
     "it stays as it is until the new one is stored.\n"
     "\n"
     "With --all-expiring every token of your reach that ends soon and has no successor gets one, "
     "and a line of CSV (with --json, of JSON): the ids of both, tenant, user, name, end, token.",
     "  patctl rotate 3rjhkwz5 --grace 24h --out-file token\n"
     "  patctl rotate --all-expiring 14d --grace 7d --out-file tokens.csv\n"
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
     table_reason_options, cmd_suspend},
    {"resume", NULL, "ID...", 1, CMD_WORDS_MAX, TOKENS, "Let suspended tokens work again",
     "All of them are resumed, or none.", NULL, table_reason_options, cmd_resume},
    {"revoke", NULL, "[ID...]", 0, CMD_WORDS_MAX, TOKENS, "Revoke tokens, for ever",
     "Services refuse them at the next login. What a token opened stays open, unless root ends "
     "its sessions with --kill-sessions, which also takes ids that were revoked before. Either "
     "ids are "
     "given, and all of them are revoked or none; or filters, and what is live of what they find "
     "is revoked; or a file of ids, of which those that were revoked before are only counted.\n"
     "\n"
     "Many are revoked under one batch. ^C ends that behind the thousands in hand; the same "
     "command again does the rest.",
     "  patctl revoke 3rjhkwz5 --reason \"laptop stolen\"\n"
     "  patctl revoke --unused 1y --dry-run\n"
     "  patctl revoke --batch b_3f6a12c09d7e --reason \"wrong list\"\n",
     revoke_options, cmd_revoke},
    {"purge", NULL, "", 0, 0, TOKENS, "Delete tokens that have long been dead",
     "Revoked and expired tokens are kept, so that people can see what became of them. This "
     "deletes them; their changes stay in the log. For operators, and administrators of the "
     "tenant. Without --tenant an operator means all tenants.",
     "  patctl purge --older-than 400d --dry-run\n", purge_options, cmd_purge},
    TABLE_END,
};
