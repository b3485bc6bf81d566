/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes of this host as /proc tells them at one moment, with what says which login they
 * come from. Without root only one's own processes tell their environment.
 */
#ifndef ADMIN_SESSIONS_PROCESSES_H
#define ADMIN_SESSIONS_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESSES_NONE SIZE_MAX
#define PROCESSES_GROUP_SIZE 48

struct process {
    pid_t pid, parent;
    uid_t uid;        /* the effective one */
    uint64_t started; /* clock ticks since boot: with the pid it names a process for ever */
    int terminal;     /* as in proc(5); 0: none */
    char name[32];    /* of the program; its owner may choose another */
    /* What only a login changes: logind's session, else the audit system's; empty: neither. */
    char group[PROCESSES_GROUP_SIZE];
    /* What pam_pat's option putenv put there, or its owner: a claim. Empty: nothing. */
    char id[16], tenant[24];
    char from[64]; /* first word of SSH_CONNECTION, numeric or empty: a claim */
    size_t up;     /* the parent's place in the table, or PROCESSES_NONE */
};

struct processes {
    struct process *all; /* by pid */
    size_t count;
};

/* False when there is no /proc, or no memory; errno tells. Free it in any case. */
bool processes_read(struct processes *ret);
void processes_free(struct processes *processes);

/* When the process of this pid was started, as above; false when there is none. */
bool processes_started(pid_t pid, uint64_t *ret);

#endif
