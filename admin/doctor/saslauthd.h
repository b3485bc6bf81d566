/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a saslauthd, saslauthd(8). Pure. */
#ifndef ADMIN_DOCTOR_SASLAUTHD_H
#define ADMIN_DOCTOR_SASLAUTHD_H

#include <stdbool.h>
#include <stddef.h>

#define SASLAUTHD_SECONDS 28800 /* that it keeps an answer by default */

struct saslauthd {
    bool caches;
    long seconds;       /* that it keeps an answer */
    char mechanism[40]; /* "pam"; "": not said */
};

/* arguments: by NULs, with two at the end; the first is the program. */
void saslauthd_read_arguments(const char *arguments, struct saslauthd *ret);

/* options and mechanisms as in /etc/default/saslauthd. */
void saslauthd_read_words(const char *options, const char *mechanisms, struct saslauthd *ret);

/* The same options without -c, and without -t and its number; false: it does not fit. */
bool saslauthd_drop_cache(const char *options, char *ret, size_t size);

#endif
