/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, order and quartiles of the benchmarks. Measures; knows nothing of what is measured. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "bench/sample.h"

/* Nanoseconds. */
struct sample {
    int64_t wall;
    int64_t own;    /* CPU time of this process */
    int64_t server; /* CPU time of the server */
};

struct bench_samples {
    const struct bench_sample_case *cases;
    size_t count, rounds;
    struct sample samples[]; /* round by round */
};

struct quartiles {
    double low, median, high;
};

void
bench_sample_fail(const char *doing)
{
    fprintf(stderr, "%s: %s\n", doing, strerror(errno));
    exit(1);
}

struct bench_samples *
bench_sample_new(const struct bench_sample_case *cases, size_t count, size_t rounds)
{
    size_t size = sizeof(struct bench_samples) + count * rounds * sizeof(struct sample);
    struct bench_samples *samples = mmap(NULL, size, PROT_READ | PROT_WRITE,
                                         MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (samples == MAP_FAILED)
        bench_sample_fail("memory for samples");
    samples->cases = cases;
    samples->count = count;
    samples->rounds = rounds;
    return samples;
}

void
bench_sample_order(const struct bench_samples *samples, size_t *ret)
{
    for (size_t i = 0; i < samples->count; i++) {
        size_t other = (size_t)random() % (i + 1);

        ret[i] = ret[other];
        ret[other] = i;
    }
}

/* --- one operation --- */

static int64_t
nanoseconds(clockid_t clock)
{
    struct timespec now;

    if (clock_gettime(clock, &now) == -1)
        bench_sample_fail("clock_gettime");
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t
server_time(pid_t server)
{
    clockid_t clock;

    if (server == 0)
        return 0;
    errno = clock_getcpuclockid(server, &clock);
    if (errno != 0)
        bench_sample_fail("the server's clock");
    return nanoseconds(clock);
}

static struct sample *
at(struct bench_samples *samples, size_t round, size_t which)
{
    return &samples->samples[round * samples->count + which];
}

void
bench_sample_start(struct bench_samples *samples, size_t round, size_t which, pid_t server)
{
    struct sample *sample = at(samples, round, which);

    sample->server = server_time(server);
    sample->own = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    sample->wall = nanoseconds(CLOCK_MONOTONIC);
}

void
bench_sample_stop(struct bench_samples *samples, size_t round, size_t which, pid_t server)
{
    struct sample *sample = at(samples, round, which);

    sample->wall = nanoseconds(CLOCK_MONOTONIC) - sample->wall;
    sample->own = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - sample->own;
    sample->server = server_time(server) - sample->server;
}

/* --- all of them --- */

static double
wall(const struct sample *sample)
{
    return (double)sample->wall / 1000;
}

static double
own_cpu(const struct sample *sample)
{
    return (double)sample->own / 1000;
}

static double
server_cpu(const struct sample *sample)
{
    return (double)sample->server / 1000;
}

static double
all_cpu(const struct sample *sample)
{
    return own_cpu(sample) + server_cpu(sample);
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct quartiles
quartiles_of(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return (struct quartiles){values[count / 4], values[count / 2], values[count * 3 / 4]};
}

/* Quartiles over the rounds of what a case took, or of what it took of its floor. */
static struct quartiles
summary(const struct bench_samples *samples, size_t which, bool as_ratio,
        double (*take)(const struct sample *sample))
{
    double *values = calloc(samples->rounds, sizeof *values);
    size_t floor = samples->cases[which].floor;
    struct quartiles quartiles;

    if (values == NULL)
        bench_sample_fail("memory for quartiles");
    for (size_t round = 0; round < samples->rounds; round++) {
        const struct sample *row = &samples->samples[round * samples->count];

        values[round] = take(&row[which]) / (as_ratio ? take(&row[floor]) : 1);
    }
    quartiles = quartiles_of(values, samples->rounds);
    free(values);
    return quartiles;
}

static void
print_quartiles(const char *name, struct quartiles quartiles)
{
    printf(", \"%s\": [%.4f, %.4f, %.4f]", name, quartiles.low, quartiles.median, quartiles.high);
}

static void
print_case(const struct bench_samples *samples, size_t which)
{
    printf("%s{\"name\": \"%s\"", which == 0 ? "" : ", ", samples->cases[which].name);
    print_quartiles("wall", summary(samples, which, false, wall));
    print_quartiles("cpu", summary(samples, which, false, own_cpu));
    print_quartiles("server", summary(samples, which, false, server_cpu));
    print_quartiles("wall_ratio", summary(samples, which, true, wall));
    print_quartiles("cpu_ratio", summary(samples, which, true, all_cpu));
    printf("}");
}

static bool
is_quiet(const struct bench_samples *samples, size_t which)
{
    size_t again = samples->cases[which].again;
    double ratio;

    if (again == which)
        return true;
    ratio = summary(samples, again, true, wall).median;
    if (fabs(ratio - 1) <= BENCH_SAMPLE_NOISE)
        return true;
    fprintf(stderr, "void: \"%s\" measured twice differs by %+.1f %%\n", samples->cases[which].name,
            (ratio - 1) * 100);
    return false;
}

bool
bench_sample_report(const struct bench_samples *samples)
{
    bool quiet = true;

    for (size_t i = 0; i < samples->count; i++)
        quiet = is_quiet(samples, i) && quiet;
    printf("{\"rounds\": %zu, \"void\": %s, \"cases\": [", samples->rounds,
           quiet ? "false" : "true");
    for (size_t i = 0; i < samples->count; i++)
        print_case(samples, i);
    printf("]}\n");
    return quiet;
}

/* --- processors --- */

void
bench_sample_pin(pid_t process, int number, struct bench_sample_cpus *ret)
{
    cpu_set_t ours, one;

    if (sched_getaffinity(0, sizeof ours, &ours) == -1 ||
        sched_getaffinity(process, sizeof ret->set, &ret->set) == -1)
        bench_sample_fail("sched_getaffinity");
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &ours) && number-- == 0)
            CPU_SET(cpu, &one);
    if (CPU_COUNT(&one) == 1 && sched_setaffinity(process, sizeof one, &one) == -1)
        bench_sample_fail("sched_setaffinity");
}

void
bench_sample_unpin(pid_t process, const struct bench_sample_cpus *before)
{
    if (sched_setaffinity(process, sizeof before->set, &before->set) == -1)
        bench_sample_fail("sched_setaffinity");
}
