/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The form that files of settings have: [section name], then "option = value" lines; "#" or ";" in
 * front of a comment, and " ;" behind a value. A line has at most 190 bytes of text that people can
 * read, and does not begin with white space. What sections and options mean is the caller's.
 */
#ifndef PAT_CONFIG_INI_H
#define PAT_CONFIG_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct pat_diag;

#define PAT_INI_LINE_MAX 190 /* Debian's libinih cuts at about 195 */

/* A section ("service") and its name ("sshd", or empty); an option; its value, without a comment.
 */
struct pat_ini_item {
    const char *section;
    const char *instance;
    const char *name;  /* NULL where the section begins */
    const char *value; /* the same */
    unsigned line;
};

struct pat_ini {
    /* Takes a section or an option; what is wrong with it goes to diag, with the line. */
    enum pat_err (*take)(void *context, const struct pat_ini_item *item, struct pat_diag *diag);
    /*
     * Hears of everything that is wrong; true goes on behind it, and over the options of a section
     * that was not taken. NULL: the first one ends it.
     */
    bool (*fault)(void *context, const struct pat_diag *diag);
    size_t max; /* bytes of the whole text */
};

/* PAT_OK when nothing was wrong; else what was wrong first, which diag has too. */
PAT_CHECKED enum pat_err pat_ini_read(const char *text, size_t len, const struct pat_ini *ini,
                                      void *context, struct pat_diag *diag);

#endif
