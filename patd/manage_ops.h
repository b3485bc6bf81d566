/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods of io.linuxpat.Manage, one function each. The table of who may is in manage.c. */
#ifndef PATD_MANAGE_OPS_H
#define PATD_MANAGE_OPS_H

#include "patd/call.h"

enum pat_err patd_manage_who_am_i(struct patd_call *call);
enum pat_err patd_manage_status(struct patd_call *call);

enum pat_err patd_manage_offer(struct patd_call *call);
enum pat_err patd_manage_create(struct patd_call *call);
enum pat_err patd_manage_confirm(struct patd_call *call);
enum pat_err patd_manage_list(struct patd_call *call);
enum pat_err patd_manage_show(struct patd_call *call);
enum pat_err patd_manage_edit(struct patd_call *call);
enum pat_err patd_manage_rotate(struct patd_call *call);
enum pat_err patd_manage_rotate_finish(struct patd_call *call);
enum pat_err patd_manage_revoke(struct patd_call *call);
enum pat_err patd_manage_revoke_all(struct patd_call *call);
enum pat_err patd_manage_purge(struct patd_call *call);
enum pat_err patd_manage_suspend(struct patd_call *call);
enum pat_err patd_manage_resume(struct patd_call *call);
enum pat_err patd_manage_check(struct patd_call *call);
enum pat_err patd_manage_explain(struct patd_call *call);
enum pat_err patd_manage_uses(struct patd_call *call);

enum pat_err patd_manage_user_create(struct patd_call *call);
enum pat_err patd_manage_user_show(struct patd_call *call);
enum pat_err patd_manage_user_list(struct patd_call *call);
enum pat_err patd_manage_user_bind(struct patd_call *call);
enum pat_err patd_manage_user_set_enabled(struct patd_call *call);
enum pat_err patd_manage_user_set_role(struct patd_call *call);
enum pat_err patd_manage_user_set(struct patd_call *call);
enum pat_err patd_manage_user_forget(struct patd_call *call);
enum pat_err patd_manage_grant_add(struct patd_call *call);
enum pat_err patd_manage_grant_remove(struct patd_call *call);
enum pat_err patd_manage_grant_list(struct patd_call *call);

enum pat_err patd_manage_tenant_create(struct patd_call *call);
enum pat_err patd_manage_tenant_list(struct patd_call *call);
enum pat_err patd_manage_tenant_show(struct patd_call *call);
enum pat_err patd_manage_tenant_set(struct patd_call *call);
enum pat_err patd_manage_tenant_set_enabled(struct patd_call *call);
enum pat_err patd_manage_tenant_set_default(struct patd_call *call);
enum pat_err patd_manage_tenant_delete(struct patd_call *call);

enum pat_err patd_manage_notices(struct patd_call *call);
enum pat_err patd_manage_notice_sent(struct patd_call *call);
enum pat_err patd_manage_metrics(struct patd_call *call);

enum pat_err patd_manage_scope_list(struct patd_call *call);
enum pat_err patd_manage_scope_add(struct patd_call *call);
enum pat_err patd_manage_scope_remove(struct patd_call *call);

enum pat_err patd_manage_db_status(struct patd_call *call);
enum pat_err patd_manage_db_check(struct patd_call *call);
enum pat_err patd_manage_db_backup(struct patd_call *call);
enum pat_err patd_manage_db_restore_accept(struct patd_call *call);
enum pat_err patd_manage_db_rotate_key(struct patd_call *call);
enum pat_err patd_manage_clock_accept(struct patd_call *call);

enum pat_err patd_manage_log(struct patd_call *call);
enum pat_err patd_manage_log_verify(struct patd_call *call);
enum pat_err patd_manage_log_cut(struct patd_call *call);
enum pat_err patd_manage_log_erase(struct patd_call *call);

#endif
