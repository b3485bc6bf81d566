/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about users and what is granted to them. */
#include "admin/commands/commands.h"
#include "admin/table/table.h"

#define PEOPLE "Users and tenants"

static const struct cmd_option binding_options[] = {
    {"account", 0, "ACCOUNT", "bind the user to this account of the host"},
    {"virtual", 0, NULL, "bind the user to none"},
    {"system", 0, NULL, "the account's uid below 1000 is meant"},
    {"allow-root", 0, NULL, "the account's uid 0 is meant"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option user_create_options[] = {
    {"account", 0, "ACCOUNT", "bind the user to this account of the host"},
    {"virtual", 0, NULL, "a user without an account, for mail, LDAP and the like"},
    {"grant", 0, "S[,S]...", "scopes the user's tokens may have; may be repeated"},
    {"role", 0, "ROLE", "user, auditor or admin of the tenant"},
    {"contact", 0, "TEXT", "address for notices"},
    {"system", 0, NULL, "the account's uid below 1000 is meant"},
    {"allow-root", 0, NULL, "the account's uid 0 is meant"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option apply_options[] = {
    {"prune", 0, NULL, "in tenants that the file names, take away what it does not name"},
    {"dry-run", 'n', NULL, "show the differences, and do nothing"},
    TABLE_REASON,
    TABLE_OPTIONS_END,
};

static const struct cmd_option user_set_options[] = {
    {"contact", 0, "TEXT", "address for notices; empty for none"}, TABLE_REASON, TABLE_OPTIONS_END};

static const struct cmd_option user_end_options[] = {
    TABLE_REASON, {"dry-run", 'n', NULL, "show what would go, and do nothing"}, TABLE_OPTIONS_END};

const struct cmd table_people[] = {
    {"user create", NULL, "USER", 1, 1, PEOPLE, "Make a user of a tenant",
     "Either --account, whose logins the user's tokens then open, or --virtual.",
     "  patctl user create alice --tenant acme --account alice --grant ssh:login\n",
     user_create_options, cmd_user_create},
    {"user list", NULL, "", 0, 0, PEOPLE, "List users of a tenant", NULL, NULL, NULL,
     cmd_user_list},
    {"user show", NULL, "[USER]", 0, 1, PEOPLE, "Show a user",
     "What is granted to a Unix group of the account counts too, when a token is used.", NULL, NULL,
     cmd_user_show},
    {"user role", NULL, "USER ROLE", 2, 2, PEOPLE, "Make a user an auditor or administrator",
     "ROLE is user, auditor or admin. Auditors see everything of the tenant; administrators "
     "manage its virtual users. Only operators give and take roles.",
     "  patctl user role alice admin\n", table_reason_options, cmd_user_role},
    {"user set", NULL, "USER", 1, 1, PEOPLE, "Change where notices for a user go", NULL,
     "  patctl user set alice --contact alice@example.org\n", user_set_options, cmd_user_set},
    {"user bind", NULL, "USER", 1, 1, PEOPLE, "Bind a user to an account of the host",
     "Tokens open only the account that was bound, by name and uid: an account that was deleted "
     "and made again inherits nothing until it is bound again.",
     NULL, binding_options, cmd_user_bind},
    {"user disable", NULL, "USER", 1, 1, PEOPLE, "Refuse all tokens of a user", NULL, NULL,
     table_reason_options, cmd_user_disable},
    {"user enable", NULL, "USER", 1, 1, PEOPLE, "Let the tokens of a user work again", NULL, NULL,
     table_reason_options, cmd_user_enable},
    {"user revoke-all", NULL, "USER", 1, 1, PEOPLE, "Revoke all tokens of a user",
     "The same as revoke with --user: they are shown, and you are asked.", NULL, user_end_options,
     cmd_user_revoke_all},
    {"user forget", NULL, "USER", 1, 1, PEOPLE, "Delete a user, and erase the texts about them",
     "Names of tokens, descriptions, reasons and the contact are erased from the change log; its "
     "chain holds. What stays there are the user's name, ids of tokens, and what was done when "
     "by whom. The user must have no live token. Others' tokens are not touched.",
     "  patctl user revoke-all bob --reason left\n  patctl user forget bob\n", user_end_options,
     cmd_user_forget},
    {"grant add", NULL, "USER|@GROUP SCOPE...", 2, CMD_WORDS_MAX, PEOPLE,
     "Grant scopes to a user or a Unix group", NULL, "  patctl grant add alice sudo:run\n",
     table_reason_options, cmd_grant_add},
    {"grant remove", NULL, "USER|@GROUP SCOPE...", 2, CMD_WORDS_MAX, PEOPLE,
     "Take granted scopes back, at once", NULL, NULL, table_reason_options, cmd_grant_remove},
    {"grant list", NULL, "[USER|@GROUP]", 0, 1, PEOPLE, "List what is granted", NULL, NULL, NULL,
     cmd_grant_list},
    {"apply", NULL, "FILE", 1, 1, PEOPLE, "Make tenants, users, grants and scopes what a file says",
     "FILE is one of settings, pat-settings(5); - is standard input. It is read and judged as a "
     "whole, the differences are shown, and nothing is changed before they are confirmed. What "
     "the file does not mention stays as it is, but the grants that it gives a user or a group "
     "are their only ones. What takes something away is done first.\n"
     "\n"
     "With --prune, users whom a tenant of the file has and the file does not name are disabled, "
     "and they and such groups lose their grants. Tenants, users and tokens are never deleted.",
     "  patctl apply acme.settings --dry-run\n"
     "  patctl apply acme.settings --yes --reason \"change 4711\"\n",
     apply_options, cmd_apply},
    {"settings", NULL, "[TENANT...]", 0, CMD_WORDS_MAX, PEOPLE,
     "Print tenants, users, grants and scopes as a file for apply",
     "All of them, or those of some tenants. No secret is among them.",
     "  patctl settings > host.settings\n", NULL, cmd_settings},
    TABLE_END,
};
