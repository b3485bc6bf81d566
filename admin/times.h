/* SPDX-License-Identifier: BSD-2-Clause */
/* Times and numbers on the command line, as parameters of a call. */
#ifndef ADMIN_TIMES_H
#define ADMIN_TIMES_H

#include <jansson.h>

#include "admin/patctl.h"
#include "core/base/when.h"

/*
 * Sets member to the time that text means; NULL text sets nothing. "never" sets never_member to
 * true, or is refused when there is none. EXIT_USAGE after telling what is wrong.
 */
int times_set(const struct patctl *patctl, json_t *parameters, const char *member,
              const char *never_member, const char *text, enum pat_when_sense sense);

/* The same for a lifetime in microseconds. */
int times_set_span(const struct patctl *patctl, json_t *parameters, const char *member,
                   const char *text);

/* The same for a number of at least 1. */
int times_set_number(const struct patctl *patctl, json_t *parameters, const char *member,
                     const char *text);

/* Microseconds since 1970 UTC, by this machine's clock. */
int64_t times_now(void);

#endif
