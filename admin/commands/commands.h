/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands do: one function each, of the lists in admin/table. They answer exit codes. */
#ifndef ADMIN_COMMANDS_COMMANDS_H
#define ADMIN_COMMANDS_COMMANDS_H

#include <jansson.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

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
/* The same for all that a user has; the command has the options reason and dry-run. */
int cmd_revoke_all_of(struct patctl *patctl, const struct cmd_line *line, const char *user);
int cmd_purge(struct patctl *patctl, const struct cmd_line *line);
int cmd_check(struct patctl *patctl, const struct cmd_line *line);
int cmd_explain(struct patctl *patctl, const struct cmd_line *line);
int cmd_review(struct patctl *patctl, const struct cmd_line *line);
int cmd_timeline(struct patctl *patctl, const struct cmd_line *line);
int cmd_uses(struct patctl *patctl, const struct cmd_line *line);
int cmd_log(struct patctl *patctl, const struct cmd_line *line);
int cmd_log_cut(struct patctl *patctl, const struct cmd_line *line);
int cmd_log_erase(struct patctl *patctl, const struct cmd_line *line);
int cmd_notify(struct patctl *patctl, const struct cmd_line *line);
int cmd_drill(struct patctl *patctl, const struct cmd_line *line);
int cmd_sessions(struct patctl *patctl, const struct cmd_line *line);
int cmd_stats(struct patctl *patctl, const struct cmd_line *line);
int cmd_scan(struct patctl *patctl, const struct cmd_line *line);

int cmd_tenant_create(struct patctl *patctl, const struct cmd_line *line);
int cmd_tenant_list(struct patctl *patctl, const struct cmd_line *line);
int cmd_tenant_show(struct patctl *patctl, const struct cmd_line *line);
int cmd_tenant_set(struct patctl *patctl, const struct cmd_line *line);
int cmd_tenant_enable(struct patctl *patctl, const struct cmd_line *line);
int cmd_tenant_disable(struct patctl *patctl, const struct cmd_line *line);
int cmd_tenant_delete(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_create(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_list(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_show(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_bind(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_enable(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_disable(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_role(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_set(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_revoke_all(struct patctl *patctl, const struct cmd_line *line);
int cmd_user_forget(struct patctl *patctl, const struct cmd_line *line);
int cmd_grant_add(struct patctl *patctl, const struct cmd_line *line);
int cmd_grant_remove(struct patctl *patctl, const struct cmd_line *line);
int cmd_grant_list(struct patctl *patctl, const struct cmd_line *line);

int cmd_apply(struct patctl *patctl, const struct cmd_line *line);
int cmd_settings(struct patctl *patctl, const struct cmd_line *line);

int cmd_scope_list(struct patctl *patctl, const struct cmd_line *line);
int cmd_scope_show(struct patctl *patctl, const struct cmd_line *line);
int cmd_scope_add(struct patctl *patctl, const struct cmd_line *line);
int cmd_scope_remove(struct patctl *patctl, const struct cmd_line *line);

int cmd_db_status(struct patctl *patctl, const struct cmd_line *line);
int cmd_db_check(struct patctl *patctl, const struct cmd_line *line);
int cmd_db_backup(struct patctl *patctl, const struct cmd_line *line);
int cmd_db_restore(struct patctl *patctl, const struct cmd_line *line);
int cmd_db_rotate_key(struct patctl *patctl, const struct cmd_line *line);
int cmd_db_clock(struct patctl *patctl, const struct cmd_line *line);
/* A size as people read it. */
void cmd_db_bytes(int64_t bytes, char *ret, size_t size);

int cmd_doctor(struct patctl *patctl, const struct cmd_line *line);
int cmd_enable(struct patctl *patctl, const struct cmd_line *line);
int cmd_disable(struct patctl *patctl, const struct cmd_line *line);
int cmd_service_list(struct patctl *patctl, const struct cmd_line *line);
int cmd_service_show(struct patctl *patctl, const struct cmd_line *line);
int cmd_service_map(struct patctl *patctl, const struct cmd_line *line);
/* Of the status: which services of this host take tokens. For root, and this host's own patd. */
void cmd_wired_say(const struct patctl *patctl);
/* A service that can be wired, or NULL after telling that there is none of this name. */
struct service;
const struct service *cmd_service_named(const struct patctl *patctl, const char *name);
/* The path of pat.conf. */
void cmd_service_config(const struct patctl *patctl, char ret[PATH_MAX]);

int cmd_config_show(struct patctl *patctl, const struct cmd_line *line);
int cmd_config_get(struct patctl *patctl, const struct cmd_line *line);
int cmd_config_check(struct patctl *patctl, const struct cmd_line *line);
int cmd_config_paths(struct patctl *patctl, const struct cmd_line *line);

int cmd_complete(struct patctl *patctl, const struct cmd_line *line);
int cmd_completion(struct patctl *patctl, const struct cmd_line *line);
int cmd_help(struct patctl *patctl, const struct cmd_line *line);
int cmd_version(struct patctl *patctl, const struct cmd_line *line);

/* --- what the rooms of log share --- */

int cmd_log_verify(struct patctl *patctl, const struct cmd_line *line);
int cmd_log_found(struct patctl *patctl, const struct cmd_line *line);
/* Which log is meant. */
json_t *cmd_log_parameters(const struct patctl *patctl, const struct cmd_line *line);
/* Marks a change whose text was erased, for people. */
void cmd_log_mark(const struct patctl *patctl, json_t *change);

#endif
