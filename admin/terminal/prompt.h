/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking people, on /dev/tty; and reading tokens, from wherever they may come. */
#ifndef ADMIN_TERMINAL_PROMPT_H
#define ADMIN_TERMINAL_PROMPT_H

#include <stdint.h>

#include "admin/patctl.h"
#include "core/base/secret.h"

/* True when there is a terminal to ask on and --no-input was not given. */
bool prompt_possible(const struct patctl *patctl);

#define PROMPT_LINE_MAX 4095 /* more than a terminal takes in a line */

/*
 * One line that is typed behind question, without its newline. EXIT_DECLINED (and told) at ^D,
 * EXIT_INTERRUPTED at ^C, EXIT_USAGE without a terminal.
 */
int prompt_line(const struct patctl *patctl, const char *question, char ret[PROMPT_LINE_MAX + 1]);

/*
 * "question [y/N] ": EXIT_DONE for yes, EXIT_DECLINED for anything else, EXIT_USAGE without a
 * terminal (naming --yes), EXIT_INTERRUPTED. With --yes nobody is asked.
 */
int prompt_confirm(const struct patctl *patctl, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Shows the sentence and wants the number typed; else as prompt_confirm(). */
int prompt_count(const struct patctl *patctl, int64_t count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a name that is to be typed: what = "tenant". */
int prompt_name(const struct patctl *patctl, const char *what, const char *name, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

/*
 * Reads a token: from file ("-" or NULL: standard input), or hidden from the terminal when that is
 * where standard input is. EXIT_USAGE or EXIT_INTERRUPTED after telling why there is none.
 */
int prompt_token(const struct patctl *patctl, const char *file, struct pat_secret *ret);

#endif
