/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many honest clients at once, each a thread that asks by the modules' own client:
 *
 *     crowd SOCKET THREADS ROUNDS SECONDS
 *
 * The token comes on standard input, and must be accepted for service imap and login alice. Each
 * asks ROUNDS times, or until SECONDS are over when ROUNDS is 0. All begin together. Prints how
 * many asked, what else than an acceptance came, how many waited longer than the client promises,
 * and how long it took.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "core/pat.h"

#define STACK_SIZE ((size_t)128 * 1024)
#define KEPT_MAX 2000000 /* times that are kept */
#define HANG_MICROSECONDS ((PAT_CLIENT_SECONDS + 0.5) * 1e6)

struct crowd {
    const char *socket;
    char token[PAT_SECRET_MAX + 1];
    int64_t threads, rounds, seconds;
    pthread_barrier_t barrier;
    pthread_mutex_t lock; /* of what follows */
    double *took;         /* microseconds */
    size_t kept, asked, unavailable, refused, hung;
};

static double
microseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static enum pat_class
ask(const struct crowd *crowd, double *ret_took)
{
    struct pat_request request;
    struct pat_answer answer;
    double begin;
    enum pat_err err;

    memset(&request, 0, sizeof request);
    request.has_login = true;
    if (pat_text_set(request.service, sizeof request.service, "imap") != PAT_OK ||
        pat_text_set(request.login, sizeof request.login, "alice") != PAT_OK ||
        pat_secret_set(&request.token, crowd->token, strlen(crowd->token)) != PAT_OK)
        abort();
    begin = microseconds_now();
    err = pat_client_ask(crowd->socket, &request, &answer);
    *ret_took = microseconds_now() - begin;
    return err == PAT_OK ? answer.class : PAT_CLASS_UNAVAILABLE;
}

static void
note(struct crowd *crowd, enum pat_class class, double took)
{
    pthread_mutex_lock(&crowd->lock);
    crowd->asked++;
    if (crowd->kept < KEPT_MAX)
        crowd->took[crowd->kept++] = took;
    crowd->unavailable += class == PAT_CLASS_UNAVAILABLE;
    crowd->refused += class != PAT_CLASS_UNAVAILABLE && class != PAT_CLASS_ACCEPTED;
    crowd->hung += took > HANG_MICROSECONDS;
    pthread_mutex_unlock(&crowd->lock);
}

static void *
run(void *argument)
{
    struct crowd *crowd = argument;
    double end, took;

    pthread_barrier_wait(&crowd->barrier);
    end = microseconds_now() + (double)crowd->seconds * 1e6;
    for (int64_t i = 0; crowd->rounds == 0 ? microseconds_now() < end : i < crowd->rounds; i++) {
        enum pat_class class = ask(crowd, &took);

        note(crowd, class, took);
    }
    return NULL;
}

static int
compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static double
quantile(const struct crowd *crowd, double part)
{
    return crowd->kept == 0 ? 0 : crowd->took[(size_t)((double)(crowd->kept - 1) * part)] / 1e3;
}

static void
report(struct crowd *crowd)
{
    qsort(crowd->took, crowd->kept, sizeof *crowd->took, compare);
    printf("{\"asked\": %zu, \"unavailable\": %zu, \"refused\": %zu, \"hung\": %zu, "
           "\"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f}\n",
           crowd->asked, crowd->unavailable, crowd->refused, crowd->hung, quantile(crowd, 0.5),
           quantile(crowd, 0.99), quantile(crowd, 1));
}

static void
start(struct crowd *crowd)
{
    pthread_t *threads = calloc((size_t)crowd->threads, sizeof *threads);
    pthread_attr_t attributes;

    crowd->took = malloc(KEPT_MAX * sizeof *crowd->took);
    if (threads == NULL || crowd->took == NULL || pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstacksize(&attributes, STACK_SIZE) != 0 ||
        pthread_mutex_init(&crowd->lock, NULL) != 0 ||
        pthread_barrier_init(&crowd->barrier, NULL, (unsigned)crowd->threads) != 0)
        abort();
    for (int64_t i = 0; i < crowd->threads; i++)
        if (pthread_create(&threads[i], &attributes, run, crowd) != 0) {
            perror("crowd: pthread_create");
            exit(1);
        }
    for (int64_t i = 0; i < crowd->threads; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

int
main(int argc, char **argv)
{
    static struct crowd crowd;

    if (argc != 5 || pat_text_number(argv[2], 1, 20000, &crowd.threads) != PAT_OK ||
        pat_text_number(argv[3], 0, 1000000, &crowd.rounds) != PAT_OK ||
        pat_text_number(argv[4], 0, 3600, &crowd.seconds) != PAT_OK ||
        fgets(crowd.token, sizeof crowd.token, stdin) == NULL) {
        fputs("Usage: crowd SOCKET THREADS ROUNDS SECONDS < TOKEN\n", stderr);
        return 2;
    }
    crowd.token[strcspn(crowd.token, "\n")] = '\0';
    crowd.socket = argv[1];
    start(&crowd);
    report(&crowd);
    free(crowd.took);
    return 0;
}
