/* SPDX-License-Identifier: BSD-2-Clause */
/* core/base/text: copies, numbers, UTF-8, words. */
#include <stdio.h>

#include "core/base/text.h"
#include "tests/unit/expect.h"

static void
copies(void **state)
{
    static const struct {
        const char *title;
        size_t size;
        const char *text;
        size_t len;
        enum pat_err err;
        const char *copy;
    } cases[] = {
        {"nothing", 4, "", 0, PAT_OK, ""},
        {"nothing into one byte", 1, "", 0, PAT_OK, ""},
        {"one less than fits", 4, "ab", 2, PAT_OK, "ab"},
        {"what fits", 4, "abc", 3, PAT_OK, "abc"},
        {"one more than fits", 4, "abcd", 4, PAT_ERR_RANGE, ""},
        {"two more than fit", 4, "abcde", 5, PAT_ERR_RANGE, ""},
        {"something into one byte", 1, "a", 1, PAT_ERR_RANGE, ""},
        {"a part", 4, "abcdef", 2, PAT_OK, "ab"},
        {"NUL first", 8, "\0bc", 3, PAT_ERR_SYNTAX, ""},
        {"NUL inside", 8, "a\0c", 3, PAT_ERR_SYNTAX, ""},
        {"NUL last", 8, "ab\0", 3, PAT_ERR_SYNTAX, ""},
        {"any other byte", 8, "\1\x7f\x80\xff", 4, PAT_OK, "\1\x7f\x80\xff"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char copy[16];

        memset(copy, '#', sizeof copy);
        expect_err(cases[i].title, pat_text_copy(copy, cases[i].size, cases[i].text, cases[i].len),
                   cases[i].err);
        expect_text(cases[i].title, copy, cases[i].copy);
        expect_filled(cases[i].title, copy + cases[i].size, '#', sizeof copy - cases[i].size);
    }
}

static void
sets_and_clips(void **state)
{
    static const struct {
        const char *title;
        size_t size;
        const char *text;
        enum pat_err err;
        const char *set, *clipped;
    } cases[] = {
        {"nothing", 4, "", PAT_OK, "", ""},
        {"one less than fits", 4, "ab", PAT_OK, "ab", "ab"},
        {"what fits", 4, "abc", PAT_OK, "abc", "abc"},
        {"one more than fits", 4, "abcd", PAT_ERR_RANGE, "", "abc"},
        {"into one byte", 1, "abcd", PAT_ERR_RANGE, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char copy[16];

        memset(copy, '#', sizeof copy);
        expect_err(cases[i].title, pat_text_set(copy, cases[i].size, cases[i].text), cases[i].err);
        expect_text(cases[i].title, copy, cases[i].set);
        memset(copy, '#', sizeof copy);
        pat_text_clip(copy, cases[i].size, cases[i].text);
        expect_text(cases[i].title, copy, cases[i].clipped);
        expect_filled(cases[i].title, copy + cases[i].size, '#', sizeof copy - cases[i].size);
    }
}

static void
equality(void **state)
{
    static const struct {
        const char *title, *a, *b;
        bool equal;
    } cases[] = {
        {"nothing", "", "", true},
        {"the same", "alice", "alice", true},
        {"a beginning", "alice", "alic", false},
        {"capitals", "alice", "Alice", false},
        {"composed and decomposed", "caf\xc3\xa9", "cafe\xcc\x81", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char copy[16];

        pat_text_clip(copy, sizeof copy, cases[i].a);
        expect_number(cases[i].title, pat_text_equal(copy, cases[i].b), cases[i].equal);
        expect_number(cases[i].title, pat_text_equal(cases[i].b, copy), cases[i].equal);
    }
}

static void
folding(void **state)
{
    char text[256], title[16];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i + 1);
    pat_text_fold(text);
    for (int c = 1; c < 256; c++) {
        snprintf(title, sizeof title, "byte %d", c);
        expect_number(title, (unsigned char)text[c - 1], c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
}

static void
globs(void **state)
{
    static const struct {
        const char *glob, *text;
        bool fits;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"*", "", true},
        {"*", "anything", true},
        {"**", "", true},
        {"?", "", false},
        {"?", "a", true},
        {"?", "ab", false},
        {"??", "ab", true},
        {"*?", "", false},
        {"?*", "a", true},
        {"abc", "abc", true},
        {"abc", "abcd", false},
        {"abcd", "abc", false},
        {"aBc", "AbC", true},
        {"[a]", "a", false},
        {"[A]", "[a]", true},
        {"\\*", "*", false},
        {"\\*", "\\x", true},
        {"a*", "a", true},
        {"a*", "ba", false},
        {"*a", "ba", true},
        {"*a", "ab", false},
        {"*b*", "abc", true},
        {"*ab", "aab", true},
        {"*aab", "aaab", true},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXbYbZ", false},
        {"a*?c", "ac", false},
        {"a*?c", "abc", true},
        {"*a*a*a*", "aa", false},
        {"*a*a*a*", "xaxaxa", true},
        {"100%", "100%", true},
        {"100_", "1000", false},
        {"?", "\xc3\xa4", true},
        {"??", "\xc3\xa4", false},
        {"n?mlich", "n\xc3\xa4mlich", true},
        {"*?\xa4", "\xc3\xa4", false},
        {"\xc3\x84", "\xc3\xa4", false}, /* only ASCII is folded */
        {"?\xf0\x9f\x94\x91?", "a\xf0\x9f\x94\x91\xe2\x82\xac", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_number(cases[i].glob, pat_text_glob(cases[i].glob, cases[i].text), cases[i].fits);
}

#define LEAST INT64_MIN
#define MOST INT64_MAX

static void
numbers(void **state)
{
    static const struct {
        const char *title, *text;
        int64_t min, max;
        enum pat_err err;
        int64_t value;
    } cases[] = {
        {"nothing", "", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"zero", "0", LEAST, MOST, PAT_OK, 0},
        {"one", "1", LEAST, MOST, PAT_OK, 1},
        {"two zeros", "00", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"a superfluous zero", "07", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"minus", "-1", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"plus", "+1", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"a space before", " 1", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"a space behind", "1 ", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"a newline behind", "1\n", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"a letter behind", "1k", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"hexadecimal", "0x10", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"the character before 0", "/", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"the character behind 9", ":", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"fullwidth", "\xef\xbc\x91", LEAST, MOST, PAT_ERR_SYNTAX, 0},
        {"one less than 2^63 - 1", "9223372036854775806", LEAST, MOST, PAT_OK, MOST - 1},
        {"2^63 - 1", "9223372036854775807", LEAST, MOST, PAT_OK, MOST},
        {"2^63", "9223372036854775808", LEAST, MOST, PAT_ERR_RANGE, 0},
        {"2^64", "18446744073709551616", LEAST, MOST, PAT_ERR_RANGE, 0},
        {"ten times 2^63", "92233720368547758070", LEAST, MOST, PAT_ERR_RANGE, 0},
        {"forty digits", "1000000000000000000000000000000000000000", LEAST, MOST, PAT_ERR_RANGE, 0},
        {"below the least", "9", 10, 20, PAT_ERR_RANGE, 0},
        {"the least", "10", 10, 20, PAT_OK, 10},
        {"above the least", "11", 10, 20, PAT_OK, 11},
        {"below the most", "19", 10, 20, PAT_OK, 19},
        {"the most", "20", 10, 20, PAT_OK, 20},
        {"above the most", "21", 10, 20, PAT_ERR_RANGE, 0},
        {"an empty range", "5", 6, 4, PAT_ERR_RANGE, 0},
        {"nothing but negative numbers", "0", LEAST, -1, PAT_ERR_RANGE, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = -77;

        expect_err(cases[i].title,
                   pat_text_number(cases[i].text, cases[i].min, cases[i].max, &value),
                   cases[i].err);
        expect_number(cases[i].title, value, cases[i].err == PAT_OK ? cases[i].value : -77);
    }
}

static void
points(void **state)
{
    static const struct {
        const char *title, *text;
        int points; /* -1: refused */
    } cases[] = {
        {"nothing", "", 0},
        {"ASCII", "alice", 5},
        {"two bytes", "\xc3\xa9", 1},
        {"three bytes", "\xe6\x97\xa5\xe6\x9c\xac", 2},
        {"four bytes", "\xf0\x9f\x94\x91", 1},
        {"a combining accent counts", "e\xcc\x81", 2},
        {"a mixture", "a\xc3\xa9\xe6\x97\xa5\xf0\x9f\x94\x91z", 5},
        {"a tab", "a\tb", -1},
        {"a newline", "a\nb", -1},
        {"escape", "\x1b[2J", -1},
        {"DEL", "a\x7f", -1},
        {"next line, C1", "a\xc2\x85", -1},
        {"a C1 control as one byte", "a\x9b", -1},
        {"a line separator", "a\xe2\x80\xa8", -1},
        {"right-to-left override", "abc\xe2\x80\xaegpj", -1},
        {"an isolate", "\xe2\x81\xa6", -1},
        {"a right-to-left letter is no control", "\xd7\x90", 1},
        {"Latin-1", "caf\xe9", -1},
        {"cut in the middle", "caf\xc3", -1},
        {"cut in the middle, text goes on", "\xe6\x97x", -1},
        {"overlong slash", "\xc0\xaf", -1},
        {"overlong slash in four bytes", "\xf0\x80\x80\xaf", -1},
        {"a surrogate", "\xed\xa0\x80", -1},
        {"a pair of surrogates", "\xed\xa0\xbd\xed\xb4\x91", -1},
        {"beyond Unicode", "\xf4\x90\x80\x80", -1},
        {"five bytes", "\xf8\x88\x80\x80\x80", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t count = 777;
        bool taken = cases[i].points >= 0;

        expect_err(cases[i].title, pat_text_points(cases[i].text, &count),
                   taken ? PAT_OK : PAT_ERR_SYNTAX);
        expect_number(cases[i].title, (int64_t)count, taken ? cases[i].points : 777);
    }
}

static void
encode(uint32_t point, char ret[5])
{
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = len; i-- > 1; point >>= 6)
        ret[i] = (char)(0x80 | (point & 0x3f));
    ret[0] = (char)(lead[len] | point);
    ret[len] = '\0';
}

/* What the header names, from the Unicode standard; -1 where it leaves the choice. */
static int
point_is_taken(uint32_t point)
{
    if (point < 0x20 || (point >= 0x7f && point <= 0x9f))
        return 0; /* Cc */
    if (point >= 0xd800 && point <= 0xdfff)
        return 0; /* Cs */
    if (point == 0x2028 || point == 0x2029)
        return 0; /* Zl, Zp */
    if (point == 0x61c || point == 0x200e || point == 0x200f ||
        (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069))
        return 0; /* Bidi_Control */
    if ((point >= 0xfdd0 && point <= 0xfdef) || (point & 0xffff) >= 0xfffe)
        return 0; /* Noncharacter_Code_Point */
    if ((point >= 0xfff9 && point <= 0xfffb) || (point >= 0xe0000 && point <= 0xe007f))
        return -1; /* annotations and tags: invisible too */
    return 1;
}

static void
every_point(void **state)
{
    char text[5], title[32];

    (void)state;
    for (uint32_t point = 1; point < 0x200000; point++) {
        int taken = point > 0x10ffff ? 0 : point_is_taken(point);
        size_t count = 0;
        enum pat_err err;

        encode(point, text);
        err = pat_text_points(text, &count);
        if (taken == -1 || (err == PAT_OK && count == 1) == (taken == 1))
            continue;
        snprintf(title, sizeof title, "U+%04X", (unsigned)point);
        expect_number(title, err == PAT_OK, taken);
    }
}

/* Table 3-7 of the Unicode standard: which bytes may follow which. */
static bool
is_well_formed(const unsigned char *bytes)
{
    static const struct {
        unsigned char first, last, low, high;
        size_t len;
    } rows[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    while (*bytes != '\0') {
        size_t len = *bytes < 0x80 ? 1 : 0;

        for (size_t i = 0; i < COUNT(rows) && len == 0; i++)
            if (*bytes >= rows[i].first && *bytes <= rows[i].last && bytes[1] >= rows[i].low &&
                bytes[1] <= rows[i].high)
                len = rows[i].len;
        for (size_t i = 2; i < len; i++)
            if ((bytes[i] & 0xc0) != 0x80)
                return false;
        if (len == 0)
            return false;
        bytes += len;
    }
    return true;
}

/* All pairs of bytes, with ends at the edges: what is taken is well formed. */
static void
every_sequence(void **state)
{
    static const char *const ends[] = {"",         "\x7f",     "\x80",     "\xbf",    "\xc0",
                                       "\x80\xbf", "\xbf\x80", "\x80\x7f", "\x80\xc3"};
    unsigned char text[8] = "";
    char title[48];
    size_t count;
    long taken = 0;

    (void)state;
    for (int pair = 0x101; pair <= 0xffff; pair++) {
        text[0] = (unsigned char)(pair >> 8);
        text[1] = (unsigned char)pair;
        for (size_t i = 0; i < COUNT(ends); i++) {
            strcpy((char *)text + 2, ends[i]);
            if (pat_text_points((char *)text, &count) != PAT_OK)
                continue;
            snprintf(title, sizeof title, "0x%04x and end %zu", (unsigned)pair, i);
            expect(title, "is well formed", is_well_formed(text));
            taken++;
        }
    }
    expect("something", "is taken", taken > 10000);
}

static void
words(void **state)
{
    static const struct {
        const char *title, *list, *words;
    } cases[] = {
        {"nothing", "", ""},
        {"only separators", " ,\t, ", ""},
        {"one", "ssh:login", "ssh:login|"},
        {"by commas", "a,b,c", "a|b|c|"},
        {"by spaces and tabs", "a b\tc", "a|b|c|"},
        {"by all of them", " ,a ,\t, b,", "a|b|"},
        {"other bytes are parts of words",
         "a;b\xc2\xa0"
         "c d\"e",
         "a;b\xc2\xa0"
         "c|d\"e|"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *at = cases[i].list;
        const char *word;
        char found[64];
        size_t len, all = 0;

        while ((len = pat_text_word(&at, &word)) != 0)
            all += (size_t)snprintf(found + all, sizeof found - all, "%.*s|", (int)len, word);
        found[all] = '\0';
        expect_text(cases[i].title, found, cases[i].words);
        expect_number(cases[i].title, (int64_t)pat_text_word(&at, &word), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies),         cmocka_unit_test(sets_and_clips),
        cmocka_unit_test(equality),       cmocka_unit_test(folding),
        cmocka_unit_test(globs),          cmocka_unit_test(numbers),
        cmocka_unit_test(points),         cmocka_unit_test(every_point),
        cmocka_unit_test(every_sequence), cmocka_unit_test(words),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
