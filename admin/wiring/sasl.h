/* SPDX-License-Identifier: BSD-2-Clause */
/* Planning the configuration of Cyrus SASL: the plugin's options, and patd as a verifier. */
#ifndef ADMIN_WIRING_SASL_H
#define ADMIN_WIRING_SASL_H

struct wiring;

void sasl_plan(struct wiring *plan);

#endif
