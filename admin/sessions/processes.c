/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads /proc, and believes nobody: processes come and go meanwhile, and what they may write
 * themselves (name, environment) is bounded and taken for a claim.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/sessions/processes.h"
#include "core/base/secret.h"
#include "core/base/text.h"

#define ENVIRONMENT_MAX (256 * 1024) /* what comes behind is not looked at */
#define FILE_MAX 4096
#define AUDIT_UNSET UINT32_MAX

/* --- files of one process --- */

/* The length; 0 when there is nothing to read. A zero byte follows. */
static size_t
read_file(pid_t pid, const char *name, char *ret, size_t size)
{
    char path[64];
    size_t used = 0;
    ssize_t got = 1;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd != -1 && got > 0 && used + 1 < size) {
        got = read(fd, ret + used, size - used - 1);
        used += got > 0 ? (size_t)got : 0;
    }
    if (fd != -1)
        close(fd);
    ret[used] = '\0';
    return used;
}

/* Field number of stat, counted as in proc(5); from the third on, behind the name. */
static bool
stat_field(const char *text, int number, int64_t *ret)
{
    const char *at = strrchr(text, ')');
    char *end;

    for (int field = 2; at != NULL && field < number; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        return false;
    *ret = strtoll(at + 1, &end, 10);
    return end != at + 1;
}

bool
processes_started(pid_t pid, uint64_t *ret)
{
    char text[FILE_MAX];
    int64_t value;

    if (read_file(pid, "stat", text, sizeof text) == 0 || !stat_field(text, 22, &value))
        return false;
    *ret = (uint64_t)value;
    return true;
}

static bool
take_stat(struct process *process)
{
    char text[FILE_MAX];
    int64_t parent, terminal, started;
    const char *open, *close;

    if (read_file(process->pid, "stat", text, sizeof text) == 0)
        return false;
    open = strchr(text, '(');
    close = strrchr(text, ')');
    if (open == NULL || close == NULL || close < open ||
        pat_text_copy(process->name, sizeof process->name, open + 1, (size_t)(close - open - 1)) !=
            PAT_OK ||
        !stat_field(text, 4, &parent) || !stat_field(text, 7, &terminal) ||
        !stat_field(text, 22, &started))
        return false;
    process->parent = (pid_t)parent;
    process->terminal = (int)terminal;
    process->started = (uint64_t)started;
    return true;
}

/* The owner of /proc/PID is root for some programs, so it is asked for. */
static bool
take_uid(struct process *process)
{
    char text[FILE_MAX];
    const char *line;

    if (read_file(process->pid, "status", text, sizeof text) == 0)
        return false;
    line = strstr(text, "\nUid:");
    if (line == NULL)
        return false;
    line += strlen("\nUid:");
    line += strspn(line, "\t ");
    line += strcspn(line, "\t "); /* the real one */
    process->uid = (uid_t)strtoul(line, NULL, 10);
    return true;
}

/* ".../session-3.scope": nobody but root can leave it. */
static bool
take_scope(struct process *process)
{
    static const char mark[] = "/session-";
    char text[FILE_MAX];
    const char *at;
    size_t len;

    if (read_file(process->pid, "cgroup", text, sizeof text) == 0)
        return false;
    at = strstr(text, mark);
    if (at == NULL)
        return false;
    at += strlen(mark);
    len = strcspn(at, ".\n/");
    if (len == 0 || len > 16 || strncmp(at + len, ".scope", strlen(".scope")) != 0)
        return false;
    snprintf(process->group, sizeof process->group, "logind %.*s", (int)len, at);
    return true;
}

static void
take_audit(struct process *process)
{
    char text[32];
    unsigned long number;

    if (read_file(process->pid, "sessionid", text, sizeof text) == 0)
        return;
    number = strtoul(text, NULL, 10);
    if (number != AUDIT_UNSET && number != 0)
        snprintf(process->group, sizeof process->group, "audit %lu", number);
}

/* --- the environment --- */

static void
take_word(const char *value, char *ret, size_t size)
{
    size_t len = strcspn(value, " ");

    ret[0] = '\0';
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)value[i]) && strchr(".:%", value[i]) == NULL)
            return;
    if (pat_text_copy(ret, size, value, len) != PAT_OK)
        ret[0] = '\0';
}

static void
take_variable(struct process *process, const char *text)
{
    const struct {
        const char *name;
        char *ret;
        size_t size;
    } wanted[] = {
        {"PAT_ID=", process->id, sizeof process->id},
        {"PAT_TENANT=", process->tenant, sizeof process->tenant},
        {"SSH_CONNECTION=", process->from, sizeof process->from},
    };

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (strncmp(text, wanted[i].name, strlen(wanted[i].name)) == 0)
            take_word(text + strlen(wanted[i].name), wanted[i].ret, wanted[i].size);
}

/* The buffer is wiped: an environment may hold anybody's secrets. */
static void
take_environment(struct process *process, char *buffer)
{
    size_t len = read_file(process->pid, "environ", buffer, ENVIRONMENT_MAX);

    for (size_t at = 0; at < len; at += strlen(buffer + at) + 1)
        take_variable(process, buffer + at);
    pat_secret_wipe(buffer, len);
}

/* --- all of them --- */

static int
compare(const void *a, const void *b)
{
    const struct process *left = a, *right = b;

    return (left->pid > right->pid) - (left->pid < right->pid);
}

static void
find_parents(struct processes *processes)
{
    for (size_t i = 0; i < processes->count; i++) {
        const struct process key = {.pid = processes->all[i].parent};
        const struct process *found = bsearch(&key, processes->all, processes->count, sizeof key,
                                              compare);

        processes->all[i].up = found == NULL ? PROCESSES_NONE : (size_t)(found - processes->all);
    }
}

static bool
add(struct processes *processes, size_t *room, const struct process *process)
{
    struct process *all = processes->all;

    if (processes->count == *room) {
        *room = *room == 0 ? 256 : 2 * *room;
        all = reallocarray(all, *room, sizeof *all);
        if (all == NULL)
            return false;
        processes->all = all;
    }
    all[processes->count++] = *process;
    return true;
}

bool
processes_read(struct processes *ret)
{
    char *buffer = malloc(ENVIRONMENT_MAX);
    DIR *dir = opendir("/proc");
    bool done = buffer != NULL && dir != NULL;
    size_t room = 0;
    const struct dirent *entry;

    *ret = (struct processes){.count = 0};
    while (done && (entry = readdir(dir)) != NULL) {
        struct process process = {.pid = 0};
        int64_t pid;

        if (pat_text_number(entry->d_name, 1, INT32_MAX, &pid) != PAT_OK)
            continue;
        process.pid = (pid_t)pid;
        if (!take_stat(&process) || !take_uid(&process))
            continue; /* it has ended */
        if (!take_scope(&process))
            take_audit(&process);
        take_environment(&process, buffer);
        done = add(ret, &room, &process);
    }
    if (dir != NULL)
        closedir(dir);
    free(buffer);
    if (ret->count > 0)
        qsort(ret->all, ret->count, sizeof *ret->all, compare);
    find_parents(ret);
    return done;
}

void
processes_free(struct processes *processes)
{
    free(processes->all);
    *processes = (struct processes){.count = 0};
}
