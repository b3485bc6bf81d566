/* SPDX-License-Identifier: BSD-2-Clause */
/* A child in a session of its own, which dies with patctl, whatever ends that. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "admin/drill/run.h"
#include "admin/host/tool.h"
#include "core/base/descriptor.h"
#include "core/base/monotonic.h"
#include "core/base/text.h"

#define ENVIRONMENT_MAX 12
#define SLICE_NANOSECONDS 5000000L

/* In the child, where only what signal handlers may call may be called. */
static _Noreturn void
become(const char *path, const struct run *run, const char **environment, int input, int errors)
{
    sigset_t none;
    int nowhere = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    if (nowhere < 0 || dup2(input < 0 ? nowhere : input, STDIN_FILENO) < 0 ||
        dup2(nowhere, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0 || chdir("/") != 0 ||
        !pat_descriptor_close_from(STDERR_FILENO + 1))
        _exit(127);
    if (run->as_account &&
        (setgroups(0, NULL) != 0 || setgid(run->gid) != 0 || setuid(run->uid) != 0))
        _exit(127);
    execve(path, (char *const *)(uintptr_t)run->argv, (char *const *)(uintptr_t)environment);
    _exit(127);
}

enum run_end
run_wait(pid_t pid, unsigned seconds, struct interrupt *interrupt, int *ret_status)
{
    const struct timespec pause = {.tv_nsec = SLICE_NANOSECONDS};
    int64_t until = pat_monotonic_milliseconds() + (int64_t)seconds * 1000;
    enum run_end end = RUN_ENDED;
    int status = 0;
    pid_t ended;

    while ((ended = waitpid(pid, &status, WNOHANG)) == 0 && end == RUN_ENDED) {
        if (interrupt_came(interrupt))
            end = RUN_INTERRUPTED;
        else if (pat_monotonic_milliseconds() >= until)
            end = RUN_LATE;
        else
            nanosleep(&pause, NULL);
    }
    kill(-pid, SIGKILL); /* what it left running, too */
    if (ended == 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        return end;
    }
    if (ended < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
        return RUN_FAILED;
    *ret_status = WEXITSTATUS(status);
    return RUN_ENDED;
}

/* What there is, up to size bytes with a NUL. */
static void
take_errors(int fd, char *ret, size_t size)
{
    size_t used = 0;
    ssize_t len = 1;

    while (len > 0 && used < size - 1) {
        len = read(fd, ret + used, size - 1 - used);
        used += len > 0 ? (size_t)len : 0;
    }
    ret[used] = '\0';
}

/* The last line that is not empty. */
static void
take_last_line(int fd, char said[RUN_SAID_MAX])
{
    char text[4096], *line;
    size_t len;

    take_errors(fd, text, sizeof text);
    len = strlen(text);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    text[len] = '\0';
    line = strrchr(text, '\n');
    pat_text_clip(said, RUN_SAID_MAX, line == NULL ? text : line + 1);
}

/* Both ends; what is read from is filled already, and closed for writing. */
static bool
fill_pipe(const char *input, int ends[2])
{
    size_t len = strlen(input);

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    if (write(ends[1], input, len) != (ssize_t)len)
        return false;
    close(ends[1]);
    ends[1] = -1;
    return true;
}

static pid_t
start(const struct run *run, const char *path, int errors[2], int input[2])
{
    const char *environment[ENVIRONMENT_MAX + 3] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                                    "LC_ALL=C"};
    pid_t pid;

    for (size_t i = 0; run->environment != NULL && run->environment[i] != NULL; i++)
        if (i < ENVIRONMENT_MAX)
            environment[2 + i] = run->environment[i];
    if (pipe2(errors, O_CLOEXEC) != 0 || (run->input != NULL && !fill_pipe(run->input, input)))
        return -1;
    fcntl(errors[0], F_SETFL, O_NONBLOCK); /* somebody may hold the other end */
    pid = fork();
    if (pid == 0)
        become(path, run, environment, input[0], errors[1]);
    return pid;
}

enum run_end
run_client(const struct run *run, int *ret_status, char said[RUN_SAID_MAX])
{
    int errors[2] = {-1, -1}, input[2] = {-1, -1};
    char path[TOOL_PATH_MAX];
    enum run_end end = RUN_FAILED;
    pid_t pid;

    said[0] = '\0';
    if (run->argv[0][0] == '/' ? pat_text_set(path, sizeof path, run->argv[0]) != PAT_OK
                               : !tool_find(run->argv[0], path))
        return RUN_MISSING;
    pid = start(run, path, errors, input);
    if (pid > 0) {
        end = run_wait(pid, run->seconds, run->interrupt, ret_status);
        if (run->text != NULL)
            take_errors(errors[0], run->text, run->text_size);
        else
            take_last_line(errors[0], said);
    }
    for (int i = 0; i < 2; i++) {
        if (errors[i] != -1)
            close(errors[i]);
        if (input[i] != -1)
            close(input[i]);
    }
    return end;
}
