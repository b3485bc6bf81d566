/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory runs out. At every allocation of everything that patd does, once, and from there on: each
 * failure is an error that is told, nobody gets in who may not, nobody is refused who may, nothing
 * is leaked, and afterwards all goes on and what was acknowledged is there.
 *
 * The modules are in oom_pam.c and oom_sasl.c.
 */
#include <stdio.h>
#include <string.h>

#include "tests/faults/deeds.h"
#include "tests/faults/disk.h"
#include "tests/faults/fault.h"
#include "tests/faults/figures.h"
#include "tests/faults/memory.h"
#include "tests/faults/oom_tasks.h"
#include "tests/faults/requests.h"
#include "tests/faults/steady.h"

static const struct size {
    long stride;   /* every so-manieth point of a sweep */
    long starts;   /* the same for starts, which are longer */
    long thorough; /* after every so-manieth everything is compared */
} sizes[] = {
    {.stride = 127, .starts = 797, .thorough = 40},
    {.stride = 1, .starts = 1, .thorough = 40},
};
static const struct size *size;

static struct {
    unsigned long points, failed, refused;
} count;

static char base[HOST_PATH], work[HOST_PATH], empty[HOST_PATH];
static struct ledger first;
static uint64_t numbers;

static void
complain(const char *title, const struct fault_plan *plan, const char *when, const char *why)
{
    figures_found("%s, allocation %ld%s, %s: %s", title, plan->at,
                  plan->sticky ? " and all behind it" : "", when, why);
}

/* --- what the process holds --- */

struct holding {
    long memory;
    int descriptors;
};

static struct holding
hold(void)
{
    return (struct holding){.memory = memory_all(), .descriptors = host_descriptors()};
}

static void
check_holding(const char *title, const struct fault_plan *plan, const struct holding *before)
{
    char why[100];

    if (memory_all() == before->memory && host_descriptors() == before->descriptors)
        return;
    snprintf(why, sizeof why, "%ld allocations and %d descriptors are left",
             memory_all() - before->memory, host_descriptors() - before->descriptors);
    complain(title, plan, "at the end", why);
}

/* --- deeds --- */

static void
open_world(struct world *world)
{
    host_copy(base, work);
    *world = (struct world){.ledger = first, .random = 11, .number = 1000};
    steady_now = first.now;
    FIGURES_NEED(deeds_open(world, work) == PAT_OK);
}

static void
check_world(struct world *world, const char *title, const struct fault_plan *plan)
{
    char why[LEDGER_WHY] = "";
    bool thorough = count.points % (unsigned long)size->thorough == 0;

    if (ledger_settle(&world->ledger, &world->host, why) != LEDGER_HOLDS ||
        (thorough && ledger_check(&world->ledger, &world->host, why) != LEDGER_HOLDS))
        complain(title, plan, "afterwards", why);
}

/* A restart that failed, or that has to be done again: as whoever watches over patd would. */
static void
start_again(struct world *world)
{
    bool whole = world->host.context != NULL && pat_context_keyring(world->host.context) != NULL &&
                 pat_context_anchor(world->host.context) != NULL &&
                 pat_context_clock(world->host.context) != NULL;

    if (whole)
        return;
    if (world->host.context != NULL)
        host_close(&world->host);
    count.refused++;
    FIGURES_NEED(deeds_open(world, work) == PAT_OK);
}

/* A reader keeps rows. */
static long
own_without_reader(struct world *world)
{
    pat_store_close(world->host.reader);
    world->host.reader = NULL;
    return memory_own();
}

static bool
run_deed(struct world *world, const struct deed *deed, const struct fault_plan *plan)
{
    char why[LEDGER_WHY] = "";
    bool is_key = strcmp(deed->title, "rotate the key") == 0;
    bool restarts = strcmp(deed->title, "restart") == 0; /* perhaps without counting uses */
    long before;
    enum pat_err err;

    if (world->ledger.count + 8 > LEDGER_MAX || (deed->prepare != NULL && !deed->prepare(world))) {
        host_close(&world->host);
        open_world(world);
        FIGURES_NEED(deed->prepare == NULL || deed->prepare(world));
    }
    check_world(world, deed->title, plan);
    before = own_without_reader(world);
    fault_arm(plan);
    err = deed->run(world);
    if (plan->sticky && world->host.context != NULL &&
        ledger_ask_amid(&world->ledger, &world->host, why) == LEDGER_WRONG)
        complain(deed->title, plan, "amid it", why);
    fault_disarm();
    if (!fault_happened())
        return false;
    count.points++;
    count.failed += err != PAT_OK;
    start_again(world);
    check_world(world, deed->title, plan);
    before = own_without_reader(world) - before;
    if (before != (is_key && err == PAT_OK) && !restarts) { /* a key that was made stays */
        snprintf(why, sizeof why, "%ld of our allocations are left", before);
        complain(deed->title, plan, "at the end", why);
    }
    return true;
}

static void
sweep_deed(const struct deed *deed, bool sticky)
{
    const struct holding before = hold();
    struct fault_plan plan = {.kinds = FAULT_MEMORY, .sticky = sticky};
    struct world world;
    bool happened = true;
    long stride = strcmp(deed->title, "restart") == 0 ? size->starts : size->stride;

    open_world(&world);
    for (plan.at = 1 + (long)steady_below(&numbers, (uint64_t)stride); happened; plan.at += stride)
        happened = run_deed(&world, deed, &plan);
    host_close(&world.host);
    check_holding(deed->title, &plan, &before);
}

/* --- starts --- */

static bool
run_start(const char *title, const char *from, const struct fault_plan *plan)
{
    static const struct ledger nothing;
    const struct ledger *ledger = from == empty ? &nothing : &first;
    const struct holding before = hold();
    char why[LEDGER_WHY] = "";
    struct host host;
    enum pat_err err;
    bool happened;

    if (from == empty || plan->at % 64 == 0)
        host_copy(from, work);
    fault_arm(plan);
    err = host_open(&host, work);
    if (err == PAT_OK && ledger_ask_amid(ledger, &host, why) == LEDGER_WRONG)
        complain(title, plan, "amid it", why);
    happened = fault_happened();
    fault_disarm();
    if (err == PAT_OK && happened && pat_context_health(host.context) != PAT_VERDICT_ACCEPTED)
        count.refused++;
    if (err == PAT_OK)
        host_close(&host);
    count.points += happened;
    count.failed += happened && err != PAT_OK;
    check_holding(title, plan, &before);
    if (host_open(&host, work) != PAT_OK)
        complain(title, plan, "the next start", "it fails");
    else if (ledger_check(ledger, &host, why) != LEDGER_HOLDS)
        complain(title, plan, "the next start", why);
    if (host.context != NULL)
        host_close(&host);
    return happened;
}

static void
sweep_start(const char *title, const char *from, bool sticky)
{
    struct fault_plan plan = {.kinds = FAULT_MEMORY, .sticky = sticky};
    bool happened = true;

    host_copy(from, work);
    steady_now = first.now;
    for (plan.at = 1 + (long)steady_below(&numbers, (uint64_t)size->starts); happened;
         plan.at += size->starts)
        happened = run_start(title, from, &plan);
}

/* --- questions --- */

static bool
run_request(struct host *host, const struct request *request, const struct fault_plan *plan)
{
    enum pat_verdict verdict;
    bool happened;
    long before;

    pat_store_close(host->reader); /* a new one: its statements are prepared again */
    host->reader = NULL;
    before = memory_own();
    FIGURES_NEED(pat_context_reader(host->context, &host->reader) == PAT_OK);
    fault_arm(plan);
    verdict = requests_ask(host, request);
    happened = fault_happened();
    fault_disarm();
    if (verdict != request->wanted && pat_verdict_class(verdict) != PAT_CLASS_UNAVAILABLE)
        complain(pat_verdict_name(request->wanted), plan, "answered", pat_verdict_name(verdict));
    count.points += happened;
    count.refused += happened && verdict != request->wanted;
    if (requests_ask(host, request) != request->wanted &&
        requests_ask(host, request) != request->wanted)
        complain(pat_verdict_name(request->wanted), plan, "afterwards", "it is answered otherwise");
    pat_store_close(host->reader);
    host->reader = NULL;
    if (memory_own() != before)
        complain(pat_verdict_name(request->wanted), plan, "at the end", "something is left");
    return happened;
}

static void
sweep_requests(bool sticky)
{
    const struct holding before = hold();
    struct fault_plan plan = {.kinds = FAULT_MEMORY, .sticky = sticky};
    struct world world;

    open_world(&world);
    for (size_t i = 0; i < REQUESTS; i++) {
        bool happened = true;

        for (plan.at = 1 + (long)steady_below(&numbers, (uint64_t)size->stride); happened;
             plan.at += size->stride)
            happened = run_request(&world.host, &requests[i], &plan);
    }
    host_close(&world.host);
    check_holding("questions", &plan, &before);
}

/* --- everything else --- */

static void
sweep_task(struct world *world, const struct oom_task *task, bool sticky)
{
    struct fault_plan plan = {.kinds = FAULT_MEMORY, .sticky = sticky};
    struct oom_result whole = {.err = PAT_OK}, result;
    bool happened = true;
    long before;

    task->run(world, &whole); /* what it says when nothing fails; and its handles are warm */
    FIGURES_NEED(whole.err == PAT_OK);
    for (plan.at = 1 + (long)steady_below(&numbers, (uint64_t)size->stride); happened;
         plan.at += size->stride) {
        before = memory_own();
        result = (struct oom_result){.err = PAT_OK};
        fault_arm(&plan);
        task->run(world, &result);
        happened = fault_happened();
        fault_disarm();
        count.points += happened;
        count.failed += happened && result.err != PAT_OK;
        if (result.err == PAT_OK && result.seen != whole.seen)
            complain(task->title, &plan, "answered", "something else, and no error");
        if (memory_own() != before)
            complain(task->title, &plan, "at the end", "something is left");
    }
}

static void
sweep_tasks(bool sticky)
{
    struct world world;

    open_world(&world);
    for (size_t i = 0; i < oom_tasks_count; i++)
        sweep_task(&world, &oom_tasks[i], sticky);
    host_close(&world.host);
}

int
main(void)
{
    const struct deeds_start_with with = {.seed = figures_seed(1)};
    struct world world;

    memory_start();
    size = &sizes[figures_full()];
    numbers = with.seed;
    host_place("base", base);
    host_place("empty", empty);
    host_place("work", work);
    deeds_begin(&world, base, &with);
    requests_make(&world);
    host_close(&world.host);
    first = world.ledger;
    for (int sticky = 0; sticky < 2; sticky++) {
        for (size_t i = 0; i < deeds_count; i++)
            sweep_deed(&deeds[i], sticky != 0);
        sweep_start("a start", base, sticky != 0);
        sweep_start("the first start", empty, sticky != 0);
        sweep_requests(sticky != 0);
        sweep_tasks(sticky != 0);
    }
    support_figure(
        "no memory: %lu allocations failed in %zu deeds, %d questions, %zu other tasks and "
        "two starts: %lu errors, %lu times no answer, nobody in who may not, nothing "
        "left",
        count.points, deeds_count, REQUESTS, oom_tasks_count, count.failed, count.refused);
    return figures_end();
}
