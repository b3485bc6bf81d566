/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Varlink messages (varlink.org): JSON objects, each ended by a NUL byte. What the management
 * socket speaks; the verify socket never sees JSON.
 */
#ifndef PAT_WIRE_VARLINK_H
#define PAT_WIRE_VARLINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

#define PAT_VARLINK_REQUEST_MAX ((size_t)64 * 1024) /* with the NUL */
#define PAT_VARLINK_INTERFACE "io.linuxpat.Manage"

/* The text of io.linuxpat.Manage.varlink. */
extern const char pat_varlink_interface_text[];

/* Makes jansson wipe what it frees: replies and requests hold tokens. Once, before threads. */
void pat_varlink_start(void);

/* JSON as json_loadb() reads it, also when memory runs out. NULL when it is none, or for want of
 * it. */
json_t *pat_varlink_load(const char *bytes, size_t len, size_t flags);

struct pat_varlink_call {
    json_t *message;    /* owns what follows */
    const char *method; /* "io.linuxpat.Manage.List" */
    json_t *parameters; /* an object, perhaps empty */
    bool more;
    bool oneway;
};

/*
 * Reads one message of len bytes, without its NUL. PAT_ERR_SYNTAX for anything but a call, with a
 * duplicate key, or nested deeper than a call can be.
 */
PAT_CHECKED enum pat_err pat_varlink_parse(const char *bytes, size_t len,
                                           struct pat_varlink_call *ret);
void pat_varlink_clear(struct pat_varlink_call *call);

/*
 * A message with its NUL in *ret_len bytes; the caller wipes and frees it. Takes over parameters,
 * which may be NULL for want of memory. NULL without memory.
 */
char *pat_varlink_reply(json_t *parameters, bool continues, size_t *ret_len);
char *pat_varlink_error(const char *error, json_t *parameters, size_t *ret_len);
char *pat_varlink_call(const char *method, json_t *parameters, bool more, size_t *ret_len);

/* Wipes and frees a message. */
void pat_varlink_free(char *message, size_t len);

#endif
