/* SPDX-License-Identifier: BSD-2-Clause */
/* The form of settings: what is taken from a text, and what is told of the lines that are not. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/ini.h"
#include "tests/unit/support.h"

#define X10 "xxxxxxxxxx"
#define X180 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

/* Everything that was heard of: "[s i]" and "name=value" with lines, and "!line". */
struct heard {
    char text[2000];
    bool stop; /* at the first fault */
};

static void hear(struct heard *heard, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
hear(struct heard *heard, const char *format, ...)
{
    size_t used = strlen(heard->text);
    va_list args;

    va_start(args, format);
    vsnprintf(heard->text + used, sizeof heard->text - used, format, args);
    va_end(args);
}

static enum pat_err
take(void *context, const struct pat_ini_item *item, struct pat_diag *diag)
{
    struct heard *heard = context;

    if (item->name == NULL && pat_text_equal(item->section, "bad"))
        return pat_diag_set(diag, PAT_ERR_EXISTS, item->line, 0, "a bad section");
    if (item->name != NULL && pat_text_equal(item->value, "bad"))
        return pat_diag_set(diag, PAT_ERR_POLICY, item->line, 0, "a bad value");
    if (item->name == NULL)
        hear(heard, "%u[%s|%s] ", item->line, item->section, item->instance);
    else
        hear(heard, "%u%s/%s:%s=%s ", item->line, item->section, item->instance, item->name,
             item->value);
    return PAT_OK;
}

static bool
note(void *context, const struct pat_diag *diag)
{
    struct heard *heard = context;

    assert_true(diag->text[0] != '\0');
    hear(heard, "!%u ", diag->line);
    return !heard->stop;
}

static const struct row {
    const char *title;
    const char *text;
    const char *heard; /* going on behind faults */
    enum pat_err err;  /* the first */
} rows[] = {
    {"nothing", "", "", PAT_OK},
    {"blank lines and comments", "\n  \n# a = b\n; [a]\n", "", PAT_OK},
    {"a section and options", "[a]\nb = c\nd=e\n", "1[a|] 2a/:b=c 3a/:d=e ", PAT_OK},
    {"no newline at the end", "[a]\nb = c", "1[a|] 2a/:b=c ", PAT_OK},
    {"a section with a name", "[a  b c]\nd = e f\n", "1[a|b c] 2a/b c:d=e f ", PAT_OK},
    {"a long name", "[a " X10 X10 X10 X10 X10 X10 X10 "]\nb = c\n",
     "1[a|" X10 X10 X10 X10 X10 X10 X10 "] 2a/" X10 X10 X10 X10 X10 X10 X10 ":b=c ", PAT_OK},
    {"a comment behind a value", "[a] ; b\nc = d ; e\nf = g;h\n", "1[a|] 2a/:c=d 3a/:f=g;h ",
     PAT_OK},
    {"an option twice is two options", "[a]\nb = c\nb = d\n", "1[a|] 2a/:b=c 3a/:b=d ", PAT_OK},
    {"a section twice is two sections", "[a]\n[a]\n", "1[a|] 2[a|] ", PAT_OK},
    {"an empty value", "[a]\nb =\n", "1[a|] 2a/:b= ", PAT_OK},
    {"a line of 190 bytes", "[a]\nbbbbbbb = " X180 "\n", "1[a|] 2a/:bbbbbbb=" X180 " ", PAT_OK},
    {"a line of 191 bytes", "[a]\nbbbbbbbb = " X180 "\nc = d\n", "1[a|] !2 3a/:c=d ",
     PAT_ERR_RANGE},
    {"junk", "[a]\nb\nc = d\ne\n", "1[a|] !2 3a/:c=d !4 ", PAT_ERR_SYNTAX},
    {"a sign of equality in a comment", "[a]\nb ; c = d\n", "1[a|] !2 ", PAT_ERR_SYNTAX},
    {"a section that does not end", "[a\nb = c\n[d]\ne = f\n", "!1 3[d|] 4d/:e=f ", PAT_ERR_SYNTAX},
    {"an option before a section", "a = b\n[c]\n", "!1 2[c|] ", PAT_ERR_SYNTAX},
    {"options of a section that is not taken", "[bad]\na = b\na = bad\n[c]\na = b\n",
     "!1 4[c|] 5c/:a=b ", PAT_ERR_EXISTS},
    {"values that are not taken", "[a]\nb = bad\nc = d\ne = bad\n", "1[a|] !2 3a/:c=d !4 ",
     PAT_ERR_POLICY},
    {"white space in front", "[a]\n b = c\n\td = e\n", "1[a|] !2 !3 ", PAT_ERR_SYNTAX},
    {"carriage returns", "[a]\r\nb = c\r\n", "!1 !2 ", PAT_ERR_SYNTAX},
    {"text that nobody can read", "[a]\nb = \xff\nc = \x07\nd = \xe2\x80\xae\n", "1[a|] !2 !3 !4 ",
     PAT_ERR_SYNTAX},
    {"text behind a section", "[a] b\nc = d\n", "!1 ", PAT_ERR_SYNTAX},
};

static enum pat_err
read_row(const struct row *row, bool with_fault, struct heard *heard, struct pat_diag *diag)
{
    const struct pat_ini ini = {.take = take, .fault = with_fault ? note : NULL, .max = 4096};

    return pat_ini_read(row->text, strlen(row->text), &ini, heard, diag);
}

static void
is_heard(void **state)
{
    const struct row *row = *state;
    struct heard heard = {.text = ""};
    struct pat_diag diag = {.text = ""};

    assert_err(read_row(row, true, &heard, &diag), row->err);
    assert_string_equal(heard.text, row->heard);
    assert_int_equal(diag.code, row->err);
}

/* The same up to the first fault, with and without somebody to hear of it. */
static void
ends_at_the_first(void **state)
{
    const struct row *row = *state;
    struct heard quiet = {.text = ""}, heard = {.text = "", .stop = true};
    struct pat_diag diag = {.text = ""}, same = {.text = ""};
    const char *fault = strchr(row->heard, '!');
    size_t len = fault == NULL ? strlen(row->heard) : (size_t)(fault - row->heard);

    assert_err(read_row(row, false, &quiet, &diag), row->err);
    assert_err(read_row(row, true, &heard, &same), row->err);
    assert_int_equal(strlen(quiet.text), len);
    assert_memory_equal(quiet.text, row->heard, len);
    assert_memory_equal(heard.text, row->heard, len);
    assert_int_equal(diag.line, same.line);
    if (fault != NULL) {
        assert_int_equal(strchr(fault, ' ') - fault + 1, strlen(heard.text + len));
        assert_int_equal(fault[1] - '0', (int)diag.line);
    }
}

static void
whole_texts(void **state)
{
    static const struct pat_ini ini = {.take = take, .max = 8};
    struct heard heard = {.text = ""};
    struct pat_diag diag = {.text = ""};

    (void)state;
    assert_ok(pat_ini_read("[a]\n#bcd", 8, &ini, &heard, &diag));
    assert_err(pat_ini_read("[a]\n#bcde", 9, &ini, &heard, &diag), PAT_ERR_RANGE);
    assert_int_equal(diag.line, 0);
    assert_err(pat_ini_read("[a]\n\0", 5, &ini, &heard, &diag), PAT_ERR_SYNTAX);
    assert_string_equal(diag.text, "holds a NUL byte");
    assert_string_equal(heard.text, "1[a|] ");
}

int
main(void)
{
    struct support_list list = {.count = 0};

    SUPPORT_TABLE(&list, rows, is_heard);
    SUPPORT_TABLE(&list, rows, ends_at_the_first);
    support_add(&list, "whole texts", whole_texts, NULL);
    return support_run("ini", &list);
}
