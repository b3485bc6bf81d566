/* SPDX-License-Identifier: BSD-2-Clause */
/* A build without libseccomp says so, and lets the service manager filter. */
#include "core/base/diag.h"
#include "patd/sandbox_plain.h"

enum pat_err
patd_sandbox_plain_enter(enum patd_sandbox_process process, struct pat_diag *diag)
{
    (void)process;
    return pat_diag_set(diag, PAT_ERR_UNAVAILABLE, 0, 0, "built without libseccomp");
}
