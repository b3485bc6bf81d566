/* SPDX-License-Identifier: BSD-2-Clause */
/* The field tables. Order is the order of the columns and of the sealed bytes: append only. */
#include <stdlib.h>

#include "core/base/text.h"
#include "core/store/row.h"

#define FIELD(record, member, kind)                                                                \
    {                                                                                              \
#member, PAT_FIELD_##kind, offsetof(struct pat_##record##_record, member),                 \
            sizeof(((struct pat_##record##_record *)NULL)->member)                                 \
    }
#define SEALED(record) FIELD(record, version, INT64), FIELD(record, seal, BYTES)

static const struct pat_field host_fields[] = {
    FIELD(host, id, TEXT),
    FIELD(host, default_tenant, TEXT),
    FIELD(host, generation, INT64),
    FIELD(host, sum, BYTES),
    SEALED(host),
};

static const struct pat_field head_fields[] = {
    FIELD(head, tenant, TEXT),
    FIELD(head, seq, INT64),
    FIELD(head, chain, BYTES),
    FIELD(head, cut_seq, INT64),
    FIELD(head, cut_chain, BYTES),
    FIELD(head, sum, BYTES),
    SEALED(head),
};

static const struct pat_field tenant_fields[] = {
    FIELD(tenant, tenant, TEXT),
    FIELD(tenant, state, INT32),
    FIELD(tenant, description, TEXT),
    FIELD(tenant, contact, TEXT),
    FIELD(tenant, realms, TEXT),
    FIELD(tenant, any_scope, BOOL),
    FIELD(tenant, scopes, TEXT),
    FIELD(tenant, any_network, BOOL),
    FIELD(tenant, networks, TEXT),
    FIELD(tenant, self_service, BOOL),
    FIELD(tenant, self_service_scopes, TEXT),
    FIELD(tenant, max_tokens, OPTIONAL),
    FIELD(tenant, name_min, INT64),
    FIELD(tenant, require_expiry, BOOL),
    FIELD(tenant, require_addresses, BOOL),
    FIELD(tenant, default_lifetime, OPTIONAL),
    FIELD(tenant, max_lifetime, OPTIONAL),
    FIELD(tenant, pending_lifetime, INT64),
    FIELD(tenant, created, INT64),
    SEALED(tenant),
};

static const struct pat_field user_fields[] = {
    FIELD(user, tenant, TEXT),
    FIELD(user, user, TEXT),
    FIELD(user, state, INT32),
    FIELD(user, role, INT32),
    FIELD(user, account, TEXT),
    FIELD(user, uid, OPTIONAL),
    FIELD(user, allow_root, BOOL),
    FIELD(user, grants, TEXT),
    FIELD(user, contact, TEXT),
    FIELD(user, created, INT64),
    SEALED(user),
};

static const struct pat_field group_fields[] = {
    FIELD(group, tenant, TEXT), FIELD(group, group_name, TEXT), FIELD(group, role, INT32),
    FIELD(group, grants, TEXT), FIELD(group, created, INT64),   SEALED(group),
};

static const struct pat_field scope_fields[] = {
    FIELD(scope, tenant, TEXT),  FIELD(scope, scope, TEXT),    FIELD(scope, label, TEXT),
    FIELD(scope, meaning, TEXT), FIELD(scope, created, INT64), SEALED(scope),
};

static const struct pat_field token_fields[] = {
    FIELD(token, tenant, TEXT),
    FIELD(token, created_seq, INT64),
    FIELD(token, id, TEXT),
    FIELD(token, user, TEXT),
    FIELD(token, name, TEXT),
    FIELD(token, description, TEXT),
    FIELD(token, state, INT32),
    FIELD(token, scopes, TEXT),
    FIELD(token, addresses, TEXT),
    FIELD(token, created, INT64),
    FIELD(token, creator_uid, INT64),
    FIELD(token, creator, TEXT),
    FIELD(token, not_before, OPTIONAL),
    FIELD(token, expires, OPTIONAL),
    FIELD(token, pending_until, OPTIONAL),
    FIELD(token, ended, OPTIONAL),
    FIELD(token, successor, TEXT),
    FIELD(token, batch, TEXT),
    FIELD(token, key_number, INT64),
    FIELD(token, verifier, BYTES),
    SEALED(token),
};

static const struct pat_field change_fields[] = {
    FIELD(change, tenant, TEXT),      FIELD(change, seq, INT64),
    FIELD(change, generation, INT64), FIELD(change, at, INT64),
    FIELD(change, actor_uid, INT64),  FIELD(change, login_uid, OPTIONAL),
    FIELD(change, actor, TEXT),       FIELD(change, event, TEXT),
    FIELD(change, user, TEXT),        FIELD(change, subject, TEXT),
    FIELD(change, batch, TEXT),       FIELD(change, erased, BOOL),
    FIELD(change, salt, BYTES),       FIELD(change, text_hash, BYTES),
    FIELD(change, before, TEXT),      FIELD(change, after, TEXT),
    FIELD(change, reason, TEXT),      FIELD(change, claimed, TEXT),
    FIELD(change, link, BYTES),
};

#define ROW(kind, table, sealed, name)                                                             \
    {                                                                                              \
        table, sizeof(struct pat_##kind##_record), kind##_fields,                                  \
            sizeof kind##_fields / sizeof kind##_fields[0], sealed, name                           \
    }

static const struct pat_row_type types[PAT_ROW_KINDS] = {
    [PAT_ROW_HOST] = ROW(host, "host", true, NULL),
    [PAT_ROW_HEAD] = ROW(head, "heads", true, NULL),
    [PAT_ROW_TENANT] = ROW(tenant, "tenants", true, NULL),
    [PAT_ROW_USER] = ROW(user, "users", true, "user"),
    [PAT_ROW_GROUP] = ROW(group, "groups", true, "group_name"),
    [PAT_ROW_SCOPE] = ROW(scope, "scopes", true, "scope"),
    [PAT_ROW_TOKEN] = ROW(token, "tokens", true, "id"),
    [PAT_ROW_CHANGE] = ROW(change, "changes", false, NULL),
};

const struct pat_row_type *
pat_row_type(enum pat_row_kind kind)
{
    return &types[kind];
}

void *
pat_row_field(void *record, const struct pat_field *field)
{
    return (char *)record + field->offset;
}

const void *
pat_row_field_const(const void *record, const struct pat_field *field)
{
    return (const char *)record + field->offset;
}

int64_t *
pat_row_version(enum pat_row_kind kind, void *record)
{
    const struct pat_row_type *type = pat_row_type(kind);

    if (!type->sealed)
        abort();
    return pat_row_field(record, &type->fields[type->count - 2]);
}

struct pat_digest *
pat_row_seal(enum pat_row_kind kind, void *record)
{
    const struct pat_row_type *type = pat_row_type(kind);

    if (!type->sealed)
        abort();
    return pat_row_field(record, &type->fields[type->count - 1]);
}

static const char *
text_of(const struct pat_row_type *type, const void *record, const char *name)
{
    for (size_t i = 0; name != NULL && i < type->count; i++)
        if (pat_text_equal(type->fields[i].name, name))
            return pat_row_field_const(record, &type->fields[i]);
    return "";
}

const char *
pat_row_tenant(enum pat_row_kind kind, const void *record)
{
    return text_of(pat_row_type(kind), record, "tenant");
}

const char *
pat_row_name(enum pat_row_kind kind, const void *record)
{
    return text_of(pat_row_type(kind), record, pat_row_type(kind)->name_field);
}
