/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock's mark: it never goes back, moves no faster than the machine runs, waits for a jump,
 * and trusts a synchronised kernel. The marks here lie in the year 2100, ahead of the real clock,
 * so that pat_clock_now() shows them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/record.h"
#include "core/store/clock.h"
#include "tests/unit/support.h"

#define S PAT_SECOND
#define MINUTE (60 * S)
#define BASE (INT64_C(4102444800) * S)
#define SLACK (5 * MINUTE)

static const struct pat_key key = {"a key of thirty-two random bytes"};

/* --- where a mark may move --- */

static const struct advance_case {
    const char *title;
    int64_t mark, ran, wall;
    bool synchronised;
    int64_t wanted;
} advances[] = {
    {"a second later", BASE, S, BASE + S, false, BASE + S},
    {"at the mark", BASE, S, BASE, false, BASE},
    {"a microsecond before the mark", BASE, S, BASE - 1, false, BASE},
    {"a year back", BASE, S, BASE - 365 * 86400 * S, false, BASE},
    {"a year back, synchronised", BASE, S, BASE - 365 * 86400 * S, true, BASE},
    {"as far as the slack", BASE, 0, BASE + SLACK, false, BASE + SLACK},
    {"a microsecond further", BASE, 0, BASE + SLACK + 1, false, BASE},
    {"as far as it ran and the slack", BASE, MINUTE, BASE + MINUTE + SLACK, false,
     BASE + MINUTE + SLACK},
    {"a microsecond further than that", BASE, MINUTE, BASE + MINUTE + SLACK + 1, false, BASE},
    {"a year ahead", BASE, MINUTE, BASE + 365 * 86400 * S, false, BASE},
    {"a year ahead, synchronised", BASE, MINUTE, BASE + 365 * 86400 * S, true,
     BASE + 365 * 86400 * S},
    {"a year ahead after a year", BASE, 365 * 86400 * S, BASE + 365 * 86400 * S, false,
     BASE + 365 * 86400 * S},
    {"a machine that ran backwards", BASE, -1, BASE + S, false, BASE},
    {"the same, synchronised", BASE, -1, BASE + S, true, BASE + S},
    {"times near the end", INT64_MAX - S, S, INT64_MAX, false, INT64_MAX - S},
    {"the same, synchronised", INT64_MAX - S, S, INT64_MAX, true, INT64_MAX},
    {"a run of all time", BASE, INT64_MAX, BASE + S, false, BASE},
    {"from the beginning", 0, 0, SLACK, false, SLACK},
    {"from the beginning, too far", 0, 0, SLACK + 1, false, 0},
    {"before 1970", 0, S, -S, true, 0},
};

static void
mark_moves(void **state)
{
    const struct advance_case *one = *state;
    const struct pat_clock_reading reading = {.wall = one->wall, .synchronised = one->synchronised};

    expect_number(one->title, pat_clock_advance(one->mark, one->ran, &reading), one->wanted);
}

/* --- sequences of readings --- */

#define STEPS 6

struct step {
    int64_t wall, boot; /* after BASE; a boot of 0 ends the sequence */
    const char *boot_id;
    bool synchronised;
    int64_t mark; /* after BASE */
    bool waits;   /* before it is saved */
};

static const struct sequence {
    const char *title;
    struct step steps[STEPS]; /* the first one makes the mark */
} sequences[] = {
    {"minute by minute",
     {{0, S, "a", false, 0, false},
      {MINUTE, S + MINUTE, "a", false, MINUTE, false},
      {2 * MINUTE, S + 2 * MINUTE, "a", false, 2 * MINUTE, false}}},
    {"turned back, and on again",
     {{0, S, "a", false, 0, false},
      {-3600 * S, S + MINUTE, "a", false, 0, false},
      {-3500 * S, S + 2 * MINUTE, "a", false, 0, false},
      {3 * MINUTE, S + 3 * MINUTE, "a", false, 3 * MINUTE, false}}},
    {"a jump waits",
     {{0, S, "a", false, 0, false},
      {86400 * S, S + MINUTE, "a", false, 0, true},
      {86400 * S + MINUTE, S + 2 * MINUTE, "a", false, 0, true}}},
    {"a jump waits until the machine ran as long",
     {{0, S, "a", false, 0, false},
      {3600 * S, S + MINUTE, "a", false, 0, true},
      {3660 * S, S + 3299 * S, "a", false, 0, true},
      {3660 * S, S + 3360 * S, "a", false, 3660 * S, false}}},
    {"a jump ends when the kernel is synchronised",
     {{0, S, "a", false, 0, false},
      {86400 * S, S + MINUTE, "a", false, 0, true},
      {86400 * S, S + MINUTE, "a", true, 86400 * S, false}}},
    {"a jump that was a mistake is forgotten",
     {{0, S, "a", false, 0, false},
      {86400 * S, S + MINUTE, "a", false, 0, true},
      {2 * MINUTE, S + 2 * MINUTE, "a", false, 2 * MINUTE, false}}},
    {"another boot counts from its own beginning",
     {{0, 3600 * S, "a", false, 0, false},
      {10 * MINUTE, 4 * MINUTE, "b", false, 0, true},
      {10 * MINUTE, 5 * MINUTE, "b", false, 10 * MINUTE, false}}},
    {"another boot after a long time waits",
     {{0, 3600 * S, "a", false, 0, false}, {86400 * S, 10 * S, "b", false, 0, true}}},
    {"the same boot that ran backwards waits",
     {{0, 3600 * S, "a", false, 0, false}, {S, 3599 * S, "a", false, 0, true}}},
    {"without a boot id nobody knows how long it ran: only small steps count",
     {{0, 3600 * S, "", false, 0, false},
      {20 * MINUTE, 15 * MINUTE, "", false, 0, true},
      {MINUTE, 16 * MINUTE, "", false, MINUTE, false},
      {2 * MINUTE, 17 * MINUTE, "", false, 2 * MINUTE, false}}},
};

static struct pat_clock_reading
reading_of(const struct step *step)
{
    struct pat_clock_reading reading = {
        .wall = BASE + step->wall, .boot = step->boot, .synchronised = step->synchronised};

    strncpy(reading.boot_id, step->boot_id, sizeof reading.boot_id - 1);
    return reading;
}

static void
expect_now(struct pat_clock *clock, int64_t wanted)
{
    int64_t now = 0;

    assert_ok(pat_clock_now(clock, &now));
    expect_number("mark", now - BASE, wanted);
}

static void
follow(void **state)
{
    const struct sequence *one = *state;
    struct pat_clock_reading reading = reading_of(&one->steps[0]);
    struct pat_clock *clock;
    char dir[SUPPORT_PATH_MAX];

    support_dir(dir);
    assert_ok(pat_clock_open(dir, &key, &reading, &clock));
    expect_now(clock, 0);
    for (size_t i = 1; i < STEPS && one->steps[i].boot != 0; i++) {
        const struct step *step = &one->steps[i];

        reading = reading_of(step);
        assert_int_equal(pat_clock_waits(clock, &reading), step->waits);
        assert_ok(pat_clock_save(clock, &reading));
        expect_number("mark", pat_clock_mark(clock) - BASE, step->mark);
        pat_clock_close(clock); /* what was saved is what another start finds */
        assert_ok(pat_clock_open(dir, &key, &reading, &clock));
        expect_number("saved", pat_clock_mark(clock) - BASE, step->mark);
    }
    pat_clock_close(clock);
}

/*
 * A patd that was killed told times that it did not save: as long as the machine ran since, the
 * clock ran too. An operator who says that the clock is right ends that.
 */
static void
what_was_told_is_recalled(void **state)
{
    static const struct {
        const char *boot_id;
        int64_t boot, now;
    } starts[] = {{"a", 90 * S, 80 * S}, {"b", 25 * S, 25 * S}, {"", 30 * S, 0}};
    struct pat_clock_reading reading = {.wall = BASE, .boot = 10 * S, .boot_id = "a"};
    struct pat_clock *clock;
    char dir[SUPPORT_PATH_MAX];

    (void)state;
    support_dir(dir);
    assert_ok(pat_clock_open(dir, &key, &reading, &clock));
    pat_clock_close(clock);
    reading.wall -= 3600 * S; /* turned back meanwhile */
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        reading.boot = starts[i].boot;
        snprintf(reading.boot_id, sizeof reading.boot_id, "%s", starts[i].boot_id);
        assert_ok(pat_clock_open(dir, &key, &reading, &clock));
        expect_now(clock, starts[i].now);
        expect_number("mark", pat_clock_mark(clock) - BASE, 0);
        assert_ok(pat_clock_save(clock, &reading));
        expect_number("saved", pat_clock_mark(clock) - BASE, 0);
        pat_clock_close(clock);
    }
    assert_ok(pat_clock_open(dir, &key, &reading, &clock));
    assert_ok(pat_clock_accept(clock, &reading));
    expect_now(clock, -3600 * S);
    pat_clock_close(clock);
}

/* Whatever a clock does, the mark never goes back and never outruns it. */
static void
mark_never_goes_back(void **state)
{
    struct support_random random = {.state = 31};
    struct pat_clock_reading reading = {.wall = BASE, .boot = S, .boot_id = "a"};
    struct pat_clock *clock;
    char dir[SUPPORT_PATH_MAX];
    int64_t before = BASE;
    size_t moved = 0;

    (void)state;
    support_dir(dir);
    assert_ok(pat_clock_open(dir, &key, &reading, &clock));
    for (int i = 0; i < 400; i++) {
        int64_t now;

        reading.wall += (int64_t)support_below(&random, 20 * MINUTE) - 8 * MINUTE;
        reading.boot += (int64_t)support_below(&random, 5 * MINUTE);
        reading.synchronised = support_below(&random, 10) == 0;
        if (support_below(&random, 20) == 0) {
            reading.boot = (int64_t)support_below(&random, 10 * MINUTE);
            reading.boot_id[0] = (char)('a' + support_below(&random, 26));
        }
        assert_ok(pat_clock_save(clock, &reading));
        assert_ok(pat_clock_now(clock, &now));
        assert_true(now >= before);
        assert_true(now == before || now == reading.wall);
        moved += now != before;
        before = now;
    }
    assert_in_range(moved, 20, 380);
    pat_clock_close(clock);
}

/* --- the file --- */

static void
expect_damaged(const char *dir, const void *bytes, size_t len)
{
    const struct pat_clock_reading reading = {.wall = BASE, .boot = S, .boot_id = "a"};
    struct pat_clock *clock = NULL;

    support_write(dir, "clock", bytes, len);
    assert_err(pat_clock_open(dir, &key, &reading, &clock), PAT_ERR_SEAL);
    assert_null(clock);
}

static void
damaged_files_are_refused(void **state)
{
    static const struct pat_key other = {"another key, also thirty-two by."};
    const struct pat_clock_reading reading = {.wall = BASE, .boot = S, .boot_id = "a"};
    struct pat_clock *clock = NULL;
    char dir[SUPPORT_PATH_MAX];
    unsigned char *bytes;
    size_t len;

    (void)state;
    support_dir(dir);
    assert_ok(pat_clock_open(dir, &key, &reading, &clock));
    pat_clock_close(clock);
    clock = NULL;
    bytes = support_read(dir, "clock", &len);
    assert_err(pat_clock_open(dir, &other, &reading, &clock), PAT_ERR_SEAL);
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 0x10;
        expect_damaged(dir, bytes, len);
        bytes[i] ^= 0x10;
        expect_damaged(dir, bytes, i);
    }
    expect_damaged(dir, bytes, len + 1);
    support_write(dir, "clock", bytes, len);
    assert_ok(pat_clock_open(dir, &key, &reading, &clock));
    expect_now(clock, 0);
    pat_clock_close(clock);
    free(bytes);
}

static void
begins_at_the_reading(void **state)
{
    struct pat_clock_reading reading;
    struct pat_clock *clock;
    char dir[SUPPORT_PATH_MAX];
    int64_t now;

    (void)state;
    assert_ok(pat_clock_read(&reading));
    assert_int_equal(strlen(reading.boot_id), 36);
    assert_true(reading.wall > INT64_C(1577836800) * S); /* after 2020 */
    assert_true(reading.boot > 0 && reading.boot < reading.wall);
    support_dir(dir);
    assert_ok(pat_clock_open(dir, &key, &reading, &clock));
    assert_true(support_exists(dir, "clock"));
    assert_ok(pat_clock_now(clock, &now));
    assert_true(now >= reading.wall); /* the real clock, which is ahead of the mark */
    assert_true(now < reading.wall + 86400 * S);
    pat_clock_close(clock);
    pat_clock_close(NULL);
}

static void
without_a_directory_it_fails(void **state)
{
    const struct pat_clock_reading reading = {.wall = BASE, .boot = S, .boot_id = "a"};
    struct pat_clock *clock = NULL;
    char dir[SUPPORT_PATH_MAX], none[SUPPORT_PATH_MAX];

    (void)state;
    support_dir(dir);
    support_path(none, dir, "none");
    assert_err(pat_clock_open(none, &key, &reading, &clock), PAT_ERR_NOT_FOUND);
    assert_null(clock);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, advances, mark_moves);
    SUPPORT_TABLE(&list, sequences, follow);
    support_add(&list, "what was told before a kill is recalled", what_was_told_is_recalled, NULL);
    support_add(&list, "400 readings: the mark never goes back", mark_never_goes_back, NULL);
    support_add(&list, "damaged files are refused", damaged_files_are_refused, NULL);
    support_add(&list, "it begins at the reading", begins_at_the_reading, NULL);
    support_add(&list, "without a directory it fails", without_a_directory_it_fails, NULL);
    return support_run("clock", &list);
}
