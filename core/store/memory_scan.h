/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAT_STORE_MEMORY_SCAN_H
#define PAT_STORE_MEMORY_SCAN_H

#include "core/store/store_ops.h"

/* The scan's texts must not be NULL here. The rows are records of the scan's kind. */
bool pat_memory_scan_wants(const struct pat_scan *scan, const void *row);

/* Below, at or above zero, as strcmp. */
int pat_memory_scan_order(const struct pat_scan *scan, const void *a, const void *b);

#endif
