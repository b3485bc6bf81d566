/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ADMIN_CLAIM_H
#define ADMIN_CLAIM_H

#include <jansson.h>

/*
 * What this process says of itself: who called sudo, on which terminal, from where. patd keeps it
 * beside a change and does not believe it.
 */
json_t *claim_new(void);

#endif
