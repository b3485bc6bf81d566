/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in for sandbox_seccomp.h in a build without libseccomp. */
#ifndef PATD_SANDBOX_PLAIN_H
#define PATD_SANDBOX_PLAIN_H

#include "core/base/err.h"
#include "patd/sandbox.h"

struct pat_diag;

/* PAT_ERR_UNAVAILABLE with the reason in diag, always. */
PAT_CHECKED enum pat_err patd_sandbox_plain_enter(enum patd_sandbox_process process,
                                                  struct pat_diag *diag);

#endif
