/* SPDX-License-Identifier: BSD-2-Clause */
/* Planning pat.conf: who may ask for the services of a plan, and a socket in a chroot. */
#ifndef ADMIN_WIRING_PATCONF_H
#define ADMIN_WIRING_PATCONF_H

struct wiring;

void patconf_plan(struct wiring *plan);

#endif
