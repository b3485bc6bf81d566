/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM module that hands every call to whoever loaded it first: libpam loads modules by their file
 * names, and the code under test is in the program, where the linker can wrap what it calls.
 */
#include <security/pam_modules.h>

#include "tests/fuzz/pam_stub.h"

#define EXPORT __attribute__((visibility("default")))

extern const struct pam_stub_calls *pam_stub_calls;
EXPORT const struct pam_stub_calls *pam_stub_calls;

EXPORT int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return pam_stub_calls->authenticate(pamh, flags, argc, argv);
}

EXPORT int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return pam_stub_calls->setcred(pamh, flags, argc, argv);
}

EXPORT int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return pam_stub_calls->acct_mgmt(pamh, flags, argc, argv);
}
