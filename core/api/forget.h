/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a user: their dead tokens, the free texts of the changes that concern them, and the
 * row. What stays is in the change log: names and ids, which the chain covers.
 */
#ifndef PAT_API_FORGET_H
#define PAT_API_FORGET_H

#include "core/api/manage.h"

#define PAT_FORGET_PIECE 5000 /* tokens a transaction */

struct pat_forget {
    const char *tenant;
    const char *user;
    const char *reason; /* may be empty, not NULL */
    bool dry_run;       /* counts and refuses as the first piece would */
    /* Filled as it goes on; zeroed at its start. */
    bool begun;
    bool done;
    int64_t tokens;  /* that were removed */
    int64_t changes; /* whose texts were erased */
};

/*
 * One piece, between pat_manage_start() and _end(); to be called until done. When it takes more
 * than one the first disables the user; what was begun and not ended goes on with the next call.
 * PAT_ERR_CONFLICT while a token lives. Who may not enable the user may not forget them either:
 * they could be made anew.
 */
PAT_CHECKED enum pat_err pat_forget_piece(struct pat_manage *manage, struct pat_forget *forget);

#endif
