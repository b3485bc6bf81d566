/* SPDX-License-Identifier: BSD-2-Clause */
/* Times and spans as people say them. */
#ifndef ADMIN_OUT_OUT_TIME_H
#define ADMIN_OUT_OUT_TIME_H

#include <stddef.h>
#include <stdint.h>

/* "5 days ago", "in 29 days", "now". Microseconds. */
void out_time_relative(int64_t at, int64_t now, char *ret, size_t size);

/* "90 days", "10 min". Microseconds. */
void out_time_span(int64_t span, char *ret, size_t size);

#endif
