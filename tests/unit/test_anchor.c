/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The anchor's file: its mark survives a torn write of any byte, its journal is whole or refused,
 * and when it is full at least one half of its history stays.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/store/anchor.h"
#include "tests/unit/support.h"

#define NAME "anchor"
#define SLOT_STRIDE 4096
#define SLOT_SIZE 512
#define SLOTS ((size_t)2 * SLOT_STRIDE)
#define HALF ((size_t)1024 * 1024)

static const struct pat_key key = {"a key of thirty-two random bytes"};

struct rig {
    char dir[SUPPORT_PATH_MAX];
    struct pat_anchor *anchor;
    int64_t generation;
};

static void
open_rig(struct rig *rig)
{
    assert_ok(pat_anchor_open(rig->dir, &key, &rig->anchor));
}

static void
close_rig(struct rig *rig)
{
    pat_anchor_close(rig->anchor);
    rig->anchor = NULL;
}

static void
reopen(struct rig *rig)
{
    close_rig(rig);
    open_rig(rig);
}

static struct pat_anchor_mark
make_mark(int64_t generation)
{
    struct pat_anchor_mark mark = {.generation = generation};

    memset(mark.sum, (int)(generation % 251), sizeof mark.sum);
    return mark;
}

static void
make_rig(struct rig *rig)
{
    struct pat_anchor_mark mark = make_mark(1);

    memset(rig, 0, sizeof *rig);
    support_dir(rig->dir);
    assert_ok(pat_anchor_create(rig->dir, &key, &mark));
    open_rig(rig);
    rig->generation = 1;
}

static void
expect_mark(const struct rig *rig, int64_t generation)
{
    const struct pat_anchor_mark wanted = make_mark(generation);
    const struct pat_anchor_mark *mark = pat_anchor_mark(rig->anchor);

    expect_number("generation", mark->generation, wanted.generation);
    assert_memory_equal(mark->sum, wanted.sum, sizeof wanted.sum);
}

static void
advance(struct rig *rig, const char *lines)
{
    const struct pat_anchor_mark mark = make_mark(++rig->generation);

    assert_ok(pat_anchor_advance(rig->anchor, &mark, lines, lines == NULL ? 0 : strlen(lines)));
}

/* A line that fills so many bytes of journal, its newline included. */
static void
advance_by(struct rig *rig, size_t bytes)
{
    char *line = malloc(bytes + 1);

    assert_non_null(line);
    memset(line, 'x', bytes - 1);
    snprintf(line, 24, "%lld", (long long)rig->generation + 1);
    line[strlen(line)] = ' ';
    line[bytes - 1] = '\n';
    line[bytes] = '\0';
    advance(rig, line);
    free(line);
}

/* --- replay --- */

struct replay {
    char text[256];
    int64_t first, last;
    size_t count;
    size_t fail_at; /* 0: never */
};

static enum pat_err
note_line(void *context, int64_t generation, const char *line)
{
    struct replay *replay = context;
    size_t used = strlen(replay->text);

    snprintf(replay->text + used, sizeof replay->text - used, "%s%lld:%.10s", used == 0 ? "" : " ",
             (long long)generation, line);
    if (replay->count++ == 0)
        replay->first = generation;
    else
        assert_true(generation >= replay->last);
    replay->last = generation;
    return replay->count == replay->fail_at ? PAT_ERR_BUSY : PAT_OK;
}

static void
expect_replay(const struct rig *rig, int64_t from, const char *wanted)
{
    struct replay replay = {.text = ""};

    assert_ok(pat_anchor_replay(rig->anchor, from, note_line, &replay));
    expect_text("journal", replay.text, wanted);
}

static void
lines_come_back_in_order(struct rig *rig)
{
    struct replay replay = {.fail_at = 2};

    expect_replay(rig, 0, "");
    advance(rig, "one\n");
    advance(rig, NULL);
    advance(rig, "two\nthree\n");
    advance(rig, "four\n");
    for (int again = 0; again < 2; again++) {
        expect_replay(rig, 0, "2:one 4:two 4:three 5:four");
        expect_replay(rig, 1, "2:one 4:two 4:three 5:four");
        expect_replay(rig, 2, "4:two 4:three 5:four");
        expect_replay(rig, 4, "5:four");
        expect_replay(rig, 5, "");
        expect_replay(rig, 99, "");
        reopen(rig);
    }
    assert_err(pat_anchor_replay(rig->anchor, 0, note_line, &replay), PAT_ERR_BUSY);
    assert_int_equal(replay.count, 2);
}

static void
marks_survive(struct rig *rig)
{
    expect_mark(rig, 1);
    for (int64_t generation = 2; generation < 9; generation++) {
        advance(rig, generation % 2 == 0 ? "line\n" : NULL);
        expect_mark(rig, generation);
        reopen(rig);
        expect_mark(rig, generation);
    }
}

static void
generations_grow(struct rig *rig)
{
    static const int64_t wrong[] = {3, 2, 1, 0, -1, INT64_MIN};
    struct pat_anchor_mark mark = make_mark(INT64_MAX);

    advance(rig, NULL);
    advance(rig, "line\n");
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct pat_anchor_mark older = make_mark(4);

        older.generation = wrong[i];
        assert_err(pat_anchor_advance(rig->anchor, &older, "lost\n", 5), PAT_ERR_RANGE);
        expect_mark(rig, 3);
    }
    expect_replay(rig, 0, "3:line");
    assert_ok(pat_anchor_advance(rig->anchor, &mark, NULL, 0)); /* it need not grow by one */
    reopen(rig);
    expect_mark(rig, INT64_MAX);
}

static void
made_and_opened_once(struct rig *rig)
{
    static const struct pat_key other = {"another key, also thirty-two by."};
    const struct pat_anchor_mark mark = make_mark(1);
    struct pat_anchor *anchor = NULL;
    char empty[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX], target[SUPPORT_PATH_MAX];
    struct stat status;

    support_dir(empty);
    assert_err(pat_anchor_create(rig->dir, &key, &mark), PAT_ERR_EXISTS);
    assert_err(pat_anchor_open(rig->dir, &other, &anchor), PAT_ERR_SEAL);
    assert_err(pat_anchor_open(empty, &key, &anchor), PAT_ERR_NOT_FOUND);
    support_path(path, rig->dir, NAME);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, SLOTS + 2 * HALF);
    assert_true(status.st_blocks * 512 >= status.st_size); /* writing needs no further space */
    support_path(target, rig->dir, "elsewhere");
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    assert_err(pat_anchor_open(rig->dir, &key, &anchor), PAT_ERR_DENIED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_err(pat_anchor_open(rig->dir, &key, &anchor), PAT_ERR_DENIED);
    assert_null(anchor);
    pat_anchor_close(NULL);
}

/* --- when it is full --- */

/* The smallest generation from which the journal can still be replayed. */
static int64_t
reaches_back_to(const struct rig *rig)
{
    int64_t from = 0;

    for (;; from++) {
        struct replay replay = {.text = ""};
        enum pat_err err = pat_anchor_replay(rig->anchor, from, note_line, &replay);

        if (err == PAT_OK) {
            expect_number("lines", (int64_t)replay.count, rig->generation - (from < 1 ? 1 : from));
            return from;
        }
        assert_err(err, PAT_ERR_ROLLBACK);
        assert_int_equal(replay.count, 0);
        assert_true(from < rig->generation);
    }
}

static void
one_half_of_history_stays(struct rig *rig)
{
    const size_t bytes = 100 * 1024;
    int64_t reach = 0;

    for (int i = 0; i < 45; i++) {
        advance_by(rig, bytes);
        if (i % 7 == 0)
            reopen(rig);
        reach = reaches_back_to(rig);
        /* ten records fit into a half: at least these are there */
        assert_true(reach <= (rig->generation > 11 ? rig->generation - 10 : 0));
    }
    assert_true(reach >= rig->generation - 20);
}

static void
lines_at_the_limit(struct rig *rig)
{
    const struct pat_anchor_mark mark = make_mark(50);
    char *lines = malloc(PAT_ANCHOR_LINES_MAX + 1);

    assert_non_null(lines);
    memset(lines, 'x', PAT_ANCHOR_LINES_MAX + 1);
    lines[PAT_ANCHOR_LINES_MAX] = '\n';
    assert_err(pat_anchor_advance(rig->anchor, &mark, lines, PAT_ANCHOR_LINES_MAX + 1),
               PAT_ERR_RANGE);
    expect_mark(rig, 1);
    free(lines);
    for (int i = 0; i < 5; i++) {
        advance_by(rig, PAT_ANCHOR_LINES_MAX);
        reopen(rig);
        expect_mark(rig, i + 2);
        assert_true(reaches_back_to(rig) <= (i < 2 ? 0 : i));
    }
}

/* --- damage --- */

static void
flip(const struct rig *rig, unsigned char *bytes, size_t len, size_t at)
{
    bytes[at] ^= 0x55;
    support_write(rig->dir, NAME, bytes, len);
    bytes[at] ^= 0x55;
}

/* Every byte of the newest slot: either it does not count, or the slot before it does. */
static void
torn_slots_fall_back(struct rig *rig)
{
    for (int parity = 0; parity < 2; parity++) {
        unsigned char *bytes;
        size_t len, newest, damaged = 0;
        bool behind = false;

        advance(rig, "line\n");
        newest = (size_t)(rig->generation - 1) % 2 * SLOT_STRIDE;
        close_rig(rig);
        bytes = support_read(rig->dir, NAME, &len);
        for (size_t i = 0; i < SLOT_SIZE; i++) {
            flip(rig, bytes, SLOTS, newest + i);
            open_rig(rig);
            if (pat_anchor_mark(rig->anchor)->generation == rig->generation) {
                behind = true;
            } else {
                expect_mark(rig, rig->generation - 1);
                assert_false(behind); /* the slot's content is one piece */
                damaged++;
            }
            close_rig(rig);
        }
        assert_true(damaged > 200);
        support_write(rig->dir, NAME, bytes, len);
        open_rig(rig);
        expect_mark(rig, rig->generation);
        free(bytes);
    }
}

static void
without_a_slot_it_is_not_opened(struct rig *rig)
{
    unsigned char *bytes;
    size_t len;

    advance(rig, "line\n");
    advance(rig, "line\n");
    close_rig(rig);
    bytes = support_read(rig->dir, NAME, &len);
    bytes[20] ^= 1;
    bytes[SLOT_STRIDE + 20] ^= 1;
    support_write(rig->dir, NAME, bytes, len);
    assert_err(pat_anchor_open(rig->dir, &key, &rig->anchor), PAT_ERR_SEAL);
    bytes[20] ^= 1;
    memcpy(bytes + SLOT_STRIDE, bytes, SLOT_SIZE); /* a slot has its place */
    memset(bytes, 0, SLOT_SIZE);
    support_write(rig->dir, NAME, bytes, len);
    assert_err(pat_anchor_open(rig->dir, &key, &rig->anchor), PAT_ERR_SEAL);
    free(bytes);
}

static void
cut_files(struct rig *rig)
{
    static const struct {
        size_t len;
        enum pat_err open, replay;
    } cuts[] = {{0, PAT_ERR_SEAL, PAT_OK},
                {100, PAT_ERR_SEAL, PAT_OK},
                {SLOT_SIZE - 1, PAT_ERR_SEAL, PAT_OK},
                {SLOT_SIZE, PAT_OK, PAT_OK}, /* the slot of generation 1, without a journal */
                {SLOT_STRIDE, PAT_OK, PAT_OK},
                {SLOT_STRIDE + SLOT_SIZE, PAT_OK, PAT_ERR_SEAL},
                {SLOTS, PAT_OK, PAT_ERR_SEAL},
                {SLOTS + 20, PAT_OK, PAT_ERR_SEAL},
                {SLOTS + 4 + 8 + 5 + 31, PAT_OK, PAT_ERR_SEAL},
                {SLOTS + 4 + 8 + 5 + 32, PAT_OK, PAT_OK}};
    unsigned char *bytes;
    size_t len;

    advance(rig, "line\n");
    close_rig(rig);
    bytes = support_read(rig->dir, NAME, &len);
    for (size_t i = 0; i < COUNT(cuts); i++) {
        struct replay replay = {.text = ""};

        support_write(rig->dir, NAME, bytes, cuts[i].len);
        assert_err(pat_anchor_open(rig->dir, &key, &rig->anchor), cuts[i].open);
        if (rig->anchor != NULL)
            assert_err(pat_anchor_replay(rig->anchor, 0, note_line, &replay), cuts[i].replay);
        assert_int_equal(replay.count, cuts[i].len == SLOTS + 4 + 8 + 5 + 32 ? 1 : 0);
        close_rig(rig);
    }
    free(bytes);
}

/* No line of a journal is handed over unless all of it is whole. */
static void
torn_records_are_refused(struct rig *rig)
{
    const size_t size = 4 + 8 + 5 + 32;
    unsigned char *bytes, first[4 + 8 + 5 + 32];
    struct replay replay = {.text = ""};
    size_t len;

    advance(rig, "oned\n");
    advance(rig, "twoo\n");
    close_rig(rig);
    bytes = support_read(rig->dir, NAME, &len);
    for (size_t i = 0; i < 2 * size; i++) {
        flip(rig, bytes, SLOTS + 2 * size, SLOTS + i);
        open_rig(rig);
        expect_mark(rig, 3);
        assert_err(pat_anchor_replay(rig->anchor, 0, note_line, &replay), PAT_ERR_SEAL);
        close_rig(rig);
    }
    memcpy(first, bytes + SLOTS, size); /* two whole records in the wrong order */
    memmove(bytes + SLOTS, bytes + SLOTS + size, size);
    memcpy(bytes + SLOTS + size, first, size);
    support_write(rig->dir, NAME, bytes, len);
    open_rig(rig);
    assert_err(pat_anchor_replay(rig->anchor, 0, note_line, &replay), PAT_ERR_SEAL);
    assert_int_equal(replay.count, 0);
    free(bytes);
}

/* A crash after a record was written, and before the slot that names it. */
static void
record_without_its_slot(struct rig *rig)
{
    unsigned char *before, *after;
    size_t len;

    advance(rig, "one\n");
    before = support_read(rig->dir, NAME, &len);
    advance(rig, "two\n");
    close_rig(rig);
    after = support_read(rig->dir, NAME, &len);
    memcpy(after, before, SLOTS);
    support_write(rig->dir, NAME, after, len);
    open_rig(rig);
    rig->generation = 2;
    expect_mark(rig, 2);
    expect_replay(rig, 0, "2:one");
    advance(rig, "again\n");
    expect_replay(rig, 0, "2:one 3:again");
    free(before);
    free(after);
}

/* The same while the older half is begun again: what the other half holds must not be lost. */
static void
torn_at_the_turn(struct rig *rig)
{
    unsigned char *after;
    size_t len, newest;
    int64_t reach = 0;

    while (reach == 0) { /* until the first half was overwritten */
        advance_by(rig, 100 * 1024);
        reach = reaches_back_to(rig);
    }
    close_rig(rig);
    after = support_read(rig->dir, NAME, &len);
    newest = memcmp(after + 8, after + SLOT_STRIDE + 8, 8) > 0 ? 0 : SLOT_STRIDE; /* counters */
    after[newest + 30] ^= 1;
    support_write(rig->dir, NAME, after, len);
    open_rig(rig);
    rig->generation--;
    expect_mark(rig, rig->generation);
    assert_int_equal(reaches_back_to(rig), reach);
    free(after);
}

static const struct anchor_case {
    const char *title;
    void (*run)(struct rig *rig);
} cases[] = {
    {"lines come back in order", lines_come_back_in_order},
    {"marks survive", marks_survive},
    {"generations grow", generations_grow},
    {"it is made once, and opened with its key", made_and_opened_once},
    {"one half of history stays", one_half_of_history_stays},
    {"lines at the limit", lines_at_the_limit},
    {"a torn slot falls back to the other", torn_slots_fall_back},
    {"without a slot it is not opened", without_a_slot_it_is_not_opened},
    {"cut files", cut_files},
    {"torn records are refused", torn_records_are_refused},
    {"a record without its slot does not count", record_without_its_slot},
    {"torn at the turn of halves", torn_at_the_turn},
};

static void
run_case(void **state)
{
    const struct anchor_case *one = *state;
    struct rig rig;

    make_rig(&rig);
    one->run(&rig);
    close_rig(&rig);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, cases, run_case);
    return support_run("anchor", &list);
}
