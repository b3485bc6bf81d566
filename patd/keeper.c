/* SPDX-License-Identifier: BSD-2-Clause */
/* Background work, once a second. It reads the store through a handle of its own. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/audit/sink.h"
#include "core/base/log.h"
#include "core/store/check.h"
#include "core/store/clock.h"
#include "core/store/usage.h"
#include "patd/keeper.h"

#define USAGE_SECONDS 5
#define CLOCK_SECONDS 60
#define FIRST_CHECK_SECONDS 5
#define CHECK_SECONDS (24 * 3600)
#define CHECK_PAUSE_NANOSECONDS 1000000L

struct patd_keeper {
    struct pat_context *context;
    struct pat_sink *sink;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopped;
    bool clock_waits; /* and was logged */
};

static bool
is_stopped(struct patd_keeper *keeper)
{
    bool stopped;

    pthread_mutex_lock(&keeper->lock);
    stopped = keeper->stopped;
    pthread_mutex_unlock(&keeper->lock);
    return stopped;
}

static void
wait_a_second(struct patd_keeper *keeper)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    pthread_mutex_lock(&keeper->lock);
    if (!keeper->stopped)
        pthread_cond_timedwait(&keeper->wake, &keeper->lock, &until);
    pthread_mutex_unlock(&keeper->lock);
}

static void
save_clock(struct patd_keeper *keeper)
{
    struct pat_clock *clock = pat_context_clock(keeper->context);
    struct pat_clock_reading reading;
    bool waits;

    if (clock == NULL)
        return;
    if (pat_clock_read(&reading) != PAT_OK || pat_clock_save(clock, &reading) != PAT_OK) {
        PAT_LOG(LOG_WARNING, "failure", {"doing", "saving the clock's mark"});
        return;
    }
    waits = pat_clock_waits(clock, &reading);
    if (waits && !keeper->clock_waits)
        PAT_LOG(LOG_WARNING, "clock",
                {"error", "the clock jumped ahead and is not synchronised: its mark waits"});
    keeper->clock_waits = waits;
}

static bool
pause_check(void *context)
{
    const struct timespec pause = {.tv_nsec = CHECK_PAUSE_NANOSECONDS};

    nanosleep(&pause, NULL);
    return !is_stopped(context);
}

static void
check_store(struct patd_keeper *keeper)
{
    struct pat_store *store = NULL;
    struct pat_check check;
    char count[24];
    enum pat_err err;

    if (pat_context_health(keeper->context) != PAT_VERDICT_ACCEPTED ||
        pat_context_reader(keeper->context, &store) != PAT_OK)
        return;
    err = pat_check_store(store, pause_check, keeper, &check);
    pat_store_close(store);
    snprintf(count, sizeof count, "%lld", (long long)check.rows);
    if (err == PAT_OK) {
        pat_context_keep_check(keeper->context, &check);
        PAT_LOG(LOG_INFO, "checked", {"count", count});
    } else if (err == PAT_ERR_SEAL)
        pat_context_fail(keeper->context, PAT_VERDICT_UNAVAILABLE_ROLLED_BACK, check.trouble);
    else if (err == PAT_ERR_ROLLBACK)
        pat_context_distrust(keeper->context, err);
    else if (err != PAT_ERR_BUSY)
        PAT_LOG(LOG_WARNING, "failure", {"doing", "checking the store"},
                {"error", pat_err_text(err)});
}

static void *
run(void *argument)
{
    struct patd_keeper *keeper = argument;

    for (int64_t second = 1; !is_stopped(keeper); second++) {
        pat_sink_flush(keeper->sink);
        if (second % USAGE_SECONDS == 0 &&
            pat_usage_flush(pat_context_usage(keeper->context)) != PAT_OK)
            PAT_LOG(LOG_WARNING, "failure", {"doing", "writing uses"});
        if (second % CLOCK_SECONDS == 0)
            save_clock(keeper);
        if (second % CHECK_SECONDS == FIRST_CHECK_SECONDS)
            check_store(keeper);
        wait_a_second(keeper);
    }
    return NULL;
}

enum pat_err
patd_keeper_start(struct pat_context *context, struct pat_sink *sink, struct patd_keeper **ret)
{
    struct patd_keeper *keeper = calloc(1, sizeof *keeper);
    pthread_condattr_t attributes;
    bool made;

    if (keeper == NULL)
        return PAT_ERR_NOMEM;
    keeper->context = context;
    keeper->sink = sink;
    made = pthread_condattr_init(&attributes) == 0 &&
           pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
           pthread_cond_init(&keeper->wake, &attributes) == 0 &&
           pthread_mutex_init(&keeper->lock, NULL) == 0 &&
           pthread_create(&keeper->thread, NULL, run, keeper) == 0;
    if (!made) {
        free(keeper);
        return PAT_ERR_NOMEM;
    }
    *ret = keeper;
    return PAT_OK;
}

void
patd_keeper_stop(struct patd_keeper *keeper)
{
    if (keeper == NULL)
        return;
    pthread_mutex_lock(&keeper->lock);
    keeper->stopped = true;
    pthread_cond_signal(&keeper->wake);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    pthread_cond_destroy(&keeper->wake);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}
