/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays a script from standard input on libsasl2's server side and prints what happens. The
 * commands stand in the table at the end; see tests/sasl/README.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sasl/server.h"

#define LINE_MAX_BYTES (3 * SERVER_MESSAGE_MAX)
#define WORDS_MAX 12
#define EXCHANGES_MAX 32
#define THREADS_MAX 64

static sasl_conn_t *conn;
static struct server_exchange exchanges[EXCHANGES_MAX];
static size_t exchanges_count;
static atomic_ulong wrong;
static unsigned long rounds;

_Noreturn static void
fail(const char *why, const char *what)
{
    fprintf(stderr, "driver: %s: %s\n", why, what);
    exit(2);
}

/* --- commands --- */

static void
do_path(char **words, size_t count)
{
    (void)count;
    server_set_path(words[0]);
}

static void
do_option(char **words, size_t count)
{
    server_set_option(words[0], count > 1 ? words[1] : "");
}

static void
do_service(char **words, size_t count)
{
    (void)count;
    server_set_service(words[0]);
}

static void
do_realm(char **words, size_t count)
{
    (void)count;
    server_set_realm(words[0]);
}

static void
do_remote(char **words, size_t count)
{
    (void)count;
    server_set_remote(words[0]);
}

/* NUMBER: libsasl2 says that it is another version of itself, such as 2.1.27. */
static void
do_version(char **words, size_t count)
{
    (void)count;
    server_set_version(words[0]);
}

static void
do_password(char **words, size_t count)
{
    struct server_message message = server_read_message(words[1]);

    (void)count;
    server_set_password(words[0], &message);
    server_free_message(&message);
}

static void
do_init(char **words, size_t count)
{
    (void)words;
    (void)count;
    server_init();
}

static void
do_dispose(char **words, size_t count)
{
    (void)words;
    (void)count;
    sasl_dispose(&conn);
    conn = NULL;
}

static void
do_done(char **words, size_t count)
{
    do_dispose(words, count);
    server_done();
}

static void
do_new(char **words, size_t count)
{
    do_dispose(words, count);
    conn = server_new();
}

static void
do_list(char **words, size_t count)
{
    const char *list = NULL;
    int code = sasl_listmech(conn, NULL, "", " ", "", &list, NULL, NULL);

    (void)words;
    (void)count;
    printf("mechs %s\n", code == SASL_OK ? list : "");
}

/* What the application demands: "noplaintext", or a layer below that encrypts. */
static void
do_demand(char **words, size_t count)
{
    sasl_security_properties_t security = {.max_ssf = 256, .maxbufsize = 4096};
    sasl_ssf_t below = count > 1 ? (sasl_ssf_t)strtoul(words[1], NULL, 10) : 0;

    if (strcmp(words[0], "noplaintext") == 0)
        security.security_flags = SASL_SEC_NOPLAINTEXT | SASL_SEC_NOANONYMOUS;
    sasl_setprop(conn, SASL_SEC_PROPS, &security);
    sasl_setprop(conn, SASL_SSF_EXTERNAL, &below);
}

/* Changes the address of a connection that stands. */
static void
do_remote_now(char **words, size_t count)
{
    (void)count;
    if (sasl_setprop(conn, SASL_IPREMOTEPORT, words[0]) != SASL_OK)
        fail("no address", words[0]);
}

static struct server_exchange
read_exchange(const char *mech, char **words, size_t count)
{
    struct server_exchange exchange = {.count = count};

    if (count > SERVER_STEPS_MAX)
        fail("too many steps", mech);
    snprintf(exchange.mech, sizeof exchange.mech, "%s", mech);
    for (size_t i = 0; i < count; i++)
        exchange.steps[i] = server_read_message(words[i]);
    return exchange;
}

static void
free_exchange(struct server_exchange *exchange)
{
    for (size_t i = 0; i < exchange->count; i++)
        server_free_message(&exchange->steps[i]);
}

/* MECH MESSAGE ...: on the connection that stands. */
static void
do_try(char **words, size_t count)
{
    struct server_exchange exchange = read_exchange(words[0], words + 1, count - 1);

    puts("try");
    if (server_run(conn, &exchange, true) == SASL_OK)
        server_print_identity(conn);
    fflush(stdout);
    free_exchange(&exchange);
}

/* MECH MESSAGE ...: on the same connection, in a child that then ends. */
static void
do_fork(char **words, size_t count)
{
    int status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        do_try(words, count);
        _exit(0);
    }
    if (child == -1 || waitpid(child, &status, 0) != child || status != 0)
        fail("no child", words[0]);
}

/* MESSAGE ...: more of the same. */
static void
do_step(char **words, size_t count)
{
    struct server_exchange exchange = read_exchange("", words, count);

    puts("try");
    if (server_run(conn, &exchange, true) == SASL_OK)
        server_print_identity(conn);
    free_exchange(&exchange);
}

static void
do_setpass(char **words, size_t count)
{
    (void)count;
    printf("setpass %d\n", sasl_setpass(conn, words[0], words[1], (unsigned)strlen(words[1]), NULL,
                                        0, SASL_SET_CREATE));
}

/* Each from elsewhere: patd lets the refusals of one neighbourhood wait. */
static void
come_from_elsewhere(sasl_conn_t *mine, unsigned long number)
{
    char text[64];

    snprintf(text, sizeof text, "10.%lu.%lu.1;4242", number / 250 % 250, number % 250);
    sasl_setprop(mine, SASL_IPREMOTEPORT, text);
}

static void
do_again(char **words, size_t count)
{
    unsigned long times = strtoul(words[0], NULL, 10);

    (void)count;
    server_quiet(true);
    do_done(words, 0);
    for (unsigned long i = 0; i < times; i++) {
        server_init();
        conn = server_new();
        come_from_elsewhere(conn, i);
        server_run(conn, &exchanges[i % exchanges_count], false);
        do_done(words, 0);
    }
    server_quiet(false);
    printf("again %lu\n", times);
}

/* CODE USER MECH MESSAGE ...: for many and again. */
static void
do_exchange(char **words, size_t count)
{
    struct server_exchange exchange = read_exchange(words[2], words + 3, count - 3);

    if (exchanges_count == EXCHANGES_MAX)
        fail("too many exchanges", words[2]);
    exchange.code = (int)strtol(words[0], NULL, 10);
    snprintf(exchange.user, sizeof exchange.user, "%s", words[1]);
    exchanges[exchanges_count++] = exchange;
}

static bool
is_as_expected(sasl_conn_t *mine, const struct server_exchange *exchange)
{
    const void *user = NULL;

    if (server_run(mine, exchange, false) != exchange->code)
        return false;
    return exchange->code != SASL_OK || (sasl_getprop(mine, SASL_USERNAME, &user) == SASL_OK &&
                                         strcmp(user, exchange->user) == 0);
}

static void *
run_many(void *number)
{
    for (unsigned long i = 0; i < rounds; i++) {
        const struct server_exchange *exchange = &exchanges[(i + (size_t)number) % exchanges_count];
        sasl_conn_t *mine = server_new();

        come_from_elsewhere(mine, (unsigned long)number * rounds + i);
        if (mine == NULL || !is_as_expected(mine, exchange))
            atomic_fetch_add(&wrong, 1);
        sasl_dispose(&mine);
    }
    return NULL;
}

static unsigned long
resident_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long all, resident = 0;

    if (file == NULL || fscanf(file, "%lu %lu", &all, &resident) != 2)
        fail("cannot read", "/proc/self/statm");
    fclose(file);
    return resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

/* THREADS ROUNDS: each thread plays the exchanges in turn, on connections of its own. */
static void
do_many(char **words, size_t count)
{
    size_t threads = strtoul(words[0], NULL, 10);
    pthread_t ids[THREADS_MAX];

    (void)count;
    if (threads == 0 || threads > THREADS_MAX || exchanges_count == 0)
        fail("nothing to do", words[0]);
    rounds = strtoul(words[1], NULL, 10);
    atomic_store(&wrong, 0);
    server_quiet(true);
    for (size_t i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, run_many, (void *)i) != 0)
            fail("no thread", words[0]);
    for (size_t i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    server_quiet(false);
    printf("many wrong=%lu tokens=%lu resident=%lu\n", atomic_load(&wrong), server_tokens_seen(),
           resident_kib());
}

static const struct command {
    const char *name;
    size_t least; /* words */
    void (*run)(char **words, size_t count);
} commands[] = {
    {"path", 1, do_path},         {"option", 1, do_option}, {"service", 1, do_service},
    {"realm", 1, do_realm},       {"remote", 1, do_remote}, {"remote-now", 1, do_remote_now},
    {"password", 2, do_password}, {"init", 0, do_init},     {"done", 0, do_done},
    {"new", 0, do_new},           {"list", 0, do_list},     {"demand", 1, do_demand},
    {"try", 2, do_try},           {"step", 1, do_step},     {"setpass", 2, do_setpass},
    {"exchange", 4, do_exchange}, {"again", 1, do_again},   {"many", 2, do_many},
    {"version", 1, do_version},   {"fork", 2, do_fork},
};

/* The option's value may hold blanks: it is the rest of the line. */
static size_t
split(char *line, char **words)
{
    bool is_option = strncmp(line, "option ", 7) == 0;
    size_t count = 0;

    for (char *at = line; *at != '\0' && count < WORDS_MAX;) {
        words[count++] = at;
        if (is_option && count == 3)
            break;
        at += strcspn(at, " ");
        if (*at != '\0')
            *at++ = '\0';
    }
    return count;
}

static void
play(char *line)
{
    char *words[WORDS_MAX];
    size_t count = split(line, words);

    for (size_t i = 0; count > 0 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, words[0]) != 0)
            continue;
        if (count - 1 < commands[i].least)
            fail("too few words", words[0]);
        commands[i].run(words + 1, count - 1);
        fflush(stdout);
        return;
    }
    fail("no command", line);
}

int
main(void)
{
    static char line[LINE_MAX_BYTES];

    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        play(line);
    }
    sasl_dispose(&conn); /* what its exchange holds would be no leak while it stands */
    for (size_t i = 0; i < exchanges_count; i++)
        free_exchange(&exchanges[i]);
    return 0;
}
