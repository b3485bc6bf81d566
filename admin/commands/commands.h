/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands do: one function each, of the lists in admin/table. They answer exit codes. */
#ifndef ADMIN_COMMANDS_COMMANDS_H
#define ADMIN_COMMANDS_COMMANDS_H

#include "admin/cmd.h"

int cmd_setup(struct patctl *patctl, const struct cmd_line *line);
int cmd_status(struct patctl *patctl, const struct cmd_line *line);
int cmd_whoami(struct patctl *patctl, const struct cmd_line *line);

int cmd_create(struct patctl *patctl, const struct cmd_line *line);
int cmd_rotate(struct patctl *patctl, const struct cmd_line *line);
int cmd_list(struct patctl *patctl, const struct cmd_line *line);
int cmd_show(struct patctl *patctl, const struct cmd_line *line);
int cmd_edit(struct patctl *patctl, const struct cmd_line *line);
int cmd_suspend(struct patctl *patctl, const struct cmd_line *line);
int cmd_resume(struct patctl *patctl, const struct cmd_line *line);
int cmd_revoke(struct patctl *patctl, const struct cmd_line *line);
int cmd_check(struct patctl *patctl, const struct cmd_line *line);
int cmd_explain(struct patctl *patctl, const struct cmd_line *line);
int cmd_review(struct patctl *patctl, const struct cmd_line *line);
int cmd_timeline(struct patctl *patctl, const struct cmd_line *line);
int cmd_uses(struct patctl *patctl, const struct cmd_line *line);
int cmd_log(struct patctl *patctl, const struct cmd_line *line);

int cmd_tenant_create(struct patctl *patctl, const struct cmd_line *line);
int cmd_tenant_list(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_create(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_list(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_show(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_bind(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_enable(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_disable(struct patctl *patctl, const struct cmd_line *line);
int cmd_grant_add(struct patctl *patctl, const struct cmd_line *line);
int cmd_grant_remove(struct patctl *patctl, const struct cmd_line *line);
int cmd_grant_list(struct patctl *patctl, const struct cmd_line *line);

int cmd_complete(struct patctl *patctl, const struct cmd_line *line);
int cmd_completion(struct patctl *patctl, const struct cmd_line *line);
int cmd_help(struct patctl *patctl, const struct cmd_line *line);
int cmd_version(struct patctl *patctl, const struct cmd_line *line);

#endif
