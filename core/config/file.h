/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading pat.conf(5). Every error names a line; anything unknown is an error. */
#ifndef PAT_CONFIG_FILE_H
#define PAT_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct pat_config;
struct pat_config_accounts;
struct pat_diag;

/* Parses text of len bytes into a new configuration; diag must not be NULL. */
PAT_CHECKED enum pat_err pat_config_file_parse(const char *text, size_t len,
                                               struct pat_config **ret, struct pat_diag *diag);

/*
 * Reads a file that root or this process's uid owns and that nobody else may write. A missing one
 * is PAT_ERR_NOT_FOUND unless may_be_missing: then every default holds.
 */
PAT_CHECKED enum pat_err pat_config_file_load(const char *path, bool may_be_missing,
                                              struct pat_config **ret, struct pat_diag *diag);

/* The same for who may not ask the name service itself: accounts are those of somebody else. */
PAT_CHECKED enum pat_err pat_config_file_load_by(const char *path, bool may_be_missing,
                                                 const struct pat_config_accounts *accounts,
                                                 struct pat_config **ret, struct pat_diag *diag);

/* A diagnosis with its place, for people: "FILE:LINE: what is wrong". */
void pat_config_file_say(const char *path, const struct pat_diag *diag, char *ret, size_t size);

#endif
