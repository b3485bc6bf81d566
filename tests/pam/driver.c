/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An application of PAM that does what its command line says, and prints what came of it:
 *
 *     driver [OPTION]... CONFDIR SERVICE USER OPERATION...
 *
 * The answers to prompts come from standard input, each behind the other with a NUL at its end.
 * USER "-" is none. tests/pam/README lists options, operations and output.
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/pam/printable.h"
#include "tests/pam/scan.h"
#include "tests/pam/session.h"
#include "tests/pam/state.h"
#include "tests/pam/syslog_capture.h"

#define ANSWERS_MAX ((size_t)256 * 1024)
#define THREADS_MAX 64
#define ALARM_MICROSECONDS 200000

/* --- many sessions --- */

static void *
run_cycles(void *context)
{
    struct plan *plan = context;

    for (long i = 0; i < plan->cycles; i++)
        session_run(plan, NULL);
    return NULL;
}

static void
run_threads(struct plan *plan)
{
    pthread_t threads[THREADS_MAX];

    if (plan->threads > THREADS_MAX)
        session_fail("too many threads");
    for (long i = 0; i < plan->threads; i++)
        if (pthread_create(&threads[i], NULL, run_cycles, plan) != 0)
            session_fail("cannot make a thread");
    for (long i = 0; i < plan->threads; i++)
        pthread_join(threads[i], NULL);
}

static void
print_tally(const struct plan *plan)
{
    for (int i = 0; i < plan->count; i++)
        for (int code = 0; code < SESSION_CODES; code++)
            if (plan->tally[i][code] != 0)
                printable_line(plan->out, "%s %s %ld\n", plan->operations[i],
                               session_code_names[code], plan->tally[i][code]);
}

/* An eighth more warms allocator and loader up; memory is compared from there on. */
static void
run_many(struct plan *plan)
{
    long cycles = plan->cycles;
    size_t descriptors = state_descriptors();
    size_t memory;

    plan->cycles = cycles / 8;
    run_cycles(plan);
    memory = state_memory();
    plan->cycles = cycles;
    if (plan->threads == 0)
        run_cycles(plan);
    else
        run_threads(plan);
    print_tally(plan);
    printable_line(plan->out, "memory %zu %zu\n", memory, state_memory());
    printable_line(plan->out, "descriptors %zu %zu\n", descriptors, state_descriptors());
}

static void
run_one(struct plan *plan)
{
    struct state *before = state_take();
    struct scan scan;

    if (plan->scan)
        scan_prepare(&scan, plan->answers, strlen(plan->answers));
    session_run(plan, before);
    free(before);
    if (!plan->scan)
        return;
    for (volatile char *at = plan->answers; at < plan->answers + plan->answers_len; at++)
        *at = '\0';
    printable_line(plan->out, "finds %zu\n", scan_memory(&scan, plan->out));
}

/* --- the beginning --- */

static void
read_answers(struct plan *plan)
{
    ssize_t got;

    plan->answers = calloc(1, ANSWERS_MAX + 1);
    if (plan->answers == NULL)
        abort();
    while ((got = read(0, plan->answers + plan->answers_len, ANSWERS_MAX - plan->answers_len)) > 0)
        plan->answers_len += (size_t)got;
    if (got == -1 || (plan->answers_len > 0 && plan->answers[plan->answers_len - 1] != '\0'))
        session_fail("answers do not end in a NUL");
}

static void
do_nothing(int number)
{
    (void)number;
}

/* Without SA_RESTART, as a daemon with a timer of its own may have it. */
static void
start_alarms(void)
{
    const struct sigaction action = {.sa_handler = do_nothing};
    const struct itimerval timer = {.it_interval = {.tv_usec = ALARM_MICROSECONDS},
                                    .it_value = {.tv_usec = ALARM_MICROSECONDS}};

    if (sigaction(SIGALRM, &action, NULL) == -1 || setitimer(ITIMER_REAL, &timer, NULL) == -1)
        session_fail("cannot set a timer");
}

static void
prepare_process(struct plan *plan)
{
    plan->out = fcntl(1, F_DUPFD_CLOEXEC, 16);
    if (plan->out == -1)
        session_fail("cannot keep standard output");
    for (int fd = 0; plan->closed && fd < 3; fd++)
        close(fd);
    if (plan->alarms)
        start_alarms();
}

static long
number_of(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (*end != '\0' || number < 8)
        session_fail("a number of at least 8 is wanted");
    return number;
}

static void
read_command_line(struct plan *plan, int argc, char **argv)
{
    static const struct option options[] = {
        {"syslog", required_argument, NULL, 's'},
        {"cycles", required_argument, NULL, 'c'},
        {"threads", required_argument, NULL, 't'},
        {"closed", no_argument, NULL, '0'},
        {"alarms", no_argument, NULL, 'a'},
        {"scan", no_argument, NULL, 'm'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
        switch (option) {
        case 's':
            syslog_capture_to(optarg);
            break;
        case 'c':
            plan->cycles = number_of(optarg);
            break;
        case 't':
            plan->threads = number_of(optarg);
            break;
        case '0':
            plan->closed = true;
            break;
        case 'a':
            plan->alarms = true;
            break;
        case 'm':
            plan->scan = true;
            break;
        default:
            exit(2);
        }
    plan->count = argc - optind - 3;
    if (plan->count < 1 || plan->count > SESSION_OPERATIONS_MAX)
        session_fail("usage: driver [OPTION]... CONFDIR SERVICE USER OPERATION...");
    plan->confdir = argv[optind];
    plan->service = argv[optind + 1];
    plan->user = argv[optind + 2];
    plan->operations = argv + optind + 3;
}

int
main(int argc, char **argv)
{
    static struct plan plan;

    read_command_line(&plan, argc, argv);
    read_answers(&plan);
    prepare_process(&plan);
    if (plan.cycles != 0)
        run_many(&plan);
    else
        run_one(&plan);
    free(plan.answers);
    return 0;
}
