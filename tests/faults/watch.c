/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open processes that use a token again and again, as servers do, until it is refused:
 *
 *     watch SOCKET PROCESSES
 *
 * Reads tokens, one a line. For each: prints "all" when every process was accepted with it, and
 * when every one was refused, prints the moment at which the last acceptance had been asked for,
 * and the moment of the last first refusal, in nanoseconds of CLOCK_MONOTONIC. Anything but the two
 * answers is counted behind them.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/pat.h"

#define PROCESSES_MAX 200
#define PAUSE_NANOSECONDS 200000L

struct process {
    _Atomic int64_t turn;     /* the token that it has begun to use */
    _Atomic int64_t accepted; /* when the last acceptance was asked for; 0: none yet */
    _Atomic int64_t refused;  /* when the first refusal had come; 0: none yet */
};

/* Shared by all. */
struct board {
    _Atomic int64_t turn;
    _Atomic int64_t odd;
    char token[PAT_SECRET_MAX + 1];
    struct process processes[PROCESSES_MAX];
};

static const struct timespec pause_time = {.tv_nsec = PAUSE_NANOSECONDS};

static int64_t
nanoseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* From a network of its own for each token and process: refusals are slowed down by network. */
static enum pat_class
ask(const char *socket, const char *token, int number, int64_t turn)
{
    struct pat_request request;
    struct pat_answer answer;

    memset(&request, 0, sizeof request);
    request.has_login = request.has_address = true;
    snprintf(request.address, sizeof request.address, "2001:%x:%x::1", (unsigned)(0x100 + number),
             (unsigned)(turn & 0xffff));
    if (pat_text_set(request.service, sizeof request.service, "imap") != PAT_OK ||
        pat_text_set(request.login, sizeof request.login, "alice") != PAT_OK ||
        pat_secret_set(&request.token, token, strlen(token)) != PAT_OK)
        abort();
    return pat_client_ask(socket, &request, &answer) == PAT_OK ? answer.class
                                                               : PAT_CLASS_UNAVAILABLE;
}

static void
use_until_refused(struct board *board, struct process *process, const char *socket, int number)
{
    while (process->refused == 0) {
        int64_t begin = nanoseconds_now();
        enum pat_class class = ask(socket, board->token, number, process->turn);

        if (class == PAT_CLASS_ACCEPTED)
            process->accepted = begin;
        else if (class == PAT_CLASS_REFUSED)
            process->refused = nanoseconds_now();
        else
            board->odd++;
    }
}

static _Noreturn void
serve(struct board *board, const char *socket, int number)
{
    struct process *process = &board->processes[number];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        if (process->turn == board->turn) {
            nanosleep(&pause_time, NULL);
            continue;
        }
        process->accepted = process->refused = 0;
        process->turn = board->turn;
        use_until_refused(board, process, socket, number);
    }
}

/* Whether every process has used the token of this turn, or every one has been refused with it. */
static bool
all_have(const struct board *board, int count, bool refused)
{
    for (int i = 0; i < count; i++) {
        const struct process *process = &board->processes[i];

        if (process->turn != board->turn || (refused ? process->refused : process->accepted) == 0)
            return false;
    }
    return true;
}

static void
report(const struct board *board, int count)
{
    int64_t accepted = 0, refused = 0;

    for (int i = 0; i < count; i++) {
        const struct process *process = &board->processes[i];

        accepted = process->accepted > accepted ? process->accepted : accepted;
        refused = process->refused > refused ? process->refused : refused;
    }
    printf("%lld %lld %lld\n", (long long)accepted, (long long)refused, (long long)board->odd);
}

static void
take_turns(struct board *board, int count)
{
    char line[PAT_SECRET_MAX + 1];

    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        memcpy(board->token, line, sizeof line);
        board->turn++;
        while (!all_have(board, count, false))
            nanosleep(&pause_time, NULL);
        puts("all");
        while (!all_have(board, count, true))
            nanosleep(&pause_time, NULL);
        report(board, count);
    }
}

int
main(int argc, char **argv)
{
    struct board *board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t children[PROCESSES_MAX];
    int64_t count;

    if (board == MAP_FAILED || argc != 3 ||
        pat_text_number(argv[2], 1, PROCESSES_MAX, &count) != PAT_OK) {
        fputs("Usage: watch SOCKET PROCESSES\n", stderr);
        return 2;
    }
    for (int i = 0; i < (int)count; i++) {
        children[i] = fork();
        if (children[i] == 0)
            serve(board, argv[1], i);
        if (children[i] == -1)
            abort();
    }
    take_turns(board, (int)count);
    for (int i = 0; i < (int)count; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    return 0;
}
