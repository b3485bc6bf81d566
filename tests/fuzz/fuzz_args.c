/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_pat/args.c over the words of a PAM line, one a line of the input. A misspelt restriction must
 * not widen access: one wrong word and none of them counts.
 */
#include <string.h>

#include "core/pat.h"
#include "pam_pat/args.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 16
#define WORD_SIZE 64

static const char *const flags[] = {"use_first_pass", "try_first_pass", "nodelay",
                                    "putenv",         "quiet",          "debug"};
static const char *const texts[] = {"socket=", "service=", "tenant="};

static bool
is_right(const char *word)
{
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strcmp(flags[i], word) == 0)
            return true;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strncmp(word, texts[i], strlen(texts[i])) == 0)
            return word[strlen(texts[i])] != '\0';
    return false;
}

/* The value of the last word that begins so, or what holds without one. */
static const char *
last_value(const char *const *words, int count, const char *begin, const char *otherwise)
{
    for (int i = count - 1; i >= 0; i--)
        if (strncmp(words[i], begin, strlen(begin)) == 0)
            return words[i] + strlen(begin);
    return otherwise;
}

static bool
is_given(const char *const *words, int count, const char *flag)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], flag) == 0)
            return true;
    return false;
}

static void
check_right(const char **words, int count, const struct pat_args *args)
{
    const bool given[] = {args->use_first_pass, args->try_first_pass, args->nodelay,
                          args->putenv,         args->quiet,          args->debug};

    for (int i = 0; i < count; i++)
        FUZZ_CHECK_TEXT(is_right(words[i]), words[i]);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        FUZZ_CHECK_TEXT(given[i] == is_given(words, count, flags[i]), flags[i]);
    FUZZ_CHECK(strcmp(args->socket,
                      last_value(words, count, "socket=", PAT_RUNTIME_DIR PAT_VERIFY_SOCKET)) == 0);
    FUZZ_CHECK(args->service == last_value(words, count, "service=", NULL));
    FUZZ_CHECK(args->tenant == last_value(words, count, "tenant=", NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);
    char buffers[WORDS_MAX][WORD_SIZE];
    const char *words[WORDS_MAX];
    const char *wrong = NULL;
    struct pat_args args, untouched;
    int count = 0;

    for (; input.left > 0 && count < WORDS_MAX; count++) {
        fuzz_line(&input, buffers[count], sizeof buffers[count]);
        words[count] = buffers[count];
    }
    memset(&args, 0xaa, sizeof args);
    memset(&untouched, 0xaa, sizeof untouched);
    if (pat_args_read(count, words, &args, &wrong) == PAT_OK) {
        check_right(words, count, &args);
        return 0;
    }
    FUZZ_CHECK(memcmp(&args, &untouched, sizeof args) == 0);
    FUZZ_CHECK(wrong != NULL && !is_right(wrong));
    for (int i = 0; words[i] != wrong; i++)
        FUZZ_CHECK(i + 1 < count && is_right(words[i])); /* it is the first wrong one */
    return 0;
}
