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

#include "admin/terminal/prompt.h"
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

/* The same of a terminal, to the newline: what is too long must not answer the next question. */
static bool
read_typed(int tty, char *ret, size_t size)
{
    size_t len = 0;
    ssize_t got = 1;
    char c = '\0';

    errno = 0;
    while ((got = read(tty, &c, 1)) == 1 && c != '\n')
        if (len + 1 < size)
            ret[len++] = c;
    ret[len] = '\0';
    return got == 1 || (got == 0 && len > 0);
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

/* Without echo for what is hidden; with rubbing out by characters, whatever the terminal thinks. */
static bool
change_terminal(int tty, bool hidden, struct termios *ret_saved)
{
    struct termios changed;

    if (tcgetattr(tty, ret_saved) != 0)
        return false;
    changed = *ret_saved;
    if (hidden)
        changed.c_lflag &= (tcflag_t) ~(ECHO | ECHOE | ECHOK | ECHONL);
    else if (MB_CUR_MAX > 1)
        changed.c_iflag |= IUTF8;
    return (changed.c_lflag != ret_saved->c_lflag || changed.c_iflag != ret_saved->c_iflag) &&
           tcsetattr(tty, hidden ? TCSAFLUSH : TCSADRAIN, &changed) == 0;
}

/* ^C ends the read instead of the process, so that echo can be put back first. */
static bool
ask_terminal(int tty, const char *question, bool hidden, char *ret, size_t size)
{
    const struct sigaction interrupt = {.sa_handler = note_interrupt};
    struct sigaction before;
    sigset_t blocked, unblocked;
    struct termios saved;
    bool changed, good;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &unblocked);
    sigaction(SIGINT, &interrupt, &before);
    changed = change_terminal(tty, hidden, &saved);
    dprintf(tty, "%s", question);
    good = await_line(tty, &unblocked) && read_typed(tty, ret, size);
    if (changed) {
        int interrupted = errno;

        tcsetattr(tty, hidden ? TCSAFLUSH : TCSADRAIN, &saved);
        if (hidden)
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

int
prompt_line(const struct patctl *patctl, const char *question, char ret[PROMPT_LINE_MAX + 1])
{
    int tty = prompt_possible(patctl) ? open_terminal() : -1;
    int interrupted;
    bool answered;

    if (tty == -1)
        return tell_failure(patctl, EXIT_USAGE, "no-terminal", "",
                            "nobody to ask for confirmation: give --yes");
    answered = ask_terminal(tty, question, false, ret, PROMPT_LINE_MAX + 1);
    interrupted = errno;
    if (!answered)
        dprintf(tty, "\n");
    close(tty);
    if (answered)
        return EXIT_DONE;
    return interrupted == EINTR ? EXIT_INTERRUPTED : declined(patctl);
}

/* The sentence and what follows it, as one question. */
static int ask_about(const struct patctl *patctl, const char *tail, char *ret_answer,
                     const char *format, va_list args) __attribute__((format(printf, 4, 0)));

static int
ask_about(const struct patctl *patctl, const char *tail, char *ret_answer, const char *format,
          va_list args)
{
    char sentence[360], question[480];

    vsnprintf(sentence, sizeof sentence, format, args);
    snprintf(question, sizeof question, "%s%s", sentence, tail);
    return prompt_line(patctl, question, ret_answer);
}

int
prompt_confirm(const struct patctl *patctl, const char *format, ...)
{
    char answer[PROMPT_LINE_MAX + 1];
    va_list args;
    int status;

    if (patctl->globals.yes)
        return EXIT_DONE;
    va_start(args, format);
    status = ask_about(patctl, " [y/N] ", answer, format, args);
    va_end(args);
    if (status != EXIT_DONE)
        return status;
    return answer[0] == 'y' || answer[0] == 'Y' ? EXIT_DONE : declined(patctl);
}

int
prompt_count(const struct patctl *patctl, int64_t count, const char *format, ...)
{
    char answer[PROMPT_LINE_MAX + 1];
    int64_t typed = 0;
    va_list args;
    int status;

    if (patctl->globals.yes)
        return EXIT_DONE;
    va_start(args, format);
    status = ask_about(patctl, "\nType the number of tokens to go on: ", answer, format, args);
    va_end(args);
    if (status != EXIT_DONE)
        return status;
    return pat_text_number(answer, 1, INT64_MAX, &typed) == PAT_OK && typed == count
               ? EXIT_DONE
               : declined(patctl);
}

int
prompt_name(const struct patctl *patctl, const char *what, const char *name, const char *format,
            ...)
{
    char answer[PROMPT_LINE_MAX + 1], tail[120];
    va_list args;
    int status;

    if (patctl->globals.yes)
        return EXIT_DONE;
    snprintf(tail, sizeof tail, "\nType the name of the %s to go on: ", what);
    va_start(args, format);
    status = ask_about(patctl, tail, answer, format, args);
    va_end(args);
    if (status != EXIT_DONE)
        return status;
    return strcmp(answer, name) == 0 ? EXIT_DONE : declined(patctl);
}

static int
ask_for_token(const struct patctl *patctl, struct pat_secret *ret)
{
    int tty = patctl->globals.no_input ? -1 : open_terminal();
    bool good;

    if (tty == -1)
        return tell_failure(patctl, EXIT_USAGE, "no-terminal", "",
                            "pipe the token in, or give --token-file");
    pat_secret_clear(ret);
    good = ask_terminal(tty, "Token (not shown): ", true, ret->bytes, sizeof ret->bytes);
    ret->len = strlen(ret->bytes);
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
