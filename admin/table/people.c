/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about tenants, users and what is granted to them. */
#include "admin/commands/commands.h"
#include "admin/table/table.h"

#define PEOPLE "Users and tenants"

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
    TABLE_OPTIONS_END,
};

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

const struct cmd table_people[] = {
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
     table_reason_options, cmd_user_disable},
    {"user enable", NULL, "USER", 1, 1, PEOPLE, "Let the tokens of a user work again", NULL, NULL,
     table_reason_options, cmd_user_enable},
    {"grant add", NULL, "USER|@GROUP SCOPE...", 2, CMD_WORDS_MAX, PEOPLE,
     "Grant scopes to a user or a Unix group", NULL, "  patctl grant add alice sudo:run\n",
     table_reason_options, cmd_grant_add},
    {"grant remove", NULL, "USER|@GROUP SCOPE...", 2, CMD_WORDS_MAX, PEOPLE,
     "Take granted scopes back, at once", NULL, NULL, table_reason_options, cmd_grant_remove},
    {"grant list", NULL, "[USER|@GROUP]", 0, 1, PEOPLE, "List what is granted", NULL, NULL, NULL,
     cmd_grant_list},
    TABLE_END,
};
