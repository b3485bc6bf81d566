/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manage socket of world.h's host: the sessions of patd/manage_op.c in a loop of their own, a
 * client that is whoever the caller says, and two stores to choose from.
 */
#ifndef TESTS_FUZZ_MANAGE_HOST_H
#define TESTS_FUZZ_MANAGE_HOST_H

#include "core/policy/request.h"
#include "core/store/store.h"

#define MANAGE_HOST_CREATED 64

enum manage_host_backend { MANAGE_HOST_MEMORY, MANAGE_HOST_SQLITE };

/* Once, before anything else. */
void manage_host_open(void);

/* The host as it was made, at WORLD_NOW. */
void manage_host_begin(enum manage_host_backend backend);

struct pat_store *manage_host_store(void);

/* What came back for some messages: texts, each ended by a NUL. Lives until the next call. */
struct manage_host_replies {
    const char *text;
    size_t len;
    bool dropped; /* patd closed the connection */
};

/*
 * Sends messages (with their NULs) as uid, in two pieces when cut is not 0, and reads until patd
 * answered the last one, which must be manage_host_last. Who follows the log is never answered it,
 * and hangs up after a while.
 */
extern const char manage_host_last[];
void manage_host_call(uint32_t uid, const char *messages, size_t len, size_t cut, bool follows,
                      struct manage_host_replies *ret);

/* Unix groups of every account that is asked for, one a line. */
void manage_host_set_groups(const char *names);

/* A service asks about a token, and it is counted. */
enum pat_class manage_host_verify(const struct pat_request *request);

/* What patd does by itself as time passes. */
void manage_host_sweep(void);

/* The texts of the tokens that were made since the beginning. */
size_t manage_host_created(void);
const char *manage_host_created_text(size_t index);
void manage_host_note_created(const char *text);

#endif
