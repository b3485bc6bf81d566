/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling a diagnosis. */
#include <stdarg.h>
#include <stdio.h>

#include "core/base/diag.h"

enum pat_err
pat_diag_set(struct pat_diag *diag, enum pat_err code, unsigned line, unsigned column,
             const char *format, ...)
{
    va_list args;

    if (diag == NULL)
        return code;
    diag->code = code;
    diag->line = line;
    diag->column = column;
    va_start(args, format);
    vsnprintf(diag->text, sizeof diag->text, format, args);
    va_end(args);
    return code;
}
