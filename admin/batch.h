/* SPDX-License-Identifier: BSD-2-Clause */
/* The name under which many changes belong together. */
#ifndef ADMIN_BATCH_H
#define ADMIN_BATCH_H

#define BATCH_SIZE 24

/* A new one, like "b_3f6a12c09d7e". */
void batch_name(char ret[BATCH_SIZE]);

#endif
