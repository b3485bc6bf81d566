/* SPDX-License-Identifier: BSD-2-Clause */
/* sd_notify(3)'s protocol, by hand: telling the service manager how patd is. */
#ifndef PATD_NOTIFY_H
#define PATD_NOTIFY_H

/* Sends a state such as "READY=1" to $NOTIFY_SOCKET; without one nothing happens. */
void patd_notify_state(const char *state);

/* "RELOADING=1" with the time that systemd wants beside it. */
void patd_notify_reloading(void);

#endif
