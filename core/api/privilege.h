/* SPDX-License-Identifier: BSD-2-Clause */
/* What patd, and patctl offline, does as root, and how it stops being root. */
#ifndef PAT_API_PRIVILEGE_H
#define PAT_API_PRIVILEGE_H

#include "core/config/config.h"

struct pat_diag;

struct pat_identity {
    uint32_t uid, gid;
};

/*
 * Who patd will be: the configured user when it is root, else whoever it is. PAT_ERR_NOT_FOUND with
 * diag when the account does not exist.
 */
PAT_CHECKED enum pat_err pat_privilege_identity(const struct pat_config *config,
                                                struct pat_identity *ret, struct pat_diag *diag);

/* Makes state and key directory of mode 0700 for that identity, where they are missing. */
PAT_CHECKED enum pat_err pat_privilege_make_dirs(const struct pat_config *config,
                                                 const struct pat_identity *identity,
                                                 struct pat_diag *diag);

/*
 * Becomes the identity for good: no groups, no capabilities, no new privileges, no core dumps, not
 * to be traced. Verified before it returns.
 */
PAT_CHECKED enum pat_err pat_privilege_drop(const struct pat_identity *identity,
                                            struct pat_diag *diag);

/*
 * Takes the lock of the store, held until the process ends. PAT_ERR_BUSY when another patd has it,
 * after trying for a second: one that was killed may need that long to vanish.
 */
PAT_CHECKED enum pat_err pat_privilege_lock(const struct pat_config *config, struct pat_diag *diag);

#endif
