/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may have remembered a login that was accepted after its token was revoked. */
#ifndef ADMIN_DRILL_CACHES_H
#define ADMIN_DRILL_CACHES_H

#include <stddef.h>

#include "admin/drill/rows.h"

/* Names the cache of a broken row, or says what is known. */
void caches_name(struct row *row);

/* What to know of a row although it is kept: sudo's timestamp. "" for nothing. */
void caches_warn(const struct row *row, char *ret, size_t size);

#endif
