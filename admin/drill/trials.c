/* SPDX-License-Identifier: BSD-2-Clause */
/* A child writes how its login ended into a pipe, whole or not at all, and dies with patctl. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/drill/trials.h"
#include "core/base/monotonic.h"

#define SLICE_MILLISECONDS 20
#define BUSY_MILLISECONDS 1500
#define BUSY_MAX 4

bool
trials_have_room(const struct trials *trials)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN), busy = 0;

    for (size_t i = 0; i < trials->count; i++)
        busy += pat_monotonic_milliseconds() - trials->all[i].began < BUSY_MILLISECONDS;
    return trials->count < TRIALS_MAX && busy < BUSY_MAX && (busy == 0 || busy < processors);
}

bool
trials_begin(struct trials *trials, size_t number, const struct client *client,
             const struct login *login, const struct places *places, int chosen)
{
    struct trial *trial = &trials->all[trials->count];
    struct trial_end end = {.number = number, .chosen = chosen};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *trial = (struct trial){
        .number = number, .fd = ends[0], .began = pat_monotonic_milliseconds(), .pid = fork()};
    if (trial->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        end.attempt = clients_log_in(client, login, places, &end.chosen, end.said);
        end.at = pat_monotonic_milliseconds();
        _exit(write(ends[1], &end, sizeof end) == sizeof end ? 0 : 1);
    }
    close(ends[1]);
    if (trial->pid < 0)
        close(ends[0]);
    else
        trials->count++;
    return trial->pid > 0;
}

/* What became of one that is not under way any more. */
static void
take(struct trials *trials, size_t index, struct trial_end *ret)
{
    struct trial trial = trials->all[index];

    if (read(trial.fd, ret, sizeof *ret) != sizeof *ret) {
        *ret = (struct trial_end){.number = trial.number,
                                  .attempt = ATTEMPT_FAILED,
                                  .chosen = -1,
                                  .at = pat_monotonic_milliseconds()};
        snprintf(ret->said, sizeof ret->said, "the login was ended by something else");
    }
    close(trial.fd);
    while (waitpid(trial.pid, NULL, 0) < 0 && errno == EINTR)
        ;
    trials->all[index] = trials->all[--trials->count];
}

bool
trials_next(struct trials *trials, struct trial_end *ret)
{
    struct pollfd all[TRIALS_MAX];

    for (size_t i = 0; i < trials->count; i++)
        all[i] = (struct pollfd){.fd = trials->all[i].fd, .events = POLLIN};
    if (poll(all, trials->count, SLICE_MILLISECONDS) > 0)
        for (size_t i = 0; i < trials->count; i++)
            if (all[i].revents != 0) {
                take(trials, i, ret);
                return true;
            }
    return false;
}

void
trials_end(struct trials *trials)
{
    struct trial_end ignored;

    while (trials->count > 0) {
        kill(trials->all[0].pid, SIGKILL); /* its client goes with it */
        take(trials, 0, &ignored);
    }
}
