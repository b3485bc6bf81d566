/* SPDX-License-Identifier: BSD-2-Clause */
/* Going to the background as daemon(7) asks of a SysV daemon: not before it is ready. */
#ifndef PATD_BACKGROUND_H
#define PATD_BACKGROUND_H

#include <stdbool.h>

/*
 * Forks; the parent waits until the child is ready or ends, and exits with 0 or 1. True in the
 * process that goes on, with what patd_background_ready() needs. Under a service manager
 * ($NOTIFY_SOCKET, $LISTEN_PID) nothing is forked.
 */
bool patd_background_enter(int *ret_parent);

/* Lets the parent go, and gives up the terminal; parent may be -1: there is none. */
void patd_background_ready(int parent);

#endif
