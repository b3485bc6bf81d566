/* SPDX-License-Identifier: BSD-2-Clause */
/* Class to SASL code: the one table, DESIGN.md section 4. */
#include <stddef.h>

#include <sasl/sasl.h>

#include "sasl_pat/code.h"

static const struct {
    enum pat_class class;
    int code;
} rows[] = {
    {PAT_CLASS_ACCEPTED, SASL_OK},           {PAT_CLASS_OTHER, SASL_BADAUTH},
    {PAT_CLASS_REFUSED, SASL_BADAUTH},       {PAT_CLASS_UNAVAILABLE, SASL_UNAVAIL},
    {PAT_CLASS_NOT_PERMITTED, SASL_UNAVAIL},
};

int pat_code_of(enum pat_class class)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].class == class)
            return rows[i].code;
    return SASL_UNAVAIL;
}

int
pat_code_narrowed(int code)
{
    switch (code) {
    case SASL_OK:
    case SASL_NOAUTHZ:
    case SASL_BADPROT:
        return code;
    case SASL_FAIL:
    case SASL_NOMEM:
    case SASL_NOMECH: /* no verifier, no plugin: the server is set up wrongly */
    case SASL_TRYAGAIN:
    case SASL_UNAVAIL:
    case SASL_BADVERS:
    case SASL_CONFIGERR:
        return SASL_UNAVAIL;
    default:
        return SASL_BADAUTH;
    }
}
