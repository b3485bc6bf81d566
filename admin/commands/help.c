/* SPDX-License-Identifier: BSD-2-Clause */
/* help, version. */
#include <stdio.h>

#include "admin/commands/commands.h"
#include "admin/out/out.h"
#include "core/base/text.h"

int
cmd_help(struct patctl *patctl, const struct cmd_line *line)
{
    char name[80] = "";
    const struct cmd *cmd;

    if (line->word_count == 0) {
        cmd_help_overview();
        return EXIT_DONE;
    }
    snprintf(name, sizeof name, "%.38s%s%.38s", line->words[0], line->word_count > 1 ? " " : "",
             line->word_count > 1 ? line->words[1] : "");
    cmd = cmd_find(name);
    if (cmd == NULL && line->word_count == 1 && (cmd_help_topic(name) || cmd_help_family(name)))
        return EXIT_DONE;
    if (cmd == NULL)
        return cmd_tell_unknown(patctl, name);
    cmd_help_command(cmd);
    return EXIT_DONE;
}

int
cmd_version(struct patctl *patctl, const struct cmd_line *line)
{
    (void)line;
    if (out_is_json(patctl->out))
        out_json(patctl->out, json_pack("{s:i, s:s, s:s}", "v", 1, "name", "linux-pat", "version",
                                        PACKAGE_VERSION));
    else
        puts("patctl (linux-pat) " PACKAGE_VERSION);
    return EXIT_DONE;
}
