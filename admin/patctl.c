/* SPDX-License-Identifier: BSD-2-Clause */
/* patctl(1): reads the command line, runs the command, and sees that its output arrived. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/cmds.h"
#include "admin/out.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/wire/varlink.h"

/* Without a command: the dashboard for people, help for programs. */
static int
run_nothing(struct patctl *patctl, const struct cmd_line *line)
{
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        return cmd_status(patctl, line);
    cmd_help_overview();
    return EXIT_USAGE;
}

static int
run(struct patctl *patctl, const struct cmd_line *line)
{
    patctl->out = out_new(patctl, times_now());
    patctl->ask = ask_new();
    if (patctl->out == NULL || patctl->ask == NULL)
        return tell_failure(patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    return line->cmd == NULL ? run_nothing(patctl, line) : line->cmd->run(patctl, line);
}

/* A reader that left early (head, less) is no failure of ours; a full disk is. */
static int
close_output(const struct patctl *patctl, int status)
{
    if (fflush(stdout) == 0 || errno == EPIPE)
        return status;
    return tell_failure(patctl, EXIT_INTERNAL, "output", "", "writing the output: %s",
                        strerror(errno));
}

int
main(int argc, char **argv)
{
    struct patctl patctl = {.globals = {.time = TIME_RELATIVE}};
    struct cmd_line *line = calloc(1, sizeof *line);
    int status = EXIT_INTERNAL;

    if (argc < 1 || line == NULL)
        return EXIT_USAGE;
    setlocale(LC_ALL, "");
    tzset();
    signal(SIGPIPE, SIG_IGN);
    pat_varlink_start();
    status = cmd_parse(&patctl, argc, argv, line);
    if (status == EXIT_DONE)
        status = close_output(&patctl, run(&patctl, line));
    ask_free(patctl.ask);
    out_free(patctl.out);
    free(line);
    return status;
}
