/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory runs out while patd's management thread reads a call, does what it asks for, and writes
 * what it says: at every allocation, once, and from there on. What is answered without an error is
 * what is answered otherwise; a change is made whole, with its line in the log, or not at all; and
 * the next call is served as if nothing had been, with nothing left behind.
 *
 * The layer above oom.c.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/faults/disk.h"
#include "tests/faults/figures.h"
#include "tests/faults/line.h"
#include "tests/faults/memory.h"
#include "tests/faults/oom_calls.h"
#include "tests/faults/steady.h"

static const struct size {
    long stride;   /* every so-manieth point of a sweep */
    long thorough; /* behind every so-manieth, all is read that seems unchanged */
} sizes[] = {
    {.stride = 97, .thorough = 8},
    {.stride = 1, .thorough = 8},
};
static const struct size *size;

static struct {
    unsigned long points, errors, silent, done;
} count;

static char base[HOST_PATH], work[HOST_PATH];
static uint64_t numbers;
static int64_t now;
static struct host host;

/* --- what there is --- */

struct state {
    uint64_t sum; /* of all that can be read */
    int64_t generation;
};

static uint64_t
sum_of(const char *bytes, size_t len)
{
    uint64_t sum = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < len; i++)
        sum = (sum ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return sum;
}

static int64_t
generation(void)
{
    struct pat_host_record row;

    return host.writer != NULL && pat_store_get(host.writer, PAT_ROW_HOST, "", "", &row) == PAT_OK
               ? row.generation
               : -1;
}

/* Everything: who is there, what they have, and what the logs tell, and prove. */
static bool
read_state(struct state *ret)
{
    static const struct oom_call calls[] = {
        {"TenantList", "", OOM_CALLS_READS, true, 0},
        {"UserList", "\"tenant\":\"acme\"", OOM_CALLS_READS, true, 0},
        {"UserList", "\"tenant\":\"lab\"", OOM_CALLS_READS, true, 0},
        {"GrantList", "\"tenant\":\"acme\"", OOM_CALLS_READS, true, 0},
        {"ScopeList", "", OOM_CALLS_READS, true, 0},
        {"List", "\"filter\":{\"withRevoked\":true}", OOM_CALLS_READS, true, 0},
        {"Log", "", OOM_CALLS_READS, true, 0},
        {"LogVerify", "", OOM_CALLS_READS, true, 0},
        {"org.varlink.service.GetInfo", "", OOM_CALLS_READS, false, 0},
    };
    static char messages[sizeof calls / sizeof calls[0] * OOM_CALLS_TEXT];
    struct line_replies replies;
    size_t len = 0;

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        len += oom_calls_write(&calls[i], messages + len);
    line_call(&host, HOST_OPERATOR, messages, len, NULL, &replies);
    ret->sum = sum_of(replies.text, replies.len);
    ret->generation = generation();
    return replies.ended && !replies.an_error &&
           pat_anchor_newest(pat_context_anchor(host.context)) == ret->generation;
}

/* --- the world, as it was made --- */

/* A method names its file by the time. */
static void
remove_backups(void)
{
    char path[4 * HOST_PATH];
    struct dirent *entry;
    DIR *directory;

    snprintf(path, sizeof path, "%s/state/backup", work);
    directory = opendir(path);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        snprintf(path, sizeof path, "%s/state/backup/%.100s", work, entry->d_name);
        unlink(path);
    }
    if (directory != NULL)
        closedir(directory);
}

static void
close_world(void)
{
    if (host.context != NULL)
        host_close(&host);
    remove_backups();
}

static void
open_world(void)
{
    close_world();
    host_copy(base, work);
    steady_now = now;
    FIGURES_NEED(host_open(&host, work) == PAT_OK && host.writer != NULL);
    pat_store_close(host.reader);
    host.reader = NULL;
}

/* --- one call --- */

struct sweep {
    const struct oom_call *call;
    char message[OOM_CALLS_TEXT];
    size_t len;
    bool sticky;
    long at; /* the point in hand */
    struct state before, behind;
    char *wanted; /* what is answered when nothing fails */
    size_t wanted_len;
    bool wanted_error;
    long closed; /* what is allocated when the writing handle is not open */
    int closed_descriptors;
};

static void
complain(const struct sweep *sweep, const char *what)
{
    figures_found("%s {%s}, allocation %ld%s: %s", sweep->call->method, sweep->call->parameters,
                  sweep->at, sweep->sticky ? " and all behind it" : "", what);
}

static void
run(const struct sweep *sweep, const struct fault_plan *plan, struct line_replies *ret)
{
    steady_reseed(7);
    line_call(&host, sweep->call->uid == 0 ? HOST_OPERATOR : sweep->call->uid, sweep->message,
              sweep->len, plan, ret);
}

/* A handle keeps what it allocated once; without it there is nothing that may stay. */
static bool
nothing_is_left(const struct sweep *sweep, long before)
{
    if (memory_own() == before)
        return true;
    pat_store_close(host.writer);
    host.writer = NULL;
    return memory_own() == sweep->closed;
}

static void
check_answer(const struct sweep *sweep, const struct line_replies *replies)
{
    bool same = replies->len == sweep->wanted_len &&
                memcmp(replies->text, sweep->wanted, replies->len) == 0;
    size_t at = 0; /* where they part */

    /* Some answers say themselves that something is not known. */
    same = same || strstr(replies->text, "\"verdict\":\"unavailable-") != NULL ||
           (strcmp(sweep->call->method, "DbStatus") == 0 &&
            strstr(replies->text, "\"lastBackup\":null") != NULL);

    if (!replies->ended)
        count.silent++;
    else if (replies->an_error && !sweep->wanted_error)
        count.errors++;
    else if (!replies->an_error && !same) {
        complain(sweep, "answered otherwise, and without an error:");
        while (at < replies->len && at < sweep->wanted_len &&
               replies->text[at] == sweep->wanted[at])
            at++;
        printf("  %.200s\n  and not\n  %.200s\n", replies->text + at, sweep->wanted + at);
    }
}

/* Whole or not at all, whatever was said; done, if that was said. */
static void
check_change(const struct sweep *sweep, bool said_done)
{
    struct state state;
    bool is_before, is_behind;

    if (!read_state(&state)) {
        complain(sweep, "afterwards it cannot be read, or anchor and store differ");
        return;
    }
    is_before = state.sum == sweep->before.sum && state.generation == sweep->before.generation;
    is_behind = state.sum == sweep->behind.sum && state.generation == sweep->behind.generation;
    if (!is_before && !is_behind && sweep->call->kind != OOM_CALLS_PIECES)
        complain(sweep, "the change is half done");
    if (said_done && !is_behind)
        complain(sweep, "it is said to be done, and is not");
    count.done += !said_done && !is_before;
}

static bool
run_point(struct sweep *sweep)
{
    const struct fault_plan plan = {
        .kinds = FAULT_MEMORY, .at = sweep->at, .sticky = sweep->sticky};
    struct line_replies replies;
    long before = memory_own();
    int open = host_descriptors();
    bool changed;

    run(sweep, &plan, &replies);
    if (!fault_happened())
        return false;
    count.points++;
    check_answer(sweep, &replies);
    changed = generation() != sweep->before.generation;
    if (changed || count.points % (unsigned long)size->thorough == 0)
        check_change(sweep,
                     sweep->call->kind != OOM_CALLS_READS && replies.ended && !replies.an_error);
    remove_backups();
    if (strcmp(sweep->call->method, "DbRotateKey") != 0 && !nothing_is_left(sweep, before))
        complain(sweep, "something is left");
    if (host_descriptors() > open) { /* SQLite keeps some, while the file is open anywhere */
        close_world();
        if (host_descriptors() > sweep->closed_descriptors)
            complain(sweep, "a descriptor is left");
    }
    if (changed || host.context == NULL || host.writer == NULL)
        open_world();
    return true;
}

/* What it answers and does when nothing fails. */
static void
learn(struct sweep *sweep)
{
    struct line_replies replies;

    open_world();
    FIGURES_NEED(read_state(&sweep->before));
    run(sweep, NULL, &replies);
    FIGURES_NEED(replies.ended);
    sweep->wanted = malloc(replies.len + 1);
    FIGURES_NEED(sweep->wanted != NULL);
    memcpy(sweep->wanted, replies.text, replies.len);
    sweep->wanted_len = replies.len;
    sweep->wanted_error = replies.an_error;
    FIGURES_NEED(read_state(&sweep->behind));
    if ((sweep->behind.generation != sweep->before.generation) !=
        (sweep->call->kind != OOM_CALLS_READS))
        printf("%s\n%.*s\n", sweep->message, (int)replies.len, replies.text);
    FIGURES_NEED((sweep->behind.generation != sweep->before.generation) ==
                 (sweep->call->kind != OOM_CALLS_READS));
    close_world();
    sweep->closed_descriptors = host_descriptors();
    open_world();
    pat_store_close(host.writer);
    host.writer = NULL;
    sweep->closed = memory_own();
    FIGURES_NEED(read_state(&sweep->before));
}

static void
sweep_call(const struct oom_call *call, bool sticky)
{
    struct sweep sweep = {.call = call, .sticky = sticky};

    sweep.len = oom_calls_write(call, sweep.message);
    learn(&sweep);
    for (sweep.at = 1 + (long)steady_below(&numbers, (uint64_t)size->stride); run_point(&sweep);
         sweep.at += size->stride)
        continue;
    free(sweep.wanted);
    if (!fault_happened() && generation() != sweep.before.generation)
        open_world();
}

int
main(void)
{
    long before;
    int open;

    memory_start();
    steady_reseed(1);
    numbers = figures_seed(1);
    size = &sizes[figures_full()];
    host_place("base", base);
    host_place("work", work);
    line_start();
    oom_calls_begin(base);
    now = steady_now;
    before = memory_all();
    open = host_descriptors();
    for (int sticky = 0; sticky < 2; sticky++)
        for (size_t i = 0; i < oom_calls_count; i++)
            sweep_call(&oom_calls[i], sticky != 0);
    close_world();
    if (memory_all() != before || host_descriptors() != open)
        figures_found("at the end %ld allocations and %d descriptors are left",
                      memory_all() - before, host_descriptors() - open);
    support_figure(
        "no memory, management: %lu allocations failed in %zu calls: %lu errors, %lu connections "
        "closed, %lu changes made all the same and logged, none half; nothing left",
        count.points, oom_calls_count, count.errors, count.silent, count.done);
    return figures_end();
}
