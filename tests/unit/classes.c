/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of codes are tried with every class, and with what is none. */
#include <stdbool.h>
#include <stdio.h>

#include "tests/unit/classes.h"
#include "tests/unit/expect.h"

void
classes_expect_each(const struct classes_map *map)
{
    for (size_t i = 0; i < CLASSES; i++)
        expect_number(map->rows[i].title, map->code_of(map->rows[i].class), map->rows[i].code);
}

void
classes_each_number(void (*tried)(uint32_t number))
{
    uint32_t number = 20261122; /* xorshift32 */

    for (int i = -100; i <= 100; i++)
        tried((uint32_t)i);
    for (int i = 0; i < 10000; i++) {
        number ^= number << 13;
        number ^= number >> 17;
        number ^= number << 5;
        tried(number);
    }
}

static const struct classes_map *tried_map;

static void
expect_otherwise(uint32_t number)
{
    char title[32];

    for (size_t i = 0; i < CLASSES; i++)
        if ((uint32_t)tried_map->rows[i].class == number)
            return;
    snprintf(title, sizeof title, "the number 0x%08x", (unsigned)number);
    expect_number(title, tried_map->code_of((enum pat_class)number), tried_map->otherwise);
}

void
classes_expect_otherwise(const struct classes_map *map)
{
    tried_map = map;
    classes_each_number(expect_otherwise);
}

void
classes_expect_no_flip(const struct classes_map *map)
{
    for (size_t i = 1; i < CLASSES; i++)
        for (unsigned bit = 0; bit < 32 * 32 * 32; bit++) {
            uint32_t flips = 1U << bit % 32 | 1U << bit / 32 % 32 | 1U << bit / 1024;

            if (map->code_of((enum pat_class)((uint32_t)map->rows[i].class ^ flips)) ==
                map->rows[0].code)
                fail_msg("%s: a success with 0x%08x flipped", map->rows[i].title, (unsigned)flips);
        }
}
