/* SPDX-License-Identifier: BSD-2-Clause */
/* The questions of create: what options do not say is asked on the terminal, line by line. */
#ifndef ADMIN_CREATE_DIALOGUE_H
#define ADMIN_CREATE_DIALOGUE_H

#include <jansson.h>

#include "admin/create/wish.h"

/* What was answered; also what Enter means when everything is asked again. */
struct dialogue {
    char name[300];
    char description[1100];
    char expires[64];
    char scopes[2200];
    char addresses[1100];
};

/* Says for whom the token is, and explains how to answer. */
void dialogue_begin(json_t *offer);

/*
 * Asks for what given does not say, judging each answer at once, shows the whole and asks whether
 * to create it. *ret is complete then, with texts of dialogue, which the caller keeps (zeroed at
 * first). EXIT_DECLINED or EXIT_INTERRUPTED when it was left.
 */
int dialogue_ask(struct patctl *patctl, json_t *offer, const struct wish *given,
                 struct dialogue *dialogue, struct wish *ret);

#endif
