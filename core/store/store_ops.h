/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a backend must do. It keeps rows and transactions; seals, sums, versions and the change log
 * are made above it, the same for all. It must not be assumed to be a local file, to scan whole
 * tables cheaply, or to answer at all: any call may fail, and then the transaction is lost.
 */
#ifndef PAT_STORE_STORE_OPS_H
#define PAT_STORE_STORE_OPS_H

#include "core/base/err.h"
#include "core/store/row.h"

/* What a scan walks. In brackets the members of struct pat_scan that it reads. */
enum pat_scan_what {
    PAT_SCAN_TENANTS,        /* by name [after_name] */
    PAT_SCAN_HEADS,          /* by name [after_name] */
    PAT_SCAN_USERS,          /* of a tenant, by name [tenant, after_name] */
    PAT_SCAN_USERS_OF_UID,   /* bound to a uid, in all tenants [number] */
    PAT_SCAN_GROUPS,         /* of a tenant, by name [tenant, after_name] */
    PAT_SCAN_SCOPES,         /* the catalogue, by name [after_name] */
    PAT_SCAN_TOKENS,         /* of a tenant, newest first [tenant, before] */
    PAT_SCAN_TOKENS_FITTING, /* those that pass a sieve [tenant, number: from, before, fit] */
    PAT_SCAN_TOKENS_OF_USER, /* of a user, newest first [tenant, name, before] */
    PAT_SCAN_TOKENS_BY_ID,   /* whose id begins so; any tenant when it is empty [tenant, name] */
    PAT_SCAN_TOKENS_NAMED,   /* with exactly this name, newest first [tenant, name, before] */
    PAT_SCAN_TOKENS_OVERDUE, /* pending, and their time is over [number: now] */
    PAT_SCAN_TOKENS_ENDING,  /* live, by expiry; of all tenants when empty [tenant, number: now] */
    PAT_SCAN_CHANGES,        /* of a tenant, oldest first [tenant, number: after this seq] */
    PAT_SCAN_CHANGES_BACK,   /* of a tenant, newest first [tenant, before] */
    PAT_SCAN_COUNT
};

/*
 * A sieve for tokens, of what every backend can ask cheaply, so that few rows that are not wanted
 * leave it. Zeroed it lets all through.
 */
struct pat_scan_fit {
    const char *glob;  /* of the name, as in pat_text_glob(); NULL: any */
    const char *scope; /* a part of the text of its scopes; NULL: any */
    const char *batch; /* exactly; NULL: any */
    unsigned states;   /* 1u << enum pat_state, of any of them; 0: any */
    struct pat_optional created_from, created_before;
    struct pat_optional expires_before; /* set: it has an end, and that is earlier */
    bool no_expiry;
    struct pat_optional dead_before; /* set: it was revoked or has expired, and before that */
};
#define PAT_SCAN_GLOB_MAX (PAT_NAME_MAX + 2)

struct pat_scan {
    enum pat_scan_what what;
    const char *tenant; /* NULL is the empty text, here and below */
    const char *name;
    const char *after_name;
    int64_t number;
    int64_t before;                 /* 0: from the newest */
    int64_t limit;                  /* 0: all */
    const struct pat_scan_fit *fit; /* NULL: all */
};

/* The kind of the records that a scan hands over. */
enum pat_row_kind pat_store_ops_scan_kind(enum pat_scan_what what);

/* The record lives until the call returns; false ends the scan without an error. */
typedef bool pat_scan_each(void *context, const void *record);

/* Changes whose free text is to go: those of a user within a stretch of the tenant's log. */
struct pat_erasing {
    const char *tenant;
    const char *user;
    int64_t after, upto; /* seq above the one, up to the other */
    int64_t generation;  /* and not newer than that */
};

/* Tokens of a tenant (or of all, when empty) at a moment. */
struct pat_tally {
    int64_t active; /* and not expired, pending or suspended */
    int64_t expiring;
    int64_t expired;
    int64_t revoked;
    int64_t pending;
    int64_t suspended;
    int64_t unlimited; /* active without an expiry */
    int64_t users;
    int64_t bytes; /* what the store takes on disk; 0 when it cannot tell */
};

enum pat_store_mode {
    PAT_STORE_READ,
    PAT_STORE_WRITE,
    PAT_STORE_CREATE, /* a new, empty store; PAT_ERR_EXISTS when there is one */
};

struct pat_store_ops {
    const char *name;
    /* place is a directory; PAT_ERR_NOT_FOUND when there is no store in it. */
    enum pat_err (*open)(const char *place, enum pat_store_mode mode, void **ret);
    void (*close)(void *backend); /* rolls back; backend may be NULL */
    enum pat_err (*begin)(void *backend, bool write);
    /*
     * Within a reading transaction, which it begins where begin() has not: a number that is another
     * one whenever anybody else committed since this handle asked. NULL: the backend cannot tell.
     */
    enum pat_err (*version)(void *backend, int64_t *ret);
    enum pat_err (*commit)(void *backend);
    void (*rollback)(void *backend);
    /* tenant and name are the empty text where the kind has none. */
    enum pat_err (*get)(void *backend, enum pat_row_kind kind, const char *tenant, const char *name,
                        void *ret);
    /*
     * Inserts a record of version 1 (PAT_ERR_EXISTS when its key is taken) or replaces the one
     * of the version before (PAT_ERR_CONFLICT when there is none). Changes are inserted.
     */
    enum pat_err (*put)(void *backend, enum pat_row_kind kind, const void *record);
    /* Removes the row with this key and version; PAT_ERR_CONFLICT when there is none. */
    enum pat_err (*drop)(void *backend, enum pat_row_kind kind, const void *record);
    enum pat_err (*scan)(void *backend, const struct pat_scan *scan, pat_scan_each *each,
                         void *context);
    /*
     * Removes the changes of a tenant up to this seq. The tenant's head, written before, must say
     * that they are cut: cut_seq. The caller sees to it that they are not too many at once.
     */
    enum pat_err (*cut)(void *backend, const char *tenant, int64_t upto);
    /* Blanks text and salt, and marks as erased, what is not yet; *ret says how many. */
    enum pat_err (*erase)(void *backend, const struct pat_erasing *erasing, int64_t *ret);
    /*
     * A user's tokens that the cap counts: live, and without a successor; name NULL: any. A pending
     * one counts until it is ended: its predecessor counts from that very moment.
     */
    enum pat_err (*count_live)(void *backend, const char *tenant, const char *user,
                               const char *name, int64_t now, int64_t *ret);
    enum pat_err (*tally)(void *backend, const char *tenant, int64_t now, int64_t soon,
                          struct pat_tally *ret);
    /* The newest schema that this backend knows; a store that is open has it. */
    int (*schema)(void);
    /*
     * A copy of the store in place as of one moment, while others read and write: into the new file
     * path, in steps. NULL: this backend has none. copy_end() takes NULL too.
     */
    enum pat_err (*copy_begin)(const char *place, const char *path, void **ret);
    /* Some more of it: *ret_done of *ret_of parts, equal with the last. */
    enum pat_err (*copy_step)(void *copy, int64_t *ret_done, int64_t *ret_of);
    void (*copy_end)(void *copy);
    /*
     * What is wrong with the backend's own structure, below seals and sums; ret stays empty when
     * nothing is. pause is asked now and then; false ends it with PAT_ERR_BUSY. NULL: nothing can
     * be.
     */
    enum pat_err (*examine)(const char *place, bool (*pause)(void *context), void *context,
                            char *ret, size_t size);
};

/* The registry: every backend of this build, by name; NULL when there is none. */
const struct pat_store_ops *pat_store_ops_find(const char *name);
extern const struct pat_store_ops pat_sqlite_ops;
extern const struct pat_store_ops pat_memory_ops;

#endif
