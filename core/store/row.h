/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kinds of rows and their fields: one table that seals, backends and tests walk, so that a new
 * field is one line here and one in the schema.
 */
#ifndef PAT_STORE_ROW_H
#define PAT_STORE_ROW_H

#include <stddef.h>

#include "core/policy/record.h"

enum pat_row_kind {
    PAT_ROW_HOST,
    PAT_ROW_HEAD,
    PAT_ROW_TENANT,
    PAT_ROW_USER,
    PAT_ROW_GROUP,
    PAT_ROW_SCOPE,
    PAT_ROW_TOKEN,
    PAT_ROW_CHANGE, /* neither versioned nor sealed: the chain covers it */
    PAT_ROW_KINDS
};

/* Room for a row of any kind. */
union pat_row {
    struct pat_host_record host;
    struct pat_head_record head;
    struct pat_tenant_record tenant;
    struct pat_user_record user;
    struct pat_group_record group;
    struct pat_scope_record scope;
    struct pat_token_record token;
    struct pat_change_record change;
};

enum pat_field_type {
    PAT_FIELD_TEXT, /* char[size], NUL-terminated */
    PAT_FIELD_INT32,
    PAT_FIELD_INT64,
    PAT_FIELD_BOOL,
    PAT_FIELD_OPTIONAL, /* struct pat_optional; NULL when not set */
    PAT_FIELD_BYTES,    /* unsigned char[size], all of it */
};

struct pat_field {
    const char *name; /* of the column */
    enum pat_field_type type;
    size_t offset;
    size_t size;
};

struct pat_row_type {
    const char *table;
    size_t size; /* of the struct */
    const struct pat_field *fields;
    size_t count;
    bool sealed;            /* then the last two fields are version and seal */
    const char *name_field; /* what tells rows of a tenant apart; NULL: nothing does */
};

const struct pat_row_type *pat_row_type(enum pat_row_kind kind);

/* The field's address in a record. */
void *pat_row_field(void *record, const struct pat_field *field);
const void *pat_row_field_const(const void *record, const struct pat_field *field);

/* Of sealed kinds. */
int64_t *pat_row_version(enum pat_row_kind kind, void *record);
struct pat_digest *pat_row_seal(enum pat_row_kind kind, void *record);

/* The tenant and the name of a record; the empty text where the kind has none. */
const char *pat_row_tenant(enum pat_row_kind kind, const void *record);
const char *pat_row_name(enum pat_row_kind kind, const void *record);

#endif
