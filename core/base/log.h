/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one log sink of the process, the only mutable state of a file in the project. Until one is
 * set, events vanish: library code may always log. The modules never use it; they have pam_syslog
 * and SASL's log callback.
 */
#ifndef PAT_BASE_LOG_H
#define PAT_BASE_LOG_H

#include <stddef.h>
#include <syslog.h>

/* One key and value of an event; both are in audit/keys.def. Left out when value is NULL. */
struct pat_log_field {
    const char *key;
    const char *value; /* raw: the sink escapes it */
};

/* priority is LOG_CRIT .. LOG_DEBUG of syslog(3). Any thread may call; it must not block. */
typedef void pat_log_sink(void *context, int priority, const char *event,
                          const struct pat_log_field *fields, size_t count);

/* Call before threads start. sink may be NULL. context stays the caller's. */
void pat_log_set_sink(pat_log_sink *sink, void *context);

void pat_log(int priority, const char *event, const struct pat_log_field *fields, size_t count);

/* Logs an event with its fields written in place: PAT_LOG(LOG_ERR, "store", {"error", text}). */
#define PAT_LOG(priority, event, ...)                                                              \
    pat_log(priority, event, (const struct pat_log_field[]){__VA_ARGS__},                          \
            sizeof((const struct pat_log_field[]){__VA_ARGS__}) / sizeof(struct pat_log_field))

#endif
