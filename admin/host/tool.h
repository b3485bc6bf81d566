/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs one of the services' own tools ("sshd -T", "postconf -n") and keeps what it prints. No
 * shell, no environment but PATH and LC_ALL=C, standard input is empty, no terminal, no open files
 * of ours, and never longer or more than agreed. A tool that this host does not have is an ordinary
 * answer.
 */
#ifndef ADMIN_HOST_TOOL_H
#define ADMIN_HOST_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

#define TOOL_PATH_MAX 128
#define TOOL_OUTPUT_MAX (1024 * 1024) /* bytes of standard output */
#define TOOL_ERRORS_MAX 4095          /* bytes of standard error; the rest is read and forgotten */
#define TOOL_SECONDS 10               /* for callers without a better idea */

/* Where tools are looked for, by colons; the system's own directories before /usr/local. */
extern const char tool_directories[];

enum tool_end {
    TOOL_RAN,      /* it ended by itself: see status */
    TOOL_MISSING,  /* not in tool_directories, or not executable */
    TOOL_KILLED,   /* it died of a signal: see status */
    TOOL_TIMEOUT,  /* it took too long and was killed, with its children */
    TOOL_TOO_LONG, /* it printed more than TOOL_OUTPUT_MAX and was killed */
};

struct tool_result {
    enum tool_end end;
    int status;  /* TOOL_RAN: exit status; TOOL_KILLED: signal; else 0 */
    char *out;   /* standard output, with a NUL behind it; never NULL after PAT_OK */
    size_t size; /* of out, without that NUL */
    char errors[TOOL_ERRORS_MAX + 1]; /* the beginning of standard error, with a NUL */
};

/*
 * Finds a tool by its name, which holds no slash; false when it is not there. ret is
 * TOOL_PATH_MAX bytes.
 */
bool tool_find(const char *name, char ret[TOOL_PATH_MAX]);

/*
 * Runs argv[0] (a name without a slash, or an absolute path) with the arguments behind it, up to a
 * NULL, for at most so many seconds. PAT_OK whatever the tool made of it: ret tells, and belongs to
 * the caller, who frees it with tool_free(). PAT_ERR_IO or PAT_ERR_NOMEM when this host could not
 * start anything; ret is then empty, and may be freed.
 */
PAT_CHECKED enum pat_err tool_run(const char *const argv[], unsigned seconds,
                                  struct tool_result *ret);
void tool_free(struct tool_result *result);

/* TOOL_RAN with exit status 0. */
bool tool_succeeded(const struct tool_result *result);

/* How it ended, for people: "sshd is not installed", "sshd ended with status 255: ...". */
void tool_tell(const struct tool_result *result, const char *name, char *ret, size_t size);

#endif
