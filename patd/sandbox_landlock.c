/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * landlock(7) by its system calls: libc has no names for them, and headers may be older than the
 * kernel. Everything that the running kernel can forbid is forbidden; rules then open what the
 * process works with. Nothing here grants what the file system would refuse.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/diag.h"
#include "core/base/text.h"
#include "patd/sandbox_landlock.h"

/* Of <linux/landlock.h>, up to ABI 6. */
#define ASK_VERSION UINT32_C(1)
#define RULE_BENEATH 1
#define EXECUTE (UINT64_C(1) << 0)
#define WRITE_FILE (UINT64_C(1) << 1)
#define READ_FILE (UINT64_C(1) << 2)
#define READ_DIR (UINT64_C(1) << 3)
#define REMOVE_DIR (UINT64_C(1) << 4)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_DIR (UINT64_C(1) << 7)
#define MAKE_REG (UINT64_C(1) << 8)
#define REFER (UINT64_C(1) << 13) /* link and rename between directories: ABI 2 */
#define TRUNCATE (UINT64_C(1) << 14)
#define SCOPE_ABSTRACT (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

#define ABI_MIN 2 /* with less, a backup could not get its name */

struct ruleset {
    uint64_t files, network, scopes;
};

struct __attribute__((packed)) beneath {
    uint64_t allowed;
    int32_t fd;
};

/* What each version brought; a newer kernel's own is left alone. */
static const struct ruleset news[] = {
    [2] = {.files = (UINT64_C(1) << 14) - 1}, /* with those of 1 */
    [3] = {.files = TRUNCATE},
    [4] = {.network = 3},               /* binding and connecting TCP sockets */
    [5] = {.files = UINT64_C(1) << 15}, /* ioctl(2) of devices */
    [6] = {.scopes = SCOPE_ABSTRACT | SCOPE_SIGNAL},
};

#define KNOWN_ABI ((int)(sizeof news / sizeof news[0]) - 1)

/* A set of rules in the making. */
struct making {
    int fd;
    uint64_t files; /* what the kernel knows of them */
};

static enum pat_err
unavailable(struct pat_diag *diag, const char *what)
{
    const char *why = strerror(errno);

    if (errno == ENOSYS)
        why = "not in this kernel";
    else if (errno == EOPNOTSUPP)
        why = "switched off in this kernel";
    return pat_diag_set(diag, PAT_ERR_UNAVAILABLE, 0, 0, "%s%s", what, why);
}

static struct ruleset
forbidden(enum patd_sandbox_process process, int abi)
{
    const char *manager = getenv("NOTIFY_SOCKET");
    struct ruleset ruleset = {0};

    for (int i = 0; i <= abi && i <= KNOWN_ABI; i++) {
        ruleset.files |= news[i].files;
        ruleset.network |= news[i].network;
        ruleset.scopes |= news[i].scopes;
    }
    /* The name service may be asked over a network, and a manager may listen on such a socket. */
    if (process == PATD_SANDBOX_GROUPS)
        ruleset.network = 0;
    if (process == PATD_SANDBOX_GROUPS || (manager != NULL && manager[0] == '@'))
        ruleset.scopes &= ~SCOPE_ABSTRACT;
    return ruleset;
}

/* --- rules --- */

/* What may be done to something, and beneath it; what is not there needs no rule. */
static bool
allow_fd(const struct making *making, int fd, bool is_directory, uint64_t rights)
{
    const uint64_t of_files = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE;
    struct beneath rule = {.allowed = rights & making->files, .fd = fd};

    if (!is_directory)
        rule.allowed &= of_files;
    return syscall(SYS_landlock_add_rule, making->fd, RULE_BENEATH, &rule, 0) == 0;
}

static bool
allow(const struct making *making, const char *path, uint64_t rights)
{
    struct stat status;
    int fd = open(path, O_PATH | O_CLOEXEC);
    bool done;

    if (fd == -1)
        return errno == ENOENT;
    done = fstat(fd, &status) == 0 && allow_fd(making, fd, S_ISDIR(status.st_mode), rights);
    close(fd);
    return done;
}

/* A file that is replaced is another one: its directory is opened, or where that would be made. */
static bool
allow_config(const struct making *making, const char *config)
{
    char path[PATH_MAX];
    char *slash;

    if (pat_text_set(path, sizeof path, config) != PAT_OK)
        return false;
    while ((slash = strrchr(path, '/')) != NULL && slash != path) {
        *slash = '\0';
        if (access(path, F_OK) == 0)
            return allow(making, path, READ_FILE);
    }
    return allow(making, slash == path ? config : ".", READ_FILE);
}

static bool
allow_patd(const struct making *making, const struct patd_sandbox_places *places)
{
    const uint64_t writing = READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE;

    return allow(making, places->state_dir, writing | MAKE_DIR | REMOVE_DIR | REFER) &&
           allow(making, places->keys_dir, writing) && allow_config(making, places->config) &&
           allow(making, "/proc", READ_FILE) && allow(making, "/dev/urandom", READ_FILE) &&
           allow(making, "/dev/null", READ_FILE | WRITE_FILE);
}

/* --- all but two directories --- */

struct kept {
    char paths[2][PATH_MAX]; /* without symbolic links */
};

enum place { PLACE_BESIDE, PLACE_ABOVE, PLACE_KEPT };

static enum place
place_of(const struct kept *kept, const char *path)
{
    size_t len = strlen(path);
    enum place place = PLACE_BESIDE;

    for (size_t i = 0; i < 2; i++) {
        if (pat_text_equal(kept->paths[i], path))
            return PLACE_KEPT;
        if (strncmp(kept->paths[i], path, len) == 0 && kept->paths[i][len] == '/')
            place = PLACE_ABOVE;
    }
    return place;
}

/*
 * SECURITY: a symbolic link is not followed, as it may lead around: what it leads to is beside the
 * way too, or is not opened. A file by itself gets no rule: while patd runs, a rule keeps the space
 * of what was removed, and knows nothing of what takes its place.
 */
static void
allow_beside(const struct making *making, int directory, const char *name)
{
    int fd = openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool allowed;

    if (fd == -1)
        return;
    allowed = allow_fd(making, fd, true, READ_FILE | READ_DIR);
    (void)allowed; /* else the name service does without */
    close(fd);
}

/* Landlock knows no exceptions: what lies beside the way to the kept directories is opened. */
static void
allow_around(const struct making *making, const struct kept *kept, const char *path)
{
    DIR *entries = opendir(path[0] == '\0' ? "/" : path);
    struct dirent *entry;
    char next[PATH_MAX];

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        int len = snprintf(next, sizeof next, "%s/%s", path, entry->d_name);

        if (pat_text_equal(entry->d_name, ".") || pat_text_equal(entry->d_name, "..") || len < 0 ||
            (size_t)len >= sizeof next)
            continue;
        switch (place_of(kept, next)) {
        case PLACE_BESIDE:
            allow_beside(making, dirfd(entries), entry->d_name);
            break;
        case PLACE_ABOVE:
            allow_around(making, kept, next);
            break;
        case PLACE_KEPT:
            break;
        }
    }
    if (entries != NULL)
        closedir(entries);
}

static bool
allow_groups(const struct making *making, const struct patd_sandbox_places *places)
{
    struct kept kept;

    if (realpath(places->state_dir, kept.paths[0]) == NULL ||
        realpath(places->keys_dir, kept.paths[1]) == NULL)
        return false;
    allow_around(making, &kept, "");
    return allow(making, "/dev/urandom", READ_FILE) &&
           allow(making, "/dev/null", READ_FILE | WRITE_FILE);
}

/* --- the whole --- */

static enum pat_err
restrict_self(enum patd_sandbox_process process, const struct patd_sandbox_places *places, int abi,
              struct pat_diag *diag)
{
    const struct ruleset ruleset = forbidden(process, abi);
    struct making making = {.files = ruleset.files};
    enum pat_err err = PAT_OK;
    bool allowed;

    making.fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
    if (making.fd == -1)
        return unavailable(diag, "");
    allowed = process == PATD_SANDBOX_PATD ? allow_patd(&making, places)
                                           : allow_groups(&making, places);
    if (!allowed)
        err = unavailable(diag, "making its rules: ");
    else if (syscall(SYS_landlock_restrict_self, making.fd, 0) == -1)
        err = unavailable(diag, "");
    close(making.fd);
    return err;
}

enum pat_err
patd_sandbox_landlock_enter(enum patd_sandbox_process process,
                            const struct patd_sandbox_places *places, int *ret_abi,
                            struct pat_diag *diag)
{
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
    enum pat_err err;

    if (abi == -1)
        return unavailable(diag, "");
    if (abi < ABI_MIN)
        return pat_diag_set(diag, PAT_ERR_UNAVAILABLE, 0, 0, "needs Linux 5.19");
    err = restrict_self(process, places, abi, diag);
    if (err == PAT_OK)
        *ret_abi = abi < KNOWN_ABI ? abi : KNOWN_ABI;
    return err;
}
