/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening, asking, copying. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/file.h"
#include "tests/faults/disk.h"
#include "tests/faults/figures.h"
#include "tests/faults/host.h"

static const char settings[] = "user = root\n"
                               "operators = 900\n"
                               "[service sshd]\n"
                               "tenants = acme\n"
                               "uids = 100\n"
                               "[service smtpd]\n"
                               "tenants = acme lab@ gone@\n"
                               "uids = 100\n"
                               "[service imap]\n"
                               "tenants = acme lab@ gone@\n"
                               "uids = 100\n";

static struct pat_config *
make_config(const char *dir, enum pat_err *ret_err)
{
    struct pat_config *config = NULL;
    struct pat_diag diag = {.text = ""};
    char text[1024];
    int len = snprintf(text, sizeof text, "[patd]\nstate_dir = %s/state\nkeys_dir = %s/keys\n%s",
                       dir, dir, settings);

    *ret_err = pat_config_file_parse(text, (size_t)len, &config, &diag);
    return config;
}

enum pat_err
host_open(struct host *host, const char *dir)
{
    struct pat_diag diag = {.text = ""};
    struct pat_config *config;
    enum pat_err err;

    memset(host, 0, sizeof *host);
    pat_text_clip(host->dir, sizeof host->dir, dir);
    config = make_config(dir, &err);
    if (err == PAT_OK)
        err = pat_context_open(config, &host->context, &diag);
    if (err != PAT_OK)
        return err;
    if (host_writer(host) == NULL || pat_context_health(host->context) != PAT_VERDICT_ACCEPTED ||
        pat_context_reader(host->context, &host->reader) != PAT_OK)
        return PAT_OK; /* as patd, which tries again */
    pat_store_linger(host->reader);
    return PAT_OK;
}

void
host_close(struct host *host)
{
    pat_store_close(host->reader);
    pat_store_close(host->writer);
    pat_context_close(host->context);
    host->reader = host->writer = NULL;
    host->context = NULL;
}

struct pat_store *
host_writer(struct host *host)
{
    if (host->writer != NULL && pat_store_broken(host->writer)) {
        pat_store_close(host->writer);
        host->writer = NULL;
    }
    if (host->writer == NULL && pat_context_writer(host->context, &host->writer) != PAT_OK)
        host->writer = NULL;
    return host->writer;
}

enum pat_err
host_manage(struct host *host, struct pat_manage *manage)
{
    const struct pat_peer peer = {.uid = HOST_OPERATOR};

    return pat_manage_open(manage, host->context, host_writer(host), &peer);
}

/* --- verification --- */

struct pat_store *
host_reader(struct host *host)
{
    if (host->reader == NULL && pat_context_health(host->context) == PAT_VERDICT_ACCEPTED &&
        pat_context_reader(host->context, &host->reader) == PAT_OK)
        pat_store_linger(host->reader);
    return host->reader;
}

enum pat_verdict
host_verify(struct host *host, const struct host_question *question, struct pat_answer *ret)
{
    const struct pat_peer peer = {.uid = question->peer};
    struct pat_verify_outcome outcome = {.verdict = PAT_VERDICT_UNAVAILABLE_STORE,
                                         .answer = {.class = PAT_CLASS_UNAVAILABLE}};
    struct pat_request request = {.has_login = question->login != NULL};

    pat_text_clip(request.service, sizeof request.service, question->service);
    if (question->login != NULL)
        pat_text_clip(request.login, sizeof request.login, question->login);
    request.has_address = question->address != NULL;
    if (request.has_address)
        pat_text_clip(request.address, sizeof request.address, question->address);
    FIGURES_NEED(pat_secret_set(&request.token, question->token, strlen(question->token)) ==
                 PAT_OK);
    if (host_reader(host) != NULL) {
        pat_verify(host->context, host->reader, &peer, &request, NULL, &host->rows, &outcome);
        pat_verify_note(host->context, &peer, &request, &outcome);
    } else if (pat_context_health(host->context) != PAT_VERDICT_ACCEPTED) {
        outcome.verdict = pat_context_health(host->context);
    }
    if (outcome.verdict == PAT_VERDICT_UNAVAILABLE_STORE) {
        pat_store_close(host->reader);
        host->reader = NULL;
    }
    pat_secret_wipe(&request, sizeof request);
    *ret = outcome.answer;
    return outcome.verdict;
}

void
host_trouble(struct host *host, char *ret, size_t size)
{
    pat_context_trouble(host->context, ret, size);
}

/* --- the process --- */

int
host_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int open = 0;

    FIGURES_NEED(directory != NULL);
    while (readdir(directory) != NULL)
        open++;
    closedir(directory);
    return open;
}

/* --- directories --- */

static char root[HOST_PATH];

static int
remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void
remove_root(void)
{
    nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *
host_directory(void)
{
    const char *parent = getenv("TMPDIR");

    if (root[0] == '\0') {
        if (parent == NULL || strlen(parent) > 60)
            parent = "/tmp";
        snprintf(root, sizeof root, "%s/pat-faults-XXXXXX", parent);
        FIGURES_NEED(mkdtemp(root) != NULL && atexit(remove_root) == 0);
    }
    return root;
}

void
host_place(const char *name, char ret[HOST_PATH])
{
    FIGURES_NEED(snprintf(ret, HOST_PATH, "%s/%s", host_directory(), name) < HOST_PATH);
    disk_clear(ret);
}

/* Without the holes of a file. */
void
host_copy_file(const char *from, const char *to)
{
    static unsigned char block[65536];
    static const unsigned char zeros[sizeof block];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    off_t at = 0;
    ssize_t got;

    FIGURES_NEED(in >= 0 && out >= 0);
    while ((got = pread(in, block, sizeof block, at)) > 0) {
        if (memcmp(block, zeros, (size_t)got) != 0)
            FIGURES_NEED(pwrite(out, block, (size_t)got, at) == got);
        at += got;
    }
    FIGURES_NEED(got == 0 && ftruncate(out, at) == 0);
    close(in);
    close(out);
}

static const char *copy_from, *copy_to;

static int
copy_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    char to[2 * HOST_PATH + TRACE_NAME];

    (void)status;
    (void)walk;
    snprintf(to, sizeof to, "%s%s", copy_to, path + strlen(copy_from));
    if (kind == FTW_D)
        mkdir(to, 0700);
    else if (strstr(path, "-shm") == NULL)
        host_copy_file(path, to);
    return 0;
}

void
host_copy(const char *from, const char *to)
{
    disk_clear(to);
    copy_from = from;
    copy_to = to;
    FIGURES_NEED(nftw(from, copy_entry, 8, FTW_PHYS) == 0);
}
