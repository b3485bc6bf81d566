/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the clock and keeping its mark. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "core/base/file.h"
#include "core/base/span.h"
#include "core/policy/record.h"
#include "core/store/clock.h"

#define FILE_NAME "clock"
#define PATH_SIZE 4096
#define SLACK (5 * 60 * PAT_SECOND)
#define FILE_LEN (8 + 8 + 8 + 37 + PAT_DIGEST_LEN)

static const char magic[8] = "patclk01";

struct pat_clock {
    const struct pat_key *key;
    char path[PATH_SIZE];
    _Atomic int64_t mark;
    _Atomic int64_t seen; /* the latest time that was told since, if the mark could move there */
    _Atomic int64_t recalled;      /* what may have been told before the start */
    _Atomic int64_t limit_at_boot; /* the mark may move to this and the time since the start */
    pthread_mutex_t lock;          /* of the file and of what follows */
    int64_t boot;                  /* when it was saved */
    char boot_id[37];              /* in which boot */
};

static enum pat_err
microseconds(clockid_t which, int64_t *ret)
{
    struct timespec now;
    int64_t value;

    if (clock_gettime(which, &now) == -1 || now.tv_sec < 0 ||
        __builtin_mul_overflow((int64_t)now.tv_sec, PAT_SECOND, &value) ||
        __builtin_add_overflow(value, (int64_t)now.tv_nsec / 1000, &value))
        return PAT_ERR_CLOCK;
    *ret = value;
    return PAT_OK;
}

static void
read_boot_id(char ret[37])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

    ret[0] = '\0';
    if (file == NULL)
        return;
    if (fgets(ret, 37, file) == NULL)
        ret[0] = '\0';
    fclose(file);
}

enum pat_err
pat_clock_read(struct pat_clock_reading *ret)
{
    struct timex timex = {.modes = 0};
    int state = adjtimex(&timex);

    memset(ret, 0, sizeof *ret);
    ret->synchronised = state != -1 && state != TIME_ERROR && (timex.status & STA_UNSYNC) == 0;
    read_boot_id(ret->boot_id);
    if (microseconds(CLOCK_REALTIME, &ret->wall) != PAT_OK)
        return PAT_ERR_CLOCK;
    return microseconds(CLOCK_BOOTTIME, &ret->boot);
}

static void
seal(const struct pat_key *key, const unsigned char *file, struct pat_digest *ret)
{
    pat_digest_bytes(key, file, FILE_LEN - PAT_DIGEST_LEN, ret);
}

static enum pat_err
load(struct pat_clock *clock)
{
    unsigned char file[FILE_LEN];
    struct pat_reader reader = pat_span_reader(file, sizeof file);
    struct pat_digest expected, stored;
    size_t len;
    enum pat_err err = pat_file_read(clock->path, file, sizeof file, &len);

    if (err != PAT_OK)
        return err == PAT_ERR_RANGE ? PAT_ERR_SEAL : err; /* longer than what we write */
    if (len != sizeof file || memcmp(pat_span_bytes(&reader, 8), magic, 8) != 0)
        return PAT_ERR_SEAL;
    atomic_store(&clock->mark, (int64_t)pat_span_u64(&reader));
    clock->boot = (int64_t)pat_span_u64(&reader);
    memcpy(clock->boot_id, pat_span_bytes(&reader, 37), 37);
    memcpy(stored.bytes, pat_span_bytes(&reader, PAT_DIGEST_LEN), PAT_DIGEST_LEN);
    seal(clock->key, file, &expected);
    return pat_digest_equal(&expected, &stored) ? PAT_OK : PAT_ERR_SEAL;
}

static enum pat_err
store(const struct pat_clock *clock, int64_t mark, const struct pat_clock_reading *reading)
{
    unsigned char file[FILE_LEN];
    struct pat_writer writer = pat_span_writer(file, sizeof file);
    struct pat_digest digest;

    pat_span_put_bytes(&writer, magic, 8);
    pat_span_put_u64(&writer, (uint64_t)mark);
    pat_span_put_u64(&writer, (uint64_t)reading->boot);
    pat_span_put_bytes(&writer, reading->boot_id, 37);
    seal(clock->key, file, &digest);
    pat_span_put_bytes(&writer, digest.bytes, PAT_DIGEST_LEN);
    return writer.failed ? PAT_ERR_INTERNAL : pat_file_write(clock->path, file, sizeof file, 0);
}

/* How long the machine is known to have run since the mark was saved. */
static int64_t
ran_since(const struct pat_clock *clock, const struct pat_clock_reading *reading)
{
    bool same_boot = strcmp(clock->boot_id, reading->boot_id) == 0;

    if (reading->boot_id[0] == '\0')
        return 0; /* nobody knows: only the slack is left */
    return same_boot ? reading->boot - clock->boot : reading->boot;
}

static void
set_limit(struct pat_clock *clock, const struct pat_clock_reading *reading)
{
    int64_t limit = 0;

    if (__builtin_add_overflow(pat_clock_mark(clock), SLACK, &limit) ||
        __builtin_add_overflow(limit, ran_since(clock, reading) - reading->boot, &limit))
        limit = INT64_MIN / 2; /* no time is told that the mark could not wait for */
    atomic_store(&clock->limit_at_boot, limit);
}

/* What a patd may have told before it was killed: as long as the machine ran, the clock ran too. */
static void
recall(struct pat_clock *clock, const struct pat_clock_reading *reading)
{
    int64_t seen;

    if (!__builtin_add_overflow(pat_clock_mark(clock), ran_since(clock, reading), &seen))
        atomic_store(&clock->recalled, seen);
}

enum pat_err
pat_clock_open(const char *dir, const struct pat_key *key, const struct pat_clock_reading *reading,
               struct pat_clock **ret)
{
    struct pat_clock *clock = calloc(1, sizeof *clock);
    enum pat_err err;

    if (clock == NULL || pthread_mutex_init(&clock->lock, NULL) != 0) {
        free(clock);
        return PAT_ERR_NOMEM;
    }
    clock->key = key;
    err = pat_file_path(clock->path, sizeof clock->path, dir, FILE_NAME);
    if (err == PAT_OK)
        err = load(clock);
    if (err == PAT_ERR_NOT_FOUND) {
        atomic_store(&clock->mark, reading->wall);
        err = pat_clock_save(clock, reading);
    }
    if (err != PAT_OK) {
        pat_clock_close(clock);
        return err;
    }
    set_limit(clock, reading);
    recall(clock, reading);
    *ret = clock;
    return PAT_OK;
}

void
pat_clock_close(struct pat_clock *clock)
{
    if (clock == NULL)
        return;
    pthread_mutex_destroy(&clock->lock);
    free(clock);
}

int64_t
pat_clock_mark(const struct pat_clock *clock)
{
    return atomic_load(&clock->mark);
}

/* The mark is a minute old at times: what expired meanwhile must not come back either. */
static void
remember(struct pat_clock *clock, int64_t wall)
{
    int64_t seen = atomic_load(&clock->seen);
    int64_t boot;

    if (microseconds(CLOCK_BOOTTIME, &boot) != PAT_OK ||
        wall - boot > atomic_load(&clock->limit_at_boot))
        return;
    while (seen < wall && !atomic_compare_exchange_weak(&clock->seen, &seen, wall))
        continue;
}

static int64_t
latest(const struct pat_clock *clock)
{
    int64_t mark = atomic_load(&clock->mark), seen = atomic_load(&clock->seen),
            recalled = atomic_load(&clock->recalled);

    if (recalled > seen)
        seen = recalled;
    return seen > mark ? seen : mark;
}

enum pat_err
pat_clock_now(struct pat_clock *clock, int64_t *ret)
{
    int64_t before = latest(clock);
    int64_t wall;

    if (microseconds(CLOCK_REALTIME, &wall) != PAT_OK)
        return PAT_ERR_CLOCK;
    if (wall > before)
        remember(clock, wall);
    *ret = wall > before ? wall : before;
    return PAT_OK;
}

int64_t
pat_clock_advance(int64_t mark, int64_t ran, const struct pat_clock_reading *reading)
{
    int64_t limit;

    if (reading->wall <= mark)
        return mark;
    if (reading->synchronised || ran < 0 || __builtin_add_overflow(mark, ran, &limit) ||
        __builtin_add_overflow(limit, SLACK, &limit))
        return reading->synchronised ? reading->wall : mark;
    return reading->wall <= limit ? reading->wall : mark;
}

static enum pat_err
move(struct pat_clock *clock, int64_t mark, const struct pat_clock_reading *reading)
{
    enum pat_err err = store(clock, mark, reading);

    if (err != PAT_OK)
        return err;
    atomic_store(&clock->mark, mark);
    clock->boot = reading->boot;
    memcpy(clock->boot_id, reading->boot_id, sizeof clock->boot_id);
    set_limit(clock, reading);
    return PAT_OK;
}

enum pat_err
pat_clock_save(struct pat_clock *clock, const struct pat_clock_reading *reading)
{
    enum pat_err err = PAT_OK;
    int64_t before, mark, seen;

    pthread_mutex_lock(&clock->lock);
    before = atomic_load(&clock->mark);
    mark = pat_clock_advance(before, ran_since(clock, reading), reading);
    seen = atomic_load(&clock->seen);
    if (seen > mark)
        mark = seen; /* the clock went back since */
    /* While it waits, what it may move by goes on growing from where it was saved. */
    if (mark != before || clock->boot_id[0] == '\0')
        err = move(clock, mark, reading);
    pthread_mutex_unlock(&clock->lock);
    return err;
}

enum pat_err
pat_clock_accept(struct pat_clock *clock, const struct pat_clock_reading *reading)
{
    enum pat_err err;

    pthread_mutex_lock(&clock->lock);
    atomic_store(&clock->seen, 0);
    atomic_store(&clock->recalled, 0);
    err = move(clock, reading->wall, reading);
    pthread_mutex_unlock(&clock->lock);
    return err;
}

bool
pat_clock_waits(struct pat_clock *clock, const struct pat_clock_reading *reading)
{
    int64_t mark, ran;

    pthread_mutex_lock(&clock->lock);
    mark = atomic_load(&clock->mark);
    ran = ran_since(clock, reading);
    pthread_mutex_unlock(&clock->lock);
    return reading->wall > mark && pat_clock_advance(mark, ran, reading) == mark;
}
