/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is done to a store while no patd works on it, by a process that became patd's uid and holds
 * the lock: a backup is put in its place, an anchor that was lost is begun again.
 */
#ifndef PAT_API_INSTALL_H
#define PAT_API_INSTALL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"

struct pat_diag;

struct pat_installed {
    int64_t generation;  /* of what is installed now */
    int64_t anchor;      /* the generation that the anchor knows; 0: there is no whole anchor */
    int64_t lost_key;    /* a verifier key that living tokens need and that is not there; 0: none */
    int64_t lost_tokens; /* those that need it */
    char aside[64];      /* what stands behind the names of the files that were put aside */
};

/*
 * Puts a copy of the database that fd (read from its beginning) holds in the place of the store. It
 * must be a linux-pat store of a known schema, sealed with the keys that are there, agree with
 * itself, and not be older than the anchor's journal reaches. The files that were there stay beside
 * it, as NAME.before-restore-TIME. PAT_ERR_SYNTAX, PAT_ERR_VERSION, PAT_ERR_SEAL, PAT_ERR_KEY,
 * PAT_ERR_ROLLBACK, PAT_ERR_FULL, ... with diag; then everything is as it was.
 */
PAT_CHECKED enum pat_err pat_install(const struct pat_config *config, int fd,
                                     struct pat_installed *ret, struct pat_diag *diag);

/*
 * SECURITY: begins an anchor at the store as it is: whether that is an older one nobody can tell.
 * Logs a db.restore of the host, whose actor is the uid. PAT_ERR_EXISTS when the anchor is whole.
 */
PAT_CHECKED enum pat_err pat_install_anchor(const struct pat_config *config, uint32_t uid,
                                            struct pat_installed *ret, struct pat_diag *diag);

#endif
