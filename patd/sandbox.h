/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the processes of patd take away from themselves before they read what others wrote: files
 * (Landlock) and system calls (seccomp). What comes before that, the uid, capabilities and the
 * like, is core/api/privilege.h's.
 *
 * A layer that this kernel or this build cannot have is no error here: it is named, with its
 * reason, and whoever started patd decides.
 */
#ifndef PATD_SANDBOX_H
#define PATD_SANDBOX_H

#include <stdbool.h>

#include "core/config/config.h"

struct pat_diag;

/* Each is held to what it does: patd_sandbox_enter() in sandbox.c says what that is. */
enum patd_sandbox_process {
    PATD_SANDBOX_PATD,   /* holds keys and store */
    PATD_SANDBOX_GROUPS, /* runs whatever the name service consists of */
};

struct patd_sandbox_places {
    char state_dir[PAT_CONFIG_PATH_MAX + 1]; /* both exist */
    char keys_dir[PAT_CONFIG_PATH_MAX + 1];
    const char *config; /* the file */
};

/* What holds a process, in words, by blanks; and what does not, each with its reason. */
struct patd_sandbox {
    char active[128];
    char inactive[384]; /* empty: nothing is missing */
};

/* Confines this process, which must have one thread, and those that it will start. */
void patd_sandbox_enter(enum patd_sandbox_process process, const struct patd_sandbox_places *places,
                        struct patd_sandbox *ret);

/*
 * One log line about both kinds of processes. PAT_ERR_DENIED, with diag, when something is missing
 * and required.
 */
PAT_CHECKED enum pat_err patd_sandbox_tell(const struct patd_sandbox *patd,
                                           const struct patd_sandbox *groups, bool required,
                                           struct pat_diag *diag);

#endif
