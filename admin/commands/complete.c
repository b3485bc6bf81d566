/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What shells call while somebody types. Silent, quick, and never in the way: whatever patd does,
 * this ends within a second, with what it has.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands/commands.h"
#include "admin/complete/complete.h"
#include "admin/tell.h"
#include "core/base/text.h"

#define SECONDS_IN_ALL 1

static void
give_up(int number)
{
    (void)number;
    _exit(EXIT_DONE);
}

int
cmd_complete(struct patctl *patctl, const struct cmd_line *line)
{
    const struct sigaction end = {.sa_handler = give_up};

    sigaction(SIGALRM, &end, NULL);
    alarm(SECONDS_IN_ALL);
    complete_line(patctl, line->word_count, line->words);
    alarm(0);
    return EXIT_DONE;
}

int
cmd_completion(struct patctl *patctl, const struct cmd_line *line)
{
    static const struct {
        const char *shell, *text;
    } files[] = {
        {"bash", complete_text_bash},
        {"zsh", complete_text_zsh},
        {"fish", complete_text_fish},
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (pat_text_equal(files[i].shell, line->words[0])) {
            fputs(files[i].text, stdout);
            return EXIT_DONE;
        }
    return tell_failure(patctl, EXIT_USAGE, "usage", "bash, zsh or fish",
                        "no completion for \"%.60s\"", line->words[0]);
}
