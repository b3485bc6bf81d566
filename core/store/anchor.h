/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The anchor: a file beside the keys, outside the database, by which a database that was put back
 * is noticed. It holds the newest generation and sum, in two slots so that a torn write loses
 * nothing, and a journal of the changes that narrowed somebody's rights, so that they can be made
 * again on a restored database. Everything in it is sealed. One thread uses it, but for
 * what any thread may ask.
 *
 * All of it is allocated when it is made: writing it needs no space on a full disk.
 */
#ifndef PAT_STORE_ANCHOR_H
#define PAT_STORE_ANCHOR_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/store/seal.h"

struct pat_anchor;

struct pat_anchor_mark {
    int64_t generation;
    unsigned char sum[PAT_SUM_LEN];
};

/* Bytes of journal lines that one advance may take. */
#define PAT_ANCHOR_LINES_MAX ((size_t)960 * 1024)

/* Makes the anchor of an empty store; PAT_ERR_EXISTS when there is one. */
PAT_CHECKED enum pat_err pat_anchor_create(const char *dir, const struct pat_key *key,
                                           const struct pat_anchor_mark *mark);

/* key must outlive it. PAT_ERR_NOT_FOUND, PAT_ERR_SEAL when no slot is whole, PAT_ERR_IO. */
PAT_CHECKED enum pat_err pat_anchor_open(const char *dir, const struct pat_key *key,
                                         struct pat_anchor **ret);

/* anchor may be NULL. */
void pat_anchor_close(struct pat_anchor *anchor);

const struct pat_anchor_mark *pat_anchor_mark(const struct pat_anchor *anchor);
/* The generation of the mark; any thread may ask, and whether a transaction is going to move it. */
int64_t pat_anchor_newest(const struct pat_anchor *anchor);
bool pat_anchor_is_moving(const struct pat_anchor *anchor);
void pat_anchor_set_moving(struct pat_anchor *anchor, bool moving);

/*
 * Moves the mark, after the database committed and before anybody is told. lines (len bytes, each
 * ended by a newline; len may be 0) go to the journal. On disk when it returns PAT_OK.
 */
PAT_CHECKED enum pat_err pat_anchor_advance(struct pat_anchor *anchor,
                                            const struct pat_anchor_mark *mark, const char *lines,
                                            size_t len);

/* Moves the mark and gives up the journal: what it would have to hold is not known any more. */
PAT_CHECKED enum pat_err pat_anchor_begin_again(struct pat_anchor *anchor,
                                                const struct pat_anchor_mark *mark);

/* The oldest generation that a database may have for the journal to tell all that came behind it.
 */
int64_t pat_anchor_reach(const struct pat_anchor *anchor);

/*
 * Hands over the journal's lines of every generation above from, oldest first; a line has no
 * newline and lives until the call returns. PAT_ERR_ROLLBACK when the journal no longer reaches
 * back that far, PAT_ERR_SEAL when it was tampered with.
 */
typedef enum pat_err pat_anchor_each(void *context, int64_t generation, const char *line);
PAT_CHECKED enum pat_err pat_anchor_replay(struct pat_anchor *anchor, int64_t from,
                                           pat_anchor_each *each, void *context);

#endif
