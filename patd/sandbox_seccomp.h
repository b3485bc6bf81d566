/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls, by seccomp(2) through libseccomp; the calls are listed in sandbox_calls.def. */
#ifndef PATD_SANDBOX_SECCOMP_H
#define PATD_SANDBOX_SECCOMP_H

#include "core/base/err.h"
#include "patd/sandbox.h"

struct pat_diag;

/* For the life of this process. PAT_ERR_UNAVAILABLE with a reason in diag. */
PAT_CHECKED enum pat_err patd_sandbox_seccomp_enter(enum patd_sandbox_process process,
                                                    struct pat_diag *diag);

#endif
