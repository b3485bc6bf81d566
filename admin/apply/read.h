/* SPDX-License-Identifier: BSD-2-Clause */
/* From the text of a file of settings, pat-settings(5), to what is wanted. Pure. */
#ifndef ADMIN_APPLY_READ_H
#define ADMIN_APPLY_READ_H

#include <jansson.h>
#include <stddef.h>

#define READ_BYTES_MAX ((size_t)16 * 1024 * 1024)

/*
 * The sections of the file, by their titles, as settings.h describes them; new. Each has "line",
 * and "lines" of its options; users of an account that allow something have "allow". Everything
 * that is wrong goes to faults, an array; then NULL.
 */
json_t *read_settings(const char *text, size_t len, json_t *faults);

#endif
