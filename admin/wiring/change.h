/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The change of one file: lines that are put in, or in the place of others. Before and after are
 * kept whole, so that the difference can be shown, made, and taken back byte for byte.
 */
#ifndef ADMIN_WIRING_CHANGE_H
#define ADMIN_WIRING_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/base/err.h"

#define CHANGE_PATH_MAX 256
#define CHANGE_FILE_MAX ((size_t)64 * 1024)
#define CHANGE_EDITS_MAX 8

enum change_kind {
    CHANGE_EDIT,
    CHANGE_CREATE, /* there is no such file yet */
    CHANGE_REMOVE,
};

struct change_edit {
    size_t at;   /* in front of this line of before, counted from 0 */
    size_t drop; /* so many lines go */
    char *add;   /* whole lines; "" for none */
};

struct change {
    enum change_kind kind;
    char path[CHANGE_PATH_MAX];
    char from[CHANGE_PATH_MAX]; /* CHANGE_CREATE: whose copy it begins as; "" for none */
    mode_t mode;                /* of a file that is made */
    bool made_directory;        /* the directory is made for it, too */
    char *before, *after;       /* text; never NULL after change_begin() */
    size_t edit_count;
    struct change_edit edits[CHANGE_EDITS_MAX];
};

/*
 * Begins a change of path, which holds text now; false: no memory. Free it in any case. A change
 * that was only zeroed may be freed, too.
 */
bool change_begin(struct change *change, enum change_kind kind, const char *path, const char *text);
void change_free(struct change *change);

/*
 * Puts lines in front of line at (counted from 0; the number of lines: behind the last one), and
 * drops so many. Edits come in the order of their lines and do not overlap; false: no memory, or
 * too many.
 */
bool change_edit(struct change *change, size_t at, size_t drop, const char *lines);

/* One edit, from the first line that differs to the last one; for what others wrote. */
bool change_to(struct change *change, const char *after);

/* Makes after of before and the edits; false: no memory. */
bool change_finish(struct change *change);

/* True when nothing would be changed. */
bool change_is_empty(const struct change *change);

/* The number of lines; the last one may lack its newline. */
size_t change_lines(const char *text);
/* Where a line begins; the end of the text behind the last one. */
const char *change_line(const char *text, size_t line);

/*
 * The unified difference, line by line without newlines: sign is '-', '+', ' ', '@' for the place,
 * 'f' for the two lines that name the files, or '\\' for a missing newline at the end.
 */
typedef void change_show(void *context, char sign, const char *line);
void change_diff(const struct change *change, change_show *show, void *context);

/*
 * The way back: a change of the same file, which holds text now, that takes out what change had put
 * in and puts back what it had dropped. PAT_ERR_CONFLICT when what was put in is not there any
 * more, or more than once, or changed; PAT_ERR_NOMEM. ret is to be freed in any case.
 */
PAT_CHECKED enum pat_err change_invert(const struct change *change, const char *text,
                                       struct change *ret);

#endif
