/* SPDX-License-Identifier: BSD-2-Clause */
/* ^C while many things are done one after the other: what is in hand is finished first. */
#ifndef ADMIN_TERMINAL_INTERRUPT_H
#define ADMIN_TERMINAL_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

struct interrupt {
    sigset_t signals, before;
    bool came;
};

/* From here on SIGINT, SIGTERM and SIGHUP wait. */
void interrupt_hold(struct interrupt *ret);
/* True as soon as one of them came, and from then on. */
bool interrupt_came(struct interrupt *interrupt);
void interrupt_release(const struct interrupt *interrupt);

#endif
