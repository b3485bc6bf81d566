/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asking process: a child for each question, which the kernel ends after a second. Whatever
 * NSS does to a child, the next question finds a fresh one.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/descriptor.h"
#include "core/base/span.h"
#include "core/policy/name.h"
#include "patd/groups.h"
#include "patd/groups_worker.h"

#define GROUPS_MAX 1024
#define CHILDREN_MAX 16
#define SECONDS_TO_ANSWER 1
#define FIRST_DESCRIPTOR 3

static void
put_names(struct pat_writer *writer, const char *account)
{
    struct passwd *entry = getpwnam(account);
    static gid_t groups[GROUPS_MAX];
    int count = GROUPS_MAX;

    if (entry == NULL || getgrouplist(account, entry->pw_gid, groups, &count) == -1)
        return;
    for (int i = 0; i < count; i++) {
        struct group *group = getgrgid(groups[i]);
        size_t whole = writer->len;

        if (group == NULL || strchr(group->gr_name, '\n') != NULL)
            continue;
        pat_span_put_text(writer, group->gr_name);
        pat_span_put_u8(writer, '\n');
        if (writer->failed) {
            writer->failed = false;
            writer->len = whole;
            return;
        }
    }
}

/* What getpwnam() says of a name that it does not know; any other error is no answer. */
static bool
is_unknown(int code)
{
    return code == 0 || code == ENOENT || code == ESRCH || code == EBADF || code == EPERM;
}

static void
put_uid(struct pat_writer *writer, const char *name)
{
    const struct passwd *entry;
    char uid[16] = PATD_GROUPS_NOBODY;

    errno = 0;
    entry = getpwnam(name);
    if (entry == NULL && !is_unknown(errno))
        _exit(1);
    if (entry != NULL)
        snprintf(uid, sizeof uid, "%u", (unsigned)entry->pw_uid);
    pat_span_put_text(writer, uid);
}

static _Noreturn void
answer(int fd, const char *account)
{
    static unsigned char bytes[PATD_GROUPS_ANSWER_MAX];
    struct pat_writer writer = pat_span_writer(bytes, sizeof bytes);

    alarm(SECONDS_TO_ANSWER);
    pat_span_put_bytes(&writer, account, strlen(account) + 1);
    if (account[0] == PATD_GROUPS_UID)
        put_uid(&writer, account + 1);
    else
        put_names(&writer, account);
    _exit(send(fd, bytes, writer.len, MSG_NOSIGNAL) == -1 ? 1 : 0);
}

static void
reap(int *children)
{
    /* Above the limit the next question waits for a child to end: that takes a second at most. */
    while (*children > 0 && waitpid(-1, NULL, *children >= CHILDREN_MAX ? 0 : WNOHANG) > 0)
        --*children;
}

_Noreturn void
patd_groups_worker_run(int fd)
{
    char account[1 + PAT_ACCOUNT_MAX + 1];
    int children = 0;
    ssize_t got;
    pid_t child;

    prctl(PR_SET_NAME, "patd-groups");
    for (;;) {
        got = recv(fd, account, sizeof account - 1, 0);
        if (got == -1 && errno == EINTR)
            continue;
        if (got <= 0)
            _exit(0); /* patd ended */
        account[got] = '\0';
        reap(&children);
        child = fork();
        if (child == 0)
            answer(fd, account);
        children += child > 0;
    }
}

/*
 * Listening sockets and the like must not live on here when patd is gone, nor the streams of
 * whoever started it: they may wait for their end.
 */
static bool
keep_only(int fd)
{
    int null = open("/dev/null", O_RDWR);

    return null != -1 && dup2(null, STDIN_FILENO) != -1 && dup2(null, STDOUT_FILENO) != -1 &&
           dup2(null, STDERR_FILENO) != -1 &&
           (fd == FIRST_DESCRIPTOR || dup2(fd, FIRST_DESCRIPTOR) == FIRST_DESCRIPTOR) &&
           pat_descriptor_close_from(FIRST_DESCRIPTOR + 1);
}

/* What patd_groups_start() waits for is how the process is confined. */
static _Noreturn void
begin(int fd, const struct patd_sandbox_places *places)
{
    struct patd_sandbox sandbox;

    if (!keep_only(fd))
        _exit(1);
    patd_sandbox_enter(PATD_SANDBOX_GROUPS, places, &sandbox);
    if (send(FIRST_DESCRIPTOR, &sandbox, sizeof sandbox, MSG_NOSIGNAL) != (ssize_t)sizeof sandbox)
        _exit(1);
    patd_groups_worker_run(FIRST_DESCRIPTOR);
}

enum pat_err
patd_groups_start(const struct patd_sandbox_places *places, int *ret_fd,
                  struct patd_sandbox *ret_sandbox)
{
    int pair[2];
    sigset_t none;
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
        return PAT_ERR_IO;
    child = fork();
    if (child == 0) {
        /* Signals for patd's group are patd's to handle: it closes the socket when it ends. */
        signal(SIGHUP, SIG_IGN);
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        begin(pair[1], places);
    }
    close(pair[1]);
    /* Until then it holds the sockets too: a patd that came next would find them in use. */
    if (child == -1 ||
        recv(pair[0], ret_sandbox, sizeof *ret_sandbox, 0) != (ssize_t)sizeof *ret_sandbox) {
        close(pair[0]);
        return PAT_ERR_IO;
    }
    *ret_fd = pair[0];
    return PAT_OK;
}
