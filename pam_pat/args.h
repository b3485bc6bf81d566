/* SPDX-License-Identifier: BSD-2-Clause */
/* The module's arguments, as core/config/options.def lists them. */
#ifndef PAM_PAT_ARGS_H
#define PAM_PAT_ARGS_H

#include <stdbool.h>

#include "core/base/err.h"

struct pat_args {
    const char *socket;
    const char *service; /* NULL: the application's */
    const char *tenant;  /* NULL: any that the service takes */
    bool use_first_pass; /* libpam acts on these two by itself */
    bool try_first_pass;
    bool nodelay;
    bool putenv;
    bool quiet;
    bool debug;
};

/*
 * Reads the words of a PAM line; the texts point into them. An unknown word, one without its
 * value or with a value it does not take: PAT_ERR_SYNTAX, and *ret_wrong is that word. A misspelt
 * restriction must not widen access.
 */
PAT_CHECKED enum pat_err pat_args_read(int argc, const char **argv, struct pat_args *ret,
                                       const char **ret_wrong);

#endif
