/* SPDX-License-Identifier: BSD-2-Clause */
/* pam_pat/result: the table is total, and nothing but ACCEPTED is a success (R1). */
#include <security/pam_appl.h>

#include "pam_pat/result.h"
#include "tests/unit/classes.h"
#include "tests/unit/expect.h"

/* DESIGN.md section 4. */
static const struct classes_map map = {
    pat_result_of,
    {
        {"accepted", PAT_CLASS_ACCEPTED, PAM_SUCCESS},
        {"other", PAT_CLASS_OTHER, PAM_CRED_INSUFFICIENT},
        {"refused", PAT_CLASS_REFUSED, PAM_AUTH_ERR},
        {"unavailable", PAT_CLASS_UNAVAILABLE, PAM_AUTHINFO_UNAVAIL},
        {"not permitted", PAT_CLASS_NOT_PERMITTED, PAM_AUTHINFO_UNAVAIL},
    },
    PAM_AUTHINFO_UNAVAIL,
};

static void
each_class(void **state)
{
    (void)state;
    classes_expect_each(&map);
}

static void
any_number(void **state)
{
    (void)state;
    classes_expect_otherwise(&map);
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
        cmocka_unit_test(any_number),
        cmocka_unit_test(flipped_bits),
    };

    return cmocka_run_group_tests_name("PAM codes", tests, NULL, NULL);
}
