/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals that are blocked and asked for, so that no handler runs in the middle of anything. */
#include <stddef.h>
#include <time.h>

#include "admin/terminal/interrupt.h"

void
interrupt_hold(struct interrupt *ret)
{
    ret->came = false;
    sigemptyset(&ret->signals);
    sigaddset(&ret->signals, SIGINT);
    sigaddset(&ret->signals, SIGTERM);
    sigaddset(&ret->signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &ret->signals, &ret->before);
}

bool
interrupt_came(struct interrupt *interrupt)
{
    static const struct timespec at_once;

    if (!interrupt->came)
        interrupt->came = sigtimedwait(&interrupt->signals, NULL, &at_once) > 0;
    return interrupt->came;
}

void
interrupt_release(const struct interrupt *interrupt)
{
    sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
}
