/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Settings as the services' tools and files say them, one a line: "usepam yes" (sshd -T),
 * "name = value" (postconf), "name: value" (Cyrus SASL), NAME="value" (/etc/default). Pure: text
 * in, text out.
 */
#ifndef ADMIN_HOST_SETTING_H
#define ADMIN_HOST_SETTING_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The value of the first line that begins with name (in any case of letters) and the separator,
 * which is ' ', '=' or ':'; blanks around it, around the value, and quotes around all of it are not
 * the value's. Lines whose first character is '#' are comments. False, and "", without one.
 * *ret_line (or NULL) is its number, from 1.
 */
bool setting_find(const char *text, char separator, const char *name, char *ret, size_t size,
                  unsigned *ret_line);

/* The same for every line that is a setting, in their order, until each answers false. */
typedef bool setting_each_line(void *context, const char *name, const char *value, unsigned line);
void setting_each(const char *text, char separator, setting_each_line *each, void *context);

/* Whether a list, by blanks or commas, holds a word, in any case of letters. */
bool setting_lists(const char *list, const char *word);

/* yes, true, on, 1 (in any case), as Postfix, Cyrus SASL and Dovecot take them. */
bool setting_is_on(const char *value);

/*
 * Settings in braces, as "doveconf -n" prints them: each is called with the heads of the blocks
 * around the line, joined by "/" ("passdb", "service auth/unix_listener login"), and with the
 * line's name and value; a block that begins has its head as name and NULL as value. False: the
 * braces do not match, or are too deep.
 */
typedef void setting_each_nested(void *context, const char *around, const char *name,
                                 const char *value);
bool setting_nested(const char *text, setting_each_nested *each, void *context);

#endif
