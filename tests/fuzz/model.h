/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who of world.h's users gets in where: DESIGN.md section 4 once more, over the tables of world.c
 * instead of rows, and without any code of core/policy/decide.c or core/api/verify.c.
 */
#ifndef TESTS_FUZZ_MODEL_H
#define TESTS_FUZZ_MODEL_H

#include "core/policy/request.h"
#include "tests/fuzz/world.h"

struct model_answer {
    bool accepted;
    bool not_a_token;
    bool may_ask; /* the peer may: whoever asks */
    /* Of an acceptance. */
    size_t token;
    const struct world_user *user;
    bool local;
    char realm[PAT_REALM_MAX + 1];
};

void model_verify(uint32_t peer, const struct pat_request *request, const char *groups,
                  struct model_answer *ret);

/* An accepted answer names the user that the model names, and nothing that was not asked for. */
void model_check_answer(const struct model_answer *expected, const struct pat_request *request,
                        const struct pat_answer *answer);

#endif
