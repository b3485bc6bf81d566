/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A descriptor is opened first and the start time compared then: what it names is the process that
 * was found, or nothing is done. Nobody is signalled by pid.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "admin/sessions/end.h"
#include "core/base/monotonic.h"

#define GENTLE_MILLISECONDS 1000
#define FIRM_MILLISECONDS 3000

static int
open_process(const struct process *process)
{
    int fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    uint64_t started;

    if (fd == -1)
        return -1;
    if (processes_started(process->pid, &started) && started == process->started)
        return fd;
    close(fd);
    return -1;
}

/* Waits until all have ended, and forgets those; how many are left. */
static size_t
wait_for(struct pollfd *open, size_t count, int64_t milliseconds)
{
    int64_t until = pat_monotonic_milliseconds() + milliseconds, left;
    size_t alive = 0;

    do {
        alive = 0;
        for (size_t i = 0; i < count; i++)
            alive += open[i].fd != -1;
        left = until - pat_monotonic_milliseconds();
        if (alive == 0 || poll(open, count, left < 0 ? 0 : (int)left) <= 0)
            break;
        for (size_t i = 0; i < count; i++)
            if (open[i].fd != -1 && open[i].revents != 0) {
                close(open[i].fd);
                open[i].fd = -1;
            }
    } while (left > 0);
    return alive;
}

static void
signal_all(const struct pollfd *open, size_t count, int number)
{
    for (size_t i = 0; i < count; i++)
        if (open[i].fd != -1)
            (void)syscall(SYS_pidfd_send_signal, open[i].fd, number, NULL, 0);
}

size_t
end_sessions(const struct processes *processes, const struct sessions *sessions, size_t *ret_alive)
{
    struct pollfd *open = calloc(processes->count + 1, sizeof *open);
    size_t count = 0, alive;

    *ret_alive = 0;
    if (open == NULL)
        return 0;
    for (size_t i = 0; i < processes->count; i++) {
        size_t of = sessions->of[i];

        if (of == PROCESSES_NONE || sessions->all[of].ours)
            continue;
        open[count] = (struct pollfd){.fd = open_process(&processes->all[i]), .events = POLLIN};
        count += open[count].fd != -1;
    }
    signal_all(open, count, SIGTERM);
    signal_all(open, count, SIGHUP);
    signal_all(open, count, SIGCONT); /* one that was stopped, too */
    alive = wait_for(open, count, GENTLE_MILLISECONDS);
    if (alive > 0) {
        signal_all(open, count, SIGKILL);
        alive = wait_for(open, count, FIRM_MILLISECONDS);
    }
    for (size_t i = 0; i < count; i++)
        if (open[i].fd != -1)
            close(open[i].fd);
    free(open);
    *ret_alive = alive;
    return count - alive;
}
