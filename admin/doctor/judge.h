/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a PAM stack would do with a token, a password or neither: its modules answer on paper, as
 * they would, and the walk is looked at. Pure.
 */
#ifndef ADMIN_DOCTOR_JUDGE_H
#define ADMIN_DOCTOR_JUDGE_H

#include <stdbool.h>

#include "admin/host/pam_stack.h"

/* Who answers what. */
struct judge_world {
    int ours;            /* pam_pat.so: enum pam_stack_return */
    int verifiers;       /* pam_unix.so, pam_sss.so ...: whoever judges a password */
    unsigned conditions; /* a bit for each conditional module, in their order: it says yes */
};

struct judge_walk {
    int status; /* of the whole stack */
    bool asked_ours;
    const struct pam_stack_line *first; /* the verifier that was asked before ours, or NULL */
    bool called[PAM_STACK_LINES_MAX];   /* by the line's index */
};

void judge_walk(const struct pam_stack *stack, enum pam_stack_type type,
                const struct judge_world *world, struct judge_walk *ret);

/* Whether a module judges passwords, as far as is known here. */
bool judge_is_verifier(const struct pam_stack_line *line);

/* Whether a module keeps some out whatever the password is: pam_access.so, second factors. */
bool judge_restricts(const struct pam_stack_line *line);

/* Modules that may say yes or no by a rule of their own; at most 6 of them are counted. */
unsigned judge_conditions(const struct pam_stack *stack, enum pam_stack_type type);

/*
 * A way in for a refused token, with no right password anywhere: true, and what let it in. worlds
 * in which ours is not even asked are the site's own, and not looked at.
 */
bool judge_lets_in(const struct pam_stack *stack, const struct pam_stack_line **ret_by);

#endif
