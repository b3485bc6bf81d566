/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of what is made again, and tokens; users, groups and tenants are in again_people.c. */
#include <string.h>

#include "core/api/again.h"
#include "core/api/tokens_internal.h"
#include "core/base/text.h"
#include "core/base/when.h"

/* --- shared --- */

enum pat_err
pat_again_get(struct pat_again *again, enum pat_row_kind kind, const char *tenant, const char *name,
              void *ret)
{
    enum pat_err err = pat_store_get(again->manage->store, kind, tenant, name, ret);

    if (err == PAT_ERR_NOT_FOUND)
        again->missing++;
    else if (err != PAT_OK)
        pat_manage_failed(again->manage, err);
    return err;
}

enum pat_err
pat_again_put(struct pat_again *again, enum pat_row_kind kind, void *row)
{
    enum pat_err err = pat_store_put(again->manage->store, kind, row);

    return err == PAT_OK ? PAT_OK : pat_manage_failed(again->manage, err);
}

enum pat_err
pat_again_log(struct pat_again *again, const struct pat_journal_line *line, const char *user,
              const char *subject)
{
    const struct pat_change_args change = {
        .tenant = line->tenant,
        .event = line->event,
        .user = user,
        .subject = subject,
        .after = strlen(line->after) < PAT_JOURNAL_VALUE ? line->after : NULL,
        .reason = PAT_AGAIN_REASON};

    again->made++;
    return pat_manage_log(again->manage, &change, NULL);
}

/* --- tokens --- */

/* Narrows the token; *ret_changed when it was wider. PAT_ERR_SYNTAX for an illegible line. */
typedef enum pat_err narrow(struct pat_again *again, const struct pat_journal_line *line,
                            struct pat_token_record *token, bool *ret_changed);

static enum pat_err
suspend(struct pat_again *again, const struct pat_journal_line *line,
        struct pat_token_record *token, bool *ret_changed)
{
    (void)again;
    (void)line;
    if (token->state != PAT_STATE_ACTIVE && token->state != PAT_STATE_PENDING)
        return PAT_OK;
    token->state = PAT_STATE_SUSPENDED; /* a pending one was confirmed, before it was paused */
    token->pending_until = (struct pat_optional){.set = false};
    *ret_changed = true;
    return PAT_OK;
}

static enum pat_err
narrow_scopes(const char *value, struct pat_token_record *token)
{
    struct pat_scopes wanted, meet;

    if (pat_scope_read(value, &wanted, NULL) != PAT_OK)
        return PAT_ERR_SYNTAX;
    pat_scope_meet(&token->scopes, &wanted, &meet);
    if (meet.text[0] == '\0')
        return PAT_ERR_SYNTAX; /* no token is without a scope */
    token->scopes = meet;
    return PAT_OK;
}

static enum pat_err
narrow_addresses(const char *value, struct pat_token_record *token)
{
    struct pat_cidrs wanted;

    if (pat_cidr_read(value, &wanted, NULL) != PAT_OK || wanted.text[0] == '\0')
        return PAT_ERR_SYNTAX;
    if (token->addresses.text[0] == '\0' || pat_cidr_includes(&token->addresses, &wanted))
        token->addresses = wanted;
    else if (!pat_cidr_includes(&wanted, &token->addresses))
        return PAT_ERR_SYNTAX; /* they never were of one token */
    return PAT_OK;
}

/* "never" says that the end was not set: it is not later than it is. */
static enum pat_err
narrow_end(const char *value, struct pat_token_record *token)
{
    struct pat_when when;

    if (pat_text_equal(value, "never"))
        return PAT_OK;
    if (pat_when_read(value, PAT_WHEN_END, 0, &when) != PAT_OK || when.never)
        return PAT_ERR_SYNTAX;
    if (!token->expires.set || token->expires.at > when.at)
        token->expires = (struct pat_optional){.set = true, .at = when.at};
    return PAT_OK;
}

/* The successor was made with the change: when it is missing, so is what came of it. */
static enum pat_err
narrow_successor(const char *value, struct pat_token_record *token)
{
    if (pat_text_equal(value, "none"))
        token->successor[0] = '\0';
    return PAT_OK;
}

static enum pat_err
keep(const char *value, struct pat_token_record *token)
{
    (void)value;
    (void)token;
    return PAT_OK;
}

static enum pat_err
narrow_field(const char *key, const char *value, struct pat_token_record *token)
{
    static const struct {
        const char *key;
        enum pat_err (*narrow)(const char *value, struct pat_token_record *token);
    } fields[] = {{"scopes", narrow_scopes},
                  {"addresses", narrow_addresses},
                  {"expires", narrow_end},
                  {"successor", narrow_successor},
                  {"name", keep},
                  {"description", keep}};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (pat_text_equal(fields[i].key, key))
            return fields[i].narrow(value, token);
    return PAT_ERR_SYNTAX;
}

static bool
same_rights(const struct pat_token_record *a, const struct pat_token_record *b)
{
    return pat_text_equal(a->scopes.text, b->scopes.text) &&
           pat_text_equal(a->addresses.text, b->addresses.text) &&
           a->expires.set == b->expires.set && a->expires.at == b->expires.at &&
           pat_text_equal(a->successor, b->successor);
}

static enum pat_err
edit(struct pat_again *again, const struct pat_journal_line *line, struct pat_token_record *token,
     bool *ret_changed)
{
    struct pat_token_record before = *token;
    char key[32], value[PAT_JOURNAL_VALUE];
    const char *at = line->after;
    enum pat_err err = PAT_OK;

    (void)again;
    if (token->state == PAT_STATE_REVOKED)
        return PAT_OK;
    while (err == PAT_OK && (err = pat_journal_field(&at, key, value)) == PAT_OK)
        err = narrow_field(key, value, token);
    if (err != PAT_ERR_NOT_FOUND)
        return err;
    *ret_changed = !same_rights(&before, token);
    return PAT_OK;
}

static enum pat_err
make_token(struct pat_again *again, const struct pat_journal_line *line, const char *id,
           narrow *narrowing)
{
    struct pat_token_record token;
    bool changed = false;
    enum pat_err err = pat_again_get(again, PAT_ROW_TOKEN, line->tenant, id, &token);

    if (err == PAT_ERR_NOT_FOUND)
        return PAT_OK;
    if (err == PAT_OK && narrowing == NULL && token.state != PAT_STATE_REVOKED) {
        again->made++;
        return pat_tokens_end(again->manage, &token, PAT_AGAIN_REASON, NULL);
    }
    if (err == PAT_OK && narrowing != NULL)
        err = narrowing(again, line, &token, &changed);
    if (err == PAT_OK && changed)
        err = pat_again_put(again, PAT_ROW_TOKEN, &token);
    return err == PAT_OK && changed ? pat_again_log(again, line, token.user, token.id) : err;
}

static enum pat_err
make_tokens(struct pat_again *again, const struct pat_journal_line *line, narrow *narrowing)
{
    const char *at = line->subjects;
    char id[PAT_USER_MAX + 1];
    enum pat_err err = PAT_OK;

    if (*at == '\0')
        return PAT_ERR_SYNTAX;
    while (err == PAT_OK && pat_journal_subject(&at, id))
        err = make_token(again, line, id, narrowing);
    return err == PAT_OK && *at != '\0' ? PAT_ERR_SYNTAX : err;
}

static enum pat_err
token_revoke(struct pat_again *again, const struct pat_journal_line *line)
{
    return make_tokens(again, line, NULL);
}

static enum pat_err
token_suspend(struct pat_again *again, const struct pat_journal_line *line)
{
    return make_tokens(again, line, suspend);
}

static enum pat_err
token_edit(struct pat_again *again, const struct pat_journal_line *line)
{
    return make_tokens(again, line, edit);
}

/* --- the table --- */

/* What a change does, and what is done when its line cannot be understood. */
static const struct {
    const char *event;
    pat_again_make *make, *close;
} changes[] = {
    {"token.revoke", token_revoke, token_revoke},
    {"token.suspend", token_suspend, token_revoke},
    {"token.edit", token_edit, token_revoke},
    {"token.rotate", token_edit, token_revoke},
    {"user.disable", pat_again_user_disable, pat_again_user_disable},
    {"user.bind", pat_again_user_bind, pat_again_user_disable},
    {"user.role", pat_again_user_role, pat_again_user_disable},
    {"user.forget", pat_again_user_forget, pat_again_user_disable},
    {"grant.remove", pat_again_grant_remove, pat_again_user_disable},
    {"tenant.set", pat_again_tenant_set, pat_again_tenant_disable},
    {"tenant.disable", pat_again_tenant_disable, pat_again_tenant_disable},
    {"tenant.delete", pat_again_tenant_delete, pat_again_tenant_disable},
};
#define CHANGES (sizeof changes / sizeof changes[0])

/* An event that this version does not know: the narrowest thing that the line names is ended. */
static pat_again_make *
closing(const struct pat_journal_line *line, size_t row)
{
    if (row < CHANGES)
        return changes[row].close;
    if (strncmp(line->event, "token.", strlen("token.")) == 0)
        return token_revoke;
    return line->user[0] != '\0' ? pat_again_user_disable : pat_again_tenant_disable;
}

/* The change that is logged then is what was done, not what the line says. */
static enum pat_err
close_subject(struct pat_again *again, struct pat_journal_line *line, size_t row)
{
    pat_again_make *close = closing(line, row);
    int64_t made = again->made;
    enum pat_err err;

    line->after = "";
    pat_text_clip(line->event, sizeof line->event,
                  close == token_revoke             ? "token.revoke"
                  : close == pat_again_user_disable ? "user.disable"
                                                    : "tenant.disable");
    err = line->tenant[0] == '\0' ? PAT_ERR_SYNTAX : close(again, line);
    if (err == PAT_ERR_SYNTAX && close != pat_again_tenant_disable && line->tenant[0] != '\0') {
        pat_text_clip(line->event, sizeof line->event, "tenant.disable");
        err = pat_again_tenant_disable(again, line);
    }
    again->closed += again->made - made;
    again->made = made;
    if (err == PAT_ERR_SYNTAX)
        return pat_manage_refuse(again->manage, PAT_ERR_VERSION, "journal.unreadable",
                                 "the journal has a line that this version cannot read");
    return err;
}

enum pat_err
pat_again(struct pat_again *again, const char *line)
{
    struct pat_journal_line read;
    enum pat_err err = pat_journal_read(line, &read);
    size_t row = 0;

    while (row < CHANGES && !pat_text_equal(changes[row].event, read.event))
        row++;
    if (err == PAT_OK)
        err = row == CHANGES || read.tenant[0] == '\0' ? PAT_ERR_SYNTAX
                                                       : changes[row].make(again, &read);
    return err == PAT_ERR_SYNTAX ? close_subject(again, &read, row) : err;
}
