/* SPDX-License-Identifier: BSD-2-Clause */
/* core/policy/cidr: sets of networks. */
#include <stdio.h>

#include "core/base/diag.h"
#include "core/policy/cidr.h"
#include "tests/unit/expect.h"

#define LONG64 "a234567890123456789012345678901b234567890123456789012345678901xx"

static void
reading(void **state)
{
    static const struct {
        const char *title, *list;
        const char *set; /* NULL: refused */
    } cases[] = {
        {"nothing", "", ""},
        {"separators", " ,\t,", ""},
        {"an address", "192.0.2.7", "192.0.2.7/32"},
        {"a network", "192.0.2.0/24", "192.0.2.0/24"},
        {"everything", "0.0.0.0/0", "0.0.0.0/0"},
        {"a prefix of 1", "128.0.0.0/1", "128.0.0.0/1"},
        {"a prefix of 31", "192.0.2.6/31", "192.0.2.6/31"},
        {"a prefix of 32", "192.0.2.7/32", "192.0.2.7/32"},
        {"a prefix of 33", "192.0.2.7/33", NULL},
        {"no prefix behind the slash", "192.0.2.7/", NULL},
        {"a negative prefix", "192.0.2.0/-1", NULL},
        {"a prefix with a zero", "192.0.2.0/024", NULL},
        {"a netmask", "192.0.2.0/255.255.255.0", NULL},
        {"a huge prefix", "192.0.2.0/4294967320", NULL},
        {"two slashes", "192.0.2.0/24/24", NULL},
        {"only a prefix", "/24", NULL},
        {"host bits", "192.0.2.1/24", NULL},
        {"the last host bit", "192.0.2.7/31", NULL},
        {"the first host bit", "192.0.2.128/24", NULL},
        {"host bits with prefix 0", "0.0.0.1/0", NULL},
        {"host bits in the byte behind", "10.0.1.0/15", NULL},
        {"host bits two bytes behind", "10.0.0.1/14", NULL},
        {"three numbers", "192.0.2", NULL},
        {"five numbers", "192.0.2.7.1", NULL},
        {"256", "192.0.2.256", NULL},
        {"octal", "192.0.02.7", NULL},
        {"hexadecimal", "0xc0.0.2.7", NULL},
        {"one number", "3221225991", NULL},
        {"a name", "localhost", NULL},
        {"a port", "192.0.2.7:22", NULL},
        {"IPv6", "2001:db8::1", "2001:db8::1/128"},
        {"IPv6 written long", "2001:0DB8:0:0:0:0:0:0001", "2001:db8::1/128"},
        {"an IPv6 network", "2001:db8::/32", "2001:db8::/32"},
        {"all of IPv6", "::/0", "::/0"},
        {"a prefix of 127", "2001:db8::2/127", "2001:db8::2/127"},
        {"a prefix of 128", "::1/128", "::1/128"},
        {"a prefix of 129", "::1/129", NULL},
        {"IPv6 host bits", "2001:db8::1/32", NULL},
        {"the last IPv6 host bit", "2001:db8::3/127", NULL},
        {"in the middle of a byte", "2001:db8:8000::/33", "2001:db8:8000::/33"},
        {"in the middle of a byte, a host bit", "2001:db8:c000::/33", NULL},
        {"brackets", "[2001:db8::1]", NULL},
        {"two double colons", "2001::db8::1", NULL},
        {"a zone", "fe80::1%eth0", NULL},
        {"a zone and a prefix", "fe80::%eth0/64", NULL},
        {"mapped", "::ffff:192.0.2.7", "192.0.2.7/32"},
        {"mapped, in hexadecimal", "::ffff:c000:207", "192.0.2.7/32"},
        {"a mapped network", "::ffff:192.0.2.0/120", "192.0.2.0/24"},
        {"all of the mapped ones", "::ffff:0:0/96", "0.0.0.0/0"},
        {"a mapped address and 128", "::ffff:192.0.2.7/128", "192.0.2.7/32"},
        {"more than all of the mapped ones", "::ffff:0:0/95", NULL},
        {"a mapped host bit", "::ffff:192.0.2.7/120", NULL},
        {"compatible is not mapped", "::192.0.2.7", "::192.0.2.7/128"},
        {"sorted", "10.0.0.0/8,2001:db8::/32 9.0.0.0/8\t::1",
         "9.0.0.0/8,10.0.0.0/8,::1/128,2001:db8::/32"},
        {"by number, not by text", "100.0.0.0/8,20.0.0.0/8", "20.0.0.0/8,100.0.0.0/8"},
        {"the same address by prefix", "10.0.0.0/16,10.0.0.0/8,10.0.0.0/12",
         "10.0.0.0/8,10.0.0.0/12,10.0.0.0/16"},
        {"twice", "::1,192.0.2.7,192.0.2.7/32,::ffff:192.0.2.7,0::1", "192.0.2.7/32,::1/128"},
        {"one wrong of three", "192.0.2.1,192.0.2.300,192.0.2.3", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_cidrs set = {"untouched"}, again;

        expect_err(cases[i].title, pat_cidr_read(cases[i].list, &set, NULL),
                   cases[i].set == NULL ? PAT_ERR_SYNTAX : PAT_OK);
        expect_text(cases[i].title, set.text, cases[i].set == NULL ? "untouched" : cases[i].set);
        if (cases[i].set == NULL)
            continue;
        expect_err(cases[i].title, pat_cidr_read(set.text, &again, NULL), PAT_OK);
        expect_text(cases[i].title, again.text, set.text);
    }
}

/* Each network is as long as one can be written. */
static void
limits(void **state)
{
    char list[2048];
    size_t len = 0;
    struct pat_cidrs set, untouched = {"untouched"};
    struct pat_diag diag;

    (void)state;
    for (unsigned i = 0; i < PAT_CIDRS_MAX; i++)
        len += (size_t)snprintf(list + len, sizeof list - len,
                                "%s1111:2222:3333:4444:5555:6666:7777:%04x/128", i == 0 ? "" : ",",
                                0x8000 + i);
    expect_err("16 networks", pat_cidr_read(list, &set, NULL), PAT_OK);
    expect_text("16 networks", set.text, list);
    snprintf(list + len, sizeof list - len, ",1111:2222:3333:4444:5555:6666:7777:8003");
    expect_err("16 and one of them again", pat_cidr_read(list, &set, NULL), PAT_OK);
    expect_number("16 and one of them again", (int64_t)strlen(set.text), (int64_t)len);
    snprintf(list + len, sizeof list - len, ",192.0.2.7");
    expect_err("17 networks", pat_cidr_read(list, &untouched, &diag), PAT_ERR_RANGE);
    expect_text("17 networks", untouched.text, "untouched");
    expect_err("17 networks", diag.code, PAT_ERR_RANGE);
    expect_number("17 networks", diag.column, (int64_t)len + 2);
    expect_number("17 networks", diag.line, 0);
    expect_text("17 networks", diag.text, "more than 16 networks");

    memset(list, '1', sizeof list - 1);
    list[sizeof list - 1] = '\0';
    expect_err("2,047 digits", pat_cidr_read(list, &untouched, &diag), PAT_ERR_SYNTAX);
    expect("2,047 digits", "fit into a diagnosis", memchr(diag.text, 0, sizeof diag.text) != NULL);
}

static void
diagnoses(void **state)
{
    static const struct {
        const char *title, *list;
        unsigned column;
        const char *text;
    } cases[] = {
        {"the first", "x,192.0.2.7", 1, "\"x\" is not a numeric address or network"},
        {"the second", "192.0.2.7, nas.example", 12,
         "\"nas.example\" is not a numeric address or network"},
        {"a prefix", "192.0.2.0/33", 1, "\"192.0.2.0/33\" has a prefix length out of range"},
        {"host bits", " 192.0.2.1/24", 2, "\"192.0.2.1/24\" has bits set behind its prefix"},
        {"64 characters", LONG64, 1, "\"" LONG64 "\" is not a numeric address or network"},
        {"65 characters", LONG64 "y", 1, "\"" LONG64 "\" is not a numeric address or network"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_cidrs set;
        struct pat_diag diag = {.code = PAT_OK};

        expect_err(cases[i].title, pat_cidr_read(cases[i].list, &set, &diag), PAT_ERR_SYNTAX);
        expect_err(cases[i].title, diag.code, PAT_ERR_SYNTAX);
        expect_number(cases[i].title, diag.line, 0);
        expect_number(cases[i].title, diag.column, cases[i].column);
        expect_text(cases[i].title, diag.text, cases[i].text);
    }
}

static void
holding(void **state)
{
    static const struct {
        const char *title, *list, *address;
        bool held;
    } cases[] = {
        {"nothing holds nothing", "", "192.0.2.7", false},
        {"the address itself", "192.0.2.7", "192.0.2.7", true},
        {"the address before", "192.0.2.7", "192.0.2.6", false},
        {"the address behind", "192.0.2.7", "192.0.2.8", false},
        {"the first of a network", "192.0.2.0/24", "192.0.2.0", true},
        {"the last of a network", "192.0.2.0/24", "192.0.2.255", true},
        {"before a network", "192.0.2.0/24", "192.0.1.255", false},
        {"behind a network", "192.0.2.0/24", "192.0.3.0", false},
        {"in the middle of a byte, last", "192.0.2.64/26", "192.0.2.127", true},
        {"in the middle of a byte, behind", "192.0.2.64/26", "192.0.2.128", false},
        {"15 bits, the last", "192.0.0.0/15", "192.1.255.255", true},
        {"14 bits, the last", "192.0.0.0/14", "192.3.255.255", true},
        {"all of IPv4", "0.0.0.0/0", "255.255.255.255", true},
        {"all of IPv4 holds no IPv6", "0.0.0.0/0", "::", false},
        {"all of IPv6", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
        {"all of IPv6 holds no IPv4", "::/0", "192.0.2.7", false},
        {"all of IPv6 holds no mapped IPv4", "::/0", "::ffff:192.0.2.7", false},
        {"IPv6, the last", "2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true},
        {"IPv6, behind", "2001:db8::/32", "2001:db9::", false},
        {"IPv6, written long", "2001:db8::1", "2001:0DB8:0000:0000:0000:0000:0000:0001", true},
        {"mapped address, plain network", "192.0.2.0/24", "::ffff:192.0.2.7", true},
        {"mapped address in hexadecimal", "192.0.2.0/24", "::ffff:c000:207", true},
        {"plain address, mapped network", "::ffff:192.0.2.0/120", "192.0.2.7", true},
        {"compatible is not mapped", "192.0.2.0/24", "::192.0.2.7", false},
        {"the same bytes, another family", "c000:200::/24", "192.0.2.7", false},
        {"a zone is passed over", "fe80::/10", "fe80::1%eth0", true},
        {"a zone, not in it", "fe80::/10", "2001:db8::1%eth0", false},
        {"the last of several", "10.0.0.0/8,192.0.2.0/24,2001:db8::/32", "2001:db8::7", true},
        {"none of several", "10.0.0.0/8,192.0.2.0/24,2001:db8::/32", "203.0.113.9", false},
        {"a name", "0.0.0.0/0,::/0", "host.example", false},
        {"no address", "0.0.0.0/0,::/0", "", false},
        {"a network is no address", "0.0.0.0/0,::/0", "192.0.2.0/24", false},
        {"white space around", "0.0.0.0/0,::/0", " 192.0.2.7", false},
        {"two addresses", "0.0.0.0/0,::/0", "192.0.2.7,192.0.2.8", false},
        {"very long", "0.0.0.0/0,::/0",
         "2001:db8::1111111111111111111111111111111111111111111111111111", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_cidrs set;

        expect_err(cases[i].title, pat_cidr_read(cases[i].list, &set, NULL), PAT_OK);
        expect_number(cases[i].title, pat_cidr_holds(&set, cases[i].address), cases[i].held);
    }
}

static void
including(void **state)
{
    static const struct {
        const char *title, *list, *part;
        bool included;
    } cases[] = {
        {"nothing in nothing", "", "", true},
        {"nothing in something", "10.0.0.0/8", "", true},
        {"something in nothing", "", "10.0.0.0/8", false},
        {"itself", "10.0.0.0/8", "10.0.0.0/8", true},
        {"a smaller one", "10.0.0.0/8", "10.255.0.0/16", true},
        {"an address", "10.0.0.0/8", "10.0.0.7", true},
        {"a larger one of the same beginning", "10.0.0.0/8", "10.0.0.0/7", false},
        {"its neighbour", "10.0.0.0/8", "11.0.0.0/8", false},
        {"all of it", "10.0.0.0/8", "0.0.0.0/0", false},
        {"an address in itself", "192.0.2.7", "192.0.2.7", true},
        {"a network in its address", "192.0.2.6", "192.0.2.6/31", false},
        {"two halves", "10.0.0.0/9,10.128.0.0/9", "10.0.0.0/9,10.128.0.0/9", true},
        {"the whole in its halves", "10.0.0.0/9,10.128.0.0/9", "10.0.0.0/8", false},
        {"each in another", "10.0.0.0/8,192.0.2.0/24", "192.0.2.7,10.1.0.0/16", true},
        {"one of two is outside", "10.0.0.0/8,192.0.2.0/24", "10.1.0.0/16,198.51.100.1", false},
        {"IPv6", "2001:db8::/32", "2001:db8:ffff::/48", true},
        {"larger IPv6", "2001:db8::/32", "2001:db8::/31", false},
        {"IPv4 in all of IPv6", "::/0", "0.0.0.0/0", false},
        {"IPv6 in all of IPv4", "0.0.0.0/0", "::/0", false},
        {"mapped", "192.0.2.0/24", "::ffff:192.0.2.0/120", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_cidrs set, part;

        expect_err(cases[i].title, pat_cidr_read(cases[i].list, &set, NULL), PAT_OK);
        expect_err(cases[i].title, pat_cidr_read(cases[i].part, &part, NULL), PAT_OK);
        expect_number(cases[i].title, pat_cidr_includes(&set, &part), cases[i].included);
    }
}

/* The address in which only the last bit of the prefix is set. */
static void
write_edge(int family, unsigned prefix, char ret[48])
{
    uint32_t bit4 = family == 4 ? 1U << (32 - prefix) : 0;
    unsigned groups[8] = {0};

    groups[(prefix - 1) / 16] = 0x8000U >> (prefix - 1) % 16;
    if (family == 4)
        snprintf(ret, 48, "%u.%u.%u.%u", bit4 >> 24, bit4 >> 16 & 255, bit4 >> 8 & 255, bit4 & 255);
    else
        snprintf(ret, 48, "%x:%x:%x:%x:%x:%x:%x:%x", groups[0], groups[1], groups[2], groups[3],
                 groups[4], groups[5], groups[6], groups[7]);
}

static void
every_prefix(void **state)
{
    char list[64], address[48], title[128];

    (void)state;
    for (int family = 4; family <= 6; family += 2)
        for (unsigned prefix = 1; prefix <= (family == 4 ? 32 : 128); prefix++) {
            const char *zero = family == 4 ? "0.0.0.0" : "::";
            struct pat_cidrs set;

            write_edge(family, prefix, address);
            for (unsigned wider = 0; wider <= 1; wider++) {
                snprintf(list, sizeof list, "%s/%u", zero, prefix - wider);
                snprintf(title, sizeof title, "%s in %s", address, list);
                expect_err(title, pat_cidr_read(list, &set, NULL), PAT_OK);
                expect_number(title, pat_cidr_holds(&set, address), wider);
                snprintf(list, sizeof list, "%s/%u", address, prefix - wider);
                expect_err(list, pat_cidr_read(list, &set, NULL), wider ? PAT_ERR_SYNTAX : PAT_OK);
            }
        }
}

static void
addresses(void **state)
{
    static const struct {
        const char *title, *address;
        bool numeric;
        const char *neighbourhood;
    } cases[] = {
        {"IPv4", "192.0.2.77", true, "192.0.2.0"},
        {"the first IPv4", "0.0.0.0", true, "0.0.0.0"},
        {"the last IPv4", "255.255.255.255", true, "255.255.255.0"},
        {"IPv6", "2001:db8:1234:5678::9", true, "2001:db8:1234::"},
        {"the last IPv6", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true, "ffff:ffff:ffff::"},
        {"the longest text", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", true,
         "ffff:ffff:ffff::"},
        {"loopback", "::1", true, "::"},
        {"mapped is counted as IPv4", "::ffff:192.0.2.77", true, "192.0.2.0"},
        {"a zone", "fe80::1%eth0", true, "fe80::"},
        {"a long zone", "fe80::1%a-very-long-interface-name.1234567890123", true, "fe80::"},
        {"a name", "host.example", false, ""},
        {"nothing", "", false, ""},
        {"only a zone", "%eth0", false, ""},
        {"a network", "192.0.2.0/24", false, ""},
        {"brackets", "[::1]", false, ""},
        {"a newline", "192.0.2.7\n", false, ""},
        {"a short form", "127.1", false, ""},
        {"fullwidth", "\xef\xbc\x91.0.0.1", false, ""},
        {"too long for an address", "::" LONG64, false, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char ret[PAT_ADDRESS_MAX + 1];

        memset(ret, '#', sizeof ret);
        expect_number(cases[i].title, pat_cidr_numeric(cases[i].address), cases[i].numeric);
        pat_cidr_neighbourhood(cases[i].address, ret);
        expect_text(cases[i].title, ret, cases[i].neighbourhood);
    }
}

/* What is no network in a set, as only memory that was overwritten holds it, holds nothing. */
static void
no_sets(void **state)
{
    static const char *const words[] = {
        "nas.example", "192.0.2.1/24", "192.0.2.0/33",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd/128"};

    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        struct pat_cidrs set = {""};

        expect_err(words[i], pat_cidr_read(words[i], &set, NULL), PAT_ERR_SYNTAX);
        snprintf(set.text, sizeof set.text, "%s", words[i]);
        expect(words[i], "holds nothing", !pat_cidr_holds(&set, "192.0.2.1"));
        snprintf(set.text, sizeof set.text, "%s,192.0.2.1/32", words[i]);
        expect(words[i], "is passed over", pat_cidr_holds(&set, "192.0.2.1"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),   cmocka_unit_test(limits),    cmocka_unit_test(diagnoses),
        cmocka_unit_test(holding),   cmocka_unit_test(including), cmocka_unit_test(every_prefix),
        cmocka_unit_test(addresses), cmocka_unit_test(no_sets),
    };

    return cmocka_run_group_tests_name("cidr", tests, NULL, NULL);
}
