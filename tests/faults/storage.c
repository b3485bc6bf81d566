/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and writing fails. During every deed, every call that touches a file fails once, or from
 * then on: with an I/O error, for lack of room, or half done. Meanwhile nobody gets in who may not;
 * afterwards patd goes on by itself, and what it acknowledged is there: as it runs, after a
 * restart, and after a power cut that loses all that was not synced.
 *
 * A failed sync is a failed change.
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

/*
 * Every so-manieth point of a sweep, and of those that decide what stays; 1 is all of them. What
 * decides is where a stretch of one kind of call begins or ends: the first and last of the writes
 * that make a change, the sync behind them, the first name. A fixed stride misses most of those.
 */
static const struct size {
    long stride, deciding;
} sizes[] = {
    {.stride = 151, .deciding = 5},
    {.stride = 1, .deciding = 1},
};
static const struct size *size;

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
    if (err == PAT_OK && ledger_ask_amid(ledger, &host, why) == LEDGER_WRONG)
        complain(title, plan, "amid it", why);
    happened = fault_happened(); /* as it starts, or is asked for the first time */
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

static bool
run(const struct deed *deed, bool is_first, const struct fault_plan *plan)
{
    return deed != NULL ? run_deed(deed, plan) : run_start(is_first, plan);
}

#define POINTS_MAX 8192

/* What its points are when nothing fails, of all kinds. */
struct points {
    unsigned char kinds[POINTS_MAX];
    long count;
};

static void
learn(const struct deed *deed, bool is_first, struct points *ret)
{
    const struct fault_plan none = {.kinds = ALL, .error = EIO};

    run(deed, is_first, &none);
    ret->count = 0;
    while (ret->count < POINTS_MAX && fault_kind_of(ret->count + 1) != 0) {
        ret->kinds[ret->count] = (unsigned char)fault_kind_of(ret->count + 1);
        ret->count++;
    }
    FIGURES_NEED(ret->count < POINTS_MAX);
}

/* Those that a plan counts. */
static void
pick(const struct points *all, unsigned kinds, struct points *ret)
{
    ret->count = 0;
    for (long at = 0; at < all->count; at++)
        if ((all->kinds[at] & kinds) != 0)
            ret->kinds[ret->count++] = all->kinds[at];
}

static bool
decides(const struct points *points, long at)
{
    unsigned kind = points->kinds[at];

    return (kind & (FAULT_WRITE | FAULT_SYNC | FAULT_NAME)) != 0 &&
           (at == 0 || points->kinds[at - 1] != kind || at + 1 == points->count ||
            points->kinds[at + 1] != kind);
}

static void
sweep_plan(const struct deed *deed, bool is_first, const struct points *all, size_t which)
{
    struct fault_plan plan = plans[which];
    long others = (long)steady_below(&numbers, (uint64_t)size->stride);
    long deciding = (long)steady_below(&numbers, (uint64_t)size->deciding);
    static struct points points;

    pick(all, plan.kinds, &points);
    for (long at = 0; at < points.count; at++) {
        bool due = decides(&points, at) ? deciding++ % size->deciding == 0
                                        : others++ % size->stride == 0;

        plan.at = at + 1;
        if (due && !run(deed, is_first, &plan))
            complain(deed != NULL ? deed->title : "a start", &plan, "once more", "it is not there");
    }
}

static void
sweep(const struct deed *deed, bool is_first)
{
    static struct points all;

    learn(deed, is_first, &all);
    for (size_t which = 0; which < PLANS; which++)
        sweep_plan(deed, is_first, &all, which);
}

int
main(void)
{
    const struct deeds_start_with with = {.seed = figures_seed(1)};
    struct world world;

    vfs_start();
    size = &sizes[figures_full()];
    numbers = with.seed;
    host_place("base", base);
    host_place("empty", empty);
    host_place("work", work);
    host_place("left", left);
    deeds_begin(&world, base, &with);
    host_close(&world.host);
    first = world.ledger;
    for (size_t i = 0; i < deeds_count; i++)
        sweep(&deeds[i], false);
    sweep(NULL, false);
    sweep(NULL, true);
    support_figure(
        "failing disk: %lu points of %zu deeds and two starts, each as it ran, after a restart "
        "and after a power cut: %lu changes failed and said so, %lu starts refused to "
        "answer",
        count.runs, deeds_count, count.failed, count.refused);
    return figures_end();
}
