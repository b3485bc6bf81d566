/* SPDX-License-Identifier: BSD-2-Clause */
/* Holding and wiping secret bytes. libc only: the modules link it. */
#include <string.h>

#include "core/base/secret.h"

enum pat_err
pat_secret_set(struct pat_secret *secret, const void *bytes, size_t len)
{
    pat_secret_clear(secret);
    if (len > PAT_SECRET_MAX)
        return PAT_ERR_RANGE;
    if (len != 0)
        memcpy(secret->bytes, bytes, len);
    secret->len = len;
    return PAT_OK;
}

void
pat_secret_clear(struct pat_secret *secret)
{
    pat_secret_wipe(secret, sizeof *secret);
}

void
pat_secret_wipe(void *at, size_t size)
{
    if (at != NULL)
        explicit_bzero(at, size);
}
