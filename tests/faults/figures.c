/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting what was found, and saying so. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "tests/faults/figures.h"

#define FOUND_MAX 20

static unsigned found;

bool
figures_full(void)
{
    const char *full = getenv("PAT_FULL");

    return full != NULL && full[0] != '\0' && full[0] != '0';
}

uint64_t
figures_seed(uint64_t usual)
{
    const char *told = getenv("PAT_SEED");
    uint64_t seed = usual;

    if (told != NULL && told[0] != '\0')
        seed = strtoull(told, NULL, 0);
    else if (figures_full())
        FIGURES_NEED(getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed);
    printf("PAT_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

void
figures_found(const char *format, ...)
{
    va_list args;

    fputs("FOUND: ", stdout);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
    if (++found >= FOUND_MAX)
        exit(1);
}

void
support_figure(const char *format, ...)
{
    const char *path = getenv("PAT_FIGURES");
    FILE *file = path == NULL || path[0] == '\0' ? NULL : fopen(path, "ae");
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    puts(line);
    fflush(stdout);
    if (file == NULL)
        return;
    fprintf(file, "%s\n", line);
    fclose(file);
}

int
figures_end(void)
{
    if (found > 0)
        printf("%u found\n", found);
    return found > 0;
}

_Noreturn void
figures_stop(const char *file, int line, const char *condition)
{
    printf("%s:%d: this must hold: %s\n", file, line, condition);
    fflush(stdout);
    abort();
}
