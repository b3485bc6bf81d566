/* SPDX-License-Identifier: BSD-2-Clause */
/* One plan at a time; the tests that use it have one thread. */
#include "tests/faults/fault.h"

#define KEPT 65536

static struct fault_plan armed;
static long points;
static bool happened;
static unsigned char kinds[KEPT];

void
fault_arm(const struct fault_plan *plan)
{
    points = 0;
    happened = false;
    armed = *plan;
}

long
fault_disarm(void)
{
    armed = (struct fault_plan){.kinds = 0};
    return points;
}

bool
fault_happened(void)
{
    return happened;
}

bool
fault_strikes(enum fault_kind kind)
{
    bool strikes;

    if ((armed.kinds & kind) == 0)
        return false;
    if (points < KEPT)
        kinds[points] = (unsigned char)kind;
    points++;
    strikes = armed.at > 0 && (points == armed.at || (armed.sticky && points > armed.at));
    happened = happened || strikes;
    return strikes;
}

unsigned
fault_kind_of(long point)
{
    return point >= 1 && point <= points && point <= KEPT ? kinds[point - 1] : 0;
}

const struct fault_plan *
fault_plan(void)
{
    return &armed;
}
