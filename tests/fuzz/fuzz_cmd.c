/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * admin/cmd.c over an argument vector, one word a line. It parses, says what is wrong, or ends the
 * process with help; it never takes a token for anything.
 */
#include <getopt.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/cmd.h"
#include "core/token/token.h"
#include "tests/fuzz/fuzz.h"

#define WORD_SIZE 200
#define WORDS_GIVEN 40
#define WORDS_MAX (WORDS_GIVEN + 900 + 255)
#define OUTPUT_SIZE ((size_t)64 * 1024)

_Noreturn void __wrap_exit(int status);
_Noreturn void __real_exit(int status);

static jmp_buf left;
static bool armed;
static int left_with;

void
__wrap_exit(int status)
{
    if (!armed)
        __real_exit(status);
    left_with = status;
    longjmp(left, 1);
}

struct words {
    int count;
    char *argv[WORDS_MAX + 1];
    char text[WORDS_GIVEN][WORD_SIZE];
};

/* The first word may stand for many: behind a number, the last word comes again as often. */
static void
make_words(struct fuzz_input *input, struct words *words)
{
    size_t more = fuzz_byte(input) == 0xff ? 900 + (size_t)fuzz_byte(input) : 0;

    words->count = 1;
    memcpy(words->text[0], "patctl", sizeof "patctl");
    words->argv[0] = words->text[0];
    while (input->left > 0 && words->count < WORDS_GIVEN) {
        fuzz_line(input, words->text[words->count], WORD_SIZE);
        words->argv[words->count] = words->text[words->count];
        words->count++;
    }
    for (size_t i = 0; i < more; i++, words->count++)
        words->argv[words->count] = words->argv[words->count - 1];
    words->argv[words->count] = NULL;
}

static bool
is_token(const char *text)
{
    struct pat_token token;

    return text != NULL && pat_token_read(text, strlen(text), &token) != PAT_SHAPE_OTHER;
}

static bool
has_token(const struct words *words)
{
    for (int i = 1; i < words->count; i++) {
        const char *value = strchr(words->argv[i], '=');

        if (is_token(words->argv[i]) || (value != NULL && is_token(value + 1)))
            return true;
    }
    return false;
}

static bool
stands_in(const struct words *words, const char *text)
{
    const char *all = &words->text[0][0];

    return text >= all && text < all + sizeof words->text;
}

static void
check_globals(const struct words *words, const struct globals *globals)
{
    const char *const texts[] = {globals->tenant, globals->user,        globals->config,
                                 globals->socket, globals->json_fields, globals->color};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        FUZZ_CHECK(texts[i] == NULL || (stands_in(words, texts[i]) && !is_token(texts[i])));
    FUZZ_CHECK(globals->time <= TIME_UNIX);
}

static void
check_line(const struct words *words, const struct cmd_line *line)
{
    const struct cmd *cmd = line->cmd;

    if (cmd == NULL)
        return;
    FUZZ_CHECK(cmd_find(cmd->name) == cmd && cmd->run != NULL);
    FUZZ_CHECK(line->word_count >= cmd->words_min && line->word_count <= cmd->words_max);
    for (int i = 0; i < line->word_count; i++)
        FUZZ_CHECK(stands_in(words, line->words[i]) && !is_token(line->words[i]));
    for (size_t i = 0; cmd->options != NULL && cmd->options[i].name != NULL; i++) {
        const char *value = cmd_value(line, cmd->options[i].name);

        FUZZ_CHECK(cmd_flag(line, cmd->options[i].name) == (value != NULL));
        FUZZ_CHECK(value == NULL || strnlen(value, CMD_VALUE_MAX) < CMD_VALUE_MAX);
        FUZZ_CHECK(value == NULL || !is_token(value));
        FUZZ_CHECK(cmd->options[i].argument != NULL || value == NULL || value[0] == '\0');
    }
}

/* What cmd_parse() answers, or -1 when it ended the process. */
static int
parse(struct words *words, struct patctl *patctl, struct cmd_line *line)
{
    static int status;

    optind = 0; /* getopt begins anew */
    armed = true;
    status = -1;
    if (setjmp(left) == 0)
        status = cmd_parse(patctl, words->count, words->argv, line);
    armed = false;
    return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static char output[OUTPUT_SIZE];
    static struct words words;
    static struct cmd_line line;
    struct fuzz_input input = fuzz_input(bytes, len);
    struct patctl patctl = {.globals = {.time = TIME_RELATIVE}};
    FILE *out = stdout, *err = stderr, *captured = fmemopen(output, sizeof output, "w");
    bool token;
    int status;

    FUZZ_CHECK(captured != NULL);
    output[0] = '\0';
    make_words(&input, &words);
    token = has_token(&words);
    cmd_nearest(words.argv[words.count - 1]);
    stdout = stderr = captured;
    status = parse(&words, &patctl, &line);
    stdout = out;
    stderr = err;
    FUZZ_CHECK(fclose(captured) == 0);
    FUZZ_CHECK(strnlen(output, sizeof output) < sizeof output - 1);
    if (status == -1) {
        FUZZ_CHECK(left_with == EXIT_DONE && output[0] != '\0' && !token);
        return 0;
    }
    FUZZ_CHECK(status == EXIT_DONE || status == EXIT_USAGE);
    FUZZ_CHECK(!token || status == EXIT_USAGE);
    FUZZ_CHECK((status == EXIT_USAGE) == (output[0] != '\0'));
    if (status == EXIT_DONE) {
        check_globals(&words, &patctl.globals);
        check_line(&words, &line);
    }
    return 0;
}
