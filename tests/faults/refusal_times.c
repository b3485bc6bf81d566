/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long the answers of different kinds take, asked in a random order on one connection:
 *
 *     refusal_times SOCKET SERVICE LOGIN ROUNDS < lines of "KIND TOKEN"
 *
 * Prints one line a kind, and of each pair Welch's t and its standard error in nanoseconds. Of all
 * times together, the slowest tenth is left out: a process that had to wait for a processor says
 * nothing about the code. A kind called "late" is answered LATE nanoseconds later, to see that
 * seen.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/wire/wire.h"

#define KINDS_MAX 8
#define WARM_UP 200
#define LATE 2000000

struct kind {
    char name[32];
    struct pat_request request;
    enum pat_class class; /* of every answer */
    float *times;
    size_t count;
    bool is_late;
    double mean, variance, kept;
};

static struct kind kinds[KINDS_MAX];
static size_t kind_count;

_Noreturn static void
fail(const char *what)
{
    fprintf(stderr, "refusal_times: %s\n", what);
    exit(2);
}

static void
read_kinds(const char *service, const char *login, size_t rounds)
{
    char name[32], token[PAT_SECRET_MAX];

    while (kind_count < KINDS_MAX && scanf("%31s %511s", name, token) == 2) {
        struct kind *kind = &kinds[kind_count++];

        snprintf(kind->name, sizeof kind->name, "%s", name);
        snprintf(kind->request.service, sizeof kind->request.service, "%s", service);
        snprintf(kind->request.login, sizeof kind->request.login, "%s", login);
        kind->is_late = strcmp(name, "late") == 0;
        kind->request.has_login = kind->request.has_address = true;
        kind->times = calloc(rounds, sizeof *kind->times);
        if (kind->times == NULL ||
            pat_secret_set(&kind->request.token, token, strlen(token)) != PAT_OK)
            fail("no memory");
    }
}

static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static uint32_t
chance(void)
{
    static uint32_t pool[1024];
    static size_t left;

    if (left == 0) {
        if (getrandom(pool, sizeof pool, 0) != (ssize_t)sizeof pool)
            fail("no randomness");
        left = sizeof pool / sizeof pool[0];
    }
    return pool[--left];
}

/* Each from a network of its own: refusals of one network are slowed down on purpose. */
static float
ask(int fd, struct kind *kind)
{
    unsigned char packet[PAT_WIRE_MAX];
    uint32_t network = chance();
    struct pat_answer answer;
    double begin, end;
    ssize_t got;
    size_t len;

    snprintf(kind->request.address, sizeof kind->request.address, "2001:%04x:%04x::1",
             0x1000 + (network >> 16) % 0xd00, network & 0xffff);
    for (size_t i = 0; i < sizeof kind->request.nonce; i++)
        kind->request.nonce[i] = (unsigned char)chance();
    len = pat_wire_put_request(&kind->request, packet);
    begin = now();
    if (send(fd, packet, len, MSG_NOSIGNAL) != (ssize_t)len ||
        (got = recv(fd, packet, sizeof packet, 0)) <= 0)
        fail("no answer");
    end = now();
    while (kind->is_late && now() < end + LATE)
        continue;
    if (kind->is_late)
        end = now();
    if (pat_wire_get_answer(packet, (size_t)got, &answer) != PAT_OK)
        fail("no answer of ours");
    if (kind->class != 0 && answer.class != kind->class)
        fail("answers of different classes");
    kind->class = answer.class;
    return (float)(end - begin);
}

static void
run(int fd, size_t rounds)
{
    size_t order[KINDS_MAX];

    for (size_t i = 0; i < kind_count; i++)
        order[i] = i;
    for (size_t round = 0; round < rounds + WARM_UP; round++)
        for (size_t i = 0; i < kind_count; i++) {
            size_t other = i + chance() % (kind_count - i), which = order[other];
            struct kind *kind = &kinds[which];
            float time = ask(fd, kind);

            order[other] = order[i];
            order[i] = which;
            if (round >= WARM_UP)
                kind->times[kind->count++] = time;
        }
}

static int
compare(const void *left, const void *right)
{
    float a = *(const float *)left, b = *(const float *)right;

    return (a > b) - (a < b);
}

static float
limit_of(size_t rounds)
{
    float *all = calloc(rounds * kind_count, sizeof *all), limit;

    if (all == NULL)
        fail("no memory");
    for (size_t i = 0; i < kind_count; i++)
        memcpy(all + i * rounds, kinds[i].times, rounds * sizeof *all);
    qsort(all, rounds * kind_count, sizeof *all, compare);
    limit = all[rounds * kind_count / 10 * 9];
    free(all);
    return limit;
}

static void
count_kind(struct kind *kind, float limit)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < kind->count; i++) {
        if (kind->times[i] > limit)
            continue;
        kind->kept++;
        sum += (double)kind->times[i];
    }
    kind->mean = sum / kind->kept;
    for (size_t i = 0; i < kind->count; i++) {
        double away = (double)kind->times[i] - kind->mean;

        if (kind->times[i] <= limit)
            squares += away * away;
    }
    kind->variance = squares / (kind->kept - 1);
    printf("kind %s %#x %.0f %.0f\n", kind->name, (unsigned)kind->class, kind->kept, kind->mean);
}

static void
print_pair(const struct kind *one, const struct kind *other)
{
    double error = sqrt(one->variance / one->kept + other->variance / other->kept);

    printf("pair %s %s %.2f %.0f\n", one->name, other->name, (one->mean - other->mean) / error,
           error);
}

static void
print(size_t rounds)
{
    float limit = limit_of(rounds);

    for (size_t i = 0; i < kind_count; i++)
        count_kind(&kinds[i], limit);
    for (size_t i = 0; i < kind_count; i++)
        for (size_t j = i + 1; j < kind_count; j++)
            print_pair(&kinds[i], &kinds[j]);
}

int
main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    size_t rounds;

    if (argc != 5)
        fail("usage: refusal_times SOCKET SERVICE LOGIN ROUNDS");
    snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[1]);
    rounds = strtoul(argv[4], NULL, 10);
    read_kinds(argv[2], argv[3], rounds);
    if (rounds < 100 || kind_count < 2)
        fail("too little to compare");
    if (fd == -1 || connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
        fail("cannot connect");
    run(fd, rounds);
    print(rounds);
    for (size_t i = 0; i < kind_count; i++)
        free(kinds[i].times);
    close(fd);
    return 0;
}
