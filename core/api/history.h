/* SPDX-License-Identifier: BSD-2-Clause */
/* The change log: reading it, and proving that nobody edited it. */
#ifndef PAT_API_HISTORY_H
#define PAT_API_HISTORY_H

#include "core/api/manage.h"

struct pat_history_filter {
    const char *tenant; /* NULL: every log the caller may read; empty: the host's */
    const char *user;   /* NULL: any */
    const char *token;  /* subject; NULL: any */
    const char *event;  /* NULL: any; "token" fits token.create, token.revoke, ... */
    struct pat_optional since;
    struct pat_optional until;
    int64_t lines; /* the newest so many of each log; 0: all */
};

/* How far a listing has come; zero at its beginning. */
struct pat_history_cursor {
    bool begun;
    char tenant[PAT_TENANT_MAX + 1];
    int64_t seq; /* the last change of that log that was handed over or passed */
};

/*
 * Log by log, oldest first within each, from the cursor on, which moves; false ends. Operators
 * read all, administrators and auditors their tenant's, users what concerns themselves.
 */
PAT_CHECKED enum pat_err pat_history_list(struct pat_manage *manage,
                                          const struct pat_history_filter *filter,
                                          struct pat_history_cursor *cursor, pat_scan_each *each,
                                          void *context);

struct pat_history_verdict {
    char tenant[PAT_TENANT_MAX + 1];
    int64_t checked; /* changes whose link holds */
    int64_t head;    /* the number of the newest change */
    int64_t bad;     /* the first change that is not as it was written; 0: none */
    char what[120];  /* what is wrong with it; empty: the whole log holds */
};

/* One verdict a log that the caller may read as a whole; false ends. tenant as in the filter. */
typedef bool pat_history_each(void *context, const struct pat_history_verdict *verdict);
PAT_CHECKED enum pat_err pat_history_verify(struct pat_manage *manage, const char *tenant,
                                            pat_history_each *each, void *context);

#endif
