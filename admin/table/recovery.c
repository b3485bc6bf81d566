/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the store as a whole: for operators, and for when something went wrong. */
#include "admin/commands/commands.h"
#include "admin/table/table.h"

#define RECOVERY "Backup and recovery"

static const struct cmd_option restore_options[] = {
    {"accept", 0, NULL, "accept the store that was restored; patd runs"},
    {"new-anchor", 0, NULL, "begin a new anchor, when the old one is lost; patd is stopped"},
    TABLE_OPTIONS_END,
};

static const struct cmd_option clock_options[] = {
    {"accept", 0, NULL, "the clock is right: move its mark there"},
    TABLE_OPTIONS_END,
};

const struct cmd table_recovery[] = {
    {"db status", NULL, "", 0, 0, RECOVERY, "Show store, keys, anchor and backups",
     "Exits with 7 while no token is accepted.", NULL, NULL, cmd_db_status},
    {"db check", NULL, "", 0, 0, RECOVERY, "Check every seal and sum, and the file itself",
     "patd does so by itself once a day, but for the file. Exits with 9 when something is wrong. "
     "The links of the change log are followed by patctl log --verify.",
     NULL, NULL, cmd_db_check},
    {"db backup", NULL, "[FILE]", 0, 1, RECOVERY, "Copy the store while patd works",
     "Into FILE, which must not be there yet; that needs root. Without FILE the copy stays beside "
     "the store. The keys are not in it: keep a copy of the key directory somewhere else.",
     "  patctl db backup /srv/backup/pat-$(date +%F).db\n", NULL, cmd_db_backup},
    {"db restore", NULL, "[FILE]", 0, 1, RECOVERY, "Put a backup back",
     "With FILE, while patd is stopped: checks the backup and puts it in the place of the store, "
     "whose files stay beside it. Then patd is started, and what was taken away since the backup "
     "was made is taken away again by --accept. Until then nothing is answered.",
     "  systemctl stop 'patd*'\n"
     "  patctl db restore /srv/backup/pat-2026-11-22.db\n"
     "  systemctl start patd.service\n"
     "  patctl db restore --accept\n",
     restore_options, cmd_db_restore},
    {"db rotate-key", NULL, "", 0, 0, RECOVERY, "Make a new key for new tokens",
     "The old keys stay for the tokens that are under them: patctl db status tells when the last "
     "of those is dead.",
     NULL, NULL, cmd_db_rotate_key},
    {"db clock", NULL, "", 0, 0, RECOVERY, "Show the clock and its mark, or accept the clock",
     "Decisions never use a time before the mark, and the mark does not follow a clock that jumps "
     "ahead unless the kernel calls it synchronised.",
     NULL, clock_options, cmd_db_clock},
    TABLE_END,
};
