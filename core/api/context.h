/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one patd works with: keys, anchor, clock, usage, configuration, and whether all of it can
 * be trusted. Opened once; the threads share it, each with a store handle of its own.
 */
#ifndef PAT_API_CONTEXT_H
#define PAT_API_CONTEXT_H

#include "core/config/config.h"
#include "core/policy/verdict.h"
#include "core/store/store.h"

struct pat_check;
struct pat_clock;
struct pat_counts;
struct pat_usage;
struct pat_diag;

struct pat_context;

/*
 * Takes over config. Makes an empty store and its keys when both are absent; makes neither when one
 * is there. A store that cannot be trusted is not an error here: the context then answers with the
 * verdict of pat_context_health(). Errors: PAT_ERR_NOMEM, PAT_ERR_IO, PAT_ERR_DENIED, with diag.
 */
PAT_CHECKED enum pat_err pat_context_open(struct pat_config *config, struct pat_context **ret,
                                          struct pat_diag *diag);

/* Saves the clock's mark and the uses; context may be NULL. All handles must be closed before. */
void pat_context_close(struct pat_context *context);

/*
 * PAT_VERDICT_ACCEPTED while answers may be given, else the verdict that all get. A context that
 * turned bad because of its store's files recovers when they can be opened; one that found the
 * store changed or rolled back stays so for its life.
 */
enum pat_verdict pat_context_health(struct pat_context *context);
/* What is wrong and what to do, for operators; empty while all is well. */
void pat_context_trouble(struct pat_context *context, char *ret, size_t size);
/* Stops all answers; text is kept for operators and logged as an alarm. */
void pat_context_fail(struct pat_context *context, enum pat_verdict verdict, const char *text);

/*
 * Stops all answers when a transaction could not begin because the store is older than its anchor
 * (PAT_ERR_ROLLBACK) or its host row was edited (PAT_ERR_SEAL); other errors pass.
 */
void pat_context_distrust(struct pat_context *context, enum pat_err err);

/* A handle of this thread's own: for reading, or the only one for writing. */
PAT_CHECKED enum pat_err pat_context_reader(struct pat_context *context, struct pat_store **ret);
/*
 * Opens the writing handle and compares store and anchor, bringing the anchor forward after a
 * crash between the two. Sets the health accordingly. PAT_ERR_UNAVAILABLE when it is bad.
 */
PAT_CHECKED enum pat_err pat_context_writer(struct pat_context *context, struct pat_store **ret);

/*
 * For recovery, also while the health is bad: a reading handle that does not look at the anchor;
 * or, with_anchor, a writing one for a transaction of pat_store_begin_restored().
 * PAT_ERR_UNAVAILABLE without keys, anchor or clock.
 */
PAT_CHECKED enum pat_err pat_context_restored(struct pat_context *context, bool with_anchor,
                                              struct pat_store **ret);
/*
 * SECURITY: trusts the store again, whatever was found before. Only behind pat_restore_accept(),
 * which checked all of it.
 */
void pat_context_accepted(struct pat_context *context);

/* One backup at a time: false while another is being made. */
bool pat_context_take_backup(struct pat_context *context);
void pat_context_give_backup(struct pat_context *context);

/* Keeps what a complete check found, for operators; and tells it, false when there was none yet. */
void pat_context_keep_check(struct pat_context *context, const struct pat_check *check);
bool pat_context_last_check(struct pat_context *context, struct pat_check *ret, int64_t *ret_at);

/* Where things are, and what they are worked with; NULL where there is none. */
const char *pat_context_state_dir(const struct pat_context *context);
const char *pat_context_keys_dir(const struct pat_context *context);
struct pat_keyring *pat_context_keyring(struct pat_context *context);
struct pat_anchor *pat_context_anchor(struct pat_context *context);

/* The configuration of this moment, held until it is released. */
const struct pat_config *pat_context_hold_config(struct pat_context *context);
void pat_context_release_config(struct pat_context *context, const struct pat_config *config);
/* Takes over config; the one before is freed when nobody holds it any more. */
PAT_CHECKED enum pat_err pat_context_swap_config(struct pat_context *context,
                                                 struct pat_config *config);

/* The tenant of services that list none, as last read from the store; may be empty. */
void pat_context_default_tenant(struct pat_context *context, char ret[PAT_TENANT_MAX + 1]);
void pat_context_set_default_tenant(struct pat_context *context, const char *tenant);

struct pat_clock *pat_context_clock(struct pat_context *context); /* NULL without keys */
struct pat_usage *pat_context_usage(struct pat_context *context); /* may be NULL */

struct pat_counts *pat_context_counts(struct pat_context *context);

/* PAT_ERR_CLOCK when there is no clock to decide by. */
PAT_CHECKED enum pat_err pat_context_now(struct pat_context *context, int64_t *ret);

#endif
