/* SPDX-License-Identifier: BSD-2-Clause */
/* Class to PAM code: the one table, DESIGN.md section 4. */
#include <stddef.h>

#include <security/pam_appl.h>

#include "pam_pat/result.h"

static const struct {
    enum pat_class class;
    int code;
} rows[] = {
    {PAT_CLASS_ACCEPTED, PAM_SUCCESS},
    {PAT_CLASS_OTHER, PAM_CRED_INSUFFICIENT},
    {PAT_CLASS_REFUSED, PAM_AUTH_ERR},
    {PAT_CLASS_UNAVAILABLE, PAM_AUTHINFO_UNAVAIL},
    {PAT_CLASS_NOT_PERMITTED, PAM_AUTHINFO_UNAVAIL},
};

int pat_result_of(enum pat_class class)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].class == class)
            return rows[i].code;
    return PAM_AUTHINFO_UNAVAIL;
}
