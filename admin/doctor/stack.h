/* SPDX-License-Identifier: BSD-2-Clause */
/* One PAM service with pam_pat.so in its stack, and what is wrong with it. */
#ifndef ADMIN_DOCTOR_STACK_H
#define ADMIN_DOCTOR_STACK_H

#include <stdbool.h>

#include "admin/host/pam_stack.h"

struct doctor;
struct service;

struct stack_case {
    struct doctor *doctor;
    const char *name;          /* of the PAM service */
    const char *group;         /* whose findings these are */
    const struct service *row; /* NULL: patctl does not wire it */
    struct pam_stack stack;
    const struct pam_stack_line *ours; /* the first auth line of pam_pat.so */
};

/* Looks for the line; false: there is none. */
bool stack_find_ours(struct stack_case *here);

/* Whether a PAM service of this host has pam_pat.so in its auth stack. */
bool stack_is_wired(const char *service);

/* Adds what is found. */
void stack_judge(struct stack_case *here);

/* The parts of it that are in a room of their own: options and files; the account phase. */
void stack_judge_lines(struct stack_case *here);
void stack_judge_account(struct stack_case *here);

#endif
