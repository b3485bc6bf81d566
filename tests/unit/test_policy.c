/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/policy/policy: every member of a policy, tighter and looser. What an administrator may do
 * and what a restored database is given back hang on these rows.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "core/policy/policy.h"
#include "tests/unit/expect.h"

#define NONE "unlimited"

/* From the loosest value to the tightest, as pat_policy_write() has them. */
static const struct row {
    enum pat_policy_member member;
    const char *key;
    const char *values[4];
} rows[] = {
    {PAT_POLICY_MAX_TOKENS, "max_tokens", {NONE, "25", "24", "1"}},
    {PAT_POLICY_NAME_MIN, "name_min", {"1", "8", "9", "64"}},
    {PAT_POLICY_REQUIRE_EXPIRY, "require_expiry", {"no", "yes"}},
    {PAT_POLICY_REQUIRE_ADDRESSES, "require_addresses", {"no", "yes"}},
    {PAT_POLICY_DEFAULT_LIFETIME, "default_lifetime", {NONE, "86400", "86399", "1"}},
    {PAT_POLICY_MAX_LIFETIME, "max_lifetime", {NONE, "86400", "86399", "1"}},
    {PAT_POLICY_PENDING_LIFETIME, "pending_lifetime", {"3600", "600", "599", "1"}},
    {PAT_POLICY_SELF_SERVICE, "self_service", {"yes", "no"}},
    {PAT_POLICY_SCOPES, "scopes", {NONE, "ldap:bind,mail:*", "mail:read,mail:send", ""}},
    {PAT_POLICY_NETWORKS, "networks", {NONE, "10.0.0.0/8,2001:db8::/32", "10.1.0.0/16", ""}},
    {PAT_POLICY_SELF_SERVICE_SCOPES,
     "self_service_scopes",
     {"db:connect,mail:*", "mail:*", "mail:read", ""}},
    {PAT_POLICY_REALMS,
     "realms",
     {"a.example,b.example,c.example", "c.example,a.example", "c.example", ""}},
};

static struct pat_tenant_record
loosest(void)
{
    return (struct pat_tenant_record){
        .any_scope = true,
        .any_network = true,
        .self_service = true,
        .self_service_scopes = {.text = "db:connect,mail:*"},
        .realms = "a.example,b.example,c.example",
        .name_min = 1,
        .pending_lifetime = 3600 * PAT_SECOND,
    };
}

/* A policy that is loose but for one member. */
static struct pat_tenant_record
with(const struct row *row, const char *value)
{
    struct pat_tenant_record policy = loosest();

    expect_number(value, pat_policy_tighten(&policy, row->key, value), PAT_OK);
    return policy;
}

static size_t
count_values(const struct row *row)
{
    size_t count = 0;

    while (count < COUNT(row->values) && row->values[count] != NULL)
        count++;
    return count;
}

static void
every_member_has_a_row(void **state)
{
    (void)state;
    expect_number("rows", COUNT(rows), PAT_POLICY_MEMBERS);
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_number(rows[i].key, rows[i].member, (int64_t)i);
        expect_text(rows[i].key, pat_policy_key(rows[i].member), rows[i].key);
        expect(rows[i].key, "has words for people", pat_policy_words(rows[i].member)[0] != '\0');
    }
}

static void
values_are_written_as_they_were_read(void **state)
{
    char text[PAT_POLICY_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t j = 0; j < count_values(&rows[i]); j++) {
            struct pat_tenant_record policy = with(&rows[i], rows[i].values[j]);
            bool reordered = rows[i].member == PAT_POLICY_REALMS && j == 1;

            expect_text(rows[i].key, pat_policy_write(&policy, rows[i].member, text),
                        reordered ? "a.example,c.example" : rows[i].values[j]);
        }
}

/* FEATURES S5. Each value against each other one, both ways; the other members are always the same.
 */
static void
tighter_and_looser(void **state)
{
    char title[160];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t j = 0; j < count_values(&rows[i]); j++)
            for (size_t k = 0; k < count_values(&rows[i]); k++) {
                struct pat_tenant_record before = with(&rows[i], rows[i].values[j]);
                struct pat_tenant_record after = with(&rows[i], rows[i].values[k]);

                snprintf(title, sizeof title, "%s: from \"%s\" to \"%s\"", rows[i].key,
                         rows[i].values[j], rows[i].values[k]);
                for (int m = 0; m < PAT_POLICY_MEMBERS; m++) {
                    bool other = (size_t)m != i;

                    expect_number(title,
                                  pat_policy_is_within(&after, &before, (enum pat_policy_member)m),
                                  other || k >= j);
                    expect_number(title,
                                  pat_policy_same(&after, &before, (enum pat_policy_member)m),
                                  other || k == j);
                }
            }
}

static void
neither_is_tighter(void **state)
{
    static const struct {
        size_t row;
        const char *one, *other;
    } pairs[] = {
        {PAT_POLICY_SCOPES, "mail:*", "ldap:bind"},
        {PAT_POLICY_SCOPES, "mail:read", "mail:send"},
        {PAT_POLICY_NETWORKS, "10.0.0.0/8", "192.0.2.0/24"},
        {PAT_POLICY_NETWORKS, "0.0.0.0/0", "::/0"},
        {PAT_POLICY_SELF_SERVICE_SCOPES, "db:connect", "mail:*"},
        {PAT_POLICY_REALMS, "a.example", "b.example"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct pat_tenant_record one = with(&rows[pairs[i].row], pairs[i].one);
        struct pat_tenant_record other = with(&rows[pairs[i].row], pairs[i].other);

        expect_number(pairs[i].one, pat_policy_is_within(&one, &other, rows[pairs[i].row].member),
                      false);
        expect_number(pairs[i].one, pat_policy_is_within(&other, &one, rows[pairs[i].row].member),
                      false);
    }
}

/* To tighten twice is what the tighter of both says; it never loosens. */
static void
tightening_keeps_what_is_tighter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t j = 0; j < count_values(&rows[i]); j++)
            for (size_t k = 0; k < count_values(&rows[i]); k++) {
                struct pat_tenant_record policy = with(&rows[i], rows[i].values[j]);
                struct pat_tenant_record wanted = with(&rows[i], rows[i].values[j > k ? j : k]);

                expect_number(rows[i].key,
                              pat_policy_tighten(&policy, rows[i].key, rows[i].values[k]), PAT_OK);
                expect(rows[i].values[k], "tightens to the tighter of both",
                       pat_policy_same(&policy, &wanted, rows[i].member));
            }
}

static void
sets_meet(void **state)
{
    static const struct {
        size_t row;
        const char *before, *value, *met;
    } meets[] = {
        {PAT_POLICY_SCOPES, "ldap:bind,mail:*", "mail:read,um:read", "mail:read"},
        {PAT_POLICY_SCOPES, "mail:*", "ldap:bind", ""},
        {PAT_POLICY_NETWORKS, "10.0.0.0/8,192.0.2.0/24", "10.1.0.0/16,192.0.0.0/16",
         "10.1.0.0/16,192.0.2.0/24"},
        {PAT_POLICY_NETWORKS, "10.0.0.0/8", "192.0.2.0/24", ""},
        {PAT_POLICY_NETWORKS, "10.0.0.0/8", "::/0", ""},
        {PAT_POLICY_REALMS, "b.example,a.example", "a.example,other.example", "a.example"},
        {PAT_POLICY_SELF_SERVICE_SCOPES, "mail:*", "db:connect", ""},
    };
    char text[PAT_POLICY_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(meets); i++) {
        struct pat_tenant_record policy = with(&rows[meets[i].row], meets[i].before);

        expect_number(meets[i].value,
                      pat_policy_tighten(&policy, rows[meets[i].row].key, meets[i].value), PAT_OK);
        expect_text(meets[i].value, pat_policy_write(&policy, rows[meets[i].row].member, text),
                    meets[i].met);
    }
}

/* More networks than a set holds are none: nobody gets in who was kept out. */
static void
too_many_networks_are_none(void **state)
{
    char low[PAT_CIDRS_TEXT] = "0.0.0.0/1", high[PAT_CIDRS_TEXT] = "128.0.0.0/1";
    struct pat_tenant_record policy;
    size_t low_len = strlen(low), high_len = strlen(high);

    (void)state;
    for (int i = 0; i < PAT_CIDRS_MAX - 1; i++) {
        low_len += (size_t)snprintf(low + low_len, sizeof low - low_len, ",2%02d.0.0.0/8", i);
        high_len += (size_t)snprintf(high + high_len, sizeof high - high_len, ",10.%d.0.0/16",
                                     2 * i);
    }
    policy = with(&rows[PAT_POLICY_NETWORKS], low);
    expect_number("met", pat_policy_tighten(&policy, "networks", high), PAT_OK);
    expect_text("networks", policy.networks.text, "");
    expect("a policy without networks", "still limits", !policy.any_network);
}

static void
a_default_is_never_longer_than_the_longest(void **state)
{
    struct pat_tenant_record policy = with(&rows[PAT_POLICY_DEFAULT_LIFETIME], "86400");

    (void)state;
    expect_number("tightened", pat_policy_tighten(&policy, "max_lifetime", "3600"), PAT_OK);
    expect_number("default", policy.default_lifetime.at, 3600 * PAT_SECOND);
}

static void
other_texts(void **state)
{
    static const struct {
        const char *key, *value;
        enum pat_err err;
    } texts[] = {
        {"max_tokens", "", PAT_ERR_SYNTAX},
        {"max_tokens", "-1", PAT_ERR_SYNTAX},
        {"max_tokens", "12x", PAT_ERR_SYNTAX},
        {"max_tokens", "99999999999999999999", PAT_ERR_SYNTAX},
        {"max_lifetime", "9223372036854775807", PAT_ERR_SYNTAX},
        {"name_min", "8 ", PAT_ERR_SYNTAX},
        {"require_expiry", "maybe", PAT_ERR_SYNTAX},
        {"self_service", "", PAT_ERR_SYNTAX},
        {"scopes", "mail", PAT_ERR_SYNTAX},
        {"networks", "10.0.0.0/40", PAT_ERR_SYNTAX},
        {"self_service_scopes", "*", PAT_ERR_SYNTAX},
        {"contact", "room 7", PAT_ERR_NOT_FOUND},
        {"", "", PAT_ERR_NOT_FOUND},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct pat_tenant_record policy = loosest(), before = loosest();

        expect_number(texts[i].value, pat_policy_tighten(&policy, texts[i].key, texts[i].value),
                      texts[i].err);
        for (int m = 0; m < PAT_POLICY_MEMBERS; m++)
            expect(texts[i].value, "changes nothing",
                   pat_policy_same(&policy, &before, (enum pat_policy_member)m));
    }
}

/* Whole seconds are written, but less than one makes a difference too. */
static void
parts_of_a_second_count(void **state)
{
    struct pat_tenant_record a = loosest(), b = loosest();

    (void)state;
    b.pending_lifetime++;
    expect("a microsecond", "is a difference",
           !pat_policy_same(&a, &b, PAT_POLICY_PENDING_LIFETIME));
    a.max_lifetime = (struct pat_optional){.set = true, .at = 10 * PAT_SECOND};
    b.max_lifetime = (struct pat_optional){.set = true, .at = 10 * PAT_SECOND + 1};
    expect("a microsecond", "is a difference", !pat_policy_same(&a, &b, PAT_POLICY_MAX_LIFETIME));
}

static void
copying(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *last = rows[i].values[count_values(&rows[i]) - 1];
        struct pat_tenant_record from = with(&rows[i], last), to = loosest();
        const struct pat_tenant_record before = loosest();

        for (int m = 0; m < PAT_POLICY_MEMBERS; m++)
            if ((size_t)m != i)
                pat_policy_copy(&to, &from, (enum pat_policy_member)m);
        expect(rows[i].key, "stays when others are copied",
               pat_policy_same(&to, &before, rows[i].member));
        pat_policy_copy(&to, &from, rows[i].member);
        expect(rows[i].key, "is copied", pat_policy_same(&to, &from, rows[i].member));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_has_a_row),
        cmocka_unit_test(values_are_written_as_they_were_read),
        cmocka_unit_test(tighter_and_looser),
        cmocka_unit_test(neither_is_tighter),
        cmocka_unit_test(tightening_keeps_what_is_tighter),
        cmocka_unit_test(sets_meet),
        cmocka_unit_test(too_many_networks_are_none),
        cmocka_unit_test(a_default_is_never_longer_than_the_longest),
        cmocka_unit_test(other_texts),
        cmocka_unit_test(parts_of_a_second_count),
        cmocka_unit_test(copying),
    };

    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
