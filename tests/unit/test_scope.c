/* SPDX-License-Identifier: BSD-2-Clause */
/* core/policy/scope: the grammar of scopes, what services ask for, limits of a set. */
#include <stdio.h>

#include "core/base/diag.h"
#include "core/policy/scope.h"
#include "tests/unit/support.h"

#define LONG31 "a234567890123456789012345678901"
#define LONG32 "a2345678901234567890123456789012"

/* FEATURES A30. */
static void
reading(void **state)
{
    static const struct {
        const char *title, *list;
        const char *set; /* NULL: refused */
    } cases[] = {
        {"nothing", "", ""},
        {"separators", " ,\t,", ""},
        {"one", "ssh:login", "ssh:login"},
        {"a whole area", "mail:*", "mail:*"},
        {"digits first", "9p:2read", "9p:2read"},
        {"dots, dashes, underscores", "a.b-c_d:e.f-g_h", "a.b-c_d:e.f-g_h"},
        {"one character each", "a:b", "a:b"},
        {"31 characters each", LONG31 ":" LONG31, LONG31 ":" LONG31},
        {"32 characters of area", LONG32 ":b", NULL},
        {"32 characters of verb", "a:" LONG32, NULL},
        {"64 characters", LONG31 ":" LONG32, NULL},
        {"no bare star", "*", NULL},
        {"no star area", "*:*", NULL},
        {"no star area with a verb", "*:login", NULL},
        {"a star behind a beginning", "mail:re*", NULL},
        {"two stars", "mail:**", NULL},
        {"no verb", "mail:", NULL},
        {"no colon", "mail", NULL},
        {"no area", ":read", NULL},
        {"only a colon", ":", NULL},
        {"two colons", "mail:read:all", NULL},
        {"a capital in the area", "Mail:read", NULL},
        {"a capital in the verb", "mail:Read", NULL},
        {"a dot first", ".mail:read", NULL},
        {"a dash first in the verb", "mail:-read", NULL},
        {"an underscore first", "_mail:read", NULL},
        {"a slash", "mail/imap:read", NULL},
        {"a brace", "mail{:read", NULL},
        {"a tilde in the verb", "mail:~read", NULL},
        {"before the letters", "mail`:read", NULL},
        {"a semicolon", "mail:read;mail:send", NULL},
        {"a newline at the end", "mail:read\n", NULL},
        {"beyond ASCII", "m\xc3\xa4il:read", NULL},
        {"fullwidth colon", "mail\xef\xbc\x9aread", NULL},
        {"sorted", "ssh:login,mail:send,mail:read", "mail:read,mail:send,ssh:login"},
        {"a star is sorted first", "mail:read mail:*", "mail:*,mail:read"},
        {"by all separators", "c:d ,\ta:b", "a:b,c:d"},
        {"twice", "a:b,c:d,a:b a:b", "a:b,c:d"},
        {"one wrong of three", "a:b,c,e:f", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_scopes set = {"untouched"};

        expect_err(cases[i].title, pat_scope_read(cases[i].list, &set, NULL),
                   cases[i].set == NULL ? PAT_ERR_SYNTAX : PAT_OK);
        expect_text(cases[i].title, set.text, cases[i].set == NULL ? "untouched" : cases[i].set);
        if (cases[i].set != NULL)
            expect(cases[i].title, "is canonical", pat_scope_canonical(&set));
    }
}

static void
diagnoses(void **state)
{
    static const struct {
        const char *title, *list;
        unsigned column;
        const char *text;
    } cases[] = {
        {"the first", "x,a:b", 1, "\"x\" is not a scope (area:verb, for example ssh:login)"},
        {"the second", "a:b,  Mail:read", 7,
         "\"Mail:read\" is not a scope (area:verb, for example ssh:login)"},
        {"too long", LONG31 ":" LONG32 "x", 1,
         "\"" LONG31 ":a234567890123456789012345678901\" is not a scope (area:verb, for example "
         "ssh:login)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_scopes set;
        struct pat_diag diag = {.code = PAT_OK};

        expect_err(cases[i].title, pat_scope_read(cases[i].list, &set, &diag), PAT_ERR_SYNTAX);
        expect_err(cases[i].title, diag.code, PAT_ERR_SYNTAX);
        expect_number(cases[i].title, diag.line, 0);
        expect_number(cases[i].title, diag.column, cases[i].column);
        expect_text(cases[i].title, diag.text, cases[i].text);
    }
}

static void
canonical(void **state)
{
    static const struct {
        const char *title, *text;
        bool canonical;
    } cases[] = {
        {"nothing", "", true},
        {"one", "a:b", true},
        {"two", "a:b,c:d", true},
        {"unsorted", "c:d,a:b", false},
        {"twice", "a:b,a:b", false},
        {"a space", "a:b, c:d", false},
        {"by a space", "a:b c:d", false},
        {"a comma first", ",a:b", false},
        {"a comma last", "a:b,", false},
        {"no scope", "mail", false},
    };
    struct pat_scopes set;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        memset(&set, 'x', sizeof set);
        strcpy(set.text, cases[i].text);
        expect_number(cases[i].title, pat_scope_canonical(&set), cases[i].canonical);
    }
    memset(&set, ',', sizeof set);
    expect_number("a text without an end", pat_scope_canonical(&set), false);
}

/* Writes a scope of len characters; number makes it different from others. */
static size_t
make_scope(char *at, unsigned number, size_t len)
{
    size_t area = len - 2 < 31 ? len - 2 : 31;

    memset(at, 'x', len);
    at[0] = (char)('a' + number / 10);
    at[1] = (char)('0' + number % 10);
    at[area] = ':';
    at[len] = '\0';
    return len;
}

static void
limits(void **state)
{
    static const struct {
        const char *title;
        unsigned full; /* scopes of 63 characters */
        unsigned more; /* others, of this many characters: */
        size_t len;
        size_t last; /* and one more; 0: none */
        enum pat_err err;
    } cases[] = {
        {"31 scopes", 0, 31, 5, 0, PAT_OK},
        {"32 scopes", 0, 32, 5, 0, PAT_OK},
        {"33 scopes", 0, 33, 5, 0, PAT_ERR_RANGE},
        {"1022 characters", 15, 1, 30, 31, PAT_OK},
        {"1023 characters", 15, 1, 31, 31, PAT_OK},
        {"1023 characters, all of 63", 16, 0, 0, 0, PAT_OK},
        {"1024 characters", 15, 1, 31, 32, PAT_ERR_RANGE},
        {"1087 characters", 17, 0, 0, 0, PAT_ERR_RANGE},
        {"32 scopes of 63 characters", 32, 0, 0, 0, PAT_ERR_RANGE},
    };
    char list[4096];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_scopes set = {"untouched"};
        struct pat_diag diag = {.code = PAT_OK};
        unsigned others = cases[i].more + (cases[i].last != 0);
        unsigned all = cases[i].full + others;
        size_t len = 0;

        for (unsigned j = 0; j < all; j++) {
            size_t wanted = j < cases[i].full               ? 63
                            : cases[i].last && j == all - 1 ? cases[i].last
                                                            : cases[i].len;

            if (j != 0)
                list[len++] = ',';
            len += make_scope(list + len, j, wanted);
        }
        expect_err(cases[i].title, pat_scope_read(list, &set, &diag), cases[i].err);
        expect_text(cases[i].title, set.text, cases[i].err == PAT_OK ? list : "untouched");
        if (cases[i].err != PAT_OK) {
            bool is_many = all > PAT_SCOPES_MAX; /* else they are too long together */

            expect_err(cases[i].title, diag.code, PAT_ERR_RANGE);
            expect_number(cases[i].title, diag.line, 0);
            expect_number(cases[i].title, diag.column,
                          is_many ? (int64_t)(PAT_SCOPES_MAX * (cases[i].len + 1) + 1) : 0);
            expect_text(cases[i].title, diag.text,
                        is_many ? "more than 32 scopes" : "the scopes are too long together");
            continue;
        }
        expect_number(cases[i].title, (int64_t)pat_scope_count(&set), all);
        make_scope(list + len + 1, 0, cases[i].full > 0 ? 63 : cases[i].len);
        list[len] = ' ';
        expect_err("and one of them again", pat_scope_read(list, &set, NULL), PAT_OK);
        expect_number("and one of them again", (int64_t)strlen(set.text), (int64_t)len);
    }
}

static void
walking(void **state)
{
    static const struct {
        const char *title, *set, *words;
        size_t count;
    } cases[] = {
        {"nothing", "", "", 0},
        {"one", "a:b", "a:b|", 1},
        {"three", "a:b,c:*,e:f", "a:b|c:*|e:f|", 3},
        {"the longest", LONG31 ":" LONG31, LONG31 ":" LONG31 "|", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char scope[PAT_SCOPE_MAX + 1], found[256] = "";
        struct pat_scopes set = {""};
        const char *at = set.text;

        strcpy(set.text, cases[i].set);
        while (pat_scope_next(&at, scope))
            strcat(strcat(found, scope), "|");
        expect_text(cases[i].title, found, cases[i].words);
        expect_number(cases[i].title, pat_scope_next(&at, scope), false);
        expect_number(cases[i].title, (int64_t)pat_scope_count(&set), (int64_t)cases[i].count);
    }
}

/* DESIGN.md section 4, to the letter. */
static const struct {
    const char *service, *scope;
    bool local;
} services[] = {
    {"sshd", "ssh:login", true},      {"sudo", "sudo:run", true},
    {"sudo-i", "sudo:run", true},     {"su", "su:login", true},
    {"su-l", "su:login", true},       {"login", "console:login", true},
    {"polkit-1", "polkit:act", true}, {"imap", "mail:read", false},
    {"pop", "mail:read", false},      {"pop3", "mail:read", false},
    {"dovecot", "mail:read", false},  {"smtp", "mail:send", false},
    {"smtpd", "mail:send", false},    {"submission", "mail:send", false},
    {"sieve", "mail:filter", false},  {"ldap", "ldap:bind", false},
    {"http", "http:access", false},   {"postgresql", "db:connect", false},
};

/* FEATURES A4. */
static void
services_of_the_design(void **state)
{
    size_t builtin = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(services); i++) {
        char scope[PAT_SCOPE_MAX + 1];
        struct pat_scopes set;

        pat_scope_of_service(services[i].service, scope);
        expect_text(services[i].service, scope, services[i].scope);
        expect_number(services[i].service, pat_scope_service_local(services[i].service),
                      services[i].local);
        expect_number(services[i].service, pat_scope_is_virtual(scope), !services[i].local);
        expect(services[i].service, "is legal", pat_scope_service_legal(services[i].service));
        expect_err(services[i].service, pat_scope_read(scope, &set, NULL), PAT_OK);
    }
    for (const struct pat_scope_service *row; (row = pat_scope_builtin(builtin)) != NULL;) {
        bool found = false;

        for (size_t i = 0; i < COUNT(services); i++)
            found |= strcmp(row->service, services[i].service) == 0 &&
                     strcmp(row->scope, services[i].scope) == 0 && row->local == services[i].local;
        expect(row->service, "is in DESIGN.md", found);
        builtin++;
    }
    expect_number("built-in services", (int64_t)builtin, COUNT(services));
    expect("far behind the last", "is nothing", pat_scope_builtin(SIZE_MAX) == NULL);
}

static void
other_services(void **state)
{
    static const struct {
        const char *title, *service;
        bool legal;
        const char *scope;
    } cases[] = {
        {"a locker", "swaylock", true, "swaylock:login"},
        {"dots and dashes", "gdm-password.1_x", true, "gdm-password.1_x:login"},
        {"capitals", "Xscreensaver", true, "xscreensaver:login"},
        {"one character", "x", true, "x:login"},
        {"31 characters", LONG31, true, LONG31 ":login"},
        {"a built-in one, and more", "sshd2", true, "sshd2:login"},
        {"the beginning of a built-in one", "ssh", true, "ssh:login"},
        {"32 characters", LONG32, false, NULL},
        {"nothing", "", false, NULL},
        {"a dash first", "-x", false, NULL},
        {"a dot first", ".x", false, NULL},
        {"a space", "x y", false, NULL},
        {"a colon", "x:y", false, NULL},
        {"a slash", "../x", false, NULL},
        {"a star", "*", false, NULL},
        {"a percent sign", "%s", false, NULL},
        {"beyond ASCII", "caf\xc3\xa9", false, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char scope[PAT_SCOPE_MAX + 1];
        struct pat_scopes set;

        expect_number(cases[i].title, pat_scope_service_legal(cases[i].service), cases[i].legal);
        if (!cases[i].legal)
            continue;
        pat_scope_of_service(cases[i].service, scope);
        expect_text(cases[i].title, scope, cases[i].scope);
        expect_err(cases[i].title, pat_scope_read(scope, &set, NULL), PAT_OK);
        expect(cases[i].title, "is local", pat_scope_service_local(cases[i].service));
    }
}

static void
virtual_scopes(void **state)
{
    static const struct {
        const char *scope;
        bool virtual;
    } cases[] = {
        {"mail:read", true},      {"mail:*", true},       {"mail:other", true},
        {"ldap:bind", true},      {"ldap:*", true},       {"http:access", true},
        {"http:*", true},         {"db:connect", true},   {"db:*", true},
        {"ssh:login", false},     {"sudo:run", false},    {"su:*", false},
        {"console:login", false}, {"polkit:act", false},  {"um:read", false},
        {"mai:read", false},      {"mails:read", false},  {"m:read", false},
        {"d:connect", false},     {"mail.x:read", false}, {"swaylock:login", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_number(cases[i].scope, pat_scope_is_virtual(cases[i].scope), cases[i].virtual);
}

/* Only what is built in and local opens an account; what is unknown is local all the same. */
static void
who_opens_accounts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(services); i++)
        expect_number(services[i].service, pat_scope_service_opens_accounts(services[i].service),
                      services[i].local);
    expect("a locker", "opens none", !pat_scope_service_opens_accounts("swaylock"));
}

/* What people are offered: each scope of a built-in service, once, with words for them. */
static void
catalogue(void **state)
{
    const struct pat_scope_service *service;
    size_t count = 0;

    (void)state;
    for (const struct pat_scope_entry *row; (row = pat_scope_catalogue(count)) != NULL; count++) {
        struct pat_scopes set;

        expect_err(row->scope, pat_scope_read(row->scope, &set, NULL), PAT_OK);
        expect(row->scope, "has words", row->label[0] != '\0' && row->meaning[0] != '\0');
        for (size_t i = 0; i < count; i++)
            expect(row->scope, "stands there once",
                   strcmp(pat_scope_catalogue(i)->scope, row->scope) != 0);
    }
    expect_number("rows", (int64_t)count, 11);
    expect("far behind the last", "is nothing", pat_scope_catalogue(SIZE_MAX) == NULL);
    for (size_t i = 0; (service = pat_scope_builtin(i)) != NULL; i++) {
        size_t at = 0;

        while (at < count && strcmp(pat_scope_catalogue(at)->scope, service->scope) != 0)
            at++;
        expect(service->scope, "is offered", at < count);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(diagnoses),
        cmocka_unit_test(canonical),
        cmocka_unit_test(limits),
        cmocka_unit_test(walking),
        cmocka_unit_test(services_of_the_design),
        cmocka_unit_test(other_services),
        cmocka_unit_test(virtual_scopes),
        cmocka_unit_test(who_opens_accounts),
        cmocka_unit_test(catalogue),
    };

    return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
