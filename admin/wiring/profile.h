/* SPDX-License-Identifier: BSD-2-Clause */
/* pam-auth-update: its profile of tokens, which changes common-auth for every service. */
#ifndef ADMIN_WIRING_PROFILE_H
#define ADMIN_WIRING_PROFILE_H

#include <stdbool.h>

#include "core/base/err.h"

struct wiring;

/* Has pam-auth-update work on copies, and plans what it made of them. */
void profile_plan(struct wiring *plan);

/* Runs it on this host; why has room for 400 bytes. */
PAT_CHECKED enum pat_err profile_switch(bool on, char *why);

#endif
