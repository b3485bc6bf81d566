/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the scope catalogue, and about pat.conf. */
#include "admin/commands/commands.h"
#include "admin/table/table.h"

#define SCOPES "Scopes and configuration"

static const struct cmd_option scope_add_options[] = {
    {"label", 0, "TEXT", "what people read; at most 64 bytes"},
    {"description", 0, "TEXT", "what the scope is for"},
    TABLE_OPTIONS_END,
};

const struct cmd table_scopes[] = {
    {"scope list", NULL, "", 0, 0, SCOPES, "List what tokens can be used for",
     "Which services ask for a scope, and how many live tokens of the tenant have it: for those "
     "who may see the tenant.",
     NULL, NULL, cmd_scope_list},
    {"scope show", NULL, "SCOPE", 1, 1, SCOPES, "Show a scope", NULL, NULL, NULL, cmd_scope_show},
    {"scope add", NULL, "SCOPE", 1, 1, SCOPES, "Name the scope of a third party",
     "A program of yours takes tokens, and asks patctl check whether they have the scope. The "
     "name is for people: it gives no right. The built-in scopes stay as they are.",
     "  patctl scope add um:read --label Read --description \"read user data\"\n",
     scope_add_options, cmd_scope_add},
    {"scope remove", NULL, "SCOPE", 1, 1, SCOPES, "Take the name of a scope away",
     "Nothing but the name: users who hold the scope keep it, and so do tokens. Take it from them "
     "with grant remove.",
     NULL, NULL, cmd_scope_remove},
    {"config show", NULL, "", 0, 0, SCOPES, "Show the options that patd runs with",
     "As pat.conf and its defaults say: patd reads the file when it starts, and on SIGHUP.", NULL,
     NULL, cmd_config_show},
    {"config get", NULL, "OPTION", 1, 1, SCOPES, "Print the value of an option",
     "OPTION is one of [patd], or service.NAME.OPTION or listener.NAME.OPTION.",
     "  patctl config get state_dir\n  patctl config get service.imap.accounts\n", NULL,
     cmd_config_get},
    {"config check", NULL, "[FILE]", 0, 1, SCOPES, "Say what is wrong with a pat.conf",
     "patd says the same when it starts. The exit status is 2 when something is wrong.", NULL, NULL,
     cmd_config_check},
    {"config paths", NULL, "", 0, 0, SCOPES, "Print where files and sockets are", NULL, NULL, NULL,
     cmd_config_paths},
    TABLE_END,
};
