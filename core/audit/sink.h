/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where events go: /dev/log (RFC 3164 as syslog(3) writes it, facility LOG_AUTHPRIV), stderr, or
 * both. Writing never blocks: lines wait in a bounded queue, and what does not fit is counted and
 * reported once there is room again. Heads of the change log are kept in preference. A reader that
 * is not there is looked for at every flush, and by lines once a second.
 */
#ifndef PAT_AUDIT_SINK_H
#define PAT_AUDIT_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/log.h"

struct pat_sink;

struct pat_sink_args {
    const char *path;  /* of the syslog socket; NULL: none */
    const char *ident; /* "patd" */
    bool to_stderr;
};

PAT_CHECKED enum pat_err pat_sink_open(const struct pat_sink_args *args, struct pat_sink **ret);

/* Tries once more to write what waits; sink may be NULL. */
void pat_sink_close(struct pat_sink *sink);

/* A pat_log_sink with a struct pat_sink as its context. Any thread may call. */
void pat_sink_log(void *context, int priority, const char *event,
                  const struct pat_log_field *fields, size_t count);

/* Writes what waits, as far as the reader takes it; called once a second or so. */
void pat_sink_flush(struct pat_sink *sink);

/* Lines lost since the start. */
uint64_t pat_sink_dropped(struct pat_sink *sink);

#endif
