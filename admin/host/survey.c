/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One question a function. SECURITY: survey_module() runs what the module's constructors do; so it
 * loads nothing that somebody other than root could have put there.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/host/survey.h"
#include "core/base/text.h"

#define LOAD_SECONDS 5

enum survey_socket
survey_socket(const char *path, int type, pid_t *ret_pid)
{
    const struct timeval wait = {.tv_sec = 1};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum survey_socket result = SURVEY_LISTENS;
    struct stat status;
    struct ucred peer;
    socklen_t len = sizeof peer;
    int fd;

    if (ret_pid != NULL)
        *ret_pid = 0;
    if (stat(path, &status) != 0)
        return errno == EACCES ? SURVEY_DENIED : SURVEY_MISSING;
    if (!S_ISSOCK(status.st_mode) ||
        pat_text_set(address.sun_path, sizeof address.sun_path, path) != PAT_OK)
        return SURVEY_NO_SOCKET;
    fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return SURVEY_DENIED;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        result = errno == EACCES || errno == EPERM ? SURVEY_DENIED
                 : errno == EPROTOTYPE             ? SURVEY_NO_SOCKET
                                                   : SURVEY_DEAD;
    else if (ret_pid != NULL && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0)
        *ret_pid = peer.pid;
    close(fd);
    return result;
}

/* In a child: 0 when all is well; else a line on the pipe says why not. */
static _Noreturn void
load(const char *path, const char *symbol, int out)
{
    void *module;
    const char *why = NULL;

    signal(SIGALRM, SIG_DFL);
    alarm(LOAD_SECONDS);
    module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL || dlsym(module, symbol) == NULL)
        why = dlerror();
    if (why != NULL && write(out, why, strlen(why)) < 0)
        why = "";
    _exit(why == NULL ? 0 : 1);
}

static bool
is_roots_alone(const char *path, char *why, size_t size)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        snprintf(why, size, "%s", strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode) || status.st_uid != 0 || (status.st_mode & 022) != 0) {
        snprintf(why, size, "others than root may write it");
        return false;
    }
    return true;
}

bool
survey_module(const char *path, const char *symbol, char *why, size_t size)
{
    int ends[2], status = -1;
    ssize_t len;
    pid_t pid;

    why[0] = '\0';
    if (!is_roots_alone(path, why, size))
        return false;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        snprintf(why, size, "%s", strerror(errno));
        return false;
    }
    pid = fork();
    if (pid == 0)
        load(path, symbol, ends[1]);
    close(ends[1]);
    len = pid < 0 ? 0 : read(ends[0], why, size - 1);
    why[len > 0 ? len : 0] = '\0';
    close(ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (status != 0 && why[0] == '\0')
        snprintf(why, size, "loading it ended in a signal");
    return status == 0;
}

void
survey_account(const char *account, int64_t uid, char *ret, size_t size)
{
    struct passwd *entry;

    ret[0] = '\0';
    errno = 0;
    entry = getpwnam(account);
    if (entry == NULL && (errno == 0 || errno == ENOENT || errno == ESRCH))
        snprintf(ret, size, "no account %s on this host", account);
    else if (entry != NULL && (int64_t)entry->pw_uid != uid)
        snprintf(ret, size, "account %s has uid %lld, bound was %lld", account,
                 (long long)entry->pw_uid, (long long)uid);
}
