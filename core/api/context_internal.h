/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rooms of the context share. */
#ifndef PAT_API_CONTEXT_INTERNAL_H
#define PAT_API_CONTEXT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/api/context.h"
#include "core/store/check.h"

struct held_config {
    struct pat_config *config;
    unsigned holders;
    struct held_config *older;
};

struct pat_context {
    char state_dir[PAT_CONFIG_PATH_MAX + 1];
    char keys_dir[PAT_CONFIG_PATH_MAX + 1];
    struct pat_keyring *keyring;
    struct pat_anchor *anchor;
    struct pat_clock *clock;
    struct pat_usage *usage;
    struct pat_counts *counts;
    _Atomic int health; /* enum pat_verdict */

    pthread_mutex_t lock; /* of everything below */
    char trouble[240];
    char default_tenant[PAT_TENANT_MAX + 1];
    struct held_config *configs; /* the newest first */
    bool is_copied;              /* a backup is being made */
    struct pat_check check;      /* the last one that was complete */
    int64_t checked;             /* when; 0: none was yet */
};

/* The store of this context, in one of its modes. */
struct pat_store_args pat_context_store_args(const struct pat_context *context,
                                             enum pat_store_mode mode);

/* held may be NULL. */
void pat_context_free_configs(struct held_config *held);

#endif
