/* SPDX-License-Identifier: BSD-2-Clause */
/* The old and the new stack of a PAM service, side by side, before anything is written. */
#ifndef ADMIN_WIRING_TRIAL_H
#define ADMIN_WIRING_TRIAL_H

struct wiring;

/*
 * Has both stacks answer to every combination of what their modules may say, or to very many, and
 * refuses a plan that would let in or keep out anybody else: with a refused token, or with no
 * token, the new stack must answer as the old one; with an accepted one as the old one does with
 * the right password.
 */
void trial_run(struct wiring *plan);

#endif
