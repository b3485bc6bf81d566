/* SPDX-License-Identifier: BSD-2-Clause */
/* admin/host/pam_stack: what a stack is made of, and what is refused. */
#include <stdio.h>
#include <stdlib.h>

#include "admin/host/pam_stack.h"
#include "tests/unit/expect.h"
#include "tests/unit/scratch.h"

static const char *const here[] = {".", NULL};

/* One line a module: "type control module arguments [depth level file:line top]". */
static void
write_stack(const struct pam_stack *stack, char *ret, size_t size)
{
    size_t len = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < stack->count; i++) {
        const struct pam_stack_line *line = &stack->lines[i];

        len += (size_t)snprintf(ret + len, size - len, "%s%s %s %s%s%s (%u %u %s:%u %u)\n",
                                line->quiet ? "-" : "", pam_stack_types[line->type], line->control,
                                line->module, line->arguments[0] == '\0' ? "" : " ",
                                line->arguments, line->depth, line->level, line->file + 2,
                                line->line, line->top_line);
    }
}

static void
reading(void **state)
{
    static const struct {
        const char *title, *it, *other, *wanted;
    } cases[] = {
        {"a line", "auth required pam_unix.so\n", "", "auth required pam_unix.so (0 0 it:1 1)\n"},
        {"no newline at the end", "auth required pam_unix.so", "",
         "auth required pam_unix.so (0 0 it:1 1)\n"},
        {"arguments", "auth\trequired \t pam_pat.so   socket=/run/x  nodelay \n", "",
         "auth required pam_pat.so socket=/run/x nodelay (0 0 it:1 1)\n"},
        {"an argument in brackets keeps its blanks", "auth required pam_a.so [b  c] d\n", "",
         "auth required pam_a.so [b  c] d (0 0 it:1 1)\n"},
        {"an absolute module", "auth required /x/pam_pat.so\n", "",
         "auth required /x/pam_pat.so (0 0 it:1 1)\n"},
        {"comments and empty lines", "# a\n\n  # b\n  auth required a.so # c\n", "",
         "auth required a.so (0 0 it:4 4)\n"},
        {"a quiet line", "-session optional a.so\n", "", "-session optional a.so (0 0 it:1 1)\n"},
        {"any case", "AUTH Required a.so\n", "", "auth Required a.so (0 0 it:1 1)\n"},
        {"a control in brackets", "auth [success=2 default=ignore] a.so\n", "",
         "auth [success=2 default=ignore] a.so (0 0 it:1 1)\n"},
        {"continued lines", "\nauth \\\n  required\\\n a.so b\nauth required c.so\n", "",
         "auth required a.so b (0 0 it:2 2)\nauth required c.so (0 0 it:5 5)\n"},
        {"@include takes all types", "@include other\nauth required b.so\n",
         "auth required a.so\naccount required c.so\n",
         "auth required a.so (1 0 other:1 1)\naccount required c.so (1 0 other:2 1)\n"
         "auth required b.so (0 0 it:2 2)\n"},
        {"include takes its own", "auth required b.so\nauth include other\n",
         "auth required a.so\naccount required c.so\n",
         "auth required b.so (0 0 it:1 1)\nauth required a.so (1 0 other:1 2)\n"
         "account required c.so (0 0 other:2 2)\n"},
        {"substack is one level deeper", "auth substack other\nauth required b.so\n",
         "auth required a.so\n",
         "auth substack other (0 0 it:1 1)\nauth required a.so (1 1 other:1 1)\n"
         "auth required b.so (0 0 it:2 2)\n"},
        {"other for what the service does not say", "auth required b.so\n",
         "auth required a.so\nsession required c.so\n",
         "auth required b.so (0 0 it:1 1)\nsession required c.so (0 0 other:2 2)\n"},
        {"an empty file", "", "", ""},
    };
    char got[2048];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pam_stack_fault fault;
        struct pam_stack stack;

        scratch_put("it", cases[i].it, 0644);
        scratch_put("other", cases[i].other, 0644);
        expect_err(cases[i].title, pam_stack_read(here, "it", &stack, &fault), PAT_OK);
        write_stack(&stack, got, sizeof got);
        expect_text(cases[i].title, got, cases[i].wanted);
        expect_text(cases[i].title, stack.file, "./it");
        pam_stack_free(&stack);
    }
}

static void
refusing(void **state)
{
    static const struct {
        const char *title, *it, *other, *file;
        unsigned line;
        enum pat_err err;
        const char *text;
    } cases[] = {
        {"an unknown type", "auth required a.so\nauht required b.so\n", "", "./it", 2,
         PAT_ERR_SYNTAX, "it begins with no known type"},
        {"an unknown control", "auth enough a.so\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "its control is an unknown word"},
        {"no control", "auth\n", "", "./it", 1, PAT_ERR_SYNTAX, "it has no control"},
        {"no module", "auth required\n", "", "./it", 1, PAT_ERR_SYNTAX, "it names no module"},
        {"an unknown return value", "auth [succes=1] a.so\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "its control names an unknown return value"},
        {"an unknown action", "auth [success=end] a.so\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "its control names an unknown action"},
        {"a jump over nothing", "auth [success=0] a.so\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "its control names an unknown action"},
        {"a jump over too much", "auth [success=99999999999] a.so\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "its control names an unknown action"},
        {"no action", "auth [success=] a.so\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "its control names an unknown action"},
        {"no equals sign", "auth [success] a.so\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "its control lacks a \"=\""},
        {"an empty control", "auth [ ] a.so\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "its control is empty"},
        {"an unknown word with @", "@includes other\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "it begins with an unknown word"},
        {"an include of nothing", "@include\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "an include takes one file"},
        {"an include of two files", "auth include other it\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "an include takes one file"},
        {"a missing file", "\nauth include gone\n", "", "./it", 2, PAT_ERR_SYNTAX,
         "it includes gone, which is not there"},
        {"a missing file of another file", "@include other\n", "auth substack gone\n", "./other", 1,
         PAT_ERR_SYNTAX, "it includes gone, which is not there"},
        {"itself", "auth include it\n", "", "./it", 1, PAT_ERR_RANGE,
         "files are included too deeply"},
        {"each other", "@include other\n", "@include it\n", "./other", 1, PAT_ERR_RANGE,
         "files are included too deeply"},
        {"a directory", "auth include /\n", "", "/", 0, PAT_ERR_IO, "it cannot be read"},
        {"a device", "auth include /dev/zero\n", "", "/dev/zero", 0, PAT_ERR_IO,
         "it cannot be read"},
        {"continued at the end", "auth required a.so \\", "", "./it", 1, PAT_ERR_SYNTAX,
         "the file ends within a continued line"},
        {"continued with nothing", "auth required a.so \\\n\nauth required b.so\n", "", "./it", 1,
         PAT_ERR_SYNTAX, "a continued line goes on with nothing, or with a comment"},
        {"continued with a comment", "auth required a.so \\\n# b\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "a continued line goes on with nothing, or with a comment"},
        {"a blank behind the backslash", "auth required a.so \\ \n b\n", "", "./it", 1,
         PAT_ERR_SYNTAX, "a backslash at its end has something behind it"},
        {"a comment behind the backslash", "auth required a.so \\#\n b\n", "", "./it", 1,
         PAT_ERR_SYNTAX, "a backslash at its end has something behind it"},
        {"lines of another system", "auth required a.so\r\n", "", "./it", 1, PAT_ERR_SYNTAX,
         "it ends with a carriage return"},
        {"a fault of other", "auth required a.so\n", "auth required\n", "./other", 1,
         PAT_ERR_SYNTAX, "it names no module"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pam_stack_fault fault;
        struct pam_stack stack;

        scratch_put("it", cases[i].it, 0644);
        scratch_put("other", cases[i].other, 0644);
        if (strcmp(cases[i].title, "a fault of other") == 0)
            scratch_put("other", "account required\n", 0644);
        expect_err(cases[i].title, pam_stack_read(here, "it", &stack, &fault), cases[i].err);
        expect_text(cases[i].title, fault.text, cases[i].text);
        expect_text(cases[i].title, fault.file, cases[i].file);
        expect_number(cases[i].title, fault.line, cases[i].line);
        expect(cases[i].title, "it is empty", stack.count == 0 && stack.lines == NULL);
        pam_stack_free(&stack);
    }
}

static void
bounds(void **state)
{
    struct pam_stack_fault fault;
    struct pam_stack stack;
    char *text = malloc(PAM_STACK_FILE_MAX + 2);
    size_t len = 0;

    (void)state;
    assert_non_null(text);
    scratch_put("other", "", 0644);
    memset(text, 'a', PAM_STACK_LINE_MAX);
    memcpy(text, "auth required ", 14);
    text[PAM_STACK_LINE_MAX - 1] = '\0';
    scratch_put("it", text, 0644);
    expect_err("a long line", pam_stack_read(here, "it", &stack, &fault), PAT_OK);
    pam_stack_free(&stack);
    memcpy(text + PAM_STACK_LINE_MAX - 1, "a", 2);
    scratch_put("it", text, 0644);
    expect_err("too long a line", pam_stack_read(here, "it", &stack, &fault), PAT_ERR_SYNTAX);
    expect_text("too long a line", fault.text, "it is longer than 1023 characters");

    for (int i = 0; i < PAM_STACK_LINES_MAX; i++)
        len += (size_t)snprintf(text + len, 24, "auth required a.so\n");
    scratch_put("it", text, 0644);
    expect_err("many lines", pam_stack_read(here, "it", &stack, &fault), PAT_OK);
    expect_number("many lines", (int64_t)stack.count, PAM_STACK_LINES_MAX);
    pam_stack_free(&stack);
    snprintf(text + len, 24, "auth required a.so\n");
    scratch_put("it", text, 0644);
    expect_err("too many lines", pam_stack_read(here, "it", &stack, &fault), PAT_ERR_RANGE);
    expect_number("too many lines", fault.line, PAM_STACK_LINES_MAX + 1);

    memset(text, '\n', PAM_STACK_FILE_MAX + 1);
    text[PAM_STACK_FILE_MAX + 1] = '\0';
    scratch_put("it", text, 0644);
    expect_err("too long a file", pam_stack_read(here, "it", &stack, &fault), PAT_ERR_RANGE);
    expect_text("too long a file", fault.text, "it is too long");
    free(text);
}

static void
directories(void **state)
{
    const char *const both[] = {"./nothing", ".", NULL};
    struct pam_stack_fault fault;
    struct pam_stack stack;

    (void)state;
    expect_err("neither", pam_stack_read(both, "it", &stack, &fault), PAT_ERR_NOT_FOUND);
    scratch_put("other", "auth required a.so\n", 0644);
    expect_err("other alone", pam_stack_read(both, "it", &stack, &fault), PAT_OK);
    expect("other alone", "the service has no file", stack.file == NULL);
    expect("other alone", "it is marked", stack.is_other[PAM_STACK_AUTH]);
    expect_number("other alone", (int64_t)stack.count, 1);
    pam_stack_free(&stack);
    scratch_put("it", "account required a.so\n", 0644);
    expect_err("both", pam_stack_read(both, "it", &stack, &fault), PAT_OK);
    expect("both", "auth is other's", stack.is_other[PAM_STACK_AUTH]);
    expect("both", "account is its own", !stack.is_other[PAM_STACK_ACCOUNT]);
    expect_number("both", (int64_t)stack.file_count, 2);
    pam_stack_free(&stack);
}

static void
lines(void **state)
{
    struct pam_stack_fault fault;
    struct pam_stack stack;
    char word[64];

    (void)state;
    scratch_put("other", "", 0644);
    scratch_put("it", "auth required /x/pam_pat.so service=mail tenants nodelay\n", 0644);
    expect_err("it", pam_stack_read(here, "it", &stack, &fault), PAT_OK);
    pam_stack_module(stack.lines, word, sizeof word);
    expect_text("the name", word, "pam_pat");
    expect("the name", "calls", pam_stack_calls(stack.lines, "pam_pat"));
    expect("another name", "does not call", !pam_stack_calls(stack.lines, "pam_pa"));
    expect("a value", "is there", pam_stack_argument(stack.lines, "service", word, sizeof word));
    expect_text("a value", word, "mail");
    expect("a word", "is there", pam_stack_argument(stack.lines, "nodelay", word, sizeof word));
    expect_text("a word", word, "");
    expect("half a word", "is not", !pam_stack_argument(stack.lines, "tenant", word, sizeof word));
    expect_text("half a word", word, "");
    pam_stack_free(&stack);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(reading),     IN_SCRATCH(refusing), IN_SCRATCH(bounds),
        IN_SCRATCH(directories), IN_SCRATCH(lines),
    };

    return cmocka_run_group_tests_name("PAM: stacks", tests, NULL, NULL);
}
