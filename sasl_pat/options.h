/* SPDX-License-Identifier: BSD-2-Clause */
/* The plugin's options in the SASL configuration of an application, as options.def lists them. */
#ifndef SASL_PAT_OPTIONS_H
#define SASL_PAT_OPTIONS_H

#include <stdbool.h>

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "core/base/err.h"

#define PAT_OPTIONS_SOCKET_MAX 107 /* what an address of AF_UNIX holds */

struct pat_options {
    char socket[PAT_OPTIONS_SOCKET_MAX + 1];
    bool oauthbearer;
    bool xoauth2;
    bool passwords; /* PLAIN and LOGIN too, in place of the stock ones */
};

/*
 * PAT_ERR_NOT_FOUND when the application's configuration has none of our options: then it is none
 * of our business. PAT_ERR_SYNTAX for a value that no option takes, and PAT_ERR_RANGE for one that
 * this libsasl2 is too old for, with a line in the application's log.
 */
PAT_CHECKED enum pat_err pat_options_read(const sasl_utils_t *utils, struct pat_options *ret);

#endif
