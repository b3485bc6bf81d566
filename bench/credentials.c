/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens for the benchmarks. They open nothing but a store that is thrown away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/credentials.h"
#include "bench/sample.h"

void
bench_credentials_read(const char *path, const char *what, struct bench_credentials *ret)
{
    FILE *file = fopen(path, "re");
    struct bench_credential line;
    char word[32];

    if (file == NULL)
        bench_sample_fail(path);
    *ret = (struct bench_credentials){.count = 0};
    while (fscanf(file, "%31s %63s %79s", word, line.login, line.password) == 3) {
        if (strcmp(word, what) != 0)
            continue;
        ret->all = realloc(ret->all, (ret->count + 1) * sizeof line);
        if (ret->all == NULL)
            bench_sample_fail("memory for credentials");
        ret->all[ret->count++] = line;
    }
    fclose(file);
    if (ret->count > 0)
        return;
    fprintf(stderr, "%s: no credentials for \"%s\"\n", path, what);
    exit(1);
}

const struct bench_credential *
bench_credentials_draw(const struct bench_credentials *credentials)
{
    return &credentials->all[(size_t)random() % credentials->count];
}
