/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading everything, and judging the difference between two moments. */
#include <string.h>

#include "core/base/text.h"
#include "core/policy/scope.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/manage_view.h"
#include "tests/fuzz/world.h"

/* --- reading --- */

/* Rows of one kind into an array. */
struct rows {
    void *at;
    size_t size, count, max;
};

static bool
add_row(void *context, const void *record)
{
    struct rows *rows = context;

    FUZZ_CHECK(rows->count < rows->max);
    memcpy((char *)rows->at + rows->count * rows->size, record, rows->size);
    rows->count++;
    return true;
}

static void
read_rows(struct pat_store *store, enum pat_scan_what what, const char *tenant, struct rows *rows)
{
    const struct pat_scan scan = {.what = what, .tenant = tenant};

    FUZZ_CHECK(pat_store_scan(store, &scan, add_row, rows) == PAT_OK);
}

#define ROWS(array)                                                                                \
    {                                                                                              \
        .at = (array), .size = sizeof(array)[0], .max = sizeof(array) / sizeof(array)[0]           \
    }

void
manage_view_take(struct pat_store *store, struct manage_view *ret)
{
    struct rows tenants = ROWS(ret->tenants), heads = ROWS(ret->heads), groups = ROWS(ret->groups),
                users = ROWS(ret->users), tokens = ROWS(ret->tokens), changes = ROWS(ret->changes);

    FUZZ_CHECK(pat_store_begin(store, false) == PAT_OK);
    FUZZ_CHECK(pat_store_get(store, PAT_ROW_HOST, "", "", &ret->host) == PAT_OK);
    read_rows(store, PAT_SCAN_TENANTS, "", &tenants);
    read_rows(store, PAT_SCAN_HEADS, "", &heads);
    read_rows(store, PAT_SCAN_CHANGES, "", &changes);
    for (size_t i = 0; i < tenants.count; i++) {
        const char *tenant = ret->tenants[i].tenant;

        read_rows(store, PAT_SCAN_GROUPS, tenant, &groups);
        read_rows(store, PAT_SCAN_USERS, tenant, &users);
        read_rows(store, PAT_SCAN_TOKENS, tenant, &tokens);
        read_rows(store, PAT_SCAN_CHANGES, tenant, &changes);
    }
    FUZZ_CHECK(pat_store_commit(store) == PAT_OK);
    ret->tenant_count = tenants.count;
    ret->head_count = heads.count;
    ret->group_count = groups.count;
    ret->user_count = users.count;
    ret->token_count = tokens.count;
    ret->change_count = changes.count;
}

/* --- comparing: field by field, padding means nothing --- */

static bool
same_field(const struct pat_field *field, const void *a, const void *b)
{
    const struct pat_optional *one, *other;

    switch (field->type) {
    case PAT_FIELD_TEXT:
        return pat_text_equal(a, b);
    case PAT_FIELD_INT32:
        return *(const int32_t *)a == *(const int32_t *)b;
    case PAT_FIELD_INT64:
        return *(const int64_t *)a == *(const int64_t *)b;
    case PAT_FIELD_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case PAT_FIELD_OPTIONAL:
        one = a;
        other = b;
        return one->set == other->set && (!one->set || one->at == other->at);
    case PAT_FIELD_BYTES:
        return memcmp(a, b, field->size) == 0;
    }
    return false;
}

/* Whether two rows are the same but for the fields named, by spaces. */
static bool
same_row(enum pat_row_kind kind, const void *a, const void *b, const char *but)
{
    const struct pat_row_type *type = pat_row_type(kind);

    for (size_t i = 0; i < type->count; i++) {
        const struct pat_field *field = &type->fields[i];
        const char *at = but;
        const char *word;
        bool left_out = false;
        size_t len;

        while ((len = pat_text_word(&at, &word)) != 0)
            left_out |= strlen(field->name) == len && memcmp(field->name, word, len) == 0;
        if (!left_out &&
            !same_field(field, pat_row_field_const(a, field), pat_row_field_const(b, field)))
            return false;
    }
    return true;
}

/* Every write moves the generation, and the sum stands for every row. */
bool
manage_view_equal(const struct manage_view *a, const struct manage_view *b)
{
    return same_row(PAT_ROW_HOST, &a->host, &b->host, "") && a->change_count == b->change_count &&
           a->token_count == b->token_count && a->user_count == b->user_count &&
           a->group_count == b->group_count && a->tenant_count == b->tenant_count;
}

/* --- who is who --- */

static bool
is_operator(uint32_t uid)
{
    return uid == 0 || uid == WORLD_OPERATOR;
}

static const struct pat_tenant_record *
find_tenant(const struct manage_view *view, const char *tenant)
{
    for (size_t i = 0; i < view->tenant_count; i++)
        if (pat_text_equal(view->tenants[i].tenant, tenant))
            return &view->tenants[i];
    return NULL;
}

static const struct pat_user_record *
find_user(const struct manage_view *view, const char *tenant, const char *user)
{
    for (size_t i = 0; i < view->user_count; i++)
        if (pat_text_equal(view->users[i].tenant, tenant) &&
            pat_text_equal(view->users[i].user, user))
            return &view->users[i];
    return NULL;
}

static const struct pat_token_record *
find_token(const struct manage_view *view, const char *id)
{
    for (size_t i = 0; i < view->token_count; i++)
        if (pat_text_equal(view->tokens[i].id, id))
            return &view->tokens[i];
    return NULL;
}

/* Whether the user's row is one of the uid's that counts, in that tenant and of that role. */
static bool
is_standing(const struct manage_view *view, const struct pat_user_record *user, uint32_t uid,
            const char *tenant, int32_t role)
{
    const struct pat_tenant_record *row = find_tenant(view, tenant);

    return pat_text_equal(user->tenant, tenant) && user->uid.set && user->uid.at == uid &&
           user->state == PAT_STATE_ACTIVE && row != NULL && row->state == PAT_STATE_ACTIVE &&
           user->role >= role;
}

static bool
has_role(const struct manage_view *view, uint32_t uid, const char *tenant, int32_t role)
{
    for (size_t i = 0; i < view->user_count; i++)
        if (is_standing(view, &view->users[i], uid, tenant, role))
            return true;
    return false;
}

static bool
is_self(const struct manage_view *view, uint32_t uid, const char *tenant, const char *user)
{
    const struct pat_user_record *row = find_user(view, tenant, user);

    return row != NULL && is_standing(view, row, uid, tenant, PAT_ROLE_USER);
}

bool
manage_view_is_member(const struct manage_view *view, uint32_t uid, const char *tenant)
{
    return is_operator(uid) || has_role(view, uid, tenant, PAT_ROLE_USER);
}

bool
manage_view_may_see(const struct manage_view *view, uint32_t uid, const char *tenant,
                    const char *user)
{
    return is_operator(uid) || has_role(view, uid, tenant, PAT_ROLE_AUDITOR) ||
           (user != NULL && is_self(view, uid, tenant, user));
}

/* --- what may be different --- */

struct change {
    const struct manage_view *before, *after;
    uint32_t uid;
    bool is_operator;
};

static bool
is_virtual(const struct pat_scopes *scopes)
{
    char scope[PAT_SCOPE_MAX + 1];

    for (const char *at = scopes->text; pat_scope_next(&at, scope);)
        if (strncmp(scope, "mail:", 5) != 0 && strncmp(scope, "ldap:", 5) != 0 &&
            strncmp(scope, "http:", 5) != 0 && strncmp(scope, "db:", 3) != 0)
            return false;
    return true;
}

/* A change of the tenant's log, written by this caller in this call. */
static void
check_logged(const struct change *change, const char *tenant)
{
    bool logged = false;

    for (size_t i = 0; i < change->after->change_count; i++) {
        const struct pat_change_record *row = &change->after->changes[i];

        logged |= pat_text_equal(row->tenant, tenant) && row->actor_uid == change->uid &&
                  row->generation > change->before->host.generation;
    }
    FUZZ_CHECK_TEXT(logged, tenant);
}

static void
check_user(const struct change *change, const struct pat_user_record *after)
{
    const struct pat_user_record *before = find_user(change->before, after->tenant, after->user);
    struct pat_scopes added, removed;

    if (before != NULL && same_row(PAT_ROW_USER, before, after, ""))
        return;
    check_logged(change, after->tenant);
    FUZZ_CHECK(pat_scope_canonical(&after->grants) &&
               after->uid.set == (after->account[0] != '\0'));
    if (change->is_operator)
        return;
    /* An administrator makes virtual users, and changes state and virtual grants of these. */
    FUZZ_CHECK(has_role(change->before, change->uid, after->tenant, PAT_ROLE_ADMIN));
    FUZZ_CHECK(after->account[0] == '\0' && !after->uid.set && !after->allow_root);
    if (before == NULL) {
        FUZZ_CHECK(after->role == PAT_ROLE_USER && is_virtual(&after->grants));
        return;
    }
    pat_scope_minus(&after->grants, &before->grants, &added);
    pat_scope_minus(&before->grants, &after->grants, &removed);
    FUZZ_CHECK(is_virtual(&added) && is_virtual(&removed));
    FUZZ_CHECK(same_row(PAT_ROW_USER, before, after, "state grants version seal"));
}

static int64_t
count_live(const struct change *change, const struct pat_token_record *token)
{
    int64_t live = 0;

    for (size_t i = 0; i < change->after->token_count; i++) {
        const struct pat_token_record *each = &change->after->tokens[i];

        live += pat_text_equal(each->tenant, token->tenant) &&
                pat_text_equal(each->user, token->user) && each->state != PAT_STATE_REVOKED &&
                each->successor[0] == '\0' &&
                (each->state == PAT_STATE_PENDING || !each->expires.set ||
                 each->expires.at > world_now);
    }
    return live;
}

static void
check_new_token(const struct change *change, const struct pat_token_record *token)
{
    const struct pat_user_record *user = find_user(change->before, token->tenant, token->user);
    const struct pat_tenant_record *tenant = find_tenant(change->before, token->tenant);
    bool self = is_self(change->before, change->uid, token->tenant, token->user);

    FUZZ_CHECK(user != NULL && tenant != NULL && user->state == PAT_STATE_ACTIVE);
    FUZZ_CHECK(token->scopes.text[0] != '\0' && pat_scope_canonical(&token->scopes));
    FUZZ_CHECK(pat_scope_includes(&user->grants, &token->scopes));
    FUZZ_CHECK(tenant->any_scope || pat_scope_includes(&tenant->scopes, &token->scopes));
    FUZZ_CHECK(!token->expires.set || (token->expires.at > world_now &&
                                       token->expires.at <= world_now + PAT_LIFETIME_MAX));
    FUZZ_CHECK(token->expires.set || (!tenant->require_expiry && !tenant->max_lifetime.set));
    FUZZ_CHECK(!tenant->max_lifetime.set ||
               token->expires.at <= world_now + tenant->max_lifetime.at);
    FUZZ_CHECK(!tenant->require_addresses || token->addresses.text[0] != '\0');
    FUZZ_CHECK(!tenant->max_tokens.set || count_live(change, token) <= tenant->max_tokens.at);
    FUZZ_CHECK(token->creator_uid == change->uid && token->created == world_now);
    FUZZ_CHECK(token->state == PAT_STATE_ACTIVE || token->state == PAT_STATE_PENDING);
    if (change->is_operator)
        return;
    FUZZ_CHECK(self || (has_role(change->before, change->uid, token->tenant, PAT_ROLE_ADMIN) &&
                        user->account[0] == '\0'));
    if (self)
        FUZZ_CHECK(tenant->self_service &&
                   pat_scope_includes(&tenant->self_service_scopes, &token->scopes));
}

/* No change gives a token more than it had. */
static void
check_narrower(const struct pat_token_record *before, const struct pat_token_record *after)
{
    FUZZ_CHECK(after->scopes.text[0] != '\0' && pat_scope_canonical(&after->scopes));
    FUZZ_CHECK(pat_scope_includes(&before->scopes, &after->scopes));
    FUZZ_CHECK(before->addresses.text[0] == '\0' ||
               (after->addresses.text[0] != '\0' &&
                pat_cidr_includes(&before->addresses, &after->addresses)));
    FUZZ_CHECK(!before->expires.set ||
               (after->expires.set && after->expires.at <= before->expires.at));
}

static void
check_state(const struct pat_token_record *before, const struct pat_token_record *after)
{
    FUZZ_CHECK(!after->ended.set);
    if (after->state == before->state)
        return;
    if (before->state == PAT_STATE_PENDING)
        FUZZ_CHECK(world_now < before->pending_until.at && after->state == PAT_STATE_ACTIVE);
    else
        FUZZ_CHECK((before->state == PAT_STATE_ACTIVE && after->state == PAT_STATE_SUSPENDED) ||
                   (before->state == PAT_STATE_SUSPENDED && after->state == PAT_STATE_ACTIVE));
}

/* What an administrator may do to a token of an account of the host: stop it. */
static bool
only_stops(const struct pat_token_record *before, const struct pat_token_record *after)
{
    bool unlinked = after->successor[0] == '\0' && before->successor[0] != '\0';

    return after->state == PAT_STATE_REVOKED || after->state == PAT_STATE_SUSPENDED || unlinked;
}

static void
check_token(const struct change *change, const struct pat_token_record *after)
{
    const struct pat_token_record *before = find_token(change->before, after->id);
    const struct pat_user_record *user = find_user(change->before, after->tenant, after->user);
    bool self = is_self(change->before, change->uid, after->tenant, after->user);
    bool admin = has_role(change->before, change->uid, after->tenant, PAT_ROLE_ADMIN);

    if (before != NULL && same_row(PAT_ROW_TOKEN, before, after, ""))
        return;
    check_logged(change, after->tenant);
    if (before == NULL) {
        check_new_token(change, after);
        return;
    }
    FUZZ_CHECK(before->state != PAT_STATE_REVOKED && after->version > before->version);
    FUZZ_CHECK(same_row(PAT_ROW_TOKEN, before, after,
                        "name description scopes addresses expires successor state ended "
                        "pending_until version seal"));
    check_narrower(before, after);
    FUZZ_CHECK(change->is_operator || self ||
               (admin && (user->account[0] == '\0' || only_stops(before, after))));
    if (after->state == PAT_STATE_REVOKED)
        FUZZ_CHECK(after->ended.set && after->ended.at == world_now);
    else
        check_state(before, after);
}

/* Tenants, groups and the host's own settings are an operator's. */
static void
check_rest(const struct change *change)
{
    const struct manage_view *before = change->before, *after = change->after;

    if (change->is_operator)
        return;
    FUZZ_CHECK(pat_text_equal(before->host.default_tenant, after->host.default_tenant));
    FUZZ_CHECK(before->tenant_count == after->tenant_count);
    FUZZ_CHECK(before->group_count == after->group_count);
    for (size_t i = 0; i < before->tenant_count; i++)
        FUZZ_CHECK(same_row(PAT_ROW_TENANT, &before->tenants[i], &after->tenants[i], ""));
    for (size_t i = 0; i < before->group_count; i++)
        FUZZ_CHECK(same_row(PAT_ROW_GROUP, &before->groups[i], &after->groups[i], ""));
}

static const struct pat_change_record *
find_change(const struct manage_view *view, const char *tenant, int64_t seq)
{
    for (size_t i = 0; i < view->change_count; i++)
        if (view->changes[i].seq == seq && pat_text_equal(view->changes[i].tenant, tenant))
            return &view->changes[i];
    return NULL;
}

/* Nothing of the log goes away, and what comes is the caller's, in tenants of theirs. */
static void
check_log(const struct change *change)
{
    const struct manage_view *before = change->before, *after = change->after;

    for (size_t i = 0; i < before->change_count; i++) {
        const struct pat_change_record *old = &before->changes[i];
        const struct pat_change_record *row = find_change(after, old->tenant, old->seq);

        FUZZ_CHECK(row != NULL && same_row(PAT_ROW_CHANGE, row, old, ""));
    }
    for (size_t i = 0; i < after->change_count; i++) {
        const struct pat_change_record *row = &after->changes[i];

        if (find_change(before, row->tenant, row->seq) != NULL)
            continue;
        FUZZ_CHECK(row->actor_uid == change->uid && row->at == world_now);
        FUZZ_CHECK(manage_view_is_member(before, change->uid, row->tenant));
        FUZZ_CHECK(row->seq == 1 || find_change(after, row->tenant, row->seq - 1) != NULL);
    }
}

void
manage_view_check_change(const struct manage_view *before, const struct manage_view *after,
                         uint32_t uid)
{
    const struct change change = {
        .before = before, .after = after, .uid = uid, .is_operator = is_operator(uid)};

    if (manage_view_equal(before, after))
        return;
    FUZZ_CHECK(after->host.generation > before->host.generation);
    FUZZ_CHECK(after->change_count > before->change_count);
    FUZZ_CHECK(after->user_count >= before->user_count);
    FUZZ_CHECK(after->token_count >= before->token_count);
    check_log(&change);
    check_rest(&change);
    for (size_t i = 0; i < after->user_count; i++)
        check_user(&change, &after->users[i]);
    for (size_t i = 0; i < after->token_count; i++)
        check_token(&change, &after->tokens[i]);
}

void
manage_view_check_sweep(const struct manage_view *before, const struct manage_view *after)
{
    FUZZ_CHECK(after->token_count == before->token_count);
    FUZZ_CHECK(after->user_count == before->user_count);
    for (size_t i = 0; i < after->user_count; i++)
        FUZZ_CHECK(same_row(PAT_ROW_USER, &before->users[i], &after->users[i], ""));
    for (size_t i = 0; i < after->token_count; i++) {
        const struct pat_token_record *token = &after->tokens[i];
        const struct pat_token_record *old = find_token(before, token->id);

        FUZZ_CHECK(old != NULL);
        if (old->state == PAT_STATE_PENDING && old->pending_until.at <= world_now)
            FUZZ_CHECK(token->state == PAT_STATE_REVOKED && token->ended.set);
        else if (old->successor[0] != '\0' && token->successor[0] == '\0') /* it was never used */
            FUZZ_CHECK(same_row(PAT_ROW_TOKEN, old, token, "successor version seal"));
        else
            FUZZ_CHECK(same_row(PAT_ROW_TOKEN, old, token, ""));
    }
}
