/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logins through libpam, from pam_start to pam_end, case by case against pam_permit. The services
 * stand in a directory of this program's own, beside the host's "other", which libpam loads with
 * every service; --lean stands for a host whose "other" only refuses.
 *
 * With --only it runs one case and measures nothing but its page faults, so that valgrind and
 * strace see only logins. With --fork each login is the first of a new process, as in sshd, su and
 * login; else they follow each other in one process, as in a mail server.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "bench/credentials.h"
#include "bench/sample.h"

#define WARM_UP 3
#define PATH_SIZE 600

struct options {
    const char *module; /* pam_pat.so */
    const char *socket;
    const char *credentials;
    const char *only;
    size_t rounds;
    pid_t server;
    bool fork;
    bool lean; /* "other" refuses, instead of what this host has */
};

/* In a stack, @ is pam_pat.so with its socket. */
#define PERMIT "auth required pam_permit.so\naccount required pam_permit.so\n"

enum { PERMIT_FLOOR, PERMIT_AGAIN, ACCEPTED, VIRTUAL, REFUSED, PASSWORD, CASES };

static const struct bench_sample_case cases[CASES] = {
    [PERMIT_FLOOR] = {"permit", PERMIT_FLOOR, PERMIT_AGAIN},
    [PERMIT_AGAIN] = {"permit-again", PERMIT_FLOOR, PERMIT_AGAIN},
    [ACCEPTED] = {"accepted", PERMIT_FLOOR, ACCEPTED},
    [VIRTUAL] = {"virtual", PERMIT_FLOOR, VIRTUAL},
    [REFUSED] = {"refused", PERMIT_FLOOR, REFUSED},
    [PASSWORD] = {"password", PERMIT_FLOOR, PASSWORD},
};

static const struct stack {
    const char *text;
    int expected;
} stacks[CASES] = {
    [PERMIT_FLOOR] = {PERMIT, PAM_SUCCESS},
    [PERMIT_AGAIN] = {PERMIT, PAM_SUCCESS},
    /* of a local account, as sshd has it */
    [ACCEPTED] = {"auth required @ service=sshd\naccount required pam_permit.so\n", PAM_SUCCESS},
    /* of a user without an account, as a mail server has it */
    [VIRTUAL] = {"auth required @ service=imap\naccount required @\n", PAM_SUCCESS},
    [REFUSED] = {"auth required @ service=imap\naccount required @\n", PAM_AUTH_ERR},
    /* somebody who does not use tokens, where others do */
    [PASSWORD] = {"auth [success=1 default=ignore] @ service=sshd\n"
                  "auth required pam_permit.so\naccount required pam_permit.so\n",
                  PAM_SUCCESS},
};

/* libpam reads "other" for every service, and loads what it names. */
#define HOST_SERVICES "/etc/pam.d"
static const char lean_other[] = "auth required pam_deny.so\naccount required pam_deny.so\n"
                                 "password required pam_deny.so\nsession required pam_deny.so\n";

/* --- the services --- */

static void
write_service(const struct options *options, const char *dir, const char *name, const char *stack)
{
    char path[PATH_SIZE];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "wxe");
    if (file == NULL)
        bench_sample_fail(path);
    for (const char *at = stack; *at != '\0'; at++)
        if (*at == '@')
            fprintf(file, "%s socket=%s", options->module, options->socket);
        else
            fputc(*at, file);
    if (fclose(file) != 0)
        bench_sample_fail(path);
}

/* What "other" of this host includes, by the names it uses. Our own services stay. */
static void
link_host_services(const char *dir)
{
    DIR *host = opendir(HOST_SERVICES);
    struct dirent *entry;
    char from[300], to[PATH_SIZE];

    if (host == NULL)
        bench_sample_fail(HOST_SERVICES);
    while ((entry = readdir(host)) != NULL) {
        snprintf(from, sizeof from, HOST_SERVICES "/%s", entry->d_name);
        snprintf(to, sizeof to, "%s/%s", dir, entry->d_name);
        if (entry->d_name[0] != '.' && symlink(from, to) == -1 && errno != EEXIST)
            bench_sample_fail(to);
    }
    closedir(host);
}

static void
write_services(const struct options *options, const char *dir)
{
    for (size_t i = 0; i < CASES; i++)
        write_service(options, dir, cases[i].name, stacks[i].text);
    if (options->lean)
        write_service(options, dir, "other", lean_other);
    else
        link_host_services(dir);
}

static void
remove_services(const char *dir)
{
    DIR *services = opendir(dir);
    struct dirent *entry;
    char path[PATH_SIZE];

    while (services != NULL && (entry = readdir(services)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    if (services != NULL)
        closedir(services);
    rmdir(dir);
}

/* --- one login --- */

static int
answer(int count, const struct pam_message **messages, struct pam_response **ret, void *context)
{
    const struct bench_credential *credential = context;

    *ret = calloc((size_t)count, sizeof **ret);
    for (int i = 0; *ret != NULL && i < count; i++)
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
            (*ret)[i].resp = strdup(credential->password);
    return *ret == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
}

/* The application decides how to wait after a failure: this one does not. */
static void
no_delay(int code, unsigned microseconds, void *context)
{
    (void)code;
    (void)microseconds;
    (void)context;
}

/* From everywhere, or patd would delay the refusals of one neighbourhood. */
static void
draw_address(char ret[16])
{
    long bits = random();

    snprintf(ret, 16, "10.%ld.%ld.7", bits >> 8 & 255, bits & 255);
}

static int
log_in(const char *dir, const char *service, const struct bench_credential *credential,
       const char *address)
{
    union {
        void (*function)(int, unsigned, void *);
        const void *item;
    } delay = {.function = no_delay};
    const struct pam_conv conversation = {answer, (void *)(size_t)credential};
    pam_handle_t *pamh = NULL;
    int code = pam_start_confdir(service, credential->login, &conversation, dir, &pamh);

    if (code == PAM_SUCCESS)
        code = pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);
    if (code == PAM_SUCCESS)
        code = pam_set_item(pamh, PAM_RHOST, address);
    if (code == PAM_SUCCESS)
        code = pam_authenticate(pamh, 0);
    if (code == PAM_SUCCESS)
        code = pam_acct_mgmt(pamh, 0);
    pam_end(pamh, code);
    return code;
}

struct bench {
    const struct options *options;
    const char *dir;
    struct bench_credentials credentials[CASES];
    struct bench_samples *samples; /* NULL: nothing is measured */
};

static bool
operate(const struct bench *bench, size_t round, size_t which)
{
    const struct bench_credential *credential = bench_credentials_draw(&bench->credentials[which]);
    char address[16];
    int code;

    draw_address(address);
    if (bench->samples != NULL)
        bench_sample_start(bench->samples, round, which, bench->options->server);
    code = log_in(bench->dir, cases[which].name, credential, address);
    if (bench->samples != NULL)
        bench_sample_stop(bench->samples, round, which, bench->options->server);
    if (code == stacks[which].expected)
        return true;
    fprintf(stderr, "%s: PAM answered %d instead of %d\n", cases[which].name, code,
            stacks[which].expected);
    return false;
}

/* The samples are in shared memory, so the child's stay. */
static bool
operate_in_child(const struct bench *bench, size_t round, size_t which)
{
    unsigned seed = (unsigned)random();
    pid_t child = fork();
    int status = 0;

    if (child == -1)
        bench_sample_fail("fork");
    if (child == 0) {
        srandom(seed);
        _exit(operate(bench, round, which) ? 0 : 1);
    }
    while (waitpid(child, &status, 0) == -1 && errno == EINTR)
        continue;
    return status == 0;
}

/* --- the runs --- */

static bool
measure(struct bench *bench)
{
    size_t rounds = bench->options->rounds;
    size_t order[CASES];
    bool good = true;

    for (size_t round = 0; good && round < WARM_UP; round++)
        for (size_t i = 0; good && i < CASES && !bench->options->fork; i++)
            good = operate(bench, 0, i);
    bench->samples = bench_sample_new(cases, CASES, rounds);
    for (size_t round = 0; good && round < rounds; round++) {
        bench_sample_order(bench->samples, order);
        for (size_t i = 0; good && i < CASES; i++)
            good = bench->options->fork ? operate_in_child(bench, round, order[i])
                                        : operate(bench, round, order[i]);
    }
    return good;
}

static bool
repeat(const struct bench *bench)
{
    struct rusage before, after;
    size_t which = 0;
    bool good = true;

    while (which < CASES && strcmp(cases[which].name, bench->options->only) != 0)
        which++;
    if (which == CASES) {
        fprintf(stderr, "no case \"%s\"\n", bench->options->only);
        return false;
    }
    getrusage(RUSAGE_SELF, &before);
    for (size_t round = 0; good && round < bench->options->rounds; round++)
        good = operate(bench, 0, which);
    getrusage(RUSAGE_SELF, &after);
    printf("{\"faults\": %ld}\n", after.ru_minflt - before.ru_minflt);
    return good;
}

static int
run(const struct options *options)
{
    const char *place = getenv("TMPDIR");
    char dir[200];
    struct bench bench = {.options = options, .dir = dir};
    int status = 1;

    snprintf(dir, sizeof dir, "%s/pam_bench-XXXXXX", place == NULL ? "/tmp" : place);
    if (mkdtemp(dir) == NULL)
        bench_sample_fail("a temporary directory");
    for (size_t i = 0; i < CASES; i++)
        bench_credentials_read(options->credentials, cases[i].name, &bench.credentials[i]);
    write_services(options, dir);
    getpwuid(getuid()); /* whoever logs people in has used the name service before */
    if (options->only != NULL)
        status = repeat(&bench) ? 0 : 1;
    else if (measure(&bench))
        status = bench_sample_report(bench.samples) ? 0 : BENCH_SAMPLE_VOID;
    remove_services(dir);
    for (size_t i = 0; i < CASES; i++)
        free(bench.credentials[i].all);
    return status;
}

static const char usage[] =
    "Usage: pam_bench --module FILE --socket PATH --credentials FILE [--rounds N]\n"
    "                 [--server PID] [--lean] [--fork | --only CASE]\n";

int
main(int argc, char **argv)
{
    static const struct option longs[] = {{"module", required_argument, NULL, 'm'},
                                          {"socket", required_argument, NULL, 's'},
                                          {"credentials", required_argument, NULL, 'c'},
                                          {"rounds", required_argument, NULL, 'r'},
                                          {"server", required_argument, NULL, 'p'},
                                          {"only", required_argument, NULL, 'o'},
                                          {"fork", no_argument, NULL, 'f'},
                                          {"lean", no_argument, NULL, 'l'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.rounds = 100};
    int letter;

    while ((letter = getopt_long(argc, argv, "", longs, NULL)) != -1)
        switch (letter) {
        case 'm':
            options.module = optarg;
            break;
        case 's':
            options.socket = optarg;
            break;
        case 'c':
            options.credentials = optarg;
            break;
        case 'r':
            options.rounds = strtoul(optarg, NULL, 10);
            break;
        case 'p':
            options.server = (pid_t)strtol(optarg, NULL, 10);
            break;
        case 'o':
            options.only = optarg;
            break;
        case 'f':
            options.fork = true;
            break;
        case 'l':
            options.lean = true;
            break;
        default:
            fputs(usage, stderr);
            return 2;
        }
    if (options.module == NULL || options.socket == NULL || options.credentials == NULL ||
        (options.rounds == 0 && options.only == NULL)) {
        fputs(usage, stderr);
        return 2;
    }
    srandom((unsigned)time(NULL));
    return run(&options);
}
