/* SPDX-License-Identifier: BSD-2-Clause */
/* core/policy/name: users, accounts, realms, names of tokens, free text (DESIGN.md section 4). */
#include <stdio.h>

#include "core/policy/name.h"
#include "tests/unit/expect.h"

#define KEY "\xf0\x9f\x94\x91" /* an emoji, 4 bytes */
#define NICHI "\xe6\x97\xa5"   /* CJK, 3 bytes */
#define E_ACUTE "e\xcc\x81"    /* two code points */
#define RLO "\xe2\x80\xae"     /* U+202E */

/* text, times times. */
static char *
repeat(char *ret, const char *text, size_t times)
{
    ret[0] = '\0';
    for (size_t i = 0; i < times; i++)
        strcat(ret, text);
    return ret;
}

static void
users_and_accounts(void **state)
{
    static const struct {
        const char *title, *name;
        bool user, account;
    } cases[] = {
        {"a name", "alice", true, true},
        {"one character", "a", true, true},
        {"capitals", "Alice", true, true},
        {"digits", "1000", true, true},
        {"a dash inside", "alice-smith", true, true},
        {"a dash last", "alice-", true, true},
        {"dots and underscores", "a.b_c", true, true},
        {"dots", "..", true, true},
        {"a dollar sign last", "host$", true, true},
        {"an accent", "caf\xc3\xa9", true, true},
        {"a combining accent", "caf" E_ACUTE, true, true},
        {"CJK", NICHI NICHI, true, true},
        {"an emoji", KEY, true, true},
        {"a percent sign", "%n%s", true, true},
        {"a backslash", "CORP\\alice", true, true},
        {"an @", "alice@corp.example", false, true},
        {"only an @", "@", false, true},
        {"a space inside", "CORP\\alice smith", false, true},
        {"a space first", " alice", false, false},
        {"a space last", "alice ", false, false},
        {"only a space", " ", false, false},
        {"nothing", "", false, false},
        {"a slash", "alice/admin", false, false},
        {"a path", "../../etc/passwd", false, false},
        {"a colon", "alice:x", false, false},
        {"a dash first", "-alice", false, false},
        {"an option", "-froot", false, false},
        {"only a dash", "-", false, false},
        {"a tab", "al\tice", false, false},
        {"a newline", "alice\n", false, false},
        {"a carriage return", "alice\r", false, false},
        {"escape", "\x1b[2Jalice", false, false},
        {"byte 1", "\x01", false, false},
        {"DEL", "alice\x7f", false, false},
        {"C1",
         "alice\xc2\x9b"
         "2J",
         false, false},
        {"right-to-left override", RLO "ecila", false, false},
        {"left-to-right mark",
         "ali\xe2\x80\x8e"
         "ce",
         false, false},
        {"right-to-left mark", "alice\xe2\x80\x8f", false, false},
        {"Arabic letter mark",
         "\xd8\x9c"
         "alice",
         false, false},
        {"an embedding",
         "\xe2\x80\xaa"
         "alice",
         false, false},
        {"an isolate",
         "\xe2\x81\xa7"
         "alice",
         false, false},
        {"pop isolate", "alice\xe2\x81\xa9", false, false},
        {"a line separator",
         "ali\xe2\x80\xa8"
         "ce",
         false, false},
        {"a paragraph separator",
         "ali\xe2\x80\xa9"
         "ce",
         false, false},
        {"a non-character", "alice\xef\xbf\xbf", false, false},
        {"Latin-1", "caf\xe9", false, false},
        {"an overlong slash", "a\xc0\xaf", false, false},
        {"a surrogate", "a\xed\xa0\x80", false, false},
        {"a cut sequence", "a\xe6\x97", false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_number(cases[i].title, pat_name_user_legal(cases[i].name), cases[i].user);
        expect_number(cases[i].title, pat_name_account_legal(cases[i].name), cases[i].account);
    }
}

static void
lengths_of_users(void **state)
{
    static const struct {
        const char *title, *text;
        size_t times;
        bool legal;
    } cases[] = {
        {"255 bytes", "a", 255, true},  {"256 bytes", "a", 256, true},
        {"257 bytes", "a", 257, false}, {"10,000 bytes", "a", 10000, false},
        {"64 emoji", KEY, 64, true},    {"65 emoji", KEY, 65, false},
    };
    static char name[10001];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        repeat(name, cases[i].text, cases[i].times);
        expect_number(cases[i].title, pat_name_user_legal(name), cases[i].legal);
        expect_number(cases[i].title, pat_name_account_legal(name), cases[i].legal);
    }
}

#define LABEL63 "a23456789012345678901234567890123456789012345678901234567890123"
#define LABEL61 "a234567890123456789012345678901234567890123456789012345678901"

static void
realms(void **state)
{
    static const struct {
        const char *title, *text;
        const char *realm; /* NULL: refused */
    } cases[] = {
        {"a domain", "acme.example", "acme.example"},
        {"one label", "acme", "acme"},
        {"one character", "a", "a"},
        {"digits", "10.example", "10.example"},
        {"a dash inside", "a-b.example", "a-b.example"},
        {"capitals are lowered", "ACME.Example", "acme.example"},
        {"253 characters", LABEL63 "." LABEL63 "." LABEL63 "." LABEL61,
         LABEL63 "." LABEL63 "." LABEL63 "." LABEL61},
        {"254 characters", LABEL63 "." LABEL63 "." LABEL63 "." LABEL61 "a", NULL},
        {"nothing", "", NULL},
        {"a dot first", ".acme.example", NULL},
        {"a dot last", "acme.example.", NULL},
        {"two dots", "acme..example", NULL},
        {"only a dot", ".", NULL},
        {"a dash first", "-acme.example", NULL},
        {"a dash last", "acme.example-", NULL},
        {"an underscore", "ac_me.example", NULL},
        {"an @", "a@acme.example", NULL},
        {"a space", "acme example", NULL},
        {"a comma", "acme,example", NULL},
        {"a newline", "acme.example\n", NULL},
        {"a slash", "acme/example", NULL},
        {"a colon", "acme:25", NULL},
        {"a star", "*.example", NULL},
        {"beyond ASCII", "caf\xc3\xa9.example", NULL},
        {"a capital beyond ASCII", "\xc3\x89.example", NULL},
        {"an override", RLO "acme.example", NULL},
        {"a fullwidth dot",
         "acme\xef\xbc\x8e"
         "example",
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char realm[PAT_REALM_MAX + 1] = "untouched";

        expect_err(cases[i].title, pat_name_realm(cases[i].text, realm),
                   cases[i].realm == NULL ? PAT_ERR_SYNTAX : PAT_OK);
        expect_text(cases[i].title, realm, cases[i].realm == NULL ? "untouched" : cases[i].realm);
    }
}

static void
splitting(void **state)
{
    static const struct {
        const char *title, *login;
        const char *user, *realm; /* user NULL: refused */
    } cases[] = {
        {"a plain name", "alice", "alice", ""},
        {"with a realm", "alice@acme.example", "alice", "acme.example"},
        {"the realm is lowered, the user is not", "Alice@ACME.Example", "Alice", "acme.example"},
        {"a backslash stays", "CORP\\alice@acme.example", "CORP\\alice", "acme.example"},
        {"beyond ASCII", "caf\xc3\xa9@acme.example", "caf\xc3\xa9", "acme.example"},
        {"nothing", "", NULL, NULL},
        {"only an @", "@", NULL, NULL},
        {"no user", "@acme.example", NULL, NULL},
        {"no realm", "alice@", NULL, NULL},
        {"two @", "alice@acme.example@lab.example", NULL, NULL},
        {"two @ together", "alice@@acme.example", NULL, NULL},
        {"an @ last", "alice@acme.example@", NULL, NULL},
        {"an illegal user", "-alice@acme.example", NULL, NULL},
        {"a space in the user", "alice smith@acme.example", NULL, NULL},
        {"an illegal realm", "alice@-acme", NULL, NULL},
        {"a space in the realm", "alice@acme example", NULL, NULL},
        {"a slash", "alice/x@acme.example", NULL, NULL},
        {"an override", "alice" RLO "@acme.example", NULL, NULL},
        {"a colon", "alice:x", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char user[PAT_USER_MAX + 1] = "untouched", realm[PAT_REALM_MAX + 1] = "untouched";
        bool refused = cases[i].user == NULL;

        expect_err(cases[i].title, pat_name_split(cases[i].login, user, realm),
                   refused ? PAT_ERR_SYNTAX : PAT_OK);
        expect_text(cases[i].title, user, refused ? "untouched" : cases[i].user);
        expect_text(cases[i].title, realm, refused ? "untouched" : cases[i].realm);
    }
}

static void
splitting_lengths(void **state)
{
    static const struct {
        const char *title;
        size_t user, realm; /* realm 0: no @ */
        enum pat_err err;
    } cases[] = {
        {"256 bytes", 256, 0, PAT_OK},
        {"257 bytes", 257, 0, PAT_ERR_SYNTAX},
        {"256 bytes and a realm of 253", 256, 253, PAT_OK},
        {"257 bytes and a realm", 257, 1, PAT_ERR_SYNTAX},
        {"a realm of 254", 1, 254, PAT_ERR_SYNTAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char login[600], user[PAT_USER_MAX + 1] = "", realm[PAT_REALM_MAX + 1] = "";

        memset(login, 'a', sizeof login);
        login[cases[i].user] = cases[i].realm == 0 ? '\0' : '@';
        login[cases[i].user + cases[i].realm + 1] = '\0';
        expect_err(cases[i].title, pat_name_split(login, user, realm), cases[i].err);
        if (cases[i].err != PAT_OK)
            continue;
        expect_number(cases[i].title, (int64_t)strlen(user), (int64_t)cases[i].user);
        expect_number(cases[i].title, (int64_t)strlen(realm), (int64_t)cases[i].realm);
    }
}

/* FEATURES A27, D8, K7: at least 8 characters, counted as code points, at most 64. */
static void
names_of_tokens(void **state)
{
    static const struct {
        const char *title, *text;
        size_t times;
        int64_t min;
        enum pat_err err;
        size_t len; /* of what is taken, in bytes */
    } cases[] = {
        {"7 letters", "n", 7, 8, PAT_ERR_RANGE, 0},
        {"8 letters", "n", 8, 8, PAT_OK, 8},
        {"64 letters", "n", 64, 8, PAT_OK, 64},
        {"65 letters", "n", 65, 8, PAT_ERR_RANGE, 0},
        {"256 letters", "n", 256, 8, PAT_ERR_RANGE, 0},
        {"257 letters", "n", 257, 8, PAT_ERR_RANGE, 0},
        {"1,000 letters", "n", 1000, 8, PAT_ERR_RANGE, 0},
        {"7 accents", "\xc3\xa9", 7, 8, PAT_ERR_RANGE, 0},
        {"8 accents", "\xc3\xa9", 8, 8, PAT_OK, 16},
        {"3 combined letters are 6 code points", E_ACUTE, 3, 8, PAT_ERR_RANGE, 0},
        {"4 combined letters are 8 code points", E_ACUTE, 4, 8, PAT_OK, 12},
        {"32 combined letters", E_ACUTE, 32, 8, PAT_OK, 96},
        {"33 combined letters", E_ACUTE, 33, 8, PAT_ERR_RANGE, 0},
        {"7 CJK", NICHI, 7, 8, PAT_ERR_RANGE, 0},
        {"8 CJK", NICHI, 8, 8, PAT_OK, 24},
        {"64 CJK", NICHI, 64, 8, PAT_OK, 192},
        {"65 CJK", NICHI, 65, 8, PAT_ERR_RANGE, 0},
        {"7 emoji", KEY, 7, 8, PAT_ERR_RANGE, 0},
        {"8 emoji", KEY, 8, 8, PAT_OK, 32},
        {"64 emoji", KEY, 64, 8, PAT_OK, 256},
        {"65 emoji", KEY, 65, 8, PAT_ERR_RANGE, 0},
        {"another minimum, below", "n", 19, 20, PAT_ERR_RANGE, 0},
        {"another minimum", "n", 20, 20, PAT_OK, 20},
        {"no minimum", "n", 1, 0, PAT_OK, 1},
        {"a negative minimum", "n", 1, INT64_MIN, PAT_OK, 1},
        {"no minimum, but nothing", "", 1, 0, PAT_ERR_RANGE, 0},
        {"a minimum that nothing meets", "n", 64, INT64_MAX, PAT_ERR_RANGE, 0},
    };
    static char text[1001];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char name[PAT_NAME_MAX + 1] = "untouched";

        repeat(text, cases[i].text, cases[i].times);
        expect_err(cases[i].title, pat_name_token(text, cases[i].min, name), cases[i].err);
        if (cases[i].err == PAT_OK)
            expect_number(cases[i].title, (int64_t)strlen(name), (int64_t)cases[i].len);
        expect_text(cases[i].title, name, cases[i].err == PAT_OK ? text : "untouched");
    }
}

static void
texts_of_tokens(void **state)
{
    static const struct {
        const char *title, *text;
        const char *name; /* NULL: refused with err */
        enum pat_err err;
    } cases[] = {
        {"a name", "CI deploy key", "CI deploy key", PAT_OK},
        {"trimmed", "   CI deploy key  ", "CI deploy key", PAT_OK},
        {"7 letters, trimmed", "  deploys  ", NULL, PAT_ERR_RANGE},
        {"only spaces", "          ", NULL, PAT_ERR_RANGE},
        {"nothing", "", NULL, PAT_ERR_RANGE},
        {"inner spaces stay", "CI  deploy", "CI  deploy", PAT_OK},
        {"punctuation", "a/b:c@d,\"e\";%n", "a/b:c@d,\"e\";%n", PAT_OK},
        {"a dash first", "--expires never", "--expires never", PAT_OK},
        {"a tab is not trimmed", "CI deploy key\t", NULL, PAT_ERR_SYNTAX},
        {"a newline", "CI deploy\nkey", NULL, PAT_ERR_SYNTAX},
        {"escape", "CI \x1b[2J deploy", NULL, PAT_ERR_SYNTAX},
        {"an override", "CI deploy " RLO "yek", NULL, PAT_ERR_SYNTAX},
        {"an isolate", "CI deploy \xe2\x81\xa6key", NULL, PAT_ERR_SYNTAX},
        {"Latin-1", "caf\xe9 deploy", NULL, PAT_ERR_SYNTAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char name[PAT_NAME_MAX + 1] = "untouched";

        expect_err(cases[i].title, pat_name_token(cases[i].text, 8, name), cases[i].err);
        expect_text(cases[i].title, name, cases[i].name == NULL ? "untouched" : cases[i].name);
    }
}

static void
free_text(void **state)
{
    static const struct {
        const char *title, *text;
        size_t times, max;
        enum pat_err err;
    } cases[] = {
        {"nothing", "", 1, 1024, PAT_OK},
        {"nothing is allowed, nothing is there", "", 1, 0, PAT_OK},
        {"nothing is allowed", "x", 1, 0, PAT_ERR_RANGE},
        {"1023 bytes", "x", 1023, PAT_DESCRIPTION_MAX, PAT_OK},
        {"1024 bytes", "x", 1024, PAT_DESCRIPTION_MAX, PAT_OK},
        {"1025 bytes", "x", 1025, PAT_DESCRIPTION_MAX, PAT_ERR_RANGE},
        {"bytes count, not characters", KEY, 256, PAT_DESCRIPTION_MAX, PAT_OK},
        {"one character more", KEY, 257, PAT_DESCRIPTION_MAX, PAT_ERR_RANGE},
        {"a newline", "a\nb", 1, 1024, PAT_ERR_SYNTAX},
        {"an override", "a" RLO, 1, 1024, PAT_ERR_SYNTAX},
        {"not UTF-8", "\xff", 1, 1024, PAT_ERR_SYNTAX},
    };
    static char text[1100];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_err(cases[i].title,
                   pat_name_free_text(repeat(text, cases[i].text, cases[i].times), cases[i].max),
                   cases[i].err);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_and_accounts),
        cmocka_unit_test(lengths_of_users),
        cmocka_unit_test(realms),
        cmocka_unit_test(splitting),
        cmocka_unit_test(splitting_lengths),
        cmocka_unit_test(names_of_tokens),
        cmocka_unit_test(texts_of_tokens),
        cmocka_unit_test(free_text),
    };

    return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
