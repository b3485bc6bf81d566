/* SPDX-License-Identifier: BSD-2-Clause */
/* patctl(1): reads the command line, runs the command, and sees that its output arrived. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/out.h"
#include "admin/terminal/pager.h"
#include "admin/out/pick.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/wire/varlink.h"

/* Without a command: the dashboard for people, help for programs. */
static int
run_nothing(struct patctl *patctl, const struct cmd_line *line)
{
    if (isatty(STDIN_FILENO) && out_is_terminal(patctl->out))
        return cmd_status(patctl, line);
    cmd_help_overview();
    return EXIT_USAGE;
}

static int
run(struct patctl *patctl, const struct cmd_line *line)
{
    int status;

    patctl->out = out_new(patctl, times_now());
    patctl->ask = ask_new();
    if (patctl->out == NULL || patctl->ask == NULL)
        return tell_failure(patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    status = pick_json(patctl, line->cmd);
    if (status != EXIT_DONE)
        return status;
    patctl->pager = pager_new(patctl, line);
    status = line->cmd == NULL ? run_nothing(patctl, line) : line->cmd->run(patctl, line);
    pager_free(patctl->pager);
    patctl->pager = NULL;
    return status;
}

/*
 * SECURITY: a closed standard stream is opened so that it fails when it is used: else the next
 * file or socket would take its number, and a token would be printed to it.
 */
static void
open_streams(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", modes[fd]) != fd) {
            perror("patctl: /dev/null");
            _exit(EXIT_INTERNAL);
        }
}

int
main(int argc, char **argv)
{
    struct patctl patctl = {.globals = {.time = TIME_RELATIVE}};
    struct cmd_line *line = calloc(1, sizeof *line);
    int status = EXIT_INTERNAL;

    open_streams();
    if (argc < 1 || line == NULL)
        return EXIT_USAGE;
    setlocale(LC_ALL, "");
    tzset();
    signal(SIGPIPE, SIG_IGN);
    pat_varlink_start();
    status = cmd_parse(&patctl, argc, argv, line);
    if (status == EXIT_DONE)
        status = tell_output(&patctl, run(&patctl, line));
    ask_free(patctl.ask);
    out_free(patctl.out);
    free(line);
    return status;
}
