/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PLAIN in libsasl2's server side, from sasl_server_new to sasl_dispose, case by case against a
 * server that speaks saslauthd's protocol and says OK to everything.
 *
 * libsasl2 loads its plugins and reads some options once in a process, so each case has a process
 * of its own for the whole run, with the plugins that this case needs and no other. They are asked
 * in turn over sockets and take their times themselves. They share one CPU, the servers another.
 * Each first does its operation once without counting it: a host has one case only, and what the
 * case before left of caches and page tables would otherwise be most of what is measured.
 */
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sasl/sasl.h>

#include "bench/credentials.h"
#include "bench/echo.h"
#include "bench/sample.h"

#define WARM_UP 5
#define TIMES 2 /* an operation is repeated, and its last time counts */
#define PATH_SIZE 300

enum { OK, OK_AGAIN, PLUGIN, AUTHDAEMOND, MUX, SASLDB, SQL, SASLAUTHD, PAM, KINDS };

/* Options of cases; the value @ is the case's place, a socket or a database. */
struct option_row {
    const char *name, *value;
};

static const struct option_row ask_saslauthd[] = {
    {"pwcheck_method", "saslauthd"}, {"saslauthd_path", "@"}, {NULL, NULL}};
static const struct option_row ask_authdaemond[] = {
    {"pwcheck_method", "authdaemond"}, {"authdaemond_path", "@"}, {NULL, NULL}};
static const struct option_row ask_plugin[] = {
    {"pat_override", "yes"}, {"pat_socket", "@"}, {NULL, NULL}};
static const struct option_row ask_sasldb[] = {{"pwcheck_method", "auxprop"},
                                               {"auxprop_plugin", "sasldb"},
                                               {"sasldb_path", "@"},
                                               {NULL, NULL}};
static const struct option_row ask_sql[] = {
    {"pwcheck_method", "auxprop"},
    {"auxprop_plugin", "sql"},
    {"sql_engine", "sqlite3"},
    {"sql_database", "@"},
    {"sql_select", "select %p from users where name = '%u' and realm = '%r'"},
    {NULL, NULL}};

static const struct kind {
    const char *name;
    const char *plugins; /* subdirectory of --plugins */
    const char *credentials;
    const struct option_row *options;
} kinds[KINDS] = {
    [OK] = {"ok", "plain", "virtual", ask_saslauthd},
    [OK_AGAIN] = {"ok-again", "plain", "virtual", ask_saslauthd},
    [PLUGIN] = {"plugin", "plugin", "virtual", ask_plugin},
    [AUTHDAEMOND] = {"authdaemond", "plain", "virtual", ask_authdaemond},
    [MUX] = {"mux", "plain", "virtual", ask_saslauthd},
    [SASLDB] = {"sasldb", "sasldb", "password", ask_sasldb},
    [SQL] = {"sql", "sql", "password", ask_sql},
    [SASLAUTHD] = {"saslauthd-sasldb", "plain", "password", ask_saslauthd},
    [PAM] = {"saslauthd-pam", "plain", "password", ask_saslauthd},
};

/* A case of this run, and the process that plays it. */
struct player {
    const struct kind *kind;
    char place[PATH_SIZE];
    char path[PATH_SIZE]; /* of its plugins */
    pid_t server;         /* 0: the case has none */
    pid_t pid;
    int fd; /* round numbers go there, and come back when they are done */
};

struct bench {
    const char *plugins;
    const char *credentials;
    size_t rounds;
    size_t count;
    struct player players[KINDS];
    struct bench_sample_case cases[KINDS];
    struct bench_samples *samples;
    char host[256];
};

/* --- callbacks of libsasl2 --- */

static int
get_option(void *context, const char *plugin, const char *name, const char **ret, unsigned *ret_len)
{
    const struct player *player = context;

    (void)plugin;
    for (const struct option_row *row = player->kind->options; row->name != NULL; row++) {
        if (strcmp(row->name, name) != 0)
            continue;
        *ret = strcmp(row->value, "@") == 0 ? player->place : row->value;
        if (ret_len != NULL)
            *ret_len = (unsigned)strlen(*ret);
        return SASL_OK;
    }
    return SASL_FAIL;
}

static int
get_path(void *context, const char **ret)
{
    const struct player *player = context;

    *ret = player->path;
    return SASL_OK;
}

/* What libsasl2 would send to syslog. */
static int
take_log(void *context, int level, const char *message)
{
    (void)context;
    if (level <= SASL_LOG_ERR)
        fprintf(stderr, "libsasl2: %s\n", message);
    return SASL_OK;
}

/* --- one exchange, in a process of its own --- */

/* What a client of PLAIN sends: nobody to act as, NUL, name, NUL, password. */
static size_t
make_message(const struct bench_credential *credential, char *ret, size_t size)
{
    return (size_t)snprintf(ret, size, "%c%s%c%s", 0, credential->login, 0, credential->password);
}

static bool
operate(struct bench *bench, size_t which, const struct bench_credentials *credentials,
        size_t round)
{
    const struct player *player = &bench->players[which];
    char message[200], remote[40];
    size_t len = make_message(bench_credentials_draw(credentials), message, sizeof message);
    long bits = random();
    sasl_conn_t *conn = NULL;
    const char *out = NULL;
    unsigned out_len = 0;
    int code;

    snprintf(remote, sizeof remote, "10.%ld.%ld.7;4242", bits >> 8 & 255, bits & 255);
    bench_sample_start(bench->samples, round, which, player->server);
    code = sasl_server_new("imap", bench->host, NULL, NULL, remote, NULL, 0, &conn);
    if (code == SASL_OK)
        code = sasl_server_start(conn, "PLAIN", message, (unsigned)len, &out, &out_len);
    sasl_dispose(&conn);
    bench_sample_stop(bench->samples, round, which, player->server);
    if (code != SASL_OK)
        fprintf(stderr, "%s: libsasl2 answered %d\n", player->kind->name, code);
    return code == SASL_OK;
}

static void __attribute__((noreturn)) play(struct bench *bench, size_t which, int fd)
{
    struct player *player = &bench->players[which];
    const sasl_callback_t callbacks[] = {
        {SASL_CB_GETOPT, (int (*)(void))(void *)get_option, player},
        {SASL_CB_GETPATH, (int (*)(void))(void *)get_path, player},
        {SASL_CB_LOG, (int (*)(void))(void *)take_log, player},
        {SASL_CB_LIST_END, NULL, NULL}};
    struct bench_credentials credentials;
    size_t round;

    bench_credentials_read(bench->credentials, player->kind->credentials, &credentials);
    if (sasl_server_init(callbacks, "sasl_bench") != SASL_OK)
        _exit(1);
    while (read(fd, &round, sizeof round) == (ssize_t)sizeof round) {
        for (int i = 0; i < TIMES; i++)
            if (!operate(bench, which, &credentials, round))
                _exit(1);
        if (write(fd, &round, sizeof round) != (ssize_t)sizeof round)
            _exit(1);
    }
    _exit(0);
}

static void
start_player(struct bench *bench, size_t which)
{
    struct player *player = &bench->players[which];
    unsigned seed = (unsigned)random();
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == -1)
        bench_sample_fail("socketpair");
    player->pid = fork();
    if (player->pid == -1)
        bench_sample_fail("fork");
    if (player->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(fds[0]);
        srandom(seed);
        play(bench, which, fds[1]);
    }
    close(fds[1]);
    player->fd = fds[0];
}

static void
stop_player(struct player *player)
{
    kill(player->pid, SIGKILL);
    waitpid(player->pid, NULL, 0);
    close(player->fd);
}

static bool
ask(const struct player *player, size_t round)
{
    size_t done;

    return write(player->fd, &round, sizeof round) == (ssize_t)sizeof round &&
           read(player->fd, &done, sizeof done) == (ssize_t)sizeof done;
}

/* --- the run --- */

static bool
measure(struct bench *bench)
{
    size_t order[KINDS];
    bool good = true;

    for (size_t round = 0; good && round < WARM_UP; round++)
        for (size_t i = 0; good && i < bench->count; i++)
            good = ask(&bench->players[i], 0);
    for (size_t round = 0; good && round < bench->rounds; round++) {
        bench_sample_order(bench->samples, order);
        for (size_t i = 0; good && i < bench->count; i++)
            good = ask(&bench->players[order[i]], round);
    }
    return good;
}

/* The same servers serve several cases; patd is given back as it was. */
static bool
measure_pinned(struct bench *bench)
{
    struct bench_sample_cpus before[KINDS], ignored;
    bool good;

    for (size_t i = 0; i < bench->count; i++)
        if (bench->players[i].server != 0)
            bench_sample_pin(bench->players[i].server, 1, &before[i]);
    bench_sample_pin(0, 0, &ignored);
    for (size_t i = 0; i < bench->count; i++)
        start_player(bench, i);
    good = measure(bench);
    for (size_t i = 0; i < bench->count; i++)
        stop_player(&bench->players[i]);
    for (size_t i = bench->count; i-- > 0;)
        if (bench->players[i].server != 0)
            bench_sample_unpin(bench->players[i].server, &before[i]);
    return good;
}

static int
run(struct bench *bench)
{
    static const unsigned char says_ok[] = {0, 2, 'O', 'K'};
    const char *directory = getenv("TMPDIR");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    pid_t server;
    bool good;

    snprintf(address.sun_path, sizeof address.sun_path, "%s/sasl_bench-%ld",
             directory == NULL ? "/tmp" : directory, (long)getpid());
    server = bench_echo_start(&address, SOCK_STREAM, says_ok, sizeof says_ok);
    for (size_t i = OK; i <= OK_AGAIN; i++) {
        bench->players[i].server = server;
        snprintf(bench->players[i].place, PATH_SIZE, "%s", address.sun_path);
    }
    bench->samples = bench_sample_new(bench->cases, bench->count, bench->rounds);
    good = measure_pinned(bench);
    bench_echo_stop(server, &address);
    if (!good)
        return 1;
    return bench_sample_report(bench->samples) ? 0 : BENCH_SAMPLE_VOID;
}

/* --- arguments --- */

static void
add_case(struct bench *bench, size_t kind)
{
    size_t which = bench->count++;
    struct player *player = &bench->players[which];

    player->kind = &kinds[kind];
    snprintf(player->path, sizeof player->path, "%s/%s", bench->plugins, kinds[kind].plugins);
    bench->cases[which] = (struct bench_sample_case){kinds[kind].name, OK,
                                                     which == OK ? (size_t)OK_AGAIN : which};
}

/* NAME=PLACE or NAME=PLACE=PID */
static bool
read_case(struct bench *bench, const char *text)
{
    size_t kind = PLUGIN, len = strcspn(text, "=");
    const char *place = text + len + 1, *pid;
    struct player *player = &bench->players[bench->count];

    while (kind < KINDS &&
           (strncmp(kinds[kind].name, text, len) != 0 || kinds[kind].name[len] != '\0'))
        kind++;
    if (text[len] == '\0' || kind == KINDS || bench->count == KINDS)
        return false;
    len = strcspn(place, "=");
    if (len == 0 || len >= sizeof player->place)
        return false;
    add_case(bench, kind);
    memcpy(player->place, place, len);
    pid = place[len] == '\0' ? "0" : place + len + 1;
    player->server = (pid_t)strtol(pid, NULL, 10);
    return true;
}

static const char usage[] =
    "Usage: sasl_bench --plugins DIRECTORY --credentials FILE [--rounds N] NAME=PLACE[=PID]...\n"
    "DIRECTORY has a subdirectory of plugins for each kind of case; PLACE is a socket or a\n"
    "database, PID whose CPU time is counted.\n";

int
main(int argc, char **argv)
{
    static const struct option longs[] = {{"plugins", required_argument, NULL, 'p'},
                                          {"credentials", required_argument, NULL, 'c'},
                                          {"rounds", required_argument, NULL, 'r'},
                                          {NULL, 0, NULL, 0}};
    static struct bench bench = {.rounds = 100};
    bool good = true;
    int letter;

    while (good && (letter = getopt_long(argc, argv, "", longs, NULL)) != -1)
        if (letter == 'p')
            bench.plugins = optarg;
        else if (letter == 'c')
            bench.credentials = optarg;
        else if (letter == 'r')
            bench.rounds = strtoul(optarg, NULL, 10);
        else
            good = false;
    if (good && bench.plugins != NULL && bench.credentials != NULL && bench.rounds != 0) {
        add_case(&bench, OK);
        add_case(&bench, OK_AGAIN);
    } else {
        good = false;
    }
    for (int i = optind; good && i < argc; i++)
        good = read_case(&bench, argv[i]);
    if (!good) {
        fputs(usage, stderr);
        return 2;
    }
    if (gethostname(bench.host, sizeof bench.host - 1) == -1)
        bench_sample_fail("gethostname");
    srandom((unsigned)time(NULL));
    return run(&bench);
}
