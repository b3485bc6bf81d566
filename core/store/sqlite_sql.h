/* SPDX-License-Identifier: BSD-2-Clause */
/* Every SQL text of the token store: constant, bound, never assembled at run time. */
#ifndef PAT_STORE_SQLITE_SQL_H
#define PAT_STORE_SQLITE_SQL_H

#include "core/store/store_ops.h"

/* Fields of the row are bound as ?1, ?2, ... in the order of row.h's field table. */
struct pat_sqlite_row_sql {
    const char *get; /* ?1 tenant, ?2 name; the columns are the fields in order */
    const char *insert;
    const char *update; /* only where the stored version is the one before; NULL: never */
    const char *drop;   /* only where the stored version is the record's; NULL: never */
};

extern const struct pat_sqlite_row_sql pat_sqlite_row_sql[PAT_ROW_KINDS];

/* ?1 tenant, ?2 name, ?3 number, ?4 before, ?5 limit, ?6 after_name; the columns are the fields. */
extern const char *const pat_sqlite_scan_sql[PAT_SCAN_COUNT];

extern const char pat_sqlite_cut_sql[];        /* ?1 tenant, ?2 upto */
extern const char pat_sqlite_erase_sql[];      /* ?1 tenant, ?2 user, ?3 after, ?4 upto, ?5 gen. */
extern const char pat_sqlite_count_live_sql[]; /* ?1 tenant, ?2 user, ?3 now, ?4 name */
extern const char pat_sqlite_tally_sql[];      /* ?1 tenant, ?2 now, ?3 soon */
extern const char pat_sqlite_tally_all_sql[];  /* ?2 now, ?3 soon */

#endif
