/* SPDX-License-Identifier: BSD-2-Clause */
/* What all backends agree on, and their registry: a new one is a file and a line here. */
#include <stddef.h>

#include "core/base/text.h"
#include "core/store/store_ops.h"

static const struct pat_store_ops *const backends[] = {
    &pat_sqlite_ops,
    &pat_memory_ops,
};

const struct pat_store_ops *
pat_store_ops_find(const char *name)
{
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++)
        if (pat_text_equal(backends[i]->name, name))
            return backends[i];
    return NULL;
}

enum pat_row_kind
pat_store_ops_scan_kind(enum pat_scan_what what)
{
    switch (what) {
    case PAT_SCAN_TENANTS:
        return PAT_ROW_TENANT;
    case PAT_SCAN_HEADS:
        return PAT_ROW_HEAD;
    case PAT_SCAN_USERS:
    case PAT_SCAN_USERS_OF_UID:
        return PAT_ROW_USER;
    case PAT_SCAN_GROUPS:
        return PAT_ROW_GROUP;
    case PAT_SCAN_SCOPES:
        return PAT_ROW_SCOPE;
    case PAT_SCAN_TOKENS:
    case PAT_SCAN_TOKENS_FITTING:
    case PAT_SCAN_TOKENS_OF_USER:
    case PAT_SCAN_TOKENS_BY_ID:
    case PAT_SCAN_TOKENS_NAMED:
    case PAT_SCAN_TOKENS_OVERDUE:
    case PAT_SCAN_TOKENS_ENDING:
        return PAT_ROW_TOKEN;
    case PAT_SCAN_CHANGES:
    case PAT_SCAN_CHANGES_BACK:
        return PAT_ROW_CHANGE;
    case PAT_SCAN_COUNT:
        break;
    }
    return PAT_ROW_KINDS;
}
