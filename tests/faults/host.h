/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A patd without its sockets: context, the writing handle and a reading one, opened and opened
 * again as patd does, in a directory with "state" and "keys". Tenants acme and lab.
 */
#ifndef TESTS_FAULTS_HOST_H
#define TESTS_FAULTS_HOST_H

#include "core/api/manage.h"
#include "core/api/verify.h"

#define HOST_OPERATOR 900U
#define HOST_PATH 100

struct host {
    char dir[HOST_PATH];
    struct pat_context *context;
    struct pat_store *writer, *reader; /* NULL while they cannot be opened */
    struct pat_verify_rows rows;
};

/*
 * What patd does at its start. An error is one that patd would end with; a store that cannot be
 * trusted is none, but the context's health.
 */
enum pat_err host_open(struct host *host, const char *dir);
void host_close(struct host *host);

/* The writing handle; one that failed is opened anew. NULL: not at the moment. */
struct pat_store *host_writer(struct host *host);
/* The reading handle, opened where it is not open. NULL: not at the moment. */
struct pat_store *host_reader(struct host *host);

/* For an operator who wants to change something. What it answers is for pat_manage_end() too. */
enum pat_err host_manage(struct host *host, struct pat_manage *manage);

/* A question of a service of the host. */
struct host_question {
    const char *token; /* as typed */
    const char *service, *login, *address;
    uint32_t peer;
};
enum pat_verdict host_verify(struct host *host, const struct host_question *question,
                             struct pat_answer *ret);

/* What the context says is wrong; empty while all is well. */
void host_trouble(struct host *host, char *ret, size_t size);

/* How many descriptors this process has open, and a few more: to be compared. */
int host_descriptors(void);

/* A new directory below $TMPDIR, removed when the process ends. */
const char *host_directory(void);
/* Makes ret a directory in it, with "state" and "keys". */
void host_place(const char *name, char ret[HOST_PATH]);

/* Copies what stands in one such directory to another, where nothing else stays. */
void host_copy(const char *from, const char *to);
void host_copy_file(const char *from, const char *to);

#endif
