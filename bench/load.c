/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A steady load of verifications: one client that asks at a rate, by the modules' own client, on a
 * fresh connection each time, until so many seconds are over or standard input ends. Prints how
 * long the answers took. Every one must be an acceptance.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/credentials.h"
#include "core/base/text.h"
#include "core/pat.h"

#define SERVICE "imap"
#define WHAT "virtual"
#define ASKED_MAX 1000000

struct load {
    const char *socket;
    struct bench_credentials credentials;
    int64_t rate, seconds;
    double *took; /* microseconds */
    size_t asked, refused;
};

static double
microseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void
ask(struct load *load)
{
    const struct bench_credential *credential = bench_credentials_draw(&load->credentials);
    struct pat_request request;
    struct pat_answer answer = {.class = PAT_CLASS_REFUSED};
    double begin;
    enum pat_err err;

    memset(&request, 0, sizeof request);
    request.has_login = true;
    if (pat_text_set(request.service, sizeof request.service, SERVICE) != PAT_OK ||
        pat_text_set(request.login, sizeof request.login, credential->login) != PAT_OK ||
        pat_secret_set(&request.token, credential->password, strlen(credential->password)) !=
            PAT_OK)
        abort();
    begin = microseconds_now();
    err = pat_client_ask(load->socket, &request, &answer);
    load->took[load->asked++] = microseconds_now() - begin;
    load->refused += err != PAT_OK || answer.class != PAT_CLASS_ACCEPTED;
}

/* Until the next one is due; false when it is over. */
static bool
wait_for(const struct load *load, double due, double end)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    double left = due - microseconds_now();
    struct timespec pause = {.tv_nsec = left > 0 ? (long)(left * 1e3) : 0};

    if (load->seconds == 0)
        return ppoll(&input, 1, &pause, NULL) == 0;
    nanosleep(&pause, NULL);
    return due < end;
}

static int
compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static double
quantile(const struct load *load, double part)
{
    return load->took[(size_t)((double)(load->asked - 1) * part)];
}

static void
report(struct load *load)
{
    qsort(load->took, load->asked, sizeof *load->took, compare);
    printf("{\"asked\": %zu, \"not_accepted\": %zu, \"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, "
           "\"p999\": %.1f, \"max\": %.1f}\n",
           load->asked, load->refused, quantile(load, 0.5), quantile(load, 0.9),
           quantile(load, 0.99), quantile(load, 0.999), quantile(load, 1));
}

static const char usage[] = "Usage: load SOCKET CREDENTIALS RATE SECONDS\n"
                            "RATE is by second; SECONDS 0: until standard input ends.\n";

int
main(int argc, char **argv)
{
    struct load load = {.rate = 0};
    double begin;

    if (argc != 5 || pat_text_number(argv[3], 1, 100000, &load.rate) != PAT_OK ||
        pat_text_number(argv[4], 0, 3600, &load.seconds) != PAT_OK) {
        fputs(usage, stderr);
        return 2;
    }
    load.socket = argv[1];
    load.took = malloc(ASKED_MAX * sizeof *load.took);
    if (load.took == NULL)
        abort();
    bench_credentials_read(argv[2], WHAT, &load.credentials);
    srandom((unsigned)time(NULL));
    for (int i = 0; i < 20; i++)
        ask(&load); /* warms up; not counted */
    load.asked = load.refused = 0;
    begin = microseconds_now();
    do
        ask(&load);
    while (load.asked < ASKED_MAX &&
           wait_for(&load, begin + (double)load.asked * 1e6 / (double)load.rate,
                    begin + (double)load.seconds * 1e6));
    report(&load);
    free(load.took);
    free(load.credentials.all);
    return load.refused == 0 ? 0 : 1;
}
