/* SPDX-License-Identifier: BSD-2-Clause */
/* The SQL of usage.db. Constant: nothing is ever printed into a statement. */
#ifndef PAT_STORE_SQLITE_USAGE_SQL_H
#define PAT_STORE_SQLITE_USAGE_SQL_H

#define PAT_SQLITE_USAGE_VERSION 1

extern const char pat_sqlite_usage_schema[]; /* several statements, a transaction of their own */

enum pat_sqlite_usage_sql {
    PAT_USAGE_BEGIN,
    PAT_USAGE_BEGIN_READ,
    PAT_USAGE_COMMIT,
    PAT_USAGE_PUT_TOKEN,
    PAT_USAGE_PUT_RECENT,
    PAT_USAGE_PUT_TOKEN_DAY,
    PAT_USAGE_PUT_SERVICE_DAY,
    PAT_USAGE_DROP_TOKEN_DAYS,
    PAT_USAGE_DROP_SERVICE_DAYS,
    PAT_USAGE_GET_SINCE,
    PAT_USAGE_GET_TOKEN,
    PAT_USAGE_GET_ACCEPTED_BY,
    PAT_USAGE_LIST_RECENT,
    PAT_USAGE_LIST_TOKEN_DAYS,
    PAT_USAGE_LIST_SERVICE_DAYS,
    PAT_USAGE_PUT_TOLD,
    PAT_USAGE_GET_TOLD,
    PAT_USAGE_DROP_TOLD,
    PAT_USAGE_FORGET_TOKEN,
    PAT_USAGE_FORGET_RECENT,
    PAT_USAGE_FORGET_DAYS,
    PAT_USAGE_FORGET_TOLD,
    PAT_USAGE_SQL_COUNT
};

/* Their numbered parameters: the comment in the .c. */
extern const char *const pat_sqlite_usage_sql[PAT_USAGE_SQL_COUNT];

#endif
