/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal. Echo is always put back, also behind ^C. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "admin/prompt.h"
#include "admin/tell.h"
#include "core/base/text.h"

static int
open_terminal(void)
{
    return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

bool
prompt_possible(const struct patctl *patctl)
{
    int tty = patctl->globals.no_input || !isatty(STDIN_FILENO) ? -1 : open_terminal();

    if (tty != -1)
        close(tty);
    return tty != -1;
}

/* One line without its newline; false at the end of input or at ^C, which errno tells. */
static bool
read_line(int fd, struct pat_secret *ret)
{
    ssize_t got = 1;
    char c = '\0';

    pat_secret_clear(ret);
    errno = 0;
    while (ret->len < PAT_SECRET_MAX && (got = read(fd, &c, 1)) == 1 && c != '\n')
        ret->bytes[ret->len++] = c;
    return got == 1 || (got == 0 && ret->len > 0);
}

static void
note_interrupt(int number)
{
    (void)number; /* it only has to end read(2) */
}

/* Until a line is there; false at ^C. Between the question and here ^C waits for its turn. */
static bool
await_line(int tty, const sigset_t *unblocked)
{
    struct pollfd line = {.fd = tty, .events = POLLIN};
    bool there = ppoll(&line, 1, NULL, unblocked) == 1;
    int interrupted = errno;

    sigprocmask(SIG_SETMASK, unblocked, NULL);
    errno = interrupted;
    return there;
}

/* ^C ends the read instead of the process, so that echo can be put back first. */
static bool
ask_terminal(int tty, const char *question, bool hidden, struct pat_secret *ret)
{
    const struct sigaction interrupt = {.sa_handler = note_interrupt};
    struct sigaction before;
    sigset_t blocked, unblocked;
    struct termios saved, quiet;
    bool changed = false, good;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &unblocked);
    sigaction(SIGINT, &interrupt, &before);
    if (hidden && tcgetattr(tty, &saved) == 0) {
        quiet = saved;
        quiet.c_lflag &= (tcflag_t) ~(ECHO | ECHOE | ECHOK | ECHONL);
        changed = tcsetattr(tty, TCSAFLUSH, &quiet) == 0;
    }
    dprintf(tty, "%s", question);
    good = await_line(tty, &unblocked) && read_line(tty, ret);
    if (changed) {
        int interrupted = errno;

        tcsetattr(tty, TCSAFLUSH, &saved);
        dprintf(tty, "\n");
        errno = interrupted;
    }
    sigaction(SIGINT, &before, NULL);
    return good;
}

static int
declined(const struct patctl *patctl)
{
    tell_note(patctl, "Nothing changed.");
    return EXIT_DECLINED;
}

/* Puts a question; EXIT_DONE with whatever was answered. */
static int
ask(const struct patctl *patctl, const char *question, struct pat_secret *ret)
{
    int tty = prompt_possible(patctl) ? open_terminal() : -1;
    bool answered;

    if (tty == -1)
        return tell_failure(patctl, EXIT_USAGE, "no-terminal", "",
                            "nobody to ask for confirmation: give --yes");
    answered = ask_terminal(tty, question, false, ret);
    if (!answered)
        dprintf(tty, "\n");
    close(tty);
    if (answered)
        return EXIT_DONE;
    return errno == EINTR ? EXIT_INTERRUPTED : declined(patctl);
}

int
prompt_confirm(const struct patctl *patctl, const char *format, ...)
{
    char sentence[360], question[400];
    struct pat_secret answer;
    va_list args;
    int status;

    if (patctl->globals.yes)
        return EXIT_DONE;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    snprintf(question, sizeof question, "%s [y/N] ", sentence);
    status = ask(patctl, question, &answer);
    if (status != EXIT_DONE)
        return status;
    return answer.len > 0 && (answer.bytes[0] == 'y' || answer.bytes[0] == 'Y') ? EXIT_DONE
                                                                                : declined(patctl);
}

int
prompt_count(const struct patctl *patctl, int64_t count, const char *format, ...)
{
    char sentence[320], question[400];
    struct pat_secret answer;
    int64_t typed = 0;
    va_list args;
    int status;

    if (patctl->globals.yes)
        return EXIT_DONE;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    snprintf(question, sizeof question, "%s\nType the number of tokens to go on: ", sentence);
    status = ask(patctl, question, &answer);
    if (status != EXIT_DONE)
        return status;
    return pat_text_number(answer.bytes, 1, INT64_MAX, &typed) == PAT_OK && typed == count
               ? EXIT_DONE
               : declined(patctl);
}

static int
ask_for_token(const struct patctl *patctl, struct pat_secret *ret)
{
    int tty = patctl->globals.no_input ? -1 : open_terminal();
    bool good;

    if (tty == -1)
        return tell_failure(patctl, EXIT_USAGE, "no-terminal", "",
                            "pipe the token in, or give --token-file");
    good = ask_terminal(tty, "Token (not shown): ", true, ret);
    close(tty);
    if (good)
        return EXIT_DONE;
    return errno == EINTR ? EXIT_INTERRUPTED : EXIT_USAGE;
}

int
prompt_token(const struct patctl *patctl, const char *file, struct pat_secret *ret)
{
    bool from_stdin = file == NULL || strcmp(file, "-") == 0;
    int fd = STDIN_FILENO;
    bool good;

    if (from_stdin && isatty(STDIN_FILENO))
        return ask_for_token(patctl, ret);
    if (!from_stdin) {
        fd = open(file, O_RDONLY | O_CLOEXEC);
        if (fd == -1)
            return tell_failure(patctl, EXIT_USAGE, "token-file", "", "%s: %s", file,
                                strerror(errno));
    }
    good = read_line(fd, ret);
    if (!from_stdin)
        close(fd);
    if (good && ret->len > 0)
        return EXIT_DONE;
    return tell_failure(patctl, EXIT_USAGE, "token.empty", "", "no token in the input");
}
