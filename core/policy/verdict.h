/* SPDX-License-Identifier: BSD-2-Clause */
/* The outcome of a verification, exact (verdict) and as the outside sees it (class). */
#ifndef PAT_POLICY_VERDICT_H
#define PAT_POLICY_VERDICT_H

#include <stdint.h>

enum pat_verdict {
#define VERDICT(name, value, class, text, sentence) PAT_VERDICT_##name = (int)(value),
#include "core/policy/verdict.def"
#undef VERDICT
};

/* What a service is told: all refusals look alike. The values are as far apart as the verdicts'. */
enum pat_class {
    PAT_CLASS_ACCEPTED = 0x5ac3963c,
    PAT_CLASS_OTHER = (int)0xa40f8266U, /* not a token */
    PAT_CLASS_REFUSED = (int)0x96aa305bU,
    PAT_CLASS_UNAVAILABLE = (int)0xaededaaaU,
    PAT_CLASS_NOT_PERMITTED = 0x0e2367c3,
};

/* Any number may be asked about; one that is no verdict is an internal failure. */
enum pat_class pat_verdict_class(enum pat_verdict verdict);
const char *pat_verdict_name(enum pat_verdict verdict);
const char *pat_verdict_sentence(enum pat_verdict verdict);

/* The class with this number, or PAT_CLASS_UNAVAILABLE: what an answer carries is only a number. */
enum pat_class pat_verdict_class_of(uint32_t value);

#endif
