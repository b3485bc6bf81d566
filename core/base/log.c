/* SPDX-License-Identifier: BSD-2-Clause */
/* Where events leave the core. */
#include "core/base/log.h"

static struct {
    pat_log_sink *sink;
    void *context;
} current;

void
pat_log_set_sink(pat_log_sink *sink, void *context)
{
    current.sink = sink;
    current.context = context;
}

void
pat_log(int priority, const char *event, const struct pat_log_field *fields, size_t count)
{
    if (current.sink != NULL)
        current.sink(current.context, priority, event, fields, count);
}
