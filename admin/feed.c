/* SPDX-License-Identifier: BSD-2-Clause */
/* A child with a pipe to its standard input. Nothing but argv and the text reaches it from here. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/feed.h"

#define NOT_RUN 126

/* Every other descriptor of ours is closed on exec. */
static _Noreturn void
run(const struct feed *feed, int input)
{
    signal(SIGPIPE, SIG_DFL);
    if (dup2(input, STDIN_FILENO) != -1 && dup2(STDERR_FILENO, STDOUT_FILENO) != -1)
        execl(feed->program, feed->program, feed->first, feed->second, (char *)NULL);
    fprintf(stderr, "%s: %s\n", feed->program, strerror(errno));
    _exit(NOT_RUN);
}

/* A reader that has enough closes the pipe: its exit status tells whether that was wrong. */
static void
write_all(int fd, const char *text)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    size_t left = strlen(text);

    sigaction(SIGPIPE, &ignore, &before);
    while (left > 0) {
        ssize_t wrote = write(fd, text, left);

        if (wrote == -1 && errno == EINTR)
            continue;
        if (wrote == -1)
            break;
        text += wrote;
        left -= (size_t)wrote;
    }
    sigaction(SIGPIPE, &before, NULL);
}

static bool
wait_for(pid_t child, const char *name, char *ret, size_t size)
{
    int status = 0;

    while (waitpid(child, &status, 0) == -1)
        if (errno != EINTR) {
            snprintf(ret, size, "%.80s: %s", name, strerror(errno));
            return false;
        }
    if (WIFSIGNALED(status))
        snprintf(ret, size, "%.80s was ended by signal %d", name, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        snprintf(ret, size, "%.80s ended with %d", name, WEXITSTATUS(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool
feed_program(const struct feed *feed, const char *text, char *ret, size_t size)
{
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) == -1) {
        snprintf(ret, size, "%s", strerror(errno));
        return false;
    }
    fflush(stdout);
    child = fork();
    if (child == 0)
        run(feed, ends[0]);
    close(ends[0]);
    if (child != -1)
        write_all(ends[1], text);
    else
        snprintf(ret, size, "%s", strerror(errno));
    close(ends[1]);
    return child != -1 && wait_for(child, feed->program, ret, size);
}
