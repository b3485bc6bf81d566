/* SPDX-License-Identifier: BSD-2-Clause */
/* What can fail returns one of these; PAT_OK is the only success. */
#ifndef PAT_BASE_ERR_H
#define PAT_BASE_ERR_H

#define PAT_CHECKED __attribute__((warn_unused_result))

enum pat_err {
    PAT_OK = 0,
    PAT_ERR_INTERNAL, /* a case the code does not know: a bug */
    PAT_ERR_NOMEM,
    PAT_ERR_IO,     /* a system call or the disk failed; errno was logged */
    PAT_ERR_FULL,   /* no space left where it had to be written */
    PAT_ERR_SYNTAX, /* bytes that do not follow their grammar */
    PAT_ERR_RANGE,  /* well written, but too small, too large or too many */
    PAT_ERR_NOT_FOUND,
    PAT_ERR_EXISTS,
    PAT_ERR_CONFLICT, /* the row changed since it was read, or a state forbids the step */
    PAT_ERR_LIMIT,    /* a cap of the tenant's policy */
    PAT_ERR_POLICY,   /* another rule of the tenant's policy */
    PAT_ERR_DENIED,   /* the caller may not do this */
    PAT_ERR_BUSY,
    PAT_ERR_TIMEOUT,
    PAT_ERR_UNAVAILABLE, /* nobody answers, or the answer cannot be trusted */
    PAT_ERR_KEY,         /* a key is missing, unreadable or of the wrong size */
    PAT_ERR_SEAL,        /* a sealed row does not carry the seal of its fields */
    PAT_ERR_ROLLBACK,    /* the database is older than its anchor */
    PAT_ERR_VERSION,     /* written by a newer version of linux-pat */
    PAT_ERR_CLOCK,
    PAT_ERR_COUNT
};

/* A sentence without a full stop, for people; never NULL. */
const char *pat_err_text(enum pat_err err);

#endif
