/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading lines of the anchor's journal; core/api/recover.h tells how they are written. Pure. */
#ifndef PAT_API_JOURNAL_H
#define PAT_API_JOURNAL_H

#include <stdbool.h>

#include "core/audit/event.h"
#include "core/policy/record.h"

struct pat_journal_line {
    char event[PAT_BATCH_MAX + 1];
    char tenant[PAT_TENANT_MAX + 1];
    char user[PAT_USER_MAX + 1];
    char subjects[PAT_EVENT_LINE_MAX]; /* a name, or ids of tokens by commas */
    const char *after;                 /* the rest of the line: fields of the change */
};

/*
 * PAT_ERR_SYNTAX for what is no such line; ret then tells what could be read of it, so that
 * whoever it is about can be found. ret->after points into the line.
 */
PAT_CHECKED enum pat_err pat_journal_read(const char *line, struct pat_journal_line *ret);

/* The next of the subjects: at starts as ret->subjects and moves; false at the end. */
bool pat_journal_subject(const char **at, char ret[PAT_USER_MAX + 1]);

/*
 * The next field of the change: at starts as ret->after and moves. PAT_ERR_NOT_FOUND at the end,
 * PAT_ERR_SYNTAX. value is at least PAT_JOURNAL_VALUE bytes.
 */
#define PAT_JOURNAL_VALUE 2048
PAT_CHECKED enum pat_err pat_journal_field(const char **at, char key[32], char *value);

#endif
