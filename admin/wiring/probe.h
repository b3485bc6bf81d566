/* SPDX-License-Identifier: BSD-2-Clause */
/* What only a service's own tools can say: is PAM on, is there a chroot, who is asked. */
#ifndef ADMIN_WIRING_PROBE_H
#define ADMIN_WIRING_PROBE_H

struct wiring;

/* Refuses, notes, or adds changes; nothing for a service that needs no such look. */
void probe_service(struct wiring *plan);

#endif
