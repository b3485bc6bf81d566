/* SPDX-License-Identifier: BSD-2-Clause */
/* Files, by Landlock: landlock(7). Rules follow directories, whatever is made in them later. */
#ifndef PATD_SANDBOX_LANDLOCK_H
#define PATD_SANDBOX_LANDLOCK_H

#include "core/base/err.h"
#include "patd/sandbox.h"

struct pat_diag;

/* *ret_abi: the version of Landlock that holds. PAT_ERR_UNAVAILABLE with a reason in diag. */
PAT_CHECKED enum pat_err patd_sandbox_landlock_enter(enum patd_sandbox_process process,
                                                     const struct patd_sandbox_places *places,
                                                     int *ret_abi, struct pat_diag *diag);

#endif
