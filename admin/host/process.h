/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes of this host, as proc(5) shows them. Where this program is in a mount namespace of its
 * own, other than that of process 1, the host is what is in there with it.
 */
#ifndef ADMIN_HOST_PROCESS_H
#define ADMIN_HOST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROCESS_ARGUMENTS_MAX 2048

struct process {
    pid_t pid, parent;
    uid_t uid;                             /* effective */
    int no_new_privileges;                 /* 0, 1; -1: not shown */
    int seccomp;                           /* 0: no filter, 2: one; -1: not shown */
    bool has_capabilities;                 /* effective or permitted ones */
    bool dumpable;                         /* others of its uid may look into it */
    char arguments[PROCESS_ARGUMENTS_MAX]; /* by NULs, with two at the end; may be cut */
};

/* Reads what is known of a process; false: it has ended. */
bool process_read(pid_t pid, struct process *ret);

/* Each process whose name (comm) is this, until each answers false. */
typedef bool process_each_one(void *context, const struct process *process);
void process_each(const char *name, process_each_one *each, void *context);

/* Whether this is its name, in comm. */
bool process_is(pid_t pid, const char *name);

#endif
