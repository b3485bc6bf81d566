/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines for whoever sits at the terminal, wherever standard output and standard error go. */
#ifndef ADMIN_TERMINAL_TERMINAL_H
#define ADMIN_TERMINAL_TERMINAL_H

/* A paragraph, broken at blanks; every line is indented by so many columns. */
void terminal_say(int indent, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As it stands. */
void terminal_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

int terminal_columns(void);

#endif
