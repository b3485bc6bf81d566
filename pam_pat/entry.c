/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions that libpam calls, and the only symbols of the module. Each reads the arguments,
 * does its one thing, and answers a code.
 */
#include <syslog.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "pam_pat/args.h"
#include "pam_pat/auth.h"

#define EXPORT __attribute__((visibility("default")))

static bool
read_args(pam_handle_t *pamh, int argc, const char **argv, struct pat_args *args)
{
    const char *wrong = "";

    if (pat_args_read(argc, argv, args, &wrong) == PAT_OK)
        return true;
    pam_syslog(pamh, LOG_ERR, "unknown or incomplete option \"%s\"", wrong);
    return false;
}

EXPORT int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct pat_args args;

    /* Of PAM_DISALLOW_NULL_AUTHTOK nothing follows: an empty password is never a token. */
    pat_auth_forget(pamh);
    if (!read_args(pamh, argc, argv, &args))
        return PAM_SERVICE_ERR;
    args.quiet = args.quiet || ((unsigned)flags & PAM_SILENT) != 0;
    return pat_auth_run(pamh, &args);
}

/*
 * There are no credentials to set. PAM_IGNORE would make applications fail whose only module we
 * are: results of this call are taken as required.
 */
EXPORT int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
    return PAM_SUCCESS;
}

/* Called without an authentication of ours too: for keys, by cron, by su as root. */
EXPORT int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct pat_args args;

    (void)flags;
    if (!read_args(pamh, argc, argv, &args))
        return PAM_SERVICE_ERR;
    return pat_auth_remembers(pamh) ? PAM_SUCCESS : PAM_IGNORE;
}
