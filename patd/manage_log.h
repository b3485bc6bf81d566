/* SPDX-License-Identifier: BSD-2-Clause */
/* Which log a call of Log or LogVerify means. */
#ifndef PATD_MANAGE_LOG_H
#define PATD_MANAGE_LOG_H

#include "patd/call.h"

/* The parameters tenant and host: NULL for all that the caller may read, empty for the host's. */
bool patd_manage_log_which(struct patd_call *call, const char **ret_tenant);

#endif
