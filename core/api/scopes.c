/* SPDX-License-Identifier: BSD-2-Clause */
/* Labels of scopes. The rules of the built-in ones are in core/policy/scope.c. */
#include <string.h>

#include "core/api/scopes.h"
#include "core/audit/event.h"
#include "core/base/diag.h"
#include "core/base/text.h"

/* --- listing --- */

struct listing {
    pat_scopes_each *each;
    void *context;
    bool ended;
};

static bool
hand_over(struct listing *listing, const struct pat_scopes_entry *entry)
{
    listing->ended = !listing->each(listing->context, entry);
    return !listing->ended;
}

static bool
list_record(void *context, const void *record)
{
    const struct pat_scope_record *row = record;

    return hand_over(context, &(struct pat_scopes_entry){.scope = row->scope,
                                                         .label = row->label,
                                                         .meaning = row->meaning,
                                                         .third_party = true});
}

enum pat_err
pat_scopes_list(struct pat_manage *manage, pat_scopes_each *each, void *context)
{
    const struct pat_scan scan = {.what = PAT_SCAN_SCOPES};
    struct listing listing = {.each = each, .context = context};
    const struct pat_scope_entry *entry;
    enum pat_err err = PAT_OK;

    for (size_t i = 0; !listing.ended && (entry = pat_scope_catalogue(i)) != NULL; i++)
        hand_over(&listing, &(struct pat_scopes_entry){.scope = entry->scope,
                                                       .label = entry->label,
                                                       .meaning = entry->meaning});
    if (!listing.ended)
        err = pat_store_scan(manage->store, &scan, list_record, &listing);
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

static bool
is_builtin(const char *scope)
{
    const struct pat_scope_entry *entry;

    for (size_t i = 0; (entry = pat_scope_catalogue(i)) != NULL; i++)
        if (pat_text_equal(entry->scope, scope))
            return true;
    return false;
}

enum pat_err
pat_scopes_has(struct pat_manage *manage, const char *scope, bool *ret)
{
    struct pat_scope_record row;
    enum pat_err err = PAT_OK;

    *ret = is_builtin(scope);
    if (*ret)
        return PAT_OK;
    err = pat_store_get(manage->store, PAT_ROW_SCOPE, "", scope, &row);
    *ret = err == PAT_OK;
    return err == PAT_OK || err == PAT_ERR_NOT_FOUND ? PAT_OK : pat_manage_failed(manage, err);
}

/* --- changing --- */

/* A third party's scope: one, legal, and none of ours. */
static enum pat_err
check_scope(struct pat_manage *manage, const char *scope)
{
    struct pat_scopes read;
    struct pat_diag diag;

    if (pat_scope_read(scope, &read, &diag) != PAT_OK)
        return pat_manage_refuse(manage, diag.code, "scope.illegal", "%s", diag.text);
    if (!pat_text_equal(read.text, scope) || pat_scope_count(&read) != 1 ||
        strchr(scope, '*') != NULL)
        return pat_manage_refuse(manage, PAT_ERR_SYNTAX, "scope.illegal",
                                 "an entry of the catalogue is one scope (area:verb)");
    if (!is_builtin(scope))
        return PAT_OK;
    return pat_manage_refuse(manage, PAT_ERR_CONFLICT, "scope.built-in",
                             "scope %s is built in: it is what it is", scope);
}

static enum pat_err
log_scope(struct pat_manage *manage, const char *event, const struct pat_scope_record *row)
{
    char text[2048];
    const struct pat_log_field fields[] = {{"label", row->label}, {"meaning", row->meaning}};
    bool added = pat_text_equal(event, "scope.add");
    const struct pat_change_args change = {.event = event,
                                           .subject = row->scope,
                                           .before = added ? NULL : text,
                                           .after = added ? text : NULL};
    enum pat_err cut = pat_event_write(text, sizeof text, NULL, fields, 2);

    (void)cut; /* a meaning that is too long is left out as a whole: the row has it */
    return pat_manage_log(manage, &change, NULL);
}

static enum pat_err
check_words(struct pat_manage *manage, const char *label, const char *meaning)
{
    enum pat_err err = pat_manage_text(manage, "label", label, PAT_LABEL_MAX);

    if (err == PAT_OK && label[0] == '\0')
        err = pat_manage_refuse(manage, PAT_ERR_SYNTAX, "scope.no-label",
                                "a scope of the catalogue needs a label");
    return err == PAT_OK ? pat_manage_text(manage, "meaning", meaning, PAT_DESCRIPTION_MAX) : err;
}

enum pat_err
pat_scopes_add(struct pat_manage *manage, const char *scope, const char *label, const char *meaning,
               struct pat_scope_record *ret)
{
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);

    if (err == PAT_OK)
        err = check_scope(manage, scope);
    if (err == PAT_OK)
        err = check_words(manage, label, meaning);
    if (err != PAT_OK)
        return err;
    meaning = meaning[0] == '\0' ? PAT_SCOPES_THIRD_PARTY : meaning;
    err = pat_store_get(manage->store, PAT_ROW_SCOPE, "", scope, ret);
    if (err == PAT_OK && pat_text_equal(ret->label, label) && pat_text_equal(ret->meaning, meaning))
        return PAT_OK;
    if (err == PAT_OK) {
        pat_manage_refuse(manage, PAT_ERR_EXISTS, "scope.exists",
                          "scope %s is in the catalogue already", scope);
        return pat_manage_hint(manage,
                               "to name it anew: patctl scope remove %s, which takes "
                               "nothing but the name",
                               scope);
    }
    if (err != PAT_ERR_NOT_FOUND)
        return pat_manage_failed(manage, err);
    *ret = (struct pat_scope_record){.created = manage->now};
    pat_text_clip(ret->scope, sizeof ret->scope, scope);
    pat_text_clip(ret->label, sizeof ret->label, label);
    pat_text_clip(ret->meaning, sizeof ret->meaning, meaning);
    err = pat_store_put(manage->store, PAT_ROW_SCOPE, ret);
    return err == PAT_OK ? log_scope(manage, "scope.add", ret) : pat_manage_failed(manage, err);
}

enum pat_err
pat_scopes_remove(struct pat_manage *manage, const char *scope)
{
    struct pat_scope_record row;
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);

    if (err == PAT_OK)
        err = check_scope(manage, scope);
    if (err != PAT_OK)
        return err;
    err = pat_store_get(manage->store, PAT_ROW_SCOPE, "", scope, &row);
    if (err == PAT_ERR_NOT_FOUND)
        return pat_manage_refuse(manage, err, "scope.unknown", "scope %s is not in the catalogue",
                                 scope);
    if (err == PAT_OK)
        err = pat_store_drop(manage->store, PAT_ROW_SCOPE, &row);
    return err == PAT_OK ? log_scope(manage, "scope.remove", &row) : pat_manage_failed(manage, err);
}
