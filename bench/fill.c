/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fills a store with tokens as patd would make them, only many to a transaction. patd must be
 * stopped: this program takes its lock, its uid and its configuration. Prints the credentials of
 * some of the tokens, spread over all of them, for the benchmarks to log in with.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/api/tokens.h"
#include "core/api/users.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/file.h"
#include "core/policy/record.h"
#include "core/wire/peer.h"

#define TRANSACTION 5000 /* rows */
#define TOKENS_PER_USER 20
#define SAMPLES 1000
#define NAME_SIZE 32

struct fill {
    const char *tenant;
    int64_t count, done;
    struct pat_context *context;
    struct pat_store *store;
};

/* What a caller is told, or what went wrong below it. */
static int
complain(const char *doing, const char *text)
{
    fprintf(stderr, "fill: %s: %s\n", doing, text);
    return 1;
}

static enum pat_err
make_user(struct pat_manage *manage, const char *tenant, const char *user)
{
    const struct pat_user_draft draft = {.tenant = tenant,
                                         .user = user,
                                         .binding = {.account = ""},
                                         .role = PAT_ROLE_USER,
                                         .grants = "mail:*",
                                         .contact = ""};
    struct pat_user_record ignored;

    return pat_users_create(manage, &draft, &ignored);
}

static enum pat_err
make_token(struct pat_manage *manage, const struct fill *fill, const char *user, int64_t number)
{
    char name[NAME_SIZE], text[PAT_TOKEN_MAX + 1];
    const struct pat_token_draft draft = {.tenant = fill->tenant,
                                          .user = user,
                                          .name = name,
                                          .description = "",
                                          .scopes = "mail:read,mail:send",
                                          .addresses = "",
                                          .expiry = PAT_EXPIRY_AT,
                                          .expires = manage->now + PAT_SECOND * 86400 * 365};
    struct pat_token_record record;
    struct pat_token token;
    enum pat_err err;

    snprintf(name, sizeof name, "laptop number %07" PRId64, number);
    err = pat_tokens_create(manage, &draft, &token, &record);
    if (err == PAT_OK && number % (fill->count / SAMPLES + 1) == 0) {
        pat_token_write(&token, text);
        printf("virtual %s %s\n", user, text);
    }
    pat_token_clear(&token);
    return err;
}

/* One transaction: users, each with their tokens. */
static enum pat_err
make_some(struct pat_manage *manage, struct fill *fill)
{
    enum pat_err err = pat_manage_start(manage);
    int64_t end = fill->done + TRANSACTION < fill->count ? fill->done + TRANSACTION : fill->count;
    char user[NAME_SIZE] = "";

    for (; err == PAT_OK && fill->done < end; fill->done++) {
        snprintf(user, sizeof user, "user%06" PRId64, fill->done / TOKENS_PER_USER);
        if (fill->done % TOKENS_PER_USER == 0)
            err = make_user(manage, fill->tenant, user);
        if (err == PAT_OK)
            err = make_token(manage, fill, user, fill->done);
    }
    return pat_manage_end(manage, err);
}

static int
fill_store(struct fill *fill)
{
    const struct pat_peer self = {.uid = (uint32_t)geteuid()};
    struct pat_manage manage;
    enum pat_err err = PAT_OK;

    while (err == PAT_OK && fill->done < fill->count) {
        err = pat_manage_open(&manage, fill->context, fill->store, &self);
        if (err == PAT_OK)
            err = make_some(&manage, fill);
        pat_manage_close(&manage);
    }
    return err == PAT_OK ? 0 : complain("making tokens", manage.problem.message);
}

/* The same lock as patd's: two writers would tear store and anchor apart. */
static int
take_lock(const struct pat_config *config)
{
    char path[PAT_CONFIG_PATH_MAX + 8];
    int fd;

    snprintf(path, sizeof path, "%s/lock", config->state_dir);
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1 || flock(fd, LOCK_EX | LOCK_NB) == -1)
        return complain(path, strerror(errno)); /* fd stays open, and with it the lock */
    return 0;
}

static double
seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int
run(struct fill *fill, struct pat_config *config)
{
    struct pat_diag diag = {.code = PAT_OK};
    double begin;
    int status = 1;

    if (pat_context_open(config, &fill->context, &diag) != PAT_OK)
        return complain("opening the store", diag.text);
    if (pat_context_writer(fill->context, &fill->store) != PAT_OK) {
        pat_context_trouble(fill->context, diag.text, sizeof diag.text);
        complain("opening the store", diag.text);
        goto out;
    }
    begin = seconds_now();
    status = fill_store(fill);
    fprintf(stderr, "{\"tokens\": %" PRId64 ", \"seconds\": %.3f}\n", fill->done,
            seconds_now() - begin);
out:
    pat_store_close(fill->store);
    pat_context_close(fill->context);
    return status;
}

int
main(int argc, char **argv)
{
    struct pat_diag diag = {.code = PAT_OK};
    struct pat_config *config = NULL;
    struct fill fill = {.done = 0};

    if (argc != 4 || pat_text_number(argv[3], 1, 100000000, &fill.count) != PAT_OK) {
        fputs("Usage: fill CONFIG TENANT COUNT\n", stderr);
        return 2;
    }
    fill.tenant = argv[2];
    if (pat_config_file_load(argv[1], false, &config, &diag) != PAT_OK)
        return complain(argv[1], diag.text);
    if (take_lock(config) != 0) {
        pat_config_free(config);
        return 1;
    }
    return run(&fill, config);
}
