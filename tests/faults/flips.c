/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bits. Every bit of a small store, of its write-ahead log, of its anchor and of its keys is turned
 * over, one at a time. What answered one way answers so still, or not at all; nobody gets in who
 * did not. An anchor that was touched never trusts an older database.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/faults/answers.h"
#include "tests/faults/cold.h"
#include "tests/faults/disk.h"
#include "tests/faults/figures.h"
#include "tests/faults/steady.h"
#include "tests/faults/vfs.h"

static const struct size {
    size_t database, heads, log, anchor, keys; /* every so-manieth bit */
    uint32_t questions[2];                     /* which, of this bit and the next */
} sizes[] = {
    {.database = 797,
     .heads = 61,
     .log = 4001,
     .anchor = 61,
     .keys = 13,
     .questions = {0x555555, 0xaaaaaa}},
    {.database = 1,
     .heads = 1,
     .log = 29,
     .anchor = 1,
     .keys = 1,
     .questions = {ANSWERS_ALL, ANSWERS_ALL}},
};

static char base[HOST_PATH], older[HOST_PATH], work[HOST_PATH];

/* --- a file whose bits are turned --- */

struct target {
    char path[2 * HOST_PATH];
    int fd;
    unsigned char *bytes;
    size_t len;
};

static void
open_target(struct target *target, const char *dir, const char *name)
{
    struct stat status;

    snprintf(target->path, sizeof target->path, "%s/%s", dir, name);
    target->fd = open(target->path, O_RDWR | O_CLOEXEC);
    FIGURES_NEED(target->fd >= 0 && fstat(target->fd, &status) == 0);
    target->len = (size_t)status.st_size;
    target->bytes = malloc(target->len);
    FIGURES_NEED(target->bytes != NULL &&
                 pread(target->fd, target->bytes, target->len, 0) == (ssize_t)target->len);
}

static void
turn(const struct target *target, size_t bit)
{
    unsigned char byte = (unsigned char)(target->bytes[bit / 8] ^ (1U << bit % 8));

    FIGURES_NEED(pwrite(target->fd, &byte, 1, (off_t)(bit / 8)) == 1);
}

/* A header that was turned may have been written anew, with all that this entails. */
static void
turn_back(const struct target *target, size_t bit)
{
    struct stat status;

    FIGURES_NEED(fstat(target->fd, &status) == 0);
    if (bit / 8 >= 100 && (size_t)status.st_size == target->len) {
        FIGURES_NEED(pwrite(target->fd, target->bytes + bit / 8, 1, (off_t)(bit / 8)) == 1);
        return;
    }
    FIGURES_NEED(pwrite(target->fd, target->bytes, target->len, 0) == (ssize_t)target->len &&
                 ftruncate(target->fd, (off_t)target->len) == 0);
}

static void
close_target(struct target *target)
{
    close(target->fd);
    free(target->bytes);
}

static void
remove_beside(const char *dir, const char *name)
{
    char path[2 * HOST_PATH];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
}

/* --- the database --- */

/* Of the rows of tokens that are refused because of the time: where the times stand. */
static bool
is_near_times(const struct target *target, size_t byte)
{
    static const char *const names[] = {"request for expired", "request for later"};
    size_t begin = byte < 80 ? 0 : byte - 80, end = byte + 40;

    for (size_t at = begin; at < end && at + 32 < target->len; at++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (memcmp(target->bytes + at, names[i], strlen(names[i])) == 0)
                return byte >= at + strlen(names[i]) && byte <= at + strlen(names[i]) + 48;
    return false;
}

#define PAGE 4096
#define PAGES 256
#define OPENING (UINT32_C(1) << 31)

/* By page: the questions that read it, a bit each. To all others its bits are nothing. */
static uint32_t readers[PAGES], again[PAGES], *noted, reader;

static void
note_read(size_t at, size_t len)
{
    for (size_t page = at / PAGE; page * PAGE < at + len; page++) {
        FIGURES_NEED(page < PAGES);
        noted[page] |= reader;
    }
}

/* Asks through a reading handle that has forgotten what it read. */
static void
ask_cold(struct host *host, uint32_t questions, const char *what, struct answers *answers)
{
    FIGURES_NEED(host_reader(host) != NULL);
    cold_drop();
    answers_compare(host, questions, what, answers);
    pat_context_accepted(host->context);
}

static void
learn_readers(struct host *host)
{
    struct answers answers = {.asked = 0};

    vfs_reads = note_read;
    noted = readers;
    reader = OPENING;
    FIGURES_NEED(host_reader(host) != NULL);
    for (size_t i = 0; i < REQUESTS; i++) {
        reader = UINT32_C(1) << i;
        answers_reopen(host, reader, "nothing", &answers);
    }
    noted = again;
    reader = OPENING;
    ask_cold(host, 0, "nothing", &answers);
    for (size_t i = 0; i < REQUESTS; i++) {
        reader = UINT32_C(1) << i;
        ask_cold(host, reader, "nothing", &answers);
    }
    vfs_reads = NULL;
    FIGURES_NEED(answers.same == 2 * REQUESTS);
    for (size_t page = 0; page < PAGES; page++) /* it has forgotten */
        FIGURES_NEED((readers[page] & OPENING) != 0 || readers[page] == again[page]);
}

static void
flip_one(struct host *host, const struct target *target, size_t bit, uint32_t questions,
         struct answers *answers)
{
    char what[64];

    snprintf(what, sizeof what, "bit %zu of the database", bit);
    turn(target, bit);
    if ((readers[bit / 8 / PAGE] & OPENING) != 0)
        answers_reopen(host, questions, what, answers);
    else
        ask_cold(host, questions, what, answers);
    turn_back(target, bit);
    if (bit / 8 >= 100)
        return;
    remove_beside(work, "state/pat.db-wal");
    remove_beside(work, "state/pat.db-shm");
}

/* All bits of the pages that somebody reads. */
static void
flip_pages(const struct size *size, struct host *host, const struct target *target)
{
    struct answers answers = {.asked = 0};
    unsigned long flips = 0, unread = 0;

    for (size_t bit = 0; bit < 8 * target->len; bit++) {
        uint32_t questions = readers[bit / 8 / PAGE];

        unread += questions == 0;
        if (questions != 0 && (bit % size->database == 0 || is_near_times(target, bit / 8)))
            flip_one(host, target, bit, questions & size->questions[flips++ % 2], &answers);
    }
    support_figure(
        "bits, database: %lu bits of %zu turned, %lu are in pages that no question reads; %lu "
        "questions: %lu answered as before, %lu refused, %lu not answered, nobody in "
        "who may not",
        flips, 8 * target->len, unread, answers.asked, answers.same, answers.refused,
        answers.unavailable);
}

static void
flip_database(const struct size *size)
{
    struct target target;
    struct host host;

    host_copy(base, work);
    FIGURES_NEED(host_open(&host, work) == PAT_OK && host.reader != NULL);
    pat_store_close(host.writer);
    pat_store_close(host.reader);
    host.writer = host.reader = NULL;
    cold_start();
    learn_readers(&host);
    open_target(&target, work, "state/pat.db");
    flip_pages(size, &host, &target);
    host_close(&host);
    close_target(&target);
}

/* --- what stands in the log, and not in the database yet --- */

/* The log's own head, or one of a page: the bits of pages themselves are in a sum, all alike. */
static bool
is_head(size_t byte)
{
    return byte < 32 || (byte - 32) % (24 + PAGE) < 24;
}

static void
put_back(const char *name, const char *dir)
{
    char from[2 * HOST_PATH], to[2 * HOST_PATH];

    snprintf(from, sizeof from, "%s/%s", work, name);
    snprintf(to, sizeof to, "%s/%s", dir, name);
    host_copy_file(from, to);
}

/* A start that refused to answer has written to nothing else. */
static void
flip_log_bit(const char *left, size_t bit, struct answers *answers, unsigned long *refuses)
{
    unsigned long before = *refuses;
    struct target target;
    char what[64];

    open_target(&target, left, "state/pat.db-wal");
    turn(&target, bit);
    close_target(&target);
    snprintf(what, sizeof what, "bit %zu of the write-ahead log", bit);
    answers_start(left, what, answers, refuses);
    if (*refuses == before)
        host_copy(work, left);
    remove_beside(left, "state/pat.db-shm");
    put_back("state/pat.db", left);
    put_back("state/pat.db-wal", left);
}

static void
flip_log(const struct size *size)
{
    unsigned long flips = 0, refuses = 0;
    struct answers answers = {.asked = 0};
    struct target target;
    char left[HOST_PATH];

    host_place("left", left);
    host_copy(work, left);
    open_target(&target, work, "state/pat.db-wal");
    for (size_t bit = 0; bit < 8 * target.len; bit++) {
        if (bit % (is_head(bit / 8) ? size->heads : size->log) != 0)
            continue;
        flip_log_bit(left, bit, &answers, &refuses);
        flips++;
    }
    support_figure("bits, write-ahead log: %lu bits of %zu turned, %lu questions: %lu answered as "
                   "before, %lu starts refused to answer, nobody in who may not",
                   flips, 8 * target.len, answers.asked, answers.same, refuses);
    close_target(&target);
}

/* A store whose last changes, a revocation among them, stand in the log alone. */
static void
leave_log(struct world *world)
{
    char copy[HOST_PATH];

    host_place("copy", copy);
    FIGURES_NEED(deeds_open(world, base) == PAT_OK);
    FIGURES_NEED(deeds_do(world, &deeds[3]) == PAT_OK && deeds_do(world, &deeds[0]) == PAT_OK);
    host_copy(base, copy);
    host_close(&world->host);
    host_copy(copy, work);
}

/* --- the anchor --- */

struct lines {
    uint64_t sum;
};

static enum pat_err
add_line(void *context, int64_t generation, const char *line)
{
    struct lines *lines = context;

    lines->sum = lines->sum * 31 + (uint64_t)generation;
    for (; *line != '\0'; line++)
        lines->sum = lines->sum * 31 + (unsigned char)*line;
    return PAT_OK;
}

static enum pat_err
compare_with(const char *place, const struct pat_keyring *keyring, struct pat_anchor *anchor)
{
    const struct pat_store_args args = {.ops = &pat_sqlite_ops,
                                        .place = place,
                                        .mode = PAT_STORE_READ,
                                        .keyring = keyring,
                                        .anchor = anchor};
    struct pat_store *store = NULL;
    enum pat_err err = pat_store_open(&args, &store);

    if (err == PAT_OK)
        err = pat_store_compare(store);
    pat_store_close(store);
    return err;
}

struct anchor_flips {
    const struct pat_keyring *keyring;
    char keys[2 * HOST_PATH], now[2 * HOST_PATH], before[2 * HOST_PATH];
    uint64_t sum; /* of the journal's lines */
    unsigned long flips, refused, whole;
};

static void
look_at_anchor(struct anchor_flips *flips, size_t bit)
{
    struct pat_anchor *anchor = NULL;
    struct lines lines = {.sum = 0};
    enum pat_err err = pat_anchor_open(
        flips->keys, pat_keyring_key(flips->keyring, PAT_KEYRING_ANCHOR), &anchor);

    flips->flips++;
    if (err != PAT_OK) {
        flips->refused++;
        return;
    }
    err = compare_with(flips->now, flips->keyring, anchor);
    if (err != PAT_OK && err != PAT_ERR_CONFLICT)
        figures_found("bit %zu of the anchor: the store is %s", bit, pat_err_text(err));
    if (compare_with(flips->before, flips->keyring, anchor) != PAT_ERR_ROLLBACK)
        figures_found("bit %zu of the anchor: an older store is taken", bit);
    if (err == PAT_OK && pat_anchor_replay(anchor, 0, add_line, &lines) != PAT_OK)
        flips->refused++;
    else if (err == PAT_OK && lines.sum != flips->sum)
        figures_found("bit %zu of the anchor: its journal reads otherwise", bit);
    else
        flips->whole++;
    pat_anchor_close(anchor);
}

static void
flip_anchor(const struct size *size)
{
    static const size_t parts[][2] = {{0, 512}, {4096, 512}, {8192, 2048}};
    struct anchor_flips flips = {.flips = 0};
    struct pat_keyring *keyring = NULL;
    struct pat_anchor *anchor = NULL;
    struct lines lines = {.sum = 0};
    struct target target;

    host_copy(base, work);
    snprintf(flips.keys, sizeof flips.keys, "%s/keys", work);
    snprintf(flips.now, sizeof flips.now, "%s/state", work);
    snprintf(flips.before, sizeof flips.before, "%s/state", older);
    FIGURES_NEED(pat_keyring_open(flips.keys, &keyring) == PAT_OK);
    flips.keyring = keyring;
    FIGURES_NEED(pat_anchor_open(flips.keys, pat_keyring_key(keyring, PAT_KEYRING_ANCHOR),
                                 &anchor) == PAT_OK &&
                 pat_anchor_replay(anchor, 0, add_line, &lines) == PAT_OK && lines.sum != 0);
    pat_anchor_close(anchor);
    flips.sum = lines.sum;
    open_target(&target, work, "keys/anchor");
    for (size_t part = 0; part < 3; part++)
        for (size_t bit = 8 * parts[part][0]; bit < 8 * (parts[part][0] + parts[part][1]);
             bit += size->anchor) {
            turn(&target, bit);
            look_at_anchor(&flips, bit);
            turn_back(&target, bit);
        }
    close_target(&target);
    pat_keyring_free(keyring);
    support_figure(
        "bits, anchor: %lu bits of its slots and journal turned: %lu refused, %lu read as "
        "before, no older store taken, no line lost or changed unseen",
        flips.flips, flips.refused, flips.whole);
}

/* --- the keys --- */

static void
flip_key(const char *name, size_t stride, struct answers *answers, unsigned long *flips,
         unsigned long *refuses)
{
    struct target target;
    char what[64];

    open_target(&target, work, name);
    for (size_t bit = 0; bit < 8 * target.len; bit += stride, ++*flips) {
        snprintf(what, sizeof what, "bit %zu of %s", bit, name);
        turn(&target, bit);
        answers_start(work, what, answers, refuses);
        turn_back(&target, bit);
        FIGURES_NEED(pwrite(target.fd, target.bytes, target.len, 0) == (ssize_t)target.len);
    }
    close_target(&target);
}

static void
flip_keys(const struct size *size)
{
    unsigned long flips = 0, refuses = 0;
    struct answers answers = {.asked = 0};

    host_copy(base, work);
    flip_key("keys/seal.1", size->keys, &answers, &flips, &refuses);
    flip_key("keys/verifier.1", size->keys, &answers, &flips, &refuses);
    flip_key("keys/clock", size->keys, &answers, &flips, &refuses);
    support_figure("bits, keys and clock: %lu bits turned, %lu questions: %lu answered as before, "
                   "%lu starts refused to answer, nobody in who may not",
                   flips, answers.asked, answers.same, refuses);
}

int
main(void)
{
    const struct deeds_start_with with = {.seed = figures_seed(1)};
    const struct size *size = &sizes[figures_full()];
    struct world world;

    vfs_start();
    host_place("base", base);
    host_place("older", older);
    host_place("work", work);
    deeds_begin(&world, base, &with);
    requests_make(&world);
    answers_learn(&world.host);
    host_close(&world.host);
    host_copy(base, older);
    for (int i = 0; i < 3; i++) { /* generations that an older database lacks */
        FIGURES_NEED(deeds_open(&world, base) == PAT_OK && deeds_do(&world, &deeds[3]) == PAT_OK);
        host_close(&world.host);
    }
    flip_database(size);
    flip_anchor(size);
    flip_keys(size);
    leave_log(&world);
    flip_log(size);
    return figures_end();
}
