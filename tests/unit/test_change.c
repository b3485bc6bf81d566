/* SPDX-License-Identifier: BSD-2-Clause */
/* admin/wiring/change: what comes out, how it is shown, and that it can be taken back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/wiring/change.h"
#include "tests/unit/expect.h"

#define EDITS 3

struct edit {
    size_t at, drop;
    const char *lines; /* NULL ends */
};

struct row {
    const char *title, *before;
    struct edit edits[EDITS];
    const char *after;
    const char *diff; /* without its two first lines */
};

static const struct row rows[] = {
    {"a line in front", "b\n", {{0, 0, "a\n"}}, "a\nb\n", "@-1,1 +1,2\n+a\n b\n"},
    {"a line behind", "a\n", {{1, 0, "b\n"}}, "a\nb\n", "@-1,1 +1,2\n a\n+b\n"},
    {"in the place of one",
     "a\nb\nc\n",
     {{1, 1, "x\ny\n"}},
     "a\nx\ny\nc\n",
     "@-1,3 +1,4\n a\n-b\n+x\n+y\n c\n"},
    {"one less", "a\nb\nc\n", {{1, 1, ""}}, "a\nc\n", "@-1,3 +1,2\n a\n-b\n c\n"},
    {"into nothing", "", {{0, 0, "a\n"}}, "a\n", "@-0,0 +1,1\n+a\n"},
    {"all of it", "a\nb\n", {{0, 2, ""}}, "", "@-1,2 +0,0\n-a\n-b\n"},
    {"behind an open end",
     "a",
     {{1, 0, "b\n"}},
     "a\nb\n",
     "@-1,1 +1,2\n-a\n\\No newline at end of file\n+a\n+b\n"},
    {"in front of an open end",
     "a",
     {{0, 0, "b\n"}},
     "b\na",
     "@-1,1 +1,2\n+b\n a\n\\No newline at end of file\n"},
    {"three lines around it",
     "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
     {{4, 1, "x\n"}},
     "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
     "@-2,7 +2,7\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n"},
    {"two that are near",
     "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
     {{1, 1, "x\ny\n"}, {7, 0, "z\n"}},
     "1\nx\ny\n3\n4\n5\n6\n7\nz\n8\n9\n",
     "@-1,9 +1,11\n 1\n-2\n+x\n+y\n 3\n 4\n 5\n 6\n 7\n+z\n 8\n 9\n"},
    {"two that are far",
     "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
     {{0, 1, "x\ny\n"}, {8, 1, "z\n"}},
     "x\ny\n2\n3\n4\n5\n6\n7\n8\nz\n",
     "@-1,4 +1,5\n-1\n+x\n+y\n 2\n 3\n 4\n@-6,4 +7,4\n 6\n 7\n 8\n-9\n+z\n"},
};
#define ROWS (sizeof rows / sizeof rows[0])

static void
make(const struct row *row, struct change *ret)
{
    expect(row->title, "begins", change_begin(ret, CHANGE_EDIT, "/etc/file", row->before));
    for (size_t i = 0; i < EDITS && row->edits[i].lines != NULL; i++)
        expect(row->title, "takes an edit",
               change_edit(ret, row->edits[i].at, row->edits[i].drop, row->edits[i].lines));
    expect(row->title, "ends", change_finish(ret));
}

static void
collect(void *context, char sign, const char *line)
{
    char *text = context;

    if (sign != 'f')
        snprintf(text + strlen(text), 4096 - strlen(text), "%c%s\n", sign, line);
}

static void
comes_out_and_is_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        char diff[4096] = "";
        struct change change;

        make(&rows[i], &change);
        expect_text(rows[i].title, change.after, rows[i].after);
        change_diff(&change, collect, diff);
        expect_text(rows[i].title, diff, rows[i].diff);
        expect(rows[i].title, "changes something", !change_is_empty(&change));
        change_free(&change);
    }
}

static void
goes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct change change, back;

        make(&rows[i], &change);
        expect(rows[i].title, "has a way back",
               change_invert(&change, change.after, &back) == PAT_OK);
        expect_text(rows[i].title, back.after, rows[i].before);
        change_free(&back);
        change_free(&change);
    }
}

static void
goes_back_from_a_file_that_was_edited(void **state)
{
    static const struct {
        const char *title, *now;
        enum pat_err err;
        const char *back;
    } cases[] = {
        {"lines in front", "0\na\nx\ny\nc\n", PAT_OK, "0\na\nb\nc\n"},
        {"lines behind", "a\nx\ny\nc\nd\n", PAT_OK, "a\nb\nc\nd\n"},
        {"other lines around", "x\nz\nx\ny\n", PAT_OK, "x\nz\nb\n"},
        {"an edited line of ours", "a\nx\nyy\nc\n", PAT_ERR_CONFLICT, NULL},
        {"a line between ours", "a\nx\nz\ny\nc\n", PAT_ERR_CONFLICT, NULL},
        {"ours twice", "x\ny\nx\ny\n", PAT_ERR_CONFLICT, NULL},
        {"nothing of ours", "a\nb\nc\n", PAT_ERR_CONFLICT, NULL},
        {"a part of a line", "ax\ny\n", PAT_ERR_CONFLICT, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct change change, back;

        make(&rows[2], &change);
        expect(cases[i].title, "ends so",
               change_invert(&change, cases[i].now, &back) == cases[i].err);
        if (cases[i].back != NULL)
            expect_text(cases[i].title, back.after, cases[i].back);
        change_free(&back);
        change_free(&change);
    }
}

static void
a_new_file_is_removed(void **state)
{
    struct change change, back;

    (void)state;
    expect("new", "begins", change_begin(&change, CHANGE_CREATE, "/etc/file", ""));
    expect("new", "takes lines", change_edit(&change, 0, 0, "a\n") && change_finish(&change));
    expect("new", "has a way back", change_invert(&change, "a\n", &back) == PAT_OK);
    expect("new", "goes", back.kind == CHANGE_REMOVE);
    change_free(&back);
    expect("edited", "has a way back", change_invert(&change, "a\nb\n", &back) == PAT_OK);
    expect("edited", "stays", back.kind == CHANGE_EDIT);
    expect_text("edited", back.after, "b\n");
    change_free(&back);
    change_free(&change);
}

/* What others wrote is one edit, from the first line to the last one that differs. */
static void
what_others_wrote(void **state)
{
    static const struct {
        const char *title, *before, *after, *diff;
    } cases[] = {
        {"the same", "a\nb\n", "a\nb\n", ""},
        {"one line", "a\nb\nc\n", "a\nx\nc\n", "@-1,3 +1,3\n a\n-b\n+x\n c\n"},
        {"more", "a\nb\nc\n", "a\nx\nb\nc\n", "@-1,3 +1,4\n a\n+x\n b\n c\n"},
        {"fewer", "a\nb\nc\n", "a\nc\n", "@-1,3 +1,2\n a\n-b\n c\n"},
        {"the same line twice", "a\nb\n", "a\na\nb\n", "@-1,2 +1,3\n a\n+a\n b\n"},
        {"all", "a\n", "b\n", "@-1,1 +1,1\n-a\n+b\n"},
        {"an open end", "a\nb", "x\nb", "@-1,2 +1,2\n-a\n+x\n b\n\\No newline at end of file\n"},
        {"an end that opens", "a\n", "a", "@-1,1 +1,1\n-a\n+a\n\\No newline at end of file\n"},
        {"from nothing", "", "a\n", "@-0,0 +1,1\n+a\n"},
        {"to nothing", "a\n", "", "@-1,1 +0,0\n-a\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char diff[4096] = "";
        struct change change, back;

        expect(cases[i].title, "is compared",
               change_begin(&change, CHANGE_EDIT, "/etc/file", cases[i].before) &&
                   change_to(&change, cases[i].after));
        expect_text(cases[i].title, change.after, cases[i].after);
        change_diff(&change, collect, diff);
        expect_text(cases[i].title, diff, cases[i].diff);
        expect(cases[i].title, "goes back", change_invert(&change, change.after, &back) == PAT_OK);
        expect_text(cases[i].title, back.after, cases[i].before);
        change_free(&back);
        change_free(&change);
    }
}

static void
bounds(void **state)
{
    struct change change;

    (void)state;
    expect("bounds", "begins", change_begin(&change, CHANGE_EDIT, "/etc/file", "a\nb\n"));
    expect("bounds", "ends behind the last line", !change_edit(&change, 3, 0, "x\n"));
    expect("bounds", "drops no more than there is", !change_edit(&change, 1, 2, ""));
    for (size_t i = 0; i < CHANGE_EDITS_MAX; i++)
        expect("bounds", "takes so many", change_edit(&change, 2, 0, "x\n"));
    expect("bounds", "and no more", !change_edit(&change, 2, 0, "x\n"));
    change_free(&change);
    change_free(&change);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_out_and_is_shown),
        cmocka_unit_test(goes_back),
        cmocka_unit_test(goes_back_from_a_file_that_was_edited),
        cmocka_unit_test(a_new_file_is_removed),
        cmocka_unit_test(what_others_wrote),
        cmocka_unit_test(bounds),
    };

    return cmocka_run_group_tests_name("changes of files", tests, NULL, NULL);
}
