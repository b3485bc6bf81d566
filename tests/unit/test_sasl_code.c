/* SPDX-License-Identifier: BSD-2-Clause */
/* sasl_pat/code: both tables are total, and nothing but ACCEPTED and OK is a success (R2). */
#include <stdio.h>

#include <sasl/sasl.h>

#include "sasl_pat/code.h"
#include "tests/unit/classes.h"
#include "tests/unit/expect.h"

/* DESIGN.md section 4. */
static const struct classes_map map = {
    pat_code_of,
    {
        {"accepted", PAT_CLASS_ACCEPTED, SASL_OK},
        {"other", PAT_CLASS_OTHER, SASL_BADAUTH},
        {"refused", PAT_CLASS_REFUSED, SASL_BADAUTH},
        {"unavailable", PAT_CLASS_UNAVAILABLE, SASL_UNAVAIL},
        {"not permitted", PAT_CLASS_NOT_PERMITTED, SASL_UNAVAIL},
    },
    SASL_UNAVAIL,
};

/* Every code of sasl.h. */
static const struct {
    const char *title;
    int theirs;
    int ours;
} codes[] = {
    {"CONTINUE", SASL_CONTINUE, SASL_BADAUTH},   {"OK", SASL_OK, SASL_OK},
    {"FAIL", SASL_FAIL, SASL_UNAVAIL},           {"NOMEM", SASL_NOMEM, SASL_UNAVAIL},
    {"BUFOVER", SASL_BUFOVER, SASL_BADAUTH},     {"NOMECH", SASL_NOMECH, SASL_UNAVAIL},
    {"BADPROT", SASL_BADPROT, SASL_BADPROT},     {"NOTDONE", SASL_NOTDONE, SASL_BADAUTH},
    {"BADPARAM", SASL_BADPARAM, SASL_BADAUTH},   {"TRYAGAIN", SASL_TRYAGAIN, SASL_UNAVAIL},
    {"BADMAC", SASL_BADMAC, SASL_BADAUTH},       {"NOTINIT", SASL_NOTINIT, SASL_BADAUTH},
    {"INTERACT", SASL_INTERACT, SASL_BADAUTH},   {"BADSERV", SASL_BADSERV, SASL_BADAUTH},
    {"WRONGMECH", SASL_WRONGMECH, SASL_BADAUTH}, {"BADAUTH", SASL_BADAUTH, SASL_BADAUTH},
    {"NOAUTHZ", SASL_NOAUTHZ, SASL_NOAUTHZ},     {"TOOWEAK", SASL_TOOWEAK, SASL_BADAUTH},
    {"ENCRYPT", SASL_ENCRYPT, SASL_BADAUTH},     {"TRANS", SASL_TRANS, SASL_BADAUTH},
    {"EXPIRED", SASL_EXPIRED, SASL_BADAUTH},     {"DISABLED", SASL_DISABLED, SASL_BADAUTH},
    {"NOUSER", SASL_NOUSER, SASL_BADAUTH},       {"BADVERS", SASL_BADVERS, SASL_UNAVAIL},
    {"UNAVAIL", SASL_UNAVAIL, SASL_UNAVAIL},     {"NOVERIFY", SASL_NOVERIFY, SASL_BADAUTH},
    {"PWLOCK", SASL_PWLOCK, SASL_BADAUTH},       {"NOCHANGE", SASL_NOCHANGE, SASL_BADAUTH},
    {"WEAKPASS", SASL_WEAKPASS, SASL_BADAUTH},   {"NOUSERPASS", SASL_NOUSERPASS, SASL_BADAUTH},
    {"CONFIGERR", SASL_CONFIGERR, SASL_UNAVAIL}, {"BADBINDING", SASL_BADBINDING, SASL_BADAUTH},
};

static void
each_class(void **state)
{
    (void)state;
    classes_expect_each(&map);
}

static void
each_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++)
        expect_number(codes[i].title, pat_code_narrowed(codes[i].theirs), codes[i].ours);
}

static void
expect_one_of_ours(uint32_t number)
{
    int code = pat_code_narrowed((int)number);
    char title[32];

    snprintf(title, sizeof title, "the number 0x%08x", (unsigned)number);
    expect(title, "is narrowed to one of ours",
           code == SASL_BADAUTH || code == SASL_NOAUTHZ || code == SASL_BADPROT ||
               code == SASL_UNAVAIL || (code == SASL_OK && number == SASL_OK));
}

static void
any_number(void **state)
{
    (void)state;
    classes_expect_otherwise(&map);
    classes_each_number(expect_one_of_ours);
}

static void
flipped_bits(void **state)
{
    (void)state;
    classes_expect_no_flip(&map);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class),
        cmocka_unit_test(each_code),
        cmocka_unit_test(any_number),
        cmocka_unit_test(flipped_bits),
    };

    return cmocka_run_group_tests_name("SASL codes", tests, NULL, NULL);
}
