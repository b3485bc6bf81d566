/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rooms of deeds share. */
#ifndef TESTS_FAULTS_DEEDS_INTERNAL_H
#define TESTS_FAULTS_DEEDS_INTERNAL_H

#include "tests/faults/deeds.h"

void deeds_note(struct world *world);
/* A token may be so from now on; and it surely is. */
void deeds_may(struct world *world, struct claim *claim, enum claim_state state);
void deeds_is(struct world *world, struct claim *claim, enum claim_state state);

/* Makes the world's subject a token that is surely so. */
bool deeds_need(struct world *world, int user, enum claim_state state);

enum pat_err deeds_start(struct world *world, struct pat_manage *manage);
/* Ends what was started, and frees. */
enum pat_err deeds_end(struct pat_manage *manage, enum pat_err started, enum pat_err err);

void deeds_make_user(struct world *world, int user);

bool deeds_need_enabled(struct world *world);
bool deeds_need_disabled(struct world *world);
bool deeds_need_crowd(struct world *world);
bool deeds_need_forgettable(struct world *world);
enum pat_err deeds_disable(struct world *world);
enum pat_err deeds_enable(struct world *world);
enum pat_err deeds_revoke_all(struct world *world);
enum pat_err deeds_rotate_key(struct world *world);
enum pat_err deeds_flush_uses(struct world *world);
enum pat_err deeds_save_clock(struct world *world);
enum pat_err deeds_back_up(struct world *world);
enum pat_err deeds_checkpoint(struct world *world);
enum pat_err deeds_restart(struct world *world);
enum pat_err deeds_sweep(struct world *world);
enum pat_err deeds_forget(struct world *world);
enum pat_err deeds_purge(struct world *world);
enum pat_err deeds_cut_log(struct world *world);

#endif
