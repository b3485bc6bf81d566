/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories, identity, lock. Everything here happens before the first request. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/base/diag.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/api/privilege.h"

#define DESCRIPTORS 4096
#define LOCK_TRIES 20
#define LOCK_PAUSE_NANOSECONDS 50000000L

enum pat_err
pat_privilege_identity(const struct pat_config *config, struct pat_identity *ret,
                       struct pat_diag *diag)
{
    struct passwd *account;

    *ret = (struct pat_identity){.uid = geteuid(), .gid = getegid()};
    if (geteuid() != 0 || pat_text_equal(config->user, "root"))
        return PAT_OK;
    account = getpwnam(config->user);
    if (account == NULL)
        return pat_diag_set(diag, PAT_ERR_NOT_FOUND, 0, 0,
                            "there is no account \"%s\": make it (systemd-sysusers, or useradd "
                            "--system), or name another with user= in pat.conf",
                            config->user);
    *ret = (struct pat_identity){.uid = account->pw_uid, .gid = account->pw_gid};
    return PAT_OK;
}

static enum pat_err
make_dir(const char *path, const struct pat_identity *identity, struct pat_diag *diag)
{
    struct stat status;

    if (mkdir(path, 0700) == 0) {
        if (geteuid() == 0 && lchown(path, identity->uid, identity->gid) == -1)
            return pat_diag_set(diag, pat_file_err(errno), 0, 0, "%s: %s", path, strerror(errno));
    } else if (errno != EEXIST) {
        return pat_diag_set(diag, pat_file_err(errno), 0, 0, "%s: %s", path, strerror(errno));
    }
    if (lstat(path, &status) == -1 || !S_ISDIR(status.st_mode) || status.st_uid != identity->uid ||
        (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return pat_diag_set(diag, PAT_ERR_DENIED, 0, 0,
                            "%s must be a directory of mode 0700 that belongs to uid %u", path,
                            identity->uid);
    return PAT_OK;
}

enum pat_err
pat_privilege_make_dirs(const struct pat_config *config, const struct pat_identity *identity,
                        struct pat_diag *diag)
{
    enum pat_err err = make_dir(config->state_dir, identity, diag);

    return err == PAT_OK ? make_dir(config->keys_dir, identity, diag) : err;
}

/* libc has no names for these. What a service manager may have left to an ordinary uid. */
static bool
drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{0}};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &header, sets) == -1)
        return false;
    if (memcmp(sets, none, sizeof sets) == 0)
        return true;
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
           syscall(SYS_capset, &header, none) == 0;
}

/* SECURITY: a drop that did not happen must not go unnoticed. */
static bool
is_dropped(const struct pat_identity *identity)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;

    if (getresuid(&real, &effective, &saved) == -1 ||
        getresgid(&real_group, &effective_group, &saved_group) == -1)
        return false;
    if (real != identity->uid || effective != identity->uid || saved != identity->uid ||
        real_group != identity->gid || effective_group != identity->gid ||
        saved_group != identity->gid)
        return false;
    return identity->uid == 0 || setuid(0) == -1;
}

/* A connection takes a descriptor; the default soft limit would be met first. */
static void
raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        return; /* with fewer it works too */
}

enum pat_err
pat_privilege_drop(const struct pat_identity *identity, struct pat_diag *diag)
{
    const struct rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};

    if (geteuid() == 0 && identity->uid != 0 &&
        (setgroups(0, NULL) == -1 || setresgid(identity->gid, identity->gid, identity->gid) == -1 ||
         setresuid(identity->uid, identity->uid, identity->uid) == -1))
        return pat_diag_set(diag, PAT_ERR_DENIED, 0, 0, "cannot become uid %u: %s", identity->uid,
                            strerror(errno));
    raise_descriptors();
    if (!drop_capabilities() || !is_dropped(identity))
        return pat_diag_set(diag, PAT_ERR_DENIED, 0, 0, "could not give up root's rights");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || prctl(PR_SET_DUMPABLE, 0) == -1 ||
        setrlimit(RLIMIT_CORE, &no_core) == -1)
        return pat_diag_set(diag, PAT_ERR_DENIED, 0, 0, "cannot restrict the process: %s",
                            strerror(errno));
    return PAT_OK;
}

enum pat_err
pat_privilege_lock(const struct pat_config *config, struct pat_diag *diag)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NANOSECONDS};
    char path[PAT_CONFIG_PATH_MAX + 16];
    int fd;

    if (pat_file_path(path, sizeof path, config->state_dir, "lock") != PAT_OK)
        return pat_diag_set(diag, PAT_ERR_RANGE, 0, 0, "state_dir is too long");
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1)
        return pat_diag_set(diag, pat_file_err(errno), 0, 0, "%s: %s", path, strerror(errno));
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return PAT_OK; /* fd stays open, and with it the lock */
        nanosleep(&pause, NULL);
    }
    close(fd);
    return pat_diag_set(diag, PAT_ERR_BUSY, 0, 0, "another patd works on the store in %s",
                        config->state_dir);
}
