/* SPDX-License-Identifier: BSD-2-Clause */
/* core/policy/scope: covers, names, includes, meet, join, minus. */
#include <stdio.h>

#include "core/policy/scope.h"
#include "tests/unit/support.h"

static struct pat_scopes
set_of(const char *list)
{
    struct pat_scopes set = {""};

    expect_err(list, pat_scope_read(list, &set, NULL), PAT_OK);
    return set;
}

/* FEATURES A30. */
static void
covering(void **state)
{
    static const struct {
        const char *title, *set, *scope;
        bool covered;
    } cases[] = {
        {"nothing covers nothing", "", "mail:read", false},
        {"itself", "mail:read", "mail:read", true},
        {"another verb", "mail:read", "mail:send", false},
        {"another area", "mail:read", "ldap:read", false},
        {"a whole area covers a verb", "mail:*", "mail:read", true},
        {"a whole area covers itself", "mail:*", "mail:*", true},
        {"a whole area covers no other", "mail:*", "ldap:bind", false},
        {"a whole area covers no longer one", "mail:*", "mailbox:read", false},
        {"a whole area covers no shorter one", "mailbox:*", "mail:read", false},
        {"a verb covers no whole area", "mail:read", "mail:*", false},
        {"all verbs cover no whole area", "mail:read,mail:send,mail:filter", "mail:*", false},
        {"the beginning of a verb", "mail:read", "mail:rea", false},
        {"more than a verb", "mail:rea", "mail:read", false},
        {"the last of several", "a:b,c:d,mail:read", "mail:read", true},
        {"between others", "a:b,mail:*,z:z", "mail:send", true},
        {"no implication", "ssh:login", "sudo:run", false},
        {"no scope", "mail:*", "mail:", false},
        {"no colon", "mail:*", "mail", false},
        {"a capital", "mail:*", "mail:Read", false},
        {"two scopes", "mail:*", "mail:read,mail:send", false},
        {"nothing is asked for", "mail:*", "", false},
        {"a star of all areas", "mail:*", "*:*", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_scopes set = set_of(cases[i].set);

        expect_number(cases[i].title, pat_scope_covers(&set, cases[i].scope), cases[i].covered);
    }
}

/* A word is named or it is not: an area names none of its verbs. */
static void
naming(void **state)
{
    static const struct {
        const char *set, *scope;
        bool named;
    } cases[] = {
        {"", "mail:read", false},
        {"mail:read", "mail:read", true},
        {"a:b,mail:read,z:z", "mail:read", true},
        {"mail:*", "mail:read", false},
        {"mail:*", "mail:*", true},
        {"mail:read", "mail:*", false},
        {"mail:read", "mail:rea", false},
        {"mail:read,mail:send", "mail:read,mail:send", false},
        {"mail:read", "", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_scopes set = set_of(cases[i].set);

        expect_number(cases[i].scope, pat_scope_names(&set, cases[i].scope), cases[i].named);
    }
}

static void
meeting(void **state)
{
    static const struct {
        const char *title, *a, *b, *meet;
    } cases[] = {
        {"nothing and nothing", "", "", ""},
        {"nothing and something", "", "mail:*", ""},
        {"the same", "mail:read", "mail:read", "mail:read"},
        {"two verbs", "mail:read", "mail:send", ""},
        {"two areas", "mail:*", "ldap:*", ""},
        {"a verb and its area", "mail:read", "mail:*", "mail:read"},
        {"a whole area on both sides", "mail:*", "mail:*", "mail:*"},
        {"an area, a verb each", "mail:*,mail:read", "mail:*,mail:send",
         "mail:*,mail:read,mail:send"},
        {"areas crosswise", "mail:*,ldap:bind", "mail:read,ldap:*", "ldap:bind,mail:read"},
        {"an area against its verbs", "mail:*", "mail:read,mail:send", "mail:read,mail:send"},
        {"what only one has, is lost", "mail:read,ssh:login", "mail:read,sudo:run", "mail:read"},
        {"similar areas", "mail:*", "mailbox:read", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_scopes a = set_of(cases[i].a), b = set_of(cases[i].b), meet;

        pat_scope_meet(&a, &b, &meet);
        expect_text(cases[i].title, meet.text, cases[i].meet);
        pat_scope_meet(&b, &a, &meet);
        expect_text(cases[i].title, meet.text, cases[i].meet);
    }
}

/* --- against a model: a set is a mask over these words --- */

static const char *const words[] = {
    "http:access", "ldap:*", "ldap:bind", "mail:*", "mail:read", "mail:send", /* sorted */
};
static const char *const probes[] = {
    "http:access", "ldap:*",     "ldap:bind", "mail:*",   "mail:read",  "mail:send",
    "mail:filter", "ldap:other", "http:*",    "http:get", "db:connect", "db:*",
};
#define MASKS (1U << COUNT(words))

static struct pat_scopes
set_of_mask(unsigned mask)
{
    struct pat_scopes set = {""};

    for (unsigned i = 0; i < COUNT(words); i++)
        if ((mask >> i & 1) != 0) {
            if (set.text[0] != '\0')
                strcat(set.text, ",");
            strcat(set.text, words[i]);
        }
    return set;
}

static bool
mask_covers(unsigned mask, const char *scope)
{
    for (unsigned i = 0; i < COUNT(words); i++) {
        size_t area = strcspn(words[i], ":") + 1;

        if ((mask >> i & 1) == 0)
            continue;
        if (strcmp(words[i], scope) == 0 ||
            (words[i][area] == '*' && strncmp(words[i], scope, area) == 0))
            return true;
    }
    return false;
}

static bool
mask_includes(unsigned mask, unsigned part)
{
    for (unsigned i = 0; i < COUNT(words); i++)
        if ((part >> i & 1) != 0 && !mask_covers(mask, words[i]))
            return false;
    return true;
}

static void
check_pair(unsigned mask_a, unsigned mask_b)
{
    struct pat_scopes a = set_of_mask(mask_a), b = set_of_mask(mask_b), meet, other, join;
    char title[160];

    snprintf(title, sizeof title, "\"%.60s\" and \"%.60s\"", a.text, b.text);
    expect_number(title, pat_scope_includes(&a, &b), mask_includes(mask_a, mask_b));
    pat_scope_meet(&a, &b, &meet);
    pat_scope_meet(&b, &a, &other);
    expect_text(title, meet.text, other.text);
    pat_scope_meet(&meet, &a, &other);
    expect_text(title, other.text, meet.text);
    expect(title, "meet in a canonical set", pat_scope_canonical(&meet));
    expect(title, "both include their meet",
           pat_scope_includes(&a, &meet) && pat_scope_includes(&b, &meet));
    expect_err(title, pat_scope_join(&a, &b, &join), PAT_OK);
    expect_text(title, join.text, set_of_mask(mask_a | mask_b).text);
    for (size_t i = 0; i < COUNT(probes); i++) {
        bool by_a = mask_covers(mask_a, probes[i]), by_b = mask_covers(mask_b, probes[i]);

        expect_number(title, pat_scope_covers(&a, probes[i]), by_a);
        expect_number(title, pat_scope_covers(&meet, probes[i]), by_a && by_b);
        expect_number(title, pat_scope_covers(&join, probes[i]), by_a || by_b);
    }
    pat_scope_minus(&a, &b, &other);
    expect_text(title, other.text, set_of_mask(mask_a & ~mask_b).text);
    other = a;
    pat_scope_minus(&other, &b, &other);
    expect_text(title, other.text, set_of_mask(mask_a & ~mask_b).text);
    other = b;
    pat_scope_minus(&a, &other, &other);
    expect_text(title, other.text, set_of_mask(mask_a & ~mask_b).text);
    other = a;
    expect_err(title, pat_scope_join(&other, &b, &other), PAT_OK);
    expect_text(title, other.text, join.text);
    other = b;
    expect_err(title, pat_scope_join(&a, &other, &other), PAT_OK);
    expect_text(title, other.text, join.text);
}

static void
all_pairs(void **state)
{
    (void)state;
    for (unsigned a = 0; a < MASKS; a++) {
        struct pat_scopes set = set_of_mask(a), meet;

        pat_scope_meet(&set, &set, &meet);
        expect_text("with itself", meet.text, set.text);
        for (unsigned b = 0; b < MASKS; b++)
            check_pair(a, b);
    }
}

/* A set of count verbs of an area, each of len characters in all; and one whole area more. */
static struct pat_scopes
verbs_of(char area, unsigned count, size_t len, const char *more)
{
    struct pat_scopes set;
    char list[2048];
    size_t at = 0;

    for (unsigned i = 0; i < count; i++) {
        memset(list + at, 'x', len);
        memset(list + at, area, len / 2);
        list[at + len / 2] = ':';
        list[at + len / 2 + 1] = (char)('a' + i / 10);
        list[at + len / 2 + 2] = (char)('0' + i % 10);
        at += len;
        list[at++] = ',';
    }
    strcpy(list + at, more);
    set = set_of(list);
    expect_number(list, (int64_t)pat_scope_count(&set), count + (more[0] != '\0'));
    return set;
}

/* What is too large for a set: a join says so, a meet becomes smaller, never larger. */
static void
too_large(void **state)
{
    static const struct {
        const char *title;
        unsigned a, b;
        size_t len;
        const char *more_a, *more_b;
        enum pat_err joined;
    } cases[] = {
        {"32 of 32", 16, 16, 7, "", "", PAT_OK},
        {"33 of 32", 16, 17, 7, "", "", PAT_ERR_RANGE},
        {"64 of 32", 32, 32, 7, "", "", PAT_ERR_RANGE},
        {"1023 characters", 8, 8, 63, "", "", PAT_OK},
        {"1087 characters", 8, 9, 63, "", "", PAT_ERR_RANGE},
        {"62 in the meet", 31, 31, 7, "bbb:*", "aaa:*", PAT_ERR_RANGE},
        {"1900 characters in the meet", 15, 15, 63, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb:*",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:*", PAT_ERR_RANGE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_scopes a = verbs_of('a', cases[i].a, cases[i].len, cases[i].more_a);
        struct pat_scopes b = verbs_of('b', cases[i].b, cases[i].len, cases[i].more_b);
        struct pat_scopes ret = {"untouched"};

        expect_err(cases[i].title, pat_scope_join(&a, &b, &ret), cases[i].joined);
        if (cases[i].joined == PAT_OK)
            expect_number(cases[i].title, (int64_t)pat_scope_count(&ret), cases[i].a + cases[i].b);
        else
            expect_text(cases[i].title, ret.text, "untouched");
        pat_scope_meet(&a, &b, &ret);
        expect(cases[i].title, "meet in a canonical set", pat_scope_canonical(&ret));
        expect(cases[i].title, "both include their meet",
               pat_scope_includes(&a, &ret) && pat_scope_includes(&b, &ret));
    }
}

static void
taking_away(void **state)
{
    static const struct {
        const char *title, *a, *b, *rest;
    } cases[] = {
        {"nothing from nothing", "", "", ""},
        {"nothing", "a:b,c:*", "", "a:b,c:*"},
        {"from nothing", "", "a:b", ""},
        {"the first", "a:b,c:*", "a:b", "c:*"},
        {"the last", "a:b,c:*", "c:*", "a:b"},
        {"all", "a:b,c:*", "a:b,c:*", ""},
        {"others", "a:b", "a:c,b:b", "a:b"},
        {"an area takes no verb", "a:b", "a:*", "a:b"},
        {"a verb takes no area", "a:*", "a:b", "a:*"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_scopes a = {""}, b = {""}, rest = {"untouched"};

        snprintf(a.text, sizeof a.text, "%s", cases[i].a);
        snprintf(b.text, sizeof b.text, "%s", cases[i].b);
        pat_scope_minus(&a, &b, &rest);
        expect_text(cases[i].title, rest.text, cases[i].rest);
    }
}

/* --- what is no set at all: only memory that was overwritten can hold it --- */

#define LONG64 "a123456789012345678901234567890:b1234567890123456789012345678901"

static struct pat_scopes
handmade(unsigned count, const char *each)
{
    struct pat_scopes set = {""};
    size_t len = 0;

    for (unsigned i = 0; i < count && len + strlen(each) + 4 < sizeof set.text; i++)
        len += (size_t)snprintf(set.text + len, sizeof set.text - len, "%s%02u:%s",
                                i == 0 ? "a" : ",a", i, each);
    return set;
}

static void
take_nothing_away(const void *set)
{
    static const struct pat_scopes nothing;
    struct pat_scopes ret;

    pat_scope_minus(set, &nothing, &ret);
}

static void
no_sets(void **state)
{
    const struct pat_scopes many = handmade(PAT_SCOPES_MAX + 1, "x"), none = {""};
    const struct pat_scopes wide = {"a:b," LONG64 ",mail:read"};
    struct pat_scopes endless, ret = {"untouched"};

    (void)state;
    memset(&endless, 'a', sizeof endless);
    expect("without an end", "is not canonical", !pat_scope_canonical(&endless));
    expect_err("33, joined", pat_scope_join(&many, &none, &ret), PAT_ERR_RANGE);
    expect_err("joined with 33", pat_scope_join(&none, &many, &ret), PAT_ERR_RANGE);
    expect_text("33", ret.text, "untouched");
    expect_number("up to a word of 64 characters", (int64_t)pat_scope_count(&wide), 1);
    expect("behind a word of 64 characters", "is nothing", !pat_scope_names(&wide, "mail:read"));
    expect("33, taken apart", "aborts", support_aborts(take_nothing_away, &many));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covering),  cmocka_unit_test(naming),    cmocka_unit_test(meeting),
        cmocka_unit_test(all_pairs), cmocka_unit_test(too_large), cmocka_unit_test(taking_away),
        cmocka_unit_test(no_sets),
    };

    return cmocka_run_group_tests_name("sets of scopes", tests, NULL, NULL);
}
