/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and writing fails. During every deed, every call that touches a file fails once, or from
 * then on: with an I/O error, for lack of room, or half done. Meanwhile nobody gets in who may not;
 * afterwards patd goes on by itself, and what it acknowledged is there: as it runs, after a
 * restart, and after a power cut that loses all that was not synced.
 *
 * SECURITY.md, T-IO, and its rule 24: a failed sync is a failed change.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/faults/deeds.h"
#include "tests/faults/disk.h"
#include "tests/faults/fault.h"
#include "tests/faults/figures.h"
#include "tests/faults/steady.h"
#include "tests/faults/vfs.h"

/* Every so-manieth point of a sweep. */
static const long strides[] = {31, 1};

#define ALL (FAULT_READ | FAULT_WRITE | FAULT_SYNC | FAULT_NAME | FAULT_LOCK | FAULT_SHARED)

static const struct fault_plan plans[] = {
    {.kinds = ALL, .error = EIO},
    {.kinds = ALL, .error = EIO, .sticky = true},
    {.kinds = FAULT_WRITE | FAULT_NAME, .error = ENOSPC},
    {.kinds = FAULT_WRITE | FAULT_NAME, .error = ENOSPC, .sticky = true},
    {.kinds = FAULT_WRITE, .error = EIO, .is_short = true},
    {.kinds = FAULT_SYNC | FAULT_WRITE, .error = EIO, .sticky = true},
};
#define PLANS (sizeof plans / sizeof plans[0])

static struct {
    unsigned long runs, failed, refused;
} count;

static char base[HOST_PATH], work[HOST_PATH], left[HOST_PATH], empty[HOST_PATH];
static struct ledger first;
static uint64_t numbers;

static void
complain(const char *title, const struct fault_plan *plan, const char *when, const char *why)
{
    figures_found("%s, point %ld of kinds %u, errno %d%s%s, %s: %s", title, plan->at, plan->kinds,
                  plan->error, plan->sticky ? ", sticky" : "", plan->is_short ? ", short" : "",
                  when, why);
}

/* --- afterwards --- */

static void
check_start(const struct ledger *ledger, const char *dir, const char *title,
            const struct fault_plan *plan, const char *when)
{
    char why[LEDGER_WHY] = "";
    struct host host;
    enum pat_err err = host_open(&host, dir);

    if (err != PAT_OK)
        complain(title, plan, when, pat_err_text(err));
    else if (ledger_check(ledger, &host, why) != LEDGER_HOLDS)
        complain(title, plan, when, why);
    if (err == PAT_OK)
        host_close(&host);
}

static void
check_cut(const struct ledger *ledger, const struct trace *trace, const char *title,
          const struct fault_plan *plan)
{
    struct disk *disk = disk_new(trace);
    enum disk_cut cut = plan->at % 2 == 0 ? DISK_LOSES_ALL : DISK_TORN;

    for (size_t i = 0; i < trace->count; i++)
        disk_apply(disk, &trace->ops[i]);
    disk_leave(disk, cut, &numbers, left);
    disk_free(disk);
    check_start(ledger, left, title, plan, "after a power cut");
}

/* Without a restart: what failed is opened anew, and the next change goes well. */
static void
check_goes_on(struct world *world, const char *title, const struct fault_plan *plan)
{
    char why[LEDGER_WHY] = "";
    enum pat_err err;

    if (ledger_ask(&world->ledger, &world->host, why) != LEDGER_HOLDS) {
        complain(title, plan, "going on", why);
        return;
    }
    err = deeds[0].run(world);
    if (err != PAT_OK)
        complain(title, plan, "the next change", pat_err_text(err));
}

/* Keys, anchor and clock are read at the start alone: without them it refuses, and says so. */
static bool
needs_restart(const struct host *host)
{
    char trouble[240] = "";
    bool whole = pat_context_keyring(host->context) != NULL &&
                 pat_context_anchor(host->context) != NULL &&
                 pat_context_clock(host->context) != NULL;

    pat_context_trouble(host->context, trouble, sizeof trouble);
    count.refused += !whole;
    return !whole && trouble[0] != '\0';
}

/* --- a deed --- */

static bool
run_deed(const struct deed *deed, const struct fault_plan *plan)
{
    struct world world = {.ledger = first, .random = 7, .number = 1000};
    struct fault_plan now = *plan;
    char why[LEDGER_WHY] = "";
    struct trace trace;
    enum pat_err err;
    bool happened;

    host_copy(base, work);
    steady_now = first.now;
    trace_begin(&trace, work);
    FIGURES_NEED(host_open(&world.host, work) == PAT_OK);
    FIGURES_NEED(deed->prepare == NULL || deed->prepare(&world));
    fault_arm(&now);
    err = deed->run(&world);
    happened = fault_happened();
    if (world.host.context != NULL && now.sticky &&
        ledger_ask_amid(&world.ledger, &world.host, why) == LEDGER_WRONG)
        complain(deed->title, plan, "amid it", why);
    fault_disarm();
    if (happened) {
        count.runs++;
        count.failed += err != PAT_OK;
        if (world.host.context != NULL && !needs_restart(&world.host))
            check_goes_on(&world, deed->title, plan);
    }
    if (world.host.context != NULL)
        host_close(&world.host);
    trace_end();
    if (happened) {
        check_start(&world.ledger, work, deed->title, plan, "after a restart");
        check_cut(&world.ledger, &trace, deed->title, plan);
    }
    trace_free(&trace);
    return happened;
}

/* --- a start, and a first one --- */

static bool
run_start(bool is_first, const struct fault_plan *plan)
{
    const char *title = is_first ? "the first start" : "a start";
    static const struct ledger nothing;
    const struct ledger *ledger = is_first ? &nothing : &first;
    char why[LEDGER_WHY] = "";
    struct host host;
    struct trace trace;
    enum pat_err err;
    bool happened;

    host_copy(is_first ? empty : base, work);
    steady_now = first.now;
    trace_begin(&trace, work);
    fault_arm(plan);
    err = host_open(&host, work);
    happened = fault_happened();
    if (err == PAT_OK && ledger_ask_amid(ledger, &host, why) == LEDGER_WRONG)
        complain(title, plan, "amid it", why);
    fault_disarm();
    count.runs += happened;
    count.failed += happened && err != PAT_OK;
    if (happened && err == PAT_OK && !needs_restart(&host) &&
        ledger_ask(ledger, &host, why) != LEDGER_HOLDS)
        complain(title, plan, "going on", why);
    if (err == PAT_OK)
        host_close(&host);
    trace_end();
    if (happened) {
        check_start(ledger, work, title, plan, "after a restart");
        check_cut(ledger, &trace, title, plan);
    }
    trace_free(&trace);
    return happened;
}

/* --- the sweeps --- */

static void
sweep(const struct deed *deed, bool is_first, size_t which, long stride)
{
    struct fault_plan plan = plans[which];
    bool happened = true;

    for (plan.at = 1 + (long)steady_below(&numbers, (uint64_t)stride); happened; plan.at += stride)
        happened = deed != NULL ? run_deed(deed, &plan) : run_start(is_first, &plan);
}

int
main(void)
{
    const struct deeds_start_with with = {.seed = figures_seed(1)};
    long stride = strides[figures_full()];
    struct world world;

    vfs_start();
    numbers = with.seed;
    host_place("base", base);
    host_place("empty", empty);
    host_place("work", work);
    host_place("left", left);
    deeds_begin(&world, base, &with);
    host_close(&world.host);
    first = world.ledger;
    for (size_t which = 0; which < PLANS; which++) {
        for (size_t i = 0; i < deeds_count; i++)
            sweep(&deeds[i], false, which, stride);
        sweep(NULL, false, which, stride);
        sweep(NULL, true, which, stride);
    }
    support_figure("T-IO: %lu points of %zu deeds and two starts, each as it ran, after a restart "
                   "and after a power cut: %lu changes failed and said so, %lu starts refused to "
                   "answer",
                   count.runs, deeds_count, count.failed, count.refused);
    return figures_end();
}
