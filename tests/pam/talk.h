/* SPDX-License-Identifier: BSD-2-Clause */
/* The application's side of a PAM conversation: prepared answers, and every way to fail. */
#ifndef TESTS_PAM_TALK_H
#define TESTS_PAM_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include <security/pam_appl.h>

enum talk_mode {
    TALK_ANSWERS,       /* one answer a prompt; without one more: PAM_CONV_ERR */
    TALK_FAILS,         /* PAM_CONV_ERR */
    TALK_AGAIN,         /* PAM_CONV_AGAIN */
    TALK_NULL_ANSWER,   /* PAM_SUCCESS, and a response without a text */
    TALK_NO_ANSWER,     /* PAM_SUCCESS, and no response at all */
    TALK_TAKES_NO_INFO, /* answers prompts; what only informs: PAM_CONV_ERR */
    TALK_INFO_LATER,    /* answers prompts; what only informs: PAM_CONV_AGAIN */
};

struct talk {
    enum talk_mode mode;
    const char *answers; /* the next one; each ends in a NUL */
    size_t left;         /* bytes of all that are left */
    int out;             /* where prompts and messages are printed; -1: nowhere */
};

/* "answers", "fail", "again", "null", "none", "deaf" or "later". */
bool talk_set_mode(struct talk *talk, const char *name);

/* struct pam_conv's function; context is a struct talk. */
int talk_converse(int count, const struct pam_message **messages, struct pam_response **ret,
                  void *context);

/* The PAM_FAIL_DELAY function: prints whether a delay was asked for, and never sleeps. */
void talk_delay(int code, unsigned microseconds, void *context);

#endif
