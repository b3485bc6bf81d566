/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The token store: sealed rows in transactions over a backend. What is read was sealed by this
 * store's key; what is written is sealed, counted in its tenant's sum and, once committed, in the
 * anchor. One handle is used by one thread.
 *
 * Records are those of policy/record.h, passed as void * beside their kind.
 */
#ifndef PAT_STORE_STORE_H
#define PAT_STORE_STORE_H

#include "core/store/anchor.h"
#include "core/store/keyring.h"
#include "core/store/store_ops.h"

struct pat_store;

struct pat_store_args {
    const struct pat_store_ops *ops;
    const char *place; /* directory; ignored by backends without files */
    enum pat_store_mode mode;
    const struct pat_keyring *keyring; /* must outlive the store */
    struct pat_anchor *anchor;         /* the writing handle moves it; NULL: none is kept */
};

/*
 * Opens the store and checks the seal of its host row; with PAT_STORE_CREATE makes an empty store
 * first. Does not compare it with the anchor: pat_store_compare() does.
 */
PAT_CHECKED enum pat_err pat_store_open(const struct pat_store_args *args, struct pat_store **ret);

/* Rolls back what was not committed; store may be NULL. */
void pat_store_close(struct pat_store *store);

/*
 * Where the database stands against the anchor: PAT_OK (equal), PAT_ERR_CONFLICT (the database is
 * newer: the caller brings the anchor forward), PAT_ERR_ROLLBACK (older), PAT_ERR_SEAL (of the same
 * generation, but with another sum). The anchor must be there.
 */
PAT_CHECKED enum pat_err pat_store_compare(struct pat_store *store);

/*
 * After a failed commit nothing more may be done with this handle: it answers
 * PAT_ERR_UNAVAILABLE until it is closed and another one opened.
 */
bool pat_store_broken(const struct pat_store *store);

/*
 * Reading is possible with or without a transaction; with one, it sees one moment, which is not
 * older than the anchor: PAT_ERR_ROLLBACK. PAT_ERR_SEAL when the host row was edited.
 */
PAT_CHECKED enum pat_err pat_store_begin(struct pat_store *store, bool write);
PAT_CHECKED enum pat_err pat_store_commit(struct pat_store *store);
void pat_store_rollback(struct pat_store *store);

/*
 * From here on the moment that a reading transaction saw is seen by the next ones too, until the
 * anchor moves, which it does before a change is acknowledged: that saves a transaction's locks.
 * The caller lets go of it once a second, so that what other programs did to the file is seen as
 * well. Only for a backend of files, with an anchor; else nothing changes.
 */
void pat_store_linger(struct pat_store *store);
void pat_store_release(struct pat_store *store);

/*
 * A writing transaction on a database that is older than its anchor: it is committed as a
 * generation above the anchor's, so that no generation is used twice. *ret_from is the one that was
 * restored. SECURITY: only for whoever makes again what the anchor's journal knows.
 */
PAT_CHECKED enum pat_err pat_store_begin_restored(struct pat_store *store, int64_t *ret_from);

/* PAT_ERR_NOT_FOUND, PAT_ERR_SEAL (ret then holds the row as it was found), PAT_ERR_IO, ... */
PAT_CHECKED enum pat_err pat_store_get(struct pat_store *store, enum pat_row_kind kind,
                                       const char *tenant, const char *name, void *ret);

/* Stops with PAT_ERR_SEAL at a row that is not sealed. */
PAT_CHECKED enum pat_err pat_store_scan(struct pat_store *store, const struct pat_scan *scan,
                                        pat_scan_each *each, void *context);

/*
 * Writes a record in the running transaction: new when its version is 0, else over the version
 * that was read (PAT_ERR_CONFLICT when somebody else wrote it since). Fills version and seal.
 */
PAT_CHECKED enum pat_err pat_store_put(struct pat_store *store, enum pat_row_kind kind,
                                       void *record);
PAT_CHECKED enum pat_err pat_store_drop(struct pat_store *store, enum pat_row_kind kind,
                                        void *record);

/*
 * The state of a tenant's change log within the running transaction: the next change gets
 * seq + 1 and is chained to link. tenant may be the empty text: the host.
 */
PAT_CHECKED enum pat_err pat_store_log_head(struct pat_store *store, const char *tenant,
                                            int64_t *ret_seq, struct pat_digest *ret_link);

/* What the running transaction will be committed as. */
int64_t pat_store_next_generation(const struct pat_store *store);

/*
 * Appends a finished change and moves its tenant's head. journal_line (or NULL) is kept in the
 * anchor: a line of printable text for a change that narrows somebody's rights.
 */
PAT_CHECKED enum pat_err pat_store_append(struct pat_store *store,
                                          const struct pat_change_record *change,
                                          const char *journal_line);

/* The same lines for several changes at once: len bytes, each ended by a newline. */
PAT_CHECKED enum pat_err pat_store_journal(struct pat_store *store, const char *lines, size_t len);

/*
 * Removes a log's oldest changes, up to seq, whose link is the checkpoint that its head then seals;
 * never the newest one. They go with the commit.
 */
PAT_CHECKED enum pat_err pat_store_cut(struct pat_store *store, const char *tenant, int64_t seq,
                                       const struct pat_digest *link);

/*
 * Blanks free text of changes; *ret is how many. The caller logs a change that says so, and leaves
 * what the anchor does not know: its journal is made of that text.
 */
PAT_CHECKED enum pat_err pat_store_erase(struct pat_store *store, const struct pat_erasing *erasing,
                                         int64_t *ret);

/* A user's tokens that the cap counts; with a name, only those called so (NULL: all). */
PAT_CHECKED enum pat_err pat_store_count_live(struct pat_store *store, const char *tenant,
                                              const char *user, const char *name, int64_t now,
                                              int64_t *ret);
PAT_CHECKED enum pat_err pat_store_tally(struct pat_store *store, const char *tenant, int64_t now,
                                         int64_t soon, struct pat_tally *ret);

/*
 * A copy of the store as of one moment, into a new file, while others work: PAT_ERR_UNAVAILABLE
 * when the backend has none, PAT_ERR_FULL, ... It is complete when *ret_done is *ret_of.
 */
struct pat_store_copy;
PAT_CHECKED enum pat_err pat_store_copy_begin(const struct pat_store *store, const char *path,
                                              struct pat_store_copy **ret);
PAT_CHECKED enum pat_err pat_store_copy_step(struct pat_store_copy *copy, int64_t *ret_done,
                                             int64_t *ret_of);
/* What was written so far stays; copy may be NULL. */
void pat_store_copy_end(struct pat_store_copy *copy);

/*
 * What the backend finds wrong with its own files, beneath the seals; ret stays empty when nothing
 * is. pause is asked now and then, and may sleep; false ends it with PAT_ERR_BUSY.
 */
PAT_CHECKED enum pat_err pat_store_examine(const struct pat_store *store,
                                           bool (*pause)(void *context), void *context, char *ret,
                                           size_t size);

/* The number of the schema that the store has. */
int pat_store_schema(const struct pat_store *store);

const struct pat_keyring *pat_store_keyring(const struct pat_store *store);
struct pat_anchor *pat_store_anchor(const struct pat_store *store);

#endif
