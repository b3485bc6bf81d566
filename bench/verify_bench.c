/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One verification over patd's socket against an empty server behind the same kind of socket, with
 * packets of the same sizes: on a fresh connection, as modules do it, and on one that is kept. The
 * case "client" is the modules' own client, which also sets timeouts and looks at the server's uid.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/credentials.h"
#include "bench/echo.h"
#include "bench/sample.h"
#include "core/base/text.h"
#include "core/pat.h"
#include "core/wire/wire.h"

#define WARM_UP 20
#define SERVICE "imap"
#define WHAT "virtual"

enum { ECHO_FRESH, ECHO_FRESH_AGAIN, FRESH, CLIENT, ECHO_KEPT, ECHO_KEPT_AGAIN, KEPT, CASES };

static const struct bench_sample_case cases[CASES] = {
    [ECHO_FRESH] = {"echo-fresh", ECHO_FRESH, ECHO_FRESH_AGAIN},
    [ECHO_FRESH_AGAIN] = {"echo-fresh-again", ECHO_FRESH, ECHO_FRESH_AGAIN},
    [FRESH] = {"patd-fresh", ECHO_FRESH, FRESH},
    [CLIENT] = {"patd-client", ECHO_FRESH, CLIENT},
    [ECHO_KEPT] = {"echo-kept", ECHO_KEPT, ECHO_KEPT_AGAIN},
    [ECHO_KEPT_AGAIN] = {"echo-kept-again", ECHO_KEPT, ECHO_KEPT_AGAIN},
    [KEPT] = {"patd-kept", ECHO_KEPT, KEPT},
};

struct bench {
    struct sockaddr_un patd, echo;
    pid_t patd_pid, echo_pid;
    int patd_kept, echo_kept; /* connections */
    size_t answer_len;
    struct bench_credentials credentials;
    struct bench_samples *samples;
    /* of the running operation */
    struct pat_request request;
    unsigned char packet[PAT_WIRE_MAX];
    size_t packet_len;
};

static int
connect_to(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd == -1 || connect(fd, (const struct sockaddr *)address, sizeof *address) == -1)
        bench_sample_fail(address->sun_path);
    return fd;
}

static size_t
exchange(struct bench *bench, int fd, unsigned char answer[PAT_WIRE_MAX])
{
    ssize_t got;

    if (send(fd, bench->packet, bench->packet_len, MSG_NOSIGNAL) == -1)
        bench_sample_fail("send");
    got = recv(fd, answer, PAT_WIRE_MAX, 0);
    if (got <= 0)
        bench_sample_fail("recv");
    return (size_t)got;
}

static size_t
exchange_fresh(struct bench *bench, const struct sockaddr_un *address,
               unsigned char answer[PAT_WIRE_MAX])
{
    int fd = connect_to(address);
    size_t len = exchange(bench, fd, answer);

    close(fd);
    return len;
}

static void
make_request(struct bench *bench)
{
    const struct bench_credential *credential = bench_credentials_draw(&bench->credentials);
    struct pat_request *request = &bench->request;

    memset(request, 0, sizeof *request);
    request->has_login = true;
    if (pat_text_set(request->service, sizeof request->service, SERVICE) != PAT_OK ||
        pat_text_set(request->login, sizeof request->login, credential->login) != PAT_OK ||
        pat_secret_set(&request->token, credential->password, strlen(credential->password)) !=
            PAT_OK)
        abort();
    bench->packet_len = pat_wire_put_request(request, bench->packet);
}

/* Every answer of patd must be an acceptance, or something else was measured. */
static bool
is_accepted(const unsigned char *packet, size_t len)
{
    struct pat_answer answer;

    return pat_wire_get_answer(packet, len, &answer) == PAT_OK &&
           answer.class == PAT_CLASS_ACCEPTED;
}

static bool
operate(struct bench *bench, size_t round, size_t which)
{
    pid_t server = which == FRESH || which == CLIENT || which == KEPT ? bench->patd_pid
                                                                      : bench->echo_pid;
    unsigned char packet[PAT_WIRE_MAX];
    struct pat_answer answer = {.class = PAT_CLASS_REFUSED};
    size_t len = 0;
    bool accepted;

    make_request(bench);
    bench_sample_start(bench->samples, round, which, server);
    if (which == CLIENT)
        accepted = pat_client_ask(bench->patd.sun_path, &bench->request, &answer) == PAT_OK;
    else if (which == KEPT || which >= ECHO_KEPT)
        len = exchange(bench, which == KEPT ? bench->patd_kept : bench->echo_kept, packet);
    else
        len = exchange_fresh(bench, which == FRESH ? &bench->patd : &bench->echo, packet);
    bench_sample_stop(bench->samples, round, which, server);
    if (which == CLIENT)
        accepted = accepted && answer.class == PAT_CLASS_ACCEPTED;
    else if (server == bench->patd_pid)
        accepted = is_accepted(packet, len);
    else
        accepted = len == bench->answer_len;
    if (!accepted)
        fprintf(stderr, "%s: not accepted\n", cases[which].name);
    return accepted;
}

static int
measure(struct bench *bench, size_t rounds)
{
    size_t order[CASES];
    bool good = true;

    bench->samples = bench_sample_new(cases, CASES, rounds);
    for (size_t round = 0; good && round < WARM_UP; round++)
        for (size_t i = 0; good && i < CASES; i++)
            good = operate(bench, 0, i);
    for (size_t round = 0; good && round < rounds; round++) {
        bench_sample_order(bench->samples, order);
        for (size_t i = 0; good && i < CASES; i++)
            good = operate(bench, round, order[i]);
    }
    if (!good)
        return 1;
    return bench_sample_report(bench->samples) ? 0 : BENCH_SAMPLE_VOID;
}

/*
 * Both servers on one CPU and the client on another, or where the scheduler happens to put them
 * would decide the ratio.
 */
static int
measure_pinned(struct bench *bench, size_t rounds)
{
    struct bench_sample_cpus before, ignored;
    int status;

    bench_sample_pin(bench->echo_pid, 1, &ignored);
    bench_sample_pin(bench->patd_pid, 1, &before);
    bench_sample_pin(0, 0, &ignored);
    status = measure(bench, rounds);
    bench_sample_unpin(bench->patd_pid, &before);
    return status;
}

static int
run(struct bench *bench, size_t rounds)
{
    const char *directory = getenv("TMPDIR");
    unsigned char packet[PAT_WIRE_MAX];
    int status;

    snprintf(bench->echo.sun_path, sizeof bench->echo.sun_path, "%s/verify_bench-%ld",
             directory == NULL ? "/tmp" : directory, (long)getpid());
    make_request(bench);
    bench->answer_len = exchange_fresh(bench, &bench->patd, packet);
    bench->echo_pid = bench_echo_start(&bench->echo, SOCK_SEQPACKET, packet, bench->answer_len);
    bench->echo_kept = connect_to(&bench->echo);
    bench->patd_kept = connect_to(&bench->patd);
    status = measure_pinned(bench, rounds);
    bench_echo_stop(bench->echo_pid, &bench->echo);
    close(bench->echo_kept);
    close(bench->patd_kept);
    free(bench->credentials.all);
    return status;
}

static const char usage[] = "Usage: verify_bench SOCKET PID CREDENTIALS ROUNDS\n"
                            "PID is patd's: its CPU time is counted.\n";

int
main(int argc, char **argv)
{
    struct bench bench = {.patd = {.sun_family = AF_UNIX}, .echo = {.sun_family = AF_UNIX}};
    size_t rounds = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;

    if (rounds == 0 ||
        pat_text_set(bench.patd.sun_path, sizeof bench.patd.sun_path, argv[1]) != PAT_OK) {
        fputs(usage, stderr);
        return 2;
    }
    bench.patd_pid = (pid_t)strtol(argv[2], NULL, 10);
    bench_credentials_read(argv[3], WHAT, &bench.credentials);
    srandom((unsigned)time(NULL));
    return run(&bench, rounds);
}
