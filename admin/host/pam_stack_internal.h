/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of pam_stack share: one logical line and its words. */
#ifndef ADMIN_HOST_PAM_STACK_INTERNAL_H
#define ADMIN_HOST_PAM_STACK_INTERNAL_H

#include "admin/host/pam_stack.h"

/*
 * Takes the next logical line from *at (NUL-terminated text): continuations joined by a blank,
 * comments and outer blanks gone. *number counts physical lines and ends behind those that were
 * taken; *ret_number is where the line begins. "" at the end of the text. Answers NULL, or a
 * sentence about what is wrong.
 */
const char *pam_line_take(const char **at, unsigned *number, char ret[PAM_STACK_LINE_MAX + 1],
                          unsigned *ret_number);

/*
 * The next word, which ends with a NUL afterwards: up to a blank, or all between "[" and the first
 * "]" that has no backslash in front. NULL at the end. *ret_bracketed tells which.
 */
char *pam_line_word(char **at, bool *ret_bracketed);

/* Reads "a=b c=d" into actions; NULL, or a sentence about what is wrong. */
const char *pam_line_actions(const char *text, int actions[PAM_STACK_RETURNS]);

/* The actions of "required" and so on; false: it is another word. */
bool pam_line_control(const char *word, int actions[PAM_STACK_RETURNS]);

#endif
