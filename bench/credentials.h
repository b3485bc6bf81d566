/* SPDX-License-Identifier: BSD-2-Clause */
/* Who logs in with what: a file of lines "CASE LOGIN PASSWORD", drawn from at random. */
#ifndef BENCH_CREDENTIALS_H
#define BENCH_CREDENTIALS_H

#include <stddef.h>

struct bench_credential {
    char login[64];
    char password[80];
};

/* Those of one case; free all. */
struct bench_credentials {
    size_t count;
    struct bench_credential *all;
};

/* Reads the lines of a case; ends the program when there are none. */
void bench_credentials_read(const char *path, const char *what, struct bench_credentials *ret);

/* Costs the same whatever there is, so that it can stand beside what is counted. */
const struct bench_credential *bench_credentials_draw(const struct bench_credentials *credentials);

#endif
