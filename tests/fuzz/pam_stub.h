/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FUZZ_PAM_STUB_H
#define TESTS_FUZZ_PAM_STUB_H

#include <security/pam_modules.h>

typedef int pam_stub_call(pam_handle_t *pamh, int flags, int argc, const char **argv);

/* What the stub's variable pam_stub_calls is set to, before libpam calls it. */
struct pam_stub_calls {
    pam_stub_call *authenticate, *setcred, *acct_mgmt;
};

#endif
