/* SPDX-License-Identifier: BSD-2-Clause */
/* Small questions to this host: who listens on a socket, can a module be loaded, is an account
 * there. */
#ifndef ADMIN_HOST_SURVEY_H
#define ADMIN_HOST_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum survey_socket {
    SURVEY_LISTENS,
    SURVEY_MISSING,   /* nothing is there */
    SURVEY_NO_SOCKET, /* something else is there, or of another type */
    SURVEY_DEAD,      /* nobody listens */
    SURVEY_DENIED,    /* this program may not ask */
};

/*
 * Connects to a Unix socket of a type (SOCK_STREAM, SOCK_SEQPACKET), says nothing, and waits a
 * second at most. ret_pid (or NULL): who listens, 0 where that is not known.
 */
enum survey_socket survey_socket(const char *path, int type, pid_t *ret_pid);

/*
 * Loads a shared object in a process of its own, which ends at once, and looks for a symbol. Only
 * what root owns and nobody else may write is loaded: it runs. True, or why not, for people.
 */
bool survey_module(const char *path, const char *symbol, char *why, size_t size);

/*
 * What has become of an account that had this uid: "" when it is as it was, else a sentence without
 * a full stop. A name service that does not answer is no evidence: "".
 */
void survey_account(const char *account, int64_t uid, char *ret, size_t size);

#endif
