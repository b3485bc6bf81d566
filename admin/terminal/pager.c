/* SPDX-License-Identifier: BSD-2-Clause */
/* Catching standard output, and running the pager of the user's choice. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/out/out.h"
#include "admin/terminal/pager.h"
#include "core/base/text.h"

struct pager {
    int terminal; /* what standard output was; -1: nothing is caught */
    size_t columns;
    const char *wish; /* a command line for the shell; NULL: less */
    bool elevated;
};

/* --- whether --- */

/* Commands that print what is there, and neither ask anything nor print a secret. */
static const char *const paged[] = {
    "doctor",   "explain",   "grant list", "help",  "list",   "log",
    "review",   "settings",  "show",       "stats", "status", "tenant list",
    "timeline", "user list", "user show",  "uses",
};

static bool
is_paged(const struct cmd_line *line)
{
    const char *name = line->cmd == NULL ? "status" : line->cmd->name;
    const struct cmd_option *options = line->cmd == NULL ? NULL : line->cmd->options;

    /* What does not end is read as it comes. */
    for (size_t i = 0; options != NULL && options[i].name != NULL; i++)
        if (pat_text_equal(options[i].name, "follow") && line->given[i])
            return false;
    for (size_t i = 0; i < sizeof paged / sizeof paged[0]; i++)
        if (pat_text_equal(paged[i], name))
            return true;
    return false;
}

static bool
is_off(const char *wish)
{
    return wish != NULL && (wish[0] == '\0' || pat_text_equal(wish, "cat"));
}

/* Run for somebody who may do less than this process may. */
static bool
is_elevated(void)
{
    return getenv("SUDO_USER") != NULL || getenv("SUDO_UID") != NULL ||
           getenv("PKEXEC_UID") != NULL || getenv("DOAS_USER") != NULL || geteuid() != getuid();
}

static bool
is_wanted(const struct patctl *patctl, const struct cmd_line *line, const char *wish)
{
    const struct globals *globals = &patctl->globals;
    const char *term = getenv("TERM");

    return is_paged(line) && out_is_terminal(patctl->out) && !globals->no_pager &&
           !globals->quiet && !out_is_json(patctl->out) && !is_off(wish) && term != NULL &&
           term[0] != '\0' && !pat_text_equal(term, "dumb");
}

/* --- catching --- */

/* Standard output becomes a file in memory. */
static bool
catch_output(struct pager *pager)
{
    int file = memfd_create("patctl", MFD_CLOEXEC);

    fflush(stdout);
    pager->terminal = file == -1 ? -1 : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (pager->terminal != -1 && dup2(file, STDOUT_FILENO) == -1) {
        close(pager->terminal);
        pager->terminal = -1;
    }
    if (file != -1)
        close(file);
    return pager->terminal != -1;
}

struct pager *
pager_new(const struct patctl *patctl, const struct cmd_line *line)
{
    const char *own = getenv("PATCTL_PAGER");
    const char *wish = own != NULL ? own : getenv("PAGER");
    struct pager *pager = is_wanted(patctl, line, wish) ? calloc(1, sizeof *pager) : NULL;

    if (pager == NULL)
        return NULL;
    pager->columns = out_columns(patctl->out);
    pager->elevated = is_elevated();
    /* SECURITY: with somebody else's rights only a pager that is known to run nothing else. */
    pager->wish = pager->elevated ? NULL : wish;
    if (catch_output(pager))
        return pager;
    free(pager);
    return NULL;
}

/* --- how long it is --- */

struct measure {
    size_t lines, column;
    bool escape; /* within a colour's sequence */
};

static void
count_byte(struct measure *measure, unsigned char byte, size_t columns)
{
    if (byte == 0x1b) {
        measure->escape = true;
    } else if (measure->escape) {
        measure->escape = byte == '[' || byte < 0x40;
    } else if (byte == '\n') {
        measure->lines++;
        measure->column = 0;
    } else if ((byte & 0xc0) != 0x80) { /* not within a character of UTF-8 */
        measure->lines += measure->column == columns;
        measure->column = measure->column == columns ? 1 : measure->column + 1;
    }
}

/* One line of the screen is for the prompt behind it. */
static bool
is_longer(int file, int terminal, size_t columns)
{
    struct winsize size = {.ws_row = 0};
    size_t rows = ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
    struct measure measure = {.lines = 0};
    char bytes[4096];
    ssize_t got;

    while (measure.lines < rows && (got = read(file, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < got; i++)
            count_byte(&measure, (unsigned char)bytes[i], columns);
    return measure.lines >= rows;
}

/* --- showing --- */

static _Noreturn void
run_pager(const struct pager *pager, int file)
{
    if (dup2(file, STDIN_FILENO) == -1)
        _exit(126);
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    if (pager->elevated)
        setenv("LESSSECURE", "1", 1); /* no shell, no editor, no files */
    if (pager->wish != NULL)
        execl("/bin/sh", "sh", "-c", pager->wish, (char *)NULL);
    else
        execlp("less", "less", "-FRSX", (char *)NULL);
    _exit(127);
}

/* ^C is the pager's as long as it runs; false when it could not be started. */
static bool
show_paged(const struct pager *pager, int file)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction interrupt, quit;
    int status = 0;
    pid_t child;

    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    child = fork();
    if (child == 0)
        run_pager(pager, file);
    while (child != -1 && waitpid(child, &status, 0) == -1 && errno == EINTR)
        continue;
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    return child != -1 &&
           !(WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127));
}

static void
show_plainly(int file)
{
    char bytes[4096];
    ssize_t got;

    while ((got = read(file, bytes, sizeof bytes)) > 0)
        if (fwrite(bytes, 1, (size_t)got, stdout) < (size_t)got)
            break;
}

void
pager_show(struct pager *pager)
{
    int file, terminal;
    bool shown = false;

    if (pager == NULL || pager->terminal == -1)
        return;
    fflush(stdout);
    terminal = pager->terminal;
    pager->terminal = -1;
    file = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(terminal, STDOUT_FILENO);
    if (file != -1 && lseek(file, 0, SEEK_SET) == 0 && is_longer(file, terminal, pager->columns) &&
        lseek(file, 0, SEEK_SET) == 0)
        shown = show_paged(pager, file);
    if (file != -1 && !shown && lseek(file, 0, SEEK_SET) == 0)
        show_plainly(file);
    fflush(stdout);
    close(terminal);
    if (file != -1)
        close(file);
}

void
pager_free(struct pager *pager)
{
    pager_show(pager);
    free(pager);
}
