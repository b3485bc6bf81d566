/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about tenants and their rules. */
#include "admin/commands/commands.h"
#include "admin/table/table.h"

#define PEOPLE "Users and tenants"

/* What limits_read() reads, of create and set alike. */
#define LIMITS                                                                                     \
    {"description", 0, "TEXT", "what it is"},                                                      \
        {"contact", 0, "TEXT", "whom its users ask; shown when something is refused"},             \
        {"realm", 0, "R[,R]...", "its realms, the primary one first"},                             \
        {"max-tokens", 0, "N|unlimited", "tokens a user may have (25)"},                           \
        {"name-min", 0, "N", "shortest name of a token (8)"},                                      \
        {"require-expiry", 0, NULL, "tokens must expire"},                                         \
        {"no-require-expiry", 0, NULL, "tokens may do without an end"},                            \
        {"require-from", 0, NULL, "tokens must be bound to addresses"},                            \
        {"no-require-from", 0, NULL, "tokens may work from anywhere"},                             \
        {"default-expiry", 0, "SPAN|none", "lifetime of a token when none is given"},              \
        {"max-lifetime", 0, "SPAN|none", "longest lifetime of a token"},                           \
        {"confirm-within", 0, "SPAN", "time to confirm a new token (10 minutes)"},                 \
        {"scopes", 0, "S[,S]...|any", "the only scopes its tokens may have"},                      \
        {"networks", 0, "CIDR[,...]|any", "the only networks its tokens work from"},               \
        {"self-service", 0, NULL, "users make their own tokens"},                                  \
        {"no-self-service", 0, NULL, "only administrators make tokens"},                           \
    {                                                                                              \
        "self-service-scopes", 0, "S[,S]...|none", "scopes users may give their own tokens"        \
    }

static const struct cmd_option create_options[] = {
    LIMITS,
    {"default", 0, NULL, "make it the tenant of services that list none"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option set_options[] = {
    LIMITS,
    TABLE_REASON,
    TABLE_OPTIONS_END,
};

static const struct cmd_option delete_options[] = {
    {"with-tokens", 0, NULL, "also when it has live tokens"},
    {"dry-run", 'n', NULL, "only show what would go"},
    TABLE_REASON,
    TABLE_OPTIONS_END,
};

const struct cmd table_tenants[] = {
    {"setup", NULL, "", 0, 0, PEOPLE, "Make the first tenant",
     "Needs --tenant. May be run again: it says what is there.", "  patctl setup --tenant acme\n",
     NULL, cmd_setup},
    {"tenant create", NULL, "TENANT", 1, 1, PEOPLE, "Make a tenant", NULL, NULL, create_options,
     cmd_tenant_create},
    {"tenant list", NULL, "", 0, 0, PEOPLE, "List tenants", NULL, NULL, NULL, cmd_tenant_list},
    {"tenant show", NULL, "TENANT", 1, 1, PEOPLE, "Show a tenant and its rules", NULL, NULL, NULL,
     cmd_tenant_show},
    {"tenant set", NULL, "TENANT", 1, 1, PEOPLE, "Change the rules of a tenant",
     "What is not named stays. Live tokens that do not keep the rules are refused until they do or "
     "the rules are relaxed; the filter blocked finds them. Administrators of a tenant may "
     "tighten.",
     "  patctl tenant set acme --require-expiry --max-lifetime 1y\n"
     "  patctl tenant set acme --max-tokens unlimited --networks any\n",
     set_options, cmd_tenant_set},
    {"tenant disable", NULL, "TENANT", 1, 1, PEOPLE, "Refuse all tokens of a tenant", NULL, NULL,
     table_reason_options, cmd_tenant_disable},
    {"tenant enable", NULL, "TENANT", 1, 1, PEOPLE, "Let the tokens of a tenant work again", NULL,
     NULL, table_reason_options, cmd_tenant_enable},
    {"tenant delete", NULL, "TENANT", 1, 1, PEOPLE, "Delete a tenant with all it has",
     "Its tokens, users and grants go; its change log stays, for operators. What was interrupted "
     "is "
     "gone on with by asking again.",
     "  patctl tenant delete lab --with-tokens --dry-run\n", delete_options, cmd_tenant_delete},
    TABLE_END,
};
