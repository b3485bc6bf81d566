/* SPDX-License-Identifier: BSD-2-Clause */
/* What a parser has to say about its input. Library code fills it and prints nothing. */
#ifndef PAT_BASE_DIAG_H
#define PAT_BASE_DIAG_H

#include "core/base/err.h"

struct pat_diag {
    enum pat_err code;
    unsigned line;   /* from 1; 0 when there is none */
    unsigned column; /* from 1; 0 when there is none */
    char text[240];  /* a sentence without a full stop; never holds a secret */
};

/* Fills diag (which may be NULL) and answers code, so that a parser can return it at once. */
enum pat_err pat_diag_set(struct pat_diag *diag, enum pat_err code, unsigned line, unsigned column,
                          const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
