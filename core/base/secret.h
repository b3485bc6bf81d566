/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes that must not outlive their use. Every wipe of the project is one of these calls. */
#ifndef PAT_BASE_SECRET_H
#define PAT_BASE_SECRET_H

#include <stddef.h>

#include "core/base/err.h"

/* Longest secret that is looked at: PAM_MAX_RESP_SIZE of Linux-PAM. */
#define PAT_SECRET_MAX 512

struct pat_secret {
    size_t len;
    char bytes[PAT_SECRET_MAX + 1]; /* NUL-terminated beyond len; may hold NULs before it */
};

/* Copies len bytes; PAT_ERR_RANGE (and an empty secret) when they do not fit. */
PAT_CHECKED enum pat_err pat_secret_set(struct pat_secret *secret, const void *bytes, size_t len);

/* Overwrites the whole object; secret may be NULL. */
void pat_secret_clear(struct pat_secret *secret);

/* Overwrites size bytes of any other object that held secret bytes; at may be NULL. */
void pat_secret_wipe(void *at, size_t size);

#endif
