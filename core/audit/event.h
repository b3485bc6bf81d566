/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One event as one line: event=NAME key=value key="quoted value" ...
 *
 * A value of letters, digits and -_./:@,+*% only stands bare; any other is quoted, and within
 * quotes everything outside 0x20..0x7e, '"' and '\' becomes \xNN. So a line is printable ASCII,
 * no value can forge a field, and reading gives back what was written.
 */
#ifndef PAT_AUDIT_EVENT_H
#define PAT_AUDIT_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/log.h"

#define PAT_EVENT_LINE_MAX 8192

/*
 * Writes the line and a NUL; a token within a value is masked. PAT_ERR_RANGE when it
 * does not fit: then ret ends with what did, after whole fields. event may be NULL: fields only.
 */
PAT_CHECKED enum pat_err pat_event_write(char *ret, size_t size, const char *event,
                                         const struct pat_log_field *fields, size_t count);

/*
 * Reads the next key and value of a line, undoing the escapes; *at starts as the line and moves.
 * PAT_ERR_NOT_FOUND at the end, PAT_ERR_SYNTAX, PAT_ERR_RANGE.
 */
PAT_CHECKED enum pat_err pat_event_read(const char **at, char *ret_key, size_t key_size,
                                        char *ret_value, size_t value_size);

/* True when a token, also a mistyped one, stands anywhere in the text. */
bool pat_event_holds_token(const char *text);

/* True for names of keys.def. */
bool pat_event_known(const char *event);
bool pat_event_narrows(const char *event);
bool pat_event_key_known(const char *key);

#endif
