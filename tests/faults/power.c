/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power cuts. A host works on a disk whose every write, sync and name is noted; then the power is
 * cut behind each of those moments, the machine starts again, and what it answers is compared with
 * what had been acknowledged. Some of the starts are cut themselves.
 *
 * Nothing acknowledged is lost, nothing that was taken away comes back, and
 * no start refuses. The test must fail when SQLite syncs less, and when the anchor does not sync:
 * it says so itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/faults/deeds.h"
#include "tests/faults/disk.h"
#include "tests/faults/figures.h"
#include "tests/faults/files.h"
#include "tests/faults/steady.h"
#include "tests/faults/vfs.h"

static const struct size {
    int rounds;       /* of some 60 deeds each */
    int begins;       /* rounds from an empty disk on */
    int points;       /* of a round */
    int again_each;   /* so-manieth start is cut as well */
    int check_points; /* with less syncing */
} sizes[] = {
    {.rounds = 3, .begins = 1, .points = 120, .again_each = 8, .check_points = 60},
    {.rounds = 40, .begins = 6, .points = 250, .again_each = 4, .check_points = 400},
};
#define DEEDS_OF_ROUND 60

static struct {
    unsigned long points, again, wrong, refused;
} count;

/* --- the ledger at every moment --- */

static struct ledger *pages;
static size_t page_count, page_room;

static void
note(const struct ledger *ledger)
{
    if (page_count == page_room) {
        page_room = page_room == 0 ? 256 : 2 * page_room;
        pages = realloc(pages, page_room * sizeof *pages);
        FIGURES_NEED(pages != NULL);
    }
    pages[page_count] = *ledger;
    trace_note(page_count++);
}

/* --- a start after a cut --- */

static bool
starts_well(const char *dir, const struct ledger *ledger, char why[LEDGER_WHY])
{
    enum ledger_verdict verdict = LEDGER_WRONG;
    struct host host;
    enum pat_err err;

    steady_now = ledger->now;
    err = host_open(&host, dir);
    if (err == PAT_OK) {
        verdict = ledger_check(ledger, &host, why);
        host_close(&host);
    } else {
        snprintf(why, LEDGER_WHY, "it does not start: %s", pat_err_text(err));
    }
    count.wrong += verdict == LEDGER_WRONG;
    count.refused += verdict == LEDGER_REFUSED;
    return verdict == LEDGER_HOLDS;
}

/* The start itself is cut somewhere, and the one behind that must go well. */
static bool
starts_well_again(const char *dir, const struct ledger *ledger, uint64_t *random,
                  char why[LEDGER_WHY])
{
    enum disk_cut cut = (enum disk_cut)steady_below(random, DISK_CUTS);
    char again[HOST_PATH];
    struct trace trace;
    struct disk *disk;
    struct host host;
    size_t end;
    enum pat_err err;

    host_place("again", again);
    steady_now = ledger->now;
    trace_begin(&trace, dir);
    err = host_open(&host, dir);
    if (err == PAT_OK)
        host_close(&host);
    trace_end();
    disk = disk_new(&trace);
    end = trace.count == 0 ? 0 : steady_below(random, trace.count);
    for (size_t i = 0; i < end; i++)
        disk_apply(disk, &trace.ops[i]);
    disk_leave(disk, cut, random, again);
    disk_free(disk);
    trace_free(&trace);
    count.again++;
    return starts_well(again, ledger, why);
}

/* --- a round --- */

static void
work(struct world *world, uint64_t *random)
{
    unsigned order[64];

    for (unsigned i = 0; i < deeds_count; i++) {
        unsigned other = (unsigned)steady_below(random, i + 1);

        order[i] = order[other];
        order[other] = i;
    }
    for (unsigned i = 0; i < DEEDS_OF_ROUND; i++) {
        const struct deed *deed =
            &deeds[i < deeds_count ? order[i] : steady_below(random, deeds_count)];
        enum pat_err err = deeds_do(world, deed);

        if (err != PAT_OK && err != PAT_ERR_NOT_FOUND)
            figures_found("%s: %s", deed->title, pat_err_text(err));
    }
}

struct round {
    uint64_t seed;
    bool begins; /* from an empty disk on */
    bool checks; /* that the test finds something: nothing is reported */
    int points, again_each;
};

static void
trace_round(const struct round *round, const char *dir, struct trace *trace)
{
    const struct deeds_start_with with = {
        .seed = round->seed, .full_journal = !round->begins && round->seed % 2 == 0, .note = note};
    uint64_t random = round->seed ^ 0x5eed;
    struct world world;

    page_count = 0;
    if (round->begins)
        trace_begin(trace, dir);
    deeds_begin(&world, dir, &with);
    if (!round->begins) {
        host_close(&world.host);
        page_count = 0;
        trace_begin(trace, dir);
        note(&world.ledger);
        FIGURES_NEED(deeds_open(&world, dir) == PAT_OK);
    }
    work(&world, &random);
    host_close(&world.host);
    trace_end();
}

static void
cut_here(const struct round *round, const struct disk *disk, size_t at, const struct ledger *page,
         uint64_t *random)
{
    enum disk_cut cut = (enum disk_cut)(count.points % DISK_CUTS);
    char left[HOST_PATH], why[LEDGER_WHY] = "";
    bool again = round->again_each > 0 && count.points % (unsigned)round->again_each == 0;

    host_place("left", left);
    disk_leave(disk, cut, random, left);
    count.points++;
    if (again ? starts_well_again(left, page, random, why) : starts_well(left, page, why))
        return;
    if (!round->checks)
        figures_found("round %llu, cut %d before op %zu%s: %s", (unsigned long long)round->seed,
                      (int)cut, at, again ? " and again" : "", why);
}

static void
run_round(const struct round *round)
{
    uint64_t random = round->seed ^ 0xc07;
    const struct ledger *page = NULL;
    char dir[HOST_PATH];
    struct trace trace;
    struct disk *disk;
    size_t next = 0;

    host_place("work", dir);
    trace_round(round, dir, &trace);
    disk = disk_new(&trace);
    for (size_t i = 0; i < trace.count; i++) {
        if (trace.ops[i].kind == TRACE_NOTE)
            page = &pages[trace.ops[i].at];
        disk_apply(disk, &trace.ops[i]);
        for (; page != NULL && next <= i; next += trace.count / (size_t)round->points + 1)
            cut_here(round, disk, i, page, &random);
        if (page == NULL)
            next = i + 1;
    }
    disk_free(disk);
    trace_free(&trace);
}

/* --- the whole --- */

/* With less syncing something must be lost; it is the same test. */
static unsigned long
find_loss(uint64_t seed, int points)
{
    const struct round round = {.seed = seed, .checks = true, .points = points};
    unsigned long before = count.points, wrong;

    count.wrong = count.refused = 0;
    run_round(&round);
    wrong = count.wrong + count.refused;
    count.points = before;
    count.wrong = count.refused = 0;
    return wrong;
}

int
main(void)
{
    const struct size *size = &sizes[figures_full()];
    uint64_t seed = figures_seed(1);
    unsigned long normal, anchor;

    vfs_start();
    for (int i = 0; i < size->rounds + size->begins; i++) {
        const struct round round = {.seed = seed + (unsigned)i,
                                    .begins = i >= size->rounds,
                                    .points = size->points,
                                    .again_each = size->again_each};

        run_round(&round);
    }
    support_figure("power cut: %lu crash points, %lu of them cut again while they started: %lu "
                   "lost or revived something, %lu did not start",
                   count.points, count.again, count.wrong, count.refused);
    vfs_synchronous = "NORMAL";
    normal = find_loss(seed, size->check_points);
    vfs_synchronous = NULL;
    files_forget_to_sync = "anchor";
    anchor = find_loss(seed + seed % 2, size->check_points);
    files_forget_to_sync = NULL;
    support_figure("power cut, less synced: synchronous=NORMAL fails at %lu of %d points, "
                   "an anchor that is not synced at %lu",
                   normal, size->check_points, anchor);
    if (normal == 0 || anchor == 0)
        figures_found("the test does not see what is lost");
    free(pages);
    return figures_end();
}
