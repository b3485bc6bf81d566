/* SPDX-License-Identifier: BSD-2-Clause */
/* patd/places: how many connections a uid holds, and whose place is given to somebody else. */
#include "patd/places.h"
#include "tests/unit/expect.h"

#define PLACES 8

static bool no_memory;
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *
__wrap_calloc(size_t count, size_t size)
{
    return no_memory ? NULL : __real_calloc(count, size);
}

static struct patd_places places;
static struct patd_place place[PLACES];

/* Places of these uids, all idle; a negative number ends. */
static void
take(const int *uids)
{
    memset(&places, 0xaa, sizeof places);
    patd_places_init(&places);
    memset(place, 0, sizeof place);
    for (size_t i = 0; i < PLACES && uids[i] >= 0; i++)
        expect_err("take", patd_places_take(&places, (uint32_t)uids[i], &place[i]), PAT_OK);
}

static void
leave_all(void)
{
    for (size_t i = 0; i < PLACES; i++)
        patd_places_leave(&place[i]);
    expect_number("at the end", (int64_t)places.count, 0);
    expect("at the end", "nobody holds a place", LIST_EMPTY(&places.holders));
    expect("at the end", "nothing is idle",
           patd_places_idle(&places, false) == NULL && patd_places_idle(&places, true) == NULL);
}

static void
expect_held(const char *title, int64_t all, int64_t of_7, int64_t of_8)
{
    expect_number(title, (int64_t)places.count, all);
    expect_number(title, (int64_t)patd_places_of_uid(&places, 7), of_7);
    expect_number(title, (int64_t)patd_places_of_uid(&places, 8), of_8);
}

static void
places_are_counted(void **state)
{
    (void)state;
    take((const int[]){7, 8, 7, 7, 0, -1});
    expect_held("all", 5, 3, 1);
    expect_number("root", (int64_t)patd_places_of_uid(&places, 0), 1);
    expect_number("a stranger", (int64_t)patd_places_of_uid(&places, 9), 0);
    patd_places_leave(&place[0]);
    expect_held("one less", 4, 2, 1);
    patd_places_leave(&place[0]);
    expect_held("left twice", 4, 2, 1);
    patd_places_leave(&place[1]);
    expect_held("the last of a uid", 3, 2, 0);
    expect_err("again", patd_places_take(&places, 8, &place[1]), PAT_OK);
    expect_held("again", 4, 2, 1);
    leave_all();
}

static void
expect_idle(const char *title, bool spare_root, int wanted)
{
    struct patd_place *found = patd_places_idle(&places, spare_root);

    expect_number(title, found == NULL ? -1 : found - place, wanted);
}

/* Longest first; work ends it. */
static void
the_longest_idle_is_first(void **state)
{
    (void)state;
    take((const int[]){7, 8, 7, -1});
    expect_idle("all are idle", false, 0);
    patd_places_set_idle(&place[0], true);
    expect_idle("idle already", false, 0);
    patd_places_set_idle(&place[0], false);
    expect_idle("the first works", false, 1);
    patd_places_set_idle(&place[0], false);
    patd_places_set_idle(&place[0], true);
    expect_idle("it is the last now", false, 1);
    patd_places_set_idle(&place[1], false);
    expect_idle("the second works", true, 2);
    patd_places_leave(&place[2]);
    expect_idle("the third left", false, 0);
    patd_places_set_idle(&place[2], true);
    patd_places_leave(&place[0]);
    expect_idle("who left is not idle", false, -1);
    expect_held("who works stays", 1, 0, 1);
    leave_all();
}

/* Root's own are given away when nobody else's is there, and not to everybody. */
static void
root_is_spared(void **state)
{
    (void)state;
    take((const int[]){0, 0, 7, -1});
    expect_idle("somebody else's", false, 2);
    expect_idle("somebody else's, whoever asks", true, 2);
    patd_places_set_idle(&place[2], false);
    expect_idle("root's", false, 0);
    expect_idle("not root's", true, -1);
    patd_places_set_idle(&place[0], false);
    expect_idle("root's other", false, 1);
    patd_places_set_idle(&place[0], true);
    expect_idle("root's other is idle for longer", false, 1);
    patd_places_set_idle(&place[2], true);
    expect_idle("somebody else's again", false, 2);
    leave_all();
}

/* The first place of a uid takes memory; nothing is held by whom it is refused. */
static void
without_memory(void **state)
{
    (void)state;
    take((const int[]){7, -1});
    no_memory = true;
    expect_err("another uid", patd_places_take(&places, 8, &place[1]), PAT_ERR_NOMEM);
    expect_err("the same uid", patd_places_take(&places, 7, &place[2]), PAT_OK);
    no_memory = false;
    expect_held("without memory", 2, 2, 0);
    leave_all();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_counted),
        cmocka_unit_test(the_longest_idle_is_first),
        cmocka_unit_test(root_is_spared),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
