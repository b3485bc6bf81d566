/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of patd in another order than patd's. */
#ifndef ADMIN_OUT_SORT_H
#define ADMIN_OUT_SORT_H

#include "admin/out/out.h"

/*
 * Sorts an array of objects by a field; equal rows keep their order. Without an end is later than
 * any end; without anything else comes first. False without memory.
 */
bool sort_rows(json_t *rows, const struct out_field *field, bool descending);

#endif
