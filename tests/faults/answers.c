/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing answers: verdict, and who somebody is to a service. */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/faults/answers.h"
#include "tests/faults/figures.h"

static struct pat_answer known[REQUESTS];

static enum pat_verdict
ask(struct host *host, size_t which, struct pat_answer *ret)
{
    const struct request *request = &requests[which];
    const struct host_question question = {.token = request->token,
                                           .service = request->service,
                                           .login = request->login,
                                           .address = request->address,
                                           .peer = request->peer};

    return host_verify(host, &question, ret);
}

void
answers_learn(struct host *host)
{
    for (size_t i = 0; i < REQUESTS; i++)
        FIGURES_NEED(ask(host, i, &known[i]) == requests[i].wanted);
}

static bool
is_same_person(const struct pat_answer *a, const struct pat_answer *b)
{
    return pat_text_equal(a->user, b->user) && pat_text_equal(a->tenant, b->tenant) &&
           pat_text_equal(a->realm, b->realm) && pat_text_equal(a->id, b->id) &&
           a->has_uid == b->has_uid && a->uid == b->uid;
}

static void
compare(const struct request *request, enum pat_verdict verdict, const struct pat_answer *answer,
        const struct pat_answer *before, const char *what, struct answers *ret)
{
    bool accepted = verdict == PAT_VERDICT_ACCEPTED || answer->class == PAT_CLASS_ACCEPTED;

    ret->asked++;
    if (accepted && (request->wanted != PAT_VERDICT_ACCEPTED || !is_same_person(answer, before)))
        figures_found("%s: a token that was %s gets in as %s of %s", what,
                      pat_verdict_name(request->wanted), answer->user, answer->tenant);
    if (verdict == request->wanted)
        ret->same++;
    else if (pat_verdict_class(verdict) == PAT_CLASS_UNAVAILABLE)
        ret->unavailable++;
    else
        ret->refused++;
}

static void
ask_and_compare(struct host *host, size_t which, const char *what, struct answers *ret)
{
    struct pat_answer answer;
    enum pat_verdict verdict = ask(host, which, &answer);

    compare(&requests[which], verdict, &answer, &known[which], what, ret);
}

void
answers_compare(struct host *host, uint32_t questions, const char *what, struct answers *ret)
{
    for (size_t i = 0; i < REQUESTS; i++)
        if ((questions >> i & 1) != 0)
            ask_and_compare(host, i, what, ret);
}

void
answers_reopen(struct host *host, uint32_t questions, const char *what, struct answers *ret)
{
    pat_store_close(host->reader);
    host->reader = NULL;
    if (host_reader(host) == NULL)
        questions &= ~questions + 1; /* it cannot be opened for the others either */
    answers_compare(host, questions, what, ret);
    pat_store_close(host->reader);
    host->reader = NULL;
    pat_context_accepted(host->context);
}

void
answers_start(const char *dir, const char *what, struct answers *ret, unsigned long *refuses)
{
    struct answers before = *ret;
    struct host host;

    if (host_open(&host, dir) != PAT_OK) {
        ++*refuses;
        return;
    }
    answers_compare(&host, ANSWERS_ALL, what, ret);
    if (ret->unavailable - before.unavailable == REQUESTS)
        ++*refuses;
    host_close(&host);
}
