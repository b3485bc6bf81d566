/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading change logs. That nobody edited them is proof.h's to say. */
#ifndef PAT_API_HISTORY_H
#define PAT_API_HISTORY_H

#include "core/api/manage.h"

struct pat_history_filter {
    const char *tenant; /* NULL: every log the caller may read; empty: the host's */
    const char *user;   /* NULL: any */
    const char *token;  /* subject; NULL: any */
    const char *event;  /* NULL: any; "token" fits token.create, token.revoke, ... */
    const char *batch;  /* NULL: any */
    struct pat_optional since;
    struct pat_optional until;
    int64_t lines; /* the newest so many of each log; 0: all */
};

/* Where a listing is in one log. */
struct pat_history_place {
    char tenant[PAT_TENANT_MAX + 1];
    int64_t seq;    /* the last change that was handed over or passed */
    int64_t wanted; /* matches still to be passed on the way back to the first line; 0: none */
    int64_t before; /* on that way: those from this one on were passed; 0: none yet */
};

/* How far a listing has come; zero at its beginning. pat_history_close() ends its life. */
struct pat_history_cursor {
    bool done; /* all was handed over; with another call what came since then follows */
    bool begun;
    bool again;                      /* a round through all logs is over */
    char tenant[PAT_TENANT_MAX + 1]; /* the log that this round is in */
    struct pat_history_place *places;
    size_t count;
};

/*
 * Log by log, oldest first within each, from the cursor on, which moves; false ends. Operators
 * read all, administrators and auditors their tenant's, users what concerns themselves. A call
 * looks at a bounded number of changes: the next one goes on, also when none was handed over.
 */
PAT_CHECKED enum pat_err pat_history_list(struct pat_manage *manage,
                                          const struct pat_history_filter *filter,
                                          struct pat_history_cursor *cursor, pat_scan_each *each,
                                          void *context);
void pat_history_close(struct pat_history_cursor *cursor);

/*
 * The head of a log that a caller named; seq is 0 when nothing was logged yet. "No such tenant"
 * also when the caller has no standing there.
 */
PAT_CHECKED enum pat_err pat_history_head(struct pat_manage *manage, const char *tenant,
                                          struct pat_head_record *ret);

#endif
