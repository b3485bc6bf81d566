/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One tool, run to its end. What it prints comes from programs of this host that root runs anyway,
 * but it is bytes all the same: bounded here, and judged by whoever reads it. A tool that hangs or
 * leaves children behind is killed with its whole session.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "admin/host/tool.h"
#include "core/base/descriptor.h"
#include "core/base/monotonic.h"

#define CHUNK 16384
#define NO_EXEC 127 /* as shells say it */

/* SECURITY: fixed, and not the caller's: what is run here may be run by root. */
const char tool_directories[] = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin";
static char path_variable[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin";
static char locale_variable[] = "LC_ALL=C";

struct running {
    pid_t pid;
    int out, errors; /* our ends; -1 when they are closed */
    int64_t deadline;
    size_t errors_len;
    struct tool_result *result;
};

bool
tool_find(const char *name, char ret[TOOL_PATH_MAX])
{
    const char *at = tool_directories;

    while (*at != '\0') {
        size_t len = strcspn(at, ":");

        if (snprintf(ret, TOOL_PATH_MAX, "%.*s/%s", (int)len, at, name) < TOOL_PATH_MAX &&
            access(ret, X_OK) == 0)
            return true;
        at += len + (at[len] == ':');
    }
    ret[0] = '\0';
    return false;
}

/* In the child, where only what signal handlers may call may be called. */
static _Noreturn void
become(const char *path, const char *const argv[], int out, int errors)
{
    char *const environment[] = {path_variable, locale_variable, NULL};
    sigset_t none;
    int empty = open("/dev/null", O_RDONLY);

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    setsid();
    if (empty < 0 || dup2(empty, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(errors, STDERR_FILENO) < 0 || chdir("/") != 0 ||
        !pat_descriptor_close_from(STDERR_FILENO + 1))
        _exit(NO_EXEC);
    execve(path, (char *const *)(uintptr_t)argv, environment);
    _exit(NO_EXEC);
}

static enum pat_err
start(const char *path, const char *const argv[], struct running *running)
{
    int out[2] = {-1, -1}, errors[2] = {-1, -1};
    enum pat_err err = PAT_ERR_IO;

    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0)
        goto out;
    running->pid = fork();
    if (running->pid == 0)
        become(path, argv, out[1], errors[1]);
    if (running->pid < 0)
        goto out;
    running->out = out[0];
    running->errors = errors[0];
    out[0] = errors[0] = -1;
    err = PAT_OK;
out:
    for (int i = 0; i < 2; i++) {
        if (out[i] >= 0)
            close(out[i]);
        if (errors[i] >= 0)
            close(errors[i]);
    }
    return err;
}

/* What is there of standard output; false: that was the end of it. */
static enum pat_err
take_output(struct running *running, bool *ret_more)
{
    struct tool_result *result = running->result;
    char *bytes = realloc(result->out, result->size + CHUNK + 1);
    ssize_t len;

    if (bytes == NULL)
        return PAT_ERR_NOMEM;
    result->out = bytes;
    len = read(running->out, bytes + result->size, CHUNK);
    if (len > 0)
        result->size += (size_t)len;
    bytes[result->size] = '\0';
    *ret_more = len > 0 || (len < 0 && errno == EINTR);
    return PAT_OK;
}

static bool
take_errors(struct running *running)
{
    char spare[1024];
    size_t room = TOOL_ERRORS_MAX - running->errors_len;
    bool full = room == 0;
    ssize_t len = full ? read(running->errors, spare, sizeof spare)
                       : read(running->errors, running->result->errors + running->errors_len, room);

    if (len > 0 && !full)
        running->errors_len += (size_t)len;
    running->result->errors[running->errors_len] = '\0';
    return len > 0 || (len < 0 && errno == EINTR);
}

static void
shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Reads until both ends are closed, or until it is enough. */
static enum pat_err
listen_to(struct running *running)
{
    struct tool_result *result = running->result;
    enum pat_err err = PAT_OK;

    while (err == PAT_OK && (running->out >= 0 || running->errors >= 0)) {
        struct pollfd waits[2] = {{.fd = running->out, .events = POLLIN},
                                  {.fd = running->errors, .events = POLLIN}};
        int64_t left = running->deadline - pat_monotonic_milliseconds();
        bool more = true;

        if (left <= 0 || result->size > TOOL_OUTPUT_MAX) {
            result->end = left <= 0 ? TOOL_TIMEOUT : TOOL_TOO_LONG;
            return PAT_OK;
        }
        if (poll(waits, 2, (int)left) <= 0)
            continue;
        if (waits[0].revents != 0) {
            err = take_output(running, &more);
            if (!more)
                shut(&running->out);
        }
        if (waits[1].revents != 0 && !take_errors(running))
            shut(&running->errors);
    }
    return err;
}

/* Both ends may be closed by a tool that goes on running. */
static void
wait_for(struct running *running)
{
    struct tool_result *result = running->result;
    struct timespec pause = {.tv_nsec = 2000000};
    int status = 0;
    pid_t ended;

    while ((ended = waitpid(running->pid, &status, WNOHANG)) == 0 && result->end == TOOL_RAN) {
        if (pat_monotonic_milliseconds() >= running->deadline)
            result->end = TOOL_TIMEOUT;
        else
            nanosleep(&pause, NULL);
    }
    if (ended == 0) {
        kill(-running->pid, SIGKILL);
        kill(running->pid, SIGKILL);
        while (waitpid(running->pid, &status, 0) < 0 && errno == EINTR)
            ;
    } else if (result->end == TOOL_RAN && WIFSIGNALED(status)) {
        result->end = TOOL_KILLED;
        result->status = WTERMSIG(status);
    } else if (result->end == TOOL_RAN) {
        result->status = WEXITSTATUS(status);
    } else {
        kill(-running->pid, SIGKILL); /* children of it that hold the pipes */
    }
}

enum pat_err
tool_run(const char *const argv[], unsigned seconds, struct tool_result *ret)
{
    struct running running = {.pid = -1, .out = -1, .errors = -1, .result = ret};
    char path[TOOL_PATH_MAX];
    enum pat_err err = PAT_OK;

    memset(ret, 0, sizeof *ret);
    ret->out = calloc(1, 1);
    if (ret->out == NULL)
        return PAT_ERR_NOMEM;
    if (argv[0][0] == '/' && access(argv[0], X_OK) == 0 && strlen(argv[0]) < sizeof path)
        memcpy(path, argv[0], strlen(argv[0]) + 1);
    else if (argv[0][0] == '/' || !tool_find(argv[0], path)) {
        ret->end = TOOL_MISSING;
        return PAT_OK;
    }
    running.deadline = pat_monotonic_milliseconds() + (int64_t)seconds * 1000;
    err = start(path, argv, &running);
    if (err == PAT_OK) {
        err = listen_to(&running);
        if (err != PAT_OK)
            ret->end = TOOL_TOO_LONG;
        wait_for(&running);
    }
    shut(&running.out);
    shut(&running.errors);
    if (err != PAT_OK)
        tool_free(ret);
    return err;
}

void
tool_free(struct tool_result *result)
{
    free(result->out);
    result->out = NULL;
    result->size = 0;
}

bool
tool_succeeded(const struct tool_result *result)
{
    return result->end == TOOL_RAN && result->status == 0;
}

void
tool_tell(const struct tool_result *result, const char *name, char *ret, size_t size)
{
    int line = (int)strcspn(result->errors, "\r\n");

    switch (result->end) {
    case TOOL_RAN:
        snprintf(ret, size, "%s ended with status %d%s%.*s", name, result->status,
                 line > 0 ? ": " : "", line, result->errors);
        break;
    case TOOL_MISSING:
        snprintf(ret, size, "%s is not installed", name);
        break;
    case TOOL_KILLED:
        snprintf(ret, size, "%s died of signal %d", name, result->status);
        break;
    case TOOL_TIMEOUT:
        snprintf(ret, size, "%s did not end in time", name);
        break;
    case TOOL_TOO_LONG:
        snprintf(ret, size, "%s printed too much", name);
        break;
    }
}
