/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything of a process that its host relies on and that a library could change. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/pam/state.h"

#define DESCRIPTORS 256
#define SIGNALS 65
#define LIMITS 16
#define TIMERS 3

struct descriptor {
    int flags; /* -1: closed */
    dev_t dev;
    ino_t ino;
};

struct state {
    uint64_t environment;
    mode_t mask;
    char directory[4096];
    char locale[1024];
    sigset_t blocked;
    struct {
        void (*handler)(int);
        int flags;
    } signals[SIGNALS];
    struct rlimit limits[LIMITS];
    struct timeval timers[TIMERS];
    uid_t uids[3];
    gid_t gids[3];
    int dumpable;
    int priority;
    struct descriptor descriptors[DESCRIPTORS];
};

static uint64_t
hash_environment(void)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (char **at = environ; at != NULL && *at != NULL; at++)
        for (const char *c = *at; c == *at || c[-1] != '\0'; c++)
            hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    return hash;
}

static void
take_signals(struct state *state)
{
    for (int number = 1; number < SIGNALS; number++) {
        struct sigaction action = {.sa_flags = 0};

        if (sigaction(number, NULL, &action) == -1)
            continue; /* those that libc keeps for itself */
        state->signals[number].handler = action.sa_handler;
        state->signals[number].flags = action.sa_flags;
    }
    sigprocmask(SIG_SETMASK, NULL, &state->blocked);
}

static void
take_descriptors(struct state *state)
{
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        struct stat status = {.st_ino = 0};

        state->descriptors[fd].flags = fcntl(fd, F_GETFD);
        if (state->descriptors[fd].flags == -1 || fstat(fd, &status) == -1)
            continue;
        state->descriptors[fd].dev = status.st_dev;
        state->descriptors[fd].ino = status.st_ino;
    }
}

static void
take_names(struct state *state)
{
    const char *locale = setlocale(LC_ALL, NULL);

    if (getcwd(state->directory, sizeof state->directory) == NULL)
        state->directory[0] = '\0';
    if (locale != NULL)
        strncpy(state->locale, locale, sizeof state->locale - 1);
}

struct state *
state_take(void)
{
    struct state *state = calloc(1, sizeof *state);
    struct itimerval timer;

    if (state == NULL)
        abort();
    state->environment = hash_environment();
    state->mask = umask(0);
    umask(state->mask);
    take_names(state);
    take_signals(state);
    for (int i = 0; i < LIMITS; i++)
        getrlimit((__rlimit_resource_t)i, &state->limits[i]);
    for (int i = 0; i < TIMERS; i++)
        if (getitimer((__itimer_which_t)i, &timer) == 0)
            state->timers[i] = timer.it_interval;
    getresuid(&state->uids[0], &state->uids[1], &state->uids[2]);
    getresgid(&state->gids[0], &state->gids[1], &state->gids[2]);
    state->dumpable = prctl(PR_GET_DUMPABLE);
    state->priority = getpriority(PRIO_PROCESS, 0);
    take_descriptors(state);
    return state;
}

#define PART(member)                                                                               \
    {                                                                                              \
        offsetof(struct state, member), sizeof((struct state *)NULL)->member, #member              \
    }

const char *
state_difference(const struct state *before, const struct state *after)
{
    static const struct {
        size_t offset, size;
        const char *name;
    } parts[] = {
        PART(environment), PART(mask),     PART(directory),   PART(locale), PART(blocked),
        PART(signals),     PART(limits),   PART(timers),      PART(uids),   PART(gids),
        PART(dumpable),    PART(priority), PART(descriptors),
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (memcmp((const char *)before + parts[i].offset, (const char *)after + parts[i].offset,
                   parts[i].size) != 0)
            return parts[i].name;
    return NULL;
}

size_t
state_memory(void)
{
    char text[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd == -1 ? -1 : read(fd, text, sizeof text - 1);
    char *at = strchr(text, ' ');

    close(fd);
    if (got <= 0 || at == NULL)
        abort();
    return strtoul(at, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

size_t
state_descriptors(void)
{
    size_t count = 0;

    for (int fd = 0; fd < 4096; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}
