/* SPDX-License-Identifier: BSD-2-Clause */
/* pam_pat/result: the table is total, and nothing but ACCEPTED is a success (R1). */
#include <stdio.h>

#include <security/pam_appl.h>

#include "pam_pat/result.h"
#include "tests/unit/expect.h"

/* DESIGN.md section 4. */
static const struct {
    const char *title;
    enum pat_class class;
    int code;
} classes[] = {
    {"accepted", PAT_CLASS_ACCEPTED, PAM_SUCCESS},
    {"other", PAT_CLASS_OTHER, PAM_CRED_INSUFFICIENT},
    {"refused", PAT_CLASS_REFUSED, PAM_AUTH_ERR},
    {"unavailable", PAT_CLASS_UNAVAILABLE, PAM_AUTHINFO_UNAVAIL},
    {"not permitted", PAT_CLASS_NOT_PERMITTED, PAM_AUTHINFO_UNAVAIL},
};

static void
each_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(classes); i++)
        expect_number(classes[i].title, pat_result_of(classes[i].class), classes[i].code);
}

static void
expect_total(uint32_t number)
{
    char title[32];

    for (size_t i = 0; i < COUNT(classes); i++)
        if ((uint32_t)classes[i].class == number)
            return;
    snprintf(title, sizeof title, "the number 0x%08x", (unsigned)number);
    expect_number(title, pat_result_of((enum pat_class)number), PAM_AUTHINFO_UNAVAIL);
}

static void
any_number(void **state)
{
    uint32_t number = 20261123; /* xorshift32 */

    (void)state;
    for (int i = -100; i <= 100; i++)
        expect_total((uint32_t)i);
    for (int i = 0; i < 10000; i++) {
        number ^= number << 13;
        number ^= number >> 17;
        number ^= number << 5;
        expect_total(number);
    }
}

/* No class becomes a success by flipping up to three of its bits. */
static void
flipped_bits(void **state)
{
    (void)state;
    for (size_t i = 1; i < COUNT(classes); i++)
        for (unsigned bit = 0; bit < 32 * 32 * 32; bit++) {
            uint32_t flips = 1U << bit % 32 | 1U << bit / 32 % 32 | 1U << bit / 1024;

            if (pat_result_of((enum pat_class)((uint32_t)classes[i].class ^ flips)) == PAM_SUCCESS)
                fail_msg("%s: a success with 0x%08x flipped", classes[i].title, (unsigned)flips);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class),
        cmocka_unit_test(any_number),
        cmocka_unit_test(flipped_bits),
    };

    return cmocka_run_group_tests_name("PAM codes", tests, NULL, NULL);
}
