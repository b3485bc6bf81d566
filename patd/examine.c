/* SPDX-License-Identifier: BSD-2-Clause */
/* What is found wrong stops all answers, as it does when the check in the background finds it. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/text.h"
#include "patd/examine.h"

#define PAUSE_NANOSECONDS 200000L
#define ROWS_BETWEEN_PAUSES 256

struct patd_examine {
    struct pat_context *context;
    pthread_t thread;
    atomic_bool stopped, done;
    _Atomic int64_t rows;
    enum pat_err err; /* once it is done, as what follows */
    struct pat_check check;
};

static bool
pause_rows(void *context)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NANOSECONDS};
    struct patd_examine *examine = context;

    atomic_fetch_add(&examine->rows, ROWS_BETWEEN_PAUSES);
    nanosleep(&pause, NULL);
    return !atomic_load(&examine->stopped);
}

static bool
go_on(void *context)
{
    struct patd_examine *examine = context;

    return !atomic_load(&examine->stopped);
}

/* Also a database that is older than its anchor is looked at: whether it may be accepted. */
static enum pat_err
check(struct patd_examine *examine)
{
    struct pat_context *context = examine->context;
    bool trusted = pat_context_health(context) == PAT_VERDICT_ACCEPTED;
    struct pat_check *found = &examine->check;
    struct pat_store *store = NULL;
    enum pat_err err = pat_context_restored(context, false, &store);

    if (err == PAT_OK)
        err = pat_check_store(store, pause_rows, examine, found);
    if (err == PAT_ERR_SEAL && found->trouble[0] == '\0')
        pat_text_clip(found->trouble, sizeof found->trouble,
                      "the host row does not carry its seal");
    if (err == PAT_ERR_SEAL && trusted)
        pat_context_fail(context, PAT_VERDICT_UNAVAILABLE_ROLLED_BACK, found->trouble);
    if (err == PAT_OK && trusted)
        pat_context_keep_check(context, found);
    if (err == PAT_OK)
        err = pat_store_examine(store, go_on, examine, found->trouble, sizeof found->trouble);
    pat_store_close(store);
    return err == PAT_ERR_SEAL ? PAT_OK : err;
}

static void *
run(void *argument)
{
    struct patd_examine *examine = argument;

    examine->err = check(examine);
    atomic_store(&examine->done, true);
    return NULL;
}

enum pat_err
patd_examine_start(struct pat_context *context, struct patd_examine **ret)
{
    struct patd_examine *examine = calloc(1, sizeof *examine);

    if (examine == NULL)
        return PAT_ERR_NOMEM;
    examine->context = context;
    if (pthread_create(&examine->thread, NULL, run, examine) != 0) {
        free(examine);
        return PAT_ERR_NOMEM;
    }
    *ret = examine;
    return PAT_OK;
}

int64_t
patd_examine_rows(const struct patd_examine *examine, bool *ret_done)
{
    *ret_done = atomic_load(&examine->done);
    return atomic_load(&examine->rows);
}

enum pat_err
patd_examine_result(const struct patd_examine *examine, struct pat_check *ret)
{
    *ret = examine->check;
    return examine->err;
}

void
patd_examine_free(struct patd_examine *examine)
{
    if (examine == NULL)
        return;
    atomic_store(&examine->stopped, true);
    pthread_join(examine->thread, NULL);
    free(examine);
}
