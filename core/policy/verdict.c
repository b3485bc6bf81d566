/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of verdicts. libc only: the modules link it. */
#include <stddef.h>

#include "core/policy/verdict.h"

static const struct row {
    enum pat_verdict verdict;
    enum pat_class class;
    const char *name;
    const char *sentence;
} rows[] = {
#define VERDICT(name, value, class, text, sentence)                                                \
    {PAT_VERDICT_##name, PAT_CLASS_##class, text, sentence},
#include "core/policy/verdict.def"
#undef VERDICT
};

static const struct row *
find(enum pat_verdict verdict)
{
    static const struct row no_verdict = {PAT_VERDICT_UNAVAILABLE_INTERNAL, PAT_CLASS_UNAVAILABLE,
                                          "unavailable-internal", "an internal error"};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].verdict == verdict)
            return &rows[i];
    return &no_verdict;
}

enum pat_class
pat_verdict_class(enum pat_verdict verdict)
{
    return find(verdict)->class;
}

const char *
pat_verdict_name(enum pat_verdict verdict)
{
    return find(verdict)->name;
}

const char *
pat_verdict_sentence(enum pat_verdict verdict)
{
    return find(verdict)->sentence;
}

enum pat_class
pat_verdict_class_of(uint32_t value)
{
    static const enum pat_class classes[] = {PAT_CLASS_ACCEPTED, PAT_CLASS_OTHER, PAT_CLASS_REFUSED,
                                             PAT_CLASS_UNAVAILABLE, PAT_CLASS_NOT_PERMITTED};

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if ((uint32_t)classes[i] == value)
            return classes[i];
    return PAT_CLASS_UNAVAILABLE;
}
