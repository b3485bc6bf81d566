/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that only takes up room in the state directory. It is given up when the disk is full and
 * somebody's rights are to be taken away, and made again when there is room.
 */
#ifndef PAT_API_BALLAST_H
#define PAT_API_BALLAST_H

#include "core/api/manage.h"

/* Makes it, or makes it longer, as far as there is room; one that is too short is not kept. */
void pat_ballast_keep(const char *state_dir);
/* Drops it, which is logged; true when there was one: try again. */
bool pat_ballast_drop(const char *state_dir, const char *what_for);
/* Drops it when err came of a change that may have it. */
bool pat_ballast_makes_room(const struct pat_manage *manage, enum pat_err err);

#endif
