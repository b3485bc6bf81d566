/* SPDX-License-Identifier: BSD-2-Clause */
/* What a configuration comes to, option by option, as text: for people. */
#ifndef PAT_CONFIG_OPTION_H
#define PAT_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct pat_config;

#define PAT_CONFIG_OPTION_VALUE_MAX 1024
#define PAT_CONFIG_OPTION_NAME_MAX 96

struct pat_config_option {
    char name[PAT_CONFIG_OPTION_NAME_MAX]; /* "state_dir", "service.sshd.scope" */
    char value[PAT_CONFIG_OPTION_VALUE_MAX];
    unsigned line; /* where it was set; 0: nowhere */
};

/* Those of [patd], then of every section of the file in its order; false ends. */
typedef bool pat_config_option_each(void *context, const struct pat_config_option *option);
void pat_config_option_walk(const struct pat_config *config, pat_config_option_each *each,
                            void *context);

/* One by its name; of a service without a section what is built in. PAT_ERR_NOT_FOUND. */
PAT_CHECKED enum pat_err pat_config_option_find(const struct pat_config *config, const char *name,
                                                struct pat_config_option *ret);

#endif
