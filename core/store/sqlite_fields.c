/* SPDX-License-Identifier: BSD-2-Clause */
/* Records to bound values and columns back to records, by the field tables of row.c. */
#include <sqlite3.h>
#include <string.h>

#include "core/store/sqlite_fields.h"

static int
bind_field(sqlite3_stmt *stmt, int index, const void *record, const struct pat_field *field)
{
    const void *at = pat_row_field_const(record, field);
    const struct pat_optional *optional;

    switch (field->type) {
    case PAT_FIELD_TEXT:
        return sqlite3_bind_text(stmt, index, at, -1, SQLITE_STATIC);
    case PAT_FIELD_INT32:
        return sqlite3_bind_int64(stmt, index, *(const int32_t *)at);
    case PAT_FIELD_INT64:
        return sqlite3_bind_int64(stmt, index, *(const int64_t *)at);
    case PAT_FIELD_BOOL:
        return sqlite3_bind_int64(stmt, index, *(const bool *)at ? 1 : 0);
    case PAT_FIELD_OPTIONAL:
        optional = at;
        return optional->set ? sqlite3_bind_int64(stmt, index, optional->at)
                             : sqlite3_bind_null(stmt, index);
    case PAT_FIELD_BYTES:
        return sqlite3_bind_blob(stmt, index, at, (int)field->size, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

bool
pat_sqlite_fields_bind(sqlite3_stmt *stmt, enum pat_row_kind kind, const void *record)
{
    const struct pat_row_type *type = pat_row_type(kind);
    int wanted = sqlite3_bind_parameter_count(stmt);

    for (size_t i = 0; i < type->count && (int)i < wanted; i++)
        if (bind_field(stmt, (int)i + 1, record, &type->fields[i]) != SQLITE_OK)
            return false;
    return true;
}

static bool
read_bytes(sqlite3_stmt *stmt, int column, void *at, const struct pat_field *field)
{
    bool is_text = field->type == PAT_FIELD_TEXT;
    int type = sqlite3_column_type(stmt, column);
    const void *bytes = sqlite3_column_blob(stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(stmt, column);

    if (type != (is_text ? SQLITE_TEXT : SQLITE_BLOB))
        return false;
    if (is_text ? len >= field->size || (len > 0 && memchr(bytes, 0, len) != NULL)
                : len != field->size)
        return false;
    if (len > 0)
        memcpy(at, bytes, len);
    if (is_text)
        ((char *)at)[len] = '\0';
    return true;
}

/* False for a value of another type, length or range than the field's: we did not write it. */
static bool
read_field(sqlite3_stmt *stmt, int column, void *record, const struct pat_field *field)
{
    void *at = pat_row_field(record, field);
    int type;
    int64_t number;

    if (field->type == PAT_FIELD_TEXT || field->type == PAT_FIELD_BYTES)
        return read_bytes(stmt, column, at, field);
    type = sqlite3_column_type(stmt, column);
    number = sqlite3_column_int64(stmt, column);
    switch (field->type) {
    case PAT_FIELD_OPTIONAL:
        *(struct pat_optional *)at = (struct pat_optional){.set = type != SQLITE_NULL,
                                                           .at = number};
        return type == SQLITE_NULL || type == SQLITE_INTEGER;
    case PAT_FIELD_INT32:
        *(int32_t *)at = (int32_t)number;
        return type == SQLITE_INTEGER && number >= INT32_MIN && number <= INT32_MAX;
    case PAT_FIELD_INT64:
        *(int64_t *)at = number;
        return type == SQLITE_INTEGER;
    case PAT_FIELD_BOOL:
        *(bool *)at = number == 1;
        return type == SQLITE_INTEGER && (number == 0 || number == 1);
    case PAT_FIELD_TEXT:
    case PAT_FIELD_BYTES:
        break;
    }
    return false;
}

enum pat_err
pat_sqlite_fields_read(sqlite3_stmt *stmt, enum pat_row_kind kind, void *ret)
{
    const struct pat_row_type *type = pat_row_type(kind);

    memset(ret, 0, type->size);
    for (size_t i = 0; i < type->count; i++)
        if (!read_field(stmt, (int)i, ret, &type->fields[i]))
            return PAT_ERR_SEAL;
    return PAT_OK;
}
