/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds for every map from the five classes of a verdict to somebody else's codes. */
#ifndef PAT_TESTS_UNIT_CLASSES_H
#define PAT_TESTS_UNIT_CLASSES_H

#include <stddef.h>
#include <stdint.h>

#include "core/policy/verdict.h"

#define CLASSES 5

struct classes_map {
    int (*code_of)(enum pat_class class);
    struct {
        const char *title;
        enum pat_class class;
        int code;
    } rows[CLASSES]; /* the accepted one first */
    int otherwise;   /* for a number that is no class */
};

void classes_expect_each(const struct classes_map *map);

/* Numbers around 0, and 10,000 that are spread over all: what is no class is otherwise. */
void classes_expect_otherwise(const struct classes_map *map);
void classes_each_number(void (*tried)(uint32_t number));

/* No class becomes the accepted one's code by flipping up to three of its bits. */
void classes_expect_no_flip(const struct classes_map *map);

#endif
