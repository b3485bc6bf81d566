/* SPDX-License-Identifier: BSD-2-Clause */
/* The sentences of the error codes. */
#include "core/base/err.h"

const char *
pat_err_text(enum pat_err err)
{
    switch (err) {
    case PAT_OK:
        return "success";
    case PAT_ERR_INTERNAL:
        return "internal error";
    case PAT_ERR_NOMEM:
        return "out of memory";
    case PAT_ERR_IO:
        return "input or output failed";
    case PAT_ERR_FULL:
        return "no space left on the device";
    case PAT_ERR_SYNTAX:
        return "not well formed";
    case PAT_ERR_RANGE:
        return "out of range";
    case PAT_ERR_NOT_FOUND:
        return "no such entry";
    case PAT_ERR_EXISTS:
        return "exists already";
    case PAT_ERR_CONFLICT:
        return "changed meanwhile, or not possible in this state";
    case PAT_ERR_LIMIT:
        return "a limit of the tenant is reached";
    case PAT_ERR_POLICY:
        return "the policy of the tenant does not allow it";
    case PAT_ERR_DENIED:
        return "not permitted";
    case PAT_ERR_BUSY:
        return "busy";
    case PAT_ERR_TIMEOUT:
        return "timed out";
    case PAT_ERR_UNAVAILABLE:
        return "unavailable";
    case PAT_ERR_KEY:
        return "a key is missing or damaged";
    case PAT_ERR_SEAL:
        return "a stored row was changed behind the daemon's back";
    case PAT_ERR_ROLLBACK:
        return "the database is older than its anchor";
    case PAT_ERR_VERSION:
        return "written by a newer version of linux-pat";
    case PAT_ERR_CLOCK:
        return "the clock cannot be read";
    case PAT_ERR_COUNT:
        break;
    }
    return "unknown error";
}
