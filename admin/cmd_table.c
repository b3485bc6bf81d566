/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of every command, and the lists of commands put together. */
#include "admin/table/table.h"

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
    TABLE_OPTIONS_END,
};

const struct cmd_option table_reason_options[] = {TABLE_REASON, TABLE_OPTIONS_END};

static const struct cmd *const lists[] = {table_tokens, table_looking, table_tenants,
                                          table_people, table_scopes,  table_recovery,
                                          table_wiring, table_program};
#define LISTS (sizeof lists / sizeof lists[0])

const struct cmd *
cmd_first(void)
{
    return lists[0];
}

const struct cmd *
cmd_next(const struct cmd *cmd)
{
    if (cmd[1].name != NULL)
        return cmd + 1;
    for (size_t i = 0; i + 1 < LISTS; i++)
        for (const struct cmd *last = lists[i]; last->name != NULL; last++)
            if (last == cmd)
                return lists[i + 1];
    return NULL;
}
