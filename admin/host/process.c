/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc, read leniently: processes come and go meanwhile, and what is not shown is not known. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/host/process.h"
#include "admin/host/setting.h"
#include "core/base/text.h"

#define STATUS_MAX 8192
#define COMM_MAX 32

/* Up to size - 1 bytes of a file of /proc, and a NUL; how many, or -1. */
static ssize_t
read_some(pid_t pid, const char *name, char *ret, size_t size)
{
    char path[64];
    ssize_t len = -1;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        len = read(fd, ret, size - 1);
        close(fd);
    }
    ret[len > 0 ? len : 0] = '\0';
    return len;
}

static long long
number_of(const char *status, const char *name, int base)
{
    char value[64], *end;
    long long number;

    if (!setting_find(status, ':', name, value, sizeof value, NULL))
        return -1;
    number = strtoll(value, &end, base);
    return end == value ? -1 : number;
}

/* "Uid: real effective saved file". */
static uid_t
effective_uid(const char *status)
{
    char value[64], *end;

    setting_find(status, ':', "Uid", value, sizeof value, NULL);
    strtoul(value, &end, 10);
    return (uid_t)strtoul(end, NULL, 10);
}

/* proc(5): files of a process that is not dumpable belong to root. */
static bool
is_dumpable(pid_t pid, uid_t uid)
{
    char path[64];
    struct stat status;

    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    return stat(path, &status) != 0 || status.st_uid == uid;
}

bool
process_read(pid_t pid, struct process *ret)
{
    char status[STATUS_MAX];
    ssize_t len;

    memset(ret, 0, sizeof *ret);
    if (read_some(pid, "status", status, sizeof status) <= 0)
        return false;
    ret->pid = pid;
    ret->parent = (pid_t)number_of(status, "PPid", 10);
    ret->uid = effective_uid(status);
    ret->no_new_privileges = (int)number_of(status, "NoNewPrivs", 10);
    ret->seccomp = (int)number_of(status, "Seccomp", 10);
    ret->has_capabilities = number_of(status, "CapEff", 16) > 0 ||
                            number_of(status, "CapPrm", 16) > 0;
    ret->dumpable = is_dumpable(pid, ret->uid);
    len = read_some(pid, "cmdline", ret->arguments, sizeof ret->arguments - 1);
    ret->arguments[len > 0 ? len + 1 : 0] = '\0';
    return true;
}

bool
process_is(pid_t pid, const char *name)
{
    char comm[COMM_MAX];
    ssize_t len = read_some(pid, "comm", comm, sizeof comm);

    if (len > 0 && comm[len - 1] == '\n')
        comm[len - 1] = '\0';
    return len > 0 && pat_text_equal(comm, name);
}

static bool
read_namespace(const char *process, char ret[64])
{
    char path[64];
    ssize_t len;

    snprintf(path, sizeof path, "/proc/%.32s/ns/mnt", process);
    len = readlink(path, ret, 63);
    ret[len > 0 ? len : 0] = '\0';
    return len > 0;
}

/* Whether a process is of what this program takes for the host. */
static bool
is_of_host(const char *pid)
{
    char ours[64], firsts[64], its[64];

    if (!read_namespace("self", ours) || !read_namespace("1", firsts) ||
        pat_text_equal(ours, firsts))
        return true;
    return read_namespace(pid, its) && pat_text_equal(ours, its);
}

void
process_each(const char *name, process_each_one *each, void *context)
{
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    struct process process;
    bool more = true;

    while (directory != NULL && more && (entry = readdir(directory)) != NULL) {
        int64_t pid;

        if (pat_text_number(entry->d_name, 1, INT32_MAX, &pid) == PAT_OK &&
            process_is((pid_t)pid, name) && is_of_host(entry->d_name) &&
            process_read((pid_t)pid, &process))
            more = each(context, &process);
    }
    if (directory != NULL)
        closedir(directory);
}
