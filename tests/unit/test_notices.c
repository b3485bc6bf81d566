/* SPDX-License-Identifier: BSD-2-Clause */
/* Which step of the notices fits, and what is remembered of those that were told. */
#include <string.h>

#include "core/api/notices.h"
#include "core/store/usage.h"
#include "tests/unit/support.h"

#define DAY PAT_USAGE_DAY
#define TODAY INT64_C(20000)
#define NOW (TODAY * DAY + 1000)

/* --- steps --- */

static const struct row {
    const char *title;
    int64_t added[5]; /* in this order; 0 ends */
    int64_t left;     /* microseconds */
    int64_t step;     /* 0: none */
} rows[] = {
    {"more than all", {30, 7, 1}, 30 * DAY + 1, 0},
    {"exactly the largest", {30, 7, 1}, 30 * DAY, 30},
    {"between two", {30, 7, 1}, 7 * DAY + 1, 30},
    {"exactly the one in the middle", {30, 7, 1}, 7 * DAY, 7},
    {"below it", {30, 7, 1}, 7 * DAY - 1, 7},
    {"exactly the smallest", {30, 7, 1}, DAY, 1},
    {"the last microsecond", {30, 7, 1}, 1, 1},
    {"added in another order", {7, 1, 30}, 8 * DAY, 30},
    {"rising", {1, 7, 30}, 2 * DAY, 7},
    {"twice the same", {7, 7, 30, 7}, 7 * DAY, 7},
    {"one step", {14}, DAY, 14},
    {"the greatest of all", {365}, 365 * DAY, 365},
    {"never ends", {30, 7, 1}, INT64_MAX, 0},
};

static void
step_that_fits(void **state)
{
    const struct row *one = *state;
    struct pat_notices_steps steps = {.count = 0};

    for (size_t i = 0; i < 5 && one->added[i] != 0; i++)
        assert_ok(pat_notices_add(&steps, one->added[i]));
    for (size_t i = 1; i < steps.count; i++)
        assert_true(steps.days[i - 1] < steps.days[i]);
    assert_int_equal(pat_notices_step(&steps, one->left), one->step);
}

static void
wrong_steps(void **state)
{
    static const int64_t wrong[] = {0, -1, 366, INT64_MIN, INT64_MAX};
    struct pat_notices_steps steps = {.count = 0};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_err(pat_notices_add(&steps, wrong[i]), PAT_ERR_RANGE);
    assert_int_equal(steps.count, 0);
    for (int64_t i = 1; i <= PAT_NOTICES_STEPS; i++)
        assert_ok(pat_notices_add(&steps, i));
    assert_err(pat_notices_add(&steps, PAT_NOTICES_STEPS + 1), PAT_ERR_RANGE);
    assert_ok(pat_notices_add(&steps, 1));
    assert_int_equal(steps.count, PAT_NOTICES_STEPS);
}

/* --- what was told --- */

static struct pat_usage *
new_usage(void)
{
    char dir[SUPPORT_PATH_MAX];
    struct pat_usage *usage = NULL;

    support_dir(dir);
    assert_ok(pat_usage_open(dir, NOW, &usage));
    return usage;
}

static int64_t
told(struct pat_usage *usage, const char *tenant, const char *id)
{
    int64_t days = 0;

    assert_ok(pat_usage_told(usage, tenant, id, &days));
    return days;
}

/* The fewest days count, whenever they were told; each token of each tenant by itself. */
static void
what_was_told_is_remembered(void **state)
{
    struct pat_usage *usage = new_usage();

    (void)state;
    assert_true(told(usage, "acme", "aaaaaaaa") == INT64_MAX);
    assert_ok(pat_usage_tell(usage, "acme", "aaaaaaaa", 7, NOW));
    assert_int_equal(told(usage, "acme", "aaaaaaaa"), 7);
    assert_ok(pat_usage_tell(usage, "acme", "aaaaaaaa", 30, NOW + 1));
    assert_int_equal(told(usage, "acme", "aaaaaaaa"), 7);
    assert_ok(pat_usage_tell(usage, "acme", "aaaaaaaa", 1, NOW + 2));
    assert_int_equal(told(usage, "acme", "aaaaaaaa"), 1);
    assert_true(told(usage, "acme", "bbbbbbbb") == INT64_MAX);
    assert_true(told(usage, "lab", "aaaaaaaa") == INT64_MAX);
    pat_usage_close(usage);
}

/* It goes with the days that are counted, and no earlier. */
static void
what_was_told_is_dropped_in_the_end(void **state)
{
    const struct pat_usage_note note = {.tenant = "acme",
                                        .id = "cccccccc",
                                        .service = "sshd",
                                        .verdict = PAT_VERDICT_ACCEPTED,
                                        .at = (TODAY + PAT_USAGE_DAYS) * DAY};
    struct pat_usage *usage = new_usage();

    (void)state;
    assert_ok(pat_usage_tell(usage, "acme", "aaaaaaaa", 7, TODAY * DAY - 1));
    assert_ok(pat_usage_tell(usage, "acme", "bbbbbbbb", 7, TODAY * DAY));
    pat_usage_note(usage, &note);
    assert_ok(pat_usage_flush(usage));
    assert_true(told(usage, "acme", "aaaaaaaa") == INT64_MAX);
    assert_int_equal(told(usage, "acme", "bbbbbbbb"), 7);
    pat_usage_close(usage);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, rows, step_that_fits);
    support_add(&list, "wrong steps", wrong_steps, NULL);
    support_add(&list, "what was told is remembered", what_was_told_is_remembered, NULL);
    support_add(&list, "what was told is dropped in the end", what_was_told_is_dropped_in_the_end,
                NULL);
    return support_run("notices", &list);
}
