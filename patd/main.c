/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patd(8). The order of the start is the security argument: options and configuration, sockets and
 * directories as root, then no more root; the process that asks the name service, before there is
 * a key in memory; the lock; only then keys and store; and before anybody is answered, no more than
 * what that takes. Two loops serve: verification in this thread, management in another, so that
 * neither waits for the other.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/api/privilege.h"
#include "core/audit/sink.h"
#include "core/base/diag.h"
#include "core/base/log.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/file.h"
#include "core/wire/varlink.h"
#include "patd/background.h"
#include "patd/groups.h"
#include "patd/keeper.h"
#include "patd/manage_op.h"
#include "patd/notify.h"
#include "patd/sandbox.h"
#include "patd/verify_op.h"

#define SYSLOG_SOCKET "/dev/log"

struct options {
    const char *config;
    bool config_given;
    bool foreground;
    bool check;
    bool require_sandbox;
};

/* Everything that lives while patd does. */
struct daemon {
    const struct options *options;
    int parent; /* waits until patd is ready; -1: nobody does */
    struct patd_listeners listeners;
    int groups_fd[2]; /* for verification and management */
    struct patd_sandbox_places places;
    struct patd_sandbox groups_sandbox;
    struct pat_sink *sink;
    struct pat_context *context;
    struct patd_loop *verify_loop, *manage_loop;
    struct patd_verify *verify;
    struct patd_manage *manage;
    struct patd_keeper *keeper;
    struct patd_source signals;
    pthread_t manage_thread;
};

static const char usage[] =
    "Usage: patd [--config FILE] [--foreground] [--require-sandbox] [--check]\n"
    "\n"
    "Decides about personal access tokens for the services of this host.\n"
    "\n"
    "  -c, --config FILE   read FILE instead of " PAT_CONFIG_FILE "\n"
    "  -f, --foreground    stay in the foreground and log to standard error too\n"
    "      --require-sandbox\n"
    "                      do not start where a part of the sandbox is missing\n"
    "      --check         check the configuration and exit\n"
    "  -h, --help          show this help\n"
    "  -V, --version       show the version\n"
    "\n"
    "See patd(8) and pat.conf(5).\n";

static int
read_options(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},
        {"foreground", no_argument, NULL, 'f'},
        {"check", no_argument, NULL, 'k'},
        {"require-sandbox", no_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    int letter;

    *options = (struct options){.config = PAT_CONFIG_FILE};
    while ((letter = getopt_long(argc, argv, "c:fhV", longs, NULL)) != -1) {
        switch (letter) {
        case 'c':
            options->config = optarg;
            options->config_given = true;
            break;
        case 'f':
            options->foreground = true;
            break;
        case 'k':
            options->check = true;
            break;
        case 'r':
            options->require_sandbox = true;
            break;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        case 'V':
            puts("patd (linux-pat) " PACKAGE_VERSION);
            exit(0);
        default:
            fputs("Try 'patd --help'.\n", stderr);
            return 2;
        }
    }
    if (optind == argc)
        return 0;
    fprintf(stderr, "patd: unexpected argument \"%s\"\n", argv[optind]);
    return 2;
}

static struct pat_config *
load_config(const struct options *options, const struct pat_config_accounts *accounts,
            struct pat_diag *diag)
{
    struct pat_config *config = NULL;
    enum pat_err err = pat_config_file_load_by(options->config, !options->config_given, accounts,
                                               &config, diag);

    return err == PAT_OK ? config : NULL;
}

static void
complain_config(const struct options *options, const struct pat_diag *diag)
{
    char sentence[500];

    pat_config_file_say(options->config, diag, sentence, sizeof sentence);
    fprintf(stderr, "patd: %s\n", sentence);
}

/* --- signals --- */

static void
log_not_reloaded(const struct options *options, const struct pat_diag *diag)
{
    char error[400];

    snprintf(error, sizeof error, "line %u: %s; the configuration is kept as it was", diag->line,
             diag->text);
    PAT_LOG(LOG_ERR, "failure", {"doing", "reading the configuration"}, {"config", options->config},
            {"error", error});
}

/* Names of accounts: the sandbox of this process leaves no name service in it. */
static enum pat_err
ask_uid(void *context, const char *name, uint32_t *ret)
{
    const struct daemon *daemon = context;

    switch (patd_groups_ask_account(daemon->groups_fd[1], name, ret)) {
    case PATD_GROUPS_ACCOUNT:
        return PAT_OK;
    case PATD_GROUPS_NO_ACCOUNT:
        return PAT_ERR_NOT_FOUND;
    case PATD_GROUPS_NO_ANSWER:
        break;
    }
    return PAT_ERR_TIMEOUT;
}

static void
reload(struct daemon *daemon)
{
    const struct pat_config_accounts accounts = {.uid_of = ask_uid, .context = daemon};
    struct pat_diag diag;
    struct pat_config *config;

    patd_notify_reloading();
    config = load_config(daemon->options, &accounts, &diag);
    if (config == NULL)
        log_not_reloaded(daemon->options, &diag);
    else if (pat_context_swap_config(daemon->context, config) == PAT_OK)
        PAT_LOG(LOG_NOTICE, "reload", {"config", daemon->options->config});
    patd_notify_state("READY=1");
}

static void
take_signal(struct patd_source *source, uint32_t events)
{
    struct daemon *daemon = (struct daemon *)((char *)source - offsetof(struct daemon, signals));
    struct signalfd_siginfo info;

    (void)events;
    if (read(source->fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (info.ssi_signo == SIGHUP)
        reload(daemon);
    else
        patd_loop_stop(daemon->verify_loop); /* and it stops the others */
}

static void
keep_source(struct patd_source *source)
{
    (void)source; /* part of struct daemon */
}

/* In the loop of management: reading the configuration asks for accounts; no login waits. */
static enum pat_err
watch_signals(struct daemon *daemon)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    daemon->signals.ready = take_signal;
    daemon->signals.destroy = keep_source;
    daemon->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (daemon->signals.fd == -1)
        return PAT_ERR_IO;
    return patd_loop_add(daemon->manage_loop, &daemon->signals, EPOLLIN);
}

/* They are read from a descriptor only; blocked before any thread or child is made. */
static void
block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* --- starting --- */

/* As root where it is: sockets and directories. Afterwards there is no root any more. */
static enum pat_err
prepare(struct daemon *daemon, const struct pat_config *config, struct pat_diag *diag)
{
    struct pat_identity identity;
    enum pat_err err = pat_privilege_identity(config, &identity, diag);

    if (err == PAT_OK)
        err = patd_listen_inherit(&daemon->listeners, diag);
    if (err == PAT_OK)
        err = pat_privilege_make_dirs(config, &identity, diag);
    if (err == PAT_OK)
        err = patd_listen_bind(config, &daemon->listeners, diag);
    if (err == PAT_OK)
        err = pat_privilege_drop(&identity, diag);
    return err;
}

static enum pat_err
start_helpers(struct daemon *daemon, const struct pat_config *config, struct pat_diag *diag)
{
    struct patd_sandbox_places *places = &daemon->places;

    pat_text_clip(places->state_dir, sizeof places->state_dir, config->state_dir);
    pat_text_clip(places->keys_dir, sizeof places->keys_dir, config->keys_dir);
    places->config = daemon->options->config;
    for (int i = 0; i < 2; i++)
        if (patd_groups_start(places, &daemon->groups_fd[i], &daemon->groups_sandbox) != PAT_OK)
            return pat_diag_set(diag, PAT_ERR_IO, 0, 0, "cannot start a process: %s",
                                strerror(errno));
    return PAT_OK;
}

static enum pat_err
open_loops(struct daemon *daemon)
{
    enum pat_err err = patd_loop_open(&daemon->verify_loop);

    if (err == PAT_OK)
        err = patd_loop_open(&daemon->manage_loop);
    if (err == PAT_OK)
        err = watch_signals(daemon);
    /* Management first: it compares store and anchor before anything is answered. */
    if (err == PAT_OK)
        err = patd_manage_op_open(daemon->manage_loop, daemon->context, &daemon->listeners,
                                  daemon->groups_fd[1], &daemon->manage);
    if (err == PAT_OK)
        err = patd_verify_op_open(daemon->verify_loop, daemon->context, &daemon->listeners,
                                  daemon->groups_fd[0], &daemon->verify);
    if (err == PAT_OK)
        err = patd_keeper_start(daemon->context, daemon->sink, &daemon->keeper);
    return err;
}

static void *
run_management(void *argument)
{
    struct daemon *daemon = argument;

    patd_loop_run(daemon->manage_loop, patd_manage_op_tick, daemon->manage);
    return NULL;
}

static void
say_ready(const struct daemon *daemon)
{
    char pid[16];

    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    PAT_LOG(LOG_NOTICE, "start", {"version", PACKAGE_VERSION}, {"pid", pid},
            {"config", daemon->options->config});
    if (daemon->options->foreground)
        fprintf(stderr, "patd: ready\n");
    patd_notify_state("READY=1");
    patd_background_ready(daemon->parent);
}

/* Before there is a second thread, and after the time zone was read. */
static enum pat_err
confine(const struct daemon *daemon, struct pat_diag *diag)
{
    struct patd_sandbox sandbox;

    tzset();
    patd_sandbox_enter(PATD_SANDBOX_PATD, &daemon->places, &sandbox);
    return patd_sandbox_tell(&sandbox, &daemon->groups_sandbox, daemon->options->require_sandbox,
                             diag);
}

static enum pat_err
serve(struct daemon *daemon, struct pat_diag *diag)
{
    enum pat_err err = confine(daemon, diag);

    if (err != PAT_OK)
        return err;
    err = open_loops(daemon);
    if (err == PAT_OK && pthread_create(&daemon->manage_thread, NULL, run_management, daemon) != 0)
        err = PAT_ERR_NOMEM;
    if (err != PAT_OK)
        return pat_diag_set(diag, err, 0, 0, "cannot start: %s", pat_err_text(err));
    say_ready(daemon);
    patd_loop_run(daemon->verify_loop, patd_verify_op_tick, daemon->verify);
    patd_notify_state("STOPPING=1");
    PAT_LOG(LOG_NOTICE, "stop", {"version", PACKAGE_VERSION});
    patd_loop_stop(daemon->manage_loop);
    pthread_join(daemon->manage_thread, NULL);
    return PAT_OK;
}

static void
clean_up(struct daemon *daemon)
{
    patd_keeper_stop(daemon->keeper);
    patd_loop_close(daemon->verify_loop);
    patd_loop_close(daemon->manage_loop);
    patd_verify_op_free(daemon->verify);
    patd_manage_op_free(daemon->manage);
    pat_context_close(daemon->context);
    patd_listen_close(&daemon->listeners);
    pat_log_set_sink(NULL, NULL);
    pat_sink_close(daemon->sink);
}

/* Takes over config. */
static enum pat_err
run(struct daemon *daemon, struct pat_config *config, struct pat_diag *diag)
{
    const struct pat_sink_args sink = {
        .path = SYSLOG_SOCKET, .ident = "patd", .to_stderr = daemon->options->foreground};
    enum pat_err err = prepare(daemon, config, diag);

    if (err == PAT_OK)
        err = start_helpers(daemon, config, diag);
    if (err == PAT_OK)
        err = pat_privilege_lock(config, diag);
    if (err == PAT_OK && pat_sink_open(&sink, &daemon->sink) != PAT_OK)
        err = pat_diag_set(diag, PAT_ERR_NOMEM, 0, 0, "out of memory");
    if (err != PAT_OK) {
        pat_config_free(config);
        return err;
    }
    pat_log_set_sink(pat_sink_log, daemon->sink);
    err = pat_context_open(config, &daemon->context, diag);
    return err == PAT_OK ? serve(daemon, diag) : err;
}

int
main(int argc, char **argv)
{
    struct options options;
    struct daemon daemon = {.options = &options, .parent = -1};
    struct pat_diag diag = {.code = PAT_OK};
    struct pat_config *config;
    int wrong = read_options(argc, argv, &options);
    enum pat_err err;

    if (wrong != 0)
        return wrong;
    config = load_config(&options, NULL, &diag);
    if (config == NULL) {
        complain_config(&options, &diag);
        return 1;
    }
    if (options.check) {
        pat_config_free(config);
        return 0;
    }
    umask(077);
    block_signals();
    pat_varlink_start();
    if (!options.foreground && !patd_background_enter(&daemon.parent))
        return 1;
    err = run(&daemon, config, &diag);
    if (err != PAT_OK)
        fprintf(stderr, "patd: %s\n", diag.text);
    clean_up(&daemon);
    return err == PAT_OK ? 0 : 1;
}
