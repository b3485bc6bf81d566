/* SPDX-License-Identifier: BSD-2-Clause */
/* Problems, transactions with their log rows, and the rows that callers name. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/manage.h"
#include "core/audit/chain.h"
#include "core/audit/event.h"
#include "core/base/text.h"

#define CHANGES_KEPT 32

enum pat_err
pat_manage_open(struct pat_manage *manage, struct pat_context *context, struct pat_store *store,
                const struct pat_peer *peer)
{
    const struct pat_config *config;
    enum pat_verdict health = pat_context_health(context);
    char trouble[240];
    enum pat_err err;

    memset(manage, 0, sizeof *manage);
    manage->context = context;
    manage->store = store;
    config = pat_context_hold_config(context);
    pat_roles_peer(config, peer, &manage->actor);
    pat_context_release_config(context, config);
    if (health != PAT_VERDICT_ACCEPTED || store == NULL) {
        pat_context_trouble(context, trouble, sizeof trouble);
        return pat_manage_refuse(manage, PAT_ERR_UNAVAILABLE, pat_verdict_name(health), "%s",
                                 trouble[0] == '\0' ? "the store is not open" : trouble);
    }
    if (pat_context_now(context, &manage->now) != PAT_OK)
        return pat_manage_failed(manage, PAT_ERR_CLOCK);
    config = pat_context_hold_config(context);
    err = pat_roles_find(store, config, peer, &manage->actor);
    pat_context_release_config(context, config);
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

static void
forget_changes(struct pat_manage *manage)
{
    free(manage->changes);
    manage->changes = NULL;
    manage->change_count = 0;
    manage->change_total = 0;
    manage->widens = false;
    free(manage->journal.text);
    manage->journal = (struct pat_recover_lines){.text = NULL};
    pat_chain_forget(&manage->salts);
}

void
pat_manage_close(struct pat_manage *manage)
{
    forget_changes(manage);
}

/* --- problems --- */

enum pat_err
pat_manage_refuse(struct pat_manage *manage, enum pat_err err, const char *id, const char *format,
                  ...)
{
    struct pat_problem *problem = &manage->problem;
    va_list args;

    problem->err = err;
    problem->hint[0] = '\0';
    pat_text_clip(problem->id, sizeof problem->id, id);
    va_start(args, format);
    vsnprintf(problem->message, sizeof problem->message, format, args);
    va_end(args);
    return err;
}

enum pat_err
pat_manage_hint(struct pat_manage *manage, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(manage->problem.hint, sizeof manage->problem.hint, format, args);
    va_end(args);
    return manage->problem.err;
}

enum pat_err
pat_manage_failed(struct pat_manage *manage, enum pat_err err)
{
    return pat_manage_refuse(manage, err, "store", "%s", pat_err_text(err));
}

/* --- transactions --- */

enum pat_err
pat_manage_start(struct pat_manage *manage)
{
    enum pat_err err = pat_store_begin(manage->store, true);

    forget_changes(manage);
    if (err == PAT_OK)
        return PAT_OK;
    pat_context_distrust(manage->context, err);
    return pat_manage_failed(manage, err);
}

static void
log_change(const struct pat_change_record *change)
{
    char uid[24], seq[24];

    snprintf(uid, sizeof uid, "%lld", (long long)change->actor_uid);
    snprintf(seq, sizeof seq, "%lld", (long long)change->seq);
    PAT_LOG(LOG_NOTICE, change->event, {"tenant", pat_text_or_null(change->tenant)}, {"seq", seq},
            {"user", pat_text_or_null(change->user)},
            {"subject", pat_text_or_null(change->subject)}, {"actor", change->actor},
            {"actor_uid", uid}, {"reason", pat_text_or_null(change->reason)},
            {"batch", pat_text_or_null(change->batch)});
}

static void
log_head(const struct pat_change_record *change)
{
    char seq[24], link[2 * PAT_DIGEST_LEN + 1];

    for (size_t i = 0; i < PAT_DIGEST_LEN; i++)
        snprintf(link + 2 * i, 3, "%02x", change->link.bytes[i]);
    snprintf(seq, sizeof seq, "%lld", (long long)change->seq);
    PAT_LOG(LOG_NOTICE, "head", {"tenant", change->tenant}, {"seq", seq}, {"link", link});
}

/* Whether a later change of the same tenant stands behind it. */
static bool
is_last_of_tenant(const struct pat_manage *manage, size_t index)
{
    for (size_t i = index + 1; i < manage->change_count; i++)
        if (pat_text_equal(manage->changes[i].tenant, manage->changes[index].tenant))
            return false;
    return true;
}

static void
log_committed(const struct pat_manage *manage)
{
    for (size_t i = 0; i < manage->change_count; i++)
        log_change(&manage->changes[i]);
    for (size_t i = 0; i < manage->change_count; i++)
        if (is_last_of_tenant(manage, i))
            log_head(&manage->changes[i]);
}

enum pat_err
pat_manage_end(struct pat_manage *manage, enum pat_err err)
{
    if (err != PAT_OK || manage->change_total == 0) {
        pat_store_rollback(manage->store); /* what was not logged is not kept */
    } else {
        err = pat_store_journal(manage->store, manage->journal.text, manage->journal.len);
        if (err == PAT_OK)
            err = pat_store_commit(manage->store);
        else
            pat_store_rollback(manage->store);
        if (err == PAT_OK)
            log_committed(manage);
        else
            pat_manage_failed(manage, err);
        manage->lacks_room = err == PAT_ERR_FULL && !manage->widens;
    }
    forget_changes(manage);
    return err;
}

/* --- the log row --- */

/* Keeps the first changes and the newest of each tenant, whose heads are logged. */
static enum pat_err
keep_change(struct pat_manage *manage, const struct pat_change_record *change)
{
    struct pat_change_record *kept;

    manage->change_total++;
    if (manage->change_count < CHANGES_KEPT ||
        !pat_text_equal(manage->changes[manage->change_count - 1].tenant, change->tenant)) {
        kept = realloc(manage->changes, (manage->change_count + 1) * sizeof *kept);
        if (kept == NULL)
            return PAT_ERR_NOMEM;
        manage->changes = kept;
        manage->change_count++;
    }
    manage->changes[manage->change_count - 1] = *change;
    return PAT_OK;
}

static enum pat_err
set_text(char *ret, size_t size, const char *text)
{
    return pat_text_set(ret, size, text == NULL ? "" : text);
}

static enum pat_err
fill_change(const struct pat_manage *manage, const struct pat_change_args *args,
            struct pat_change_record *change)
{
    const struct {
        char *to;
        size_t size;
        const char *from;
    } texts[] = {
        {change->tenant, sizeof change->tenant, args->tenant},
        {change->event, sizeof change->event, args->event},
        {change->user, sizeof change->user, args->user},
        {change->subject, sizeof change->subject, args->subject},
        {change->before, sizeof change->before, args->before},
        {change->after, sizeof change->after, args->after},
        {change->reason, sizeof change->reason, args->reason},
        {change->batch, sizeof change->batch, args->batch},
        {change->actor, sizeof change->actor, manage->actor.name},
        {change->claimed, sizeof change->claimed, manage->actor.claimed},
    };
    enum pat_err err = PAT_OK;

    memset(change, 0, sizeof *change);
    change->at = manage->now;
    change->actor_uid = manage->actor.uid;
    change->login_uid = manage->actor.login_uid;
    for (size_t i = 0; err == PAT_OK && i < sizeof texts / sizeof texts[0]; i++)
        err = set_text(texts[i].to, texts[i].size, texts[i].from);
    return err;
}

enum pat_err
pat_manage_log(struct pat_manage *manage, const struct pat_change_args *args, int64_t *ret_seq)
{
    const struct pat_key *key = pat_keyring_key(pat_store_keyring(manage->store),
                                                PAT_KEYRING_CHAIN);
    struct pat_change_record change;
    struct pat_digest before;
    enum pat_err err = fill_change(manage, args, &change);

    if (!pat_event_known(change.event))
        err = PAT_ERR_INTERNAL;
    manage->widens |= !pat_event_narrows(change.event);
    if (err == PAT_OK)
        err = pat_store_log_head(manage->store, change.tenant, &change.seq, &before);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    change.seq++;
    change.generation = pat_store_next_generation(manage->store);
    pat_chain_link_salted(key, &before, &manage->salts, &change);
    err = pat_recover_gather(&manage->journal, &change);
    if (err == PAT_OK)
        err = pat_store_append(manage->store, &change, NULL);
    if (err == PAT_OK)
        err = keep_change(manage, &change);
    if (err == PAT_OK && ret_seq != NULL)
        *ret_seq = change.seq;
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

enum pat_err
pat_manage_next_seq(struct pat_manage *manage, const char *tenant, int64_t *ret)
{
    struct pat_digest link;
    enum pat_err err = pat_store_log_head(manage->store, tenant, ret, &link);

    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    ++*ret;
    return PAT_OK;
}

/* --- what callers name --- */

enum pat_err
pat_manage_tenant(struct pat_manage *manage, const char *tenant, struct pat_tenant_record *ret)
{
    enum pat_err err = PAT_ERR_NOT_FOUND;

    if (pat_token_tenant_legal(tenant) &&
        (manage->actor.is_operator || pat_roles_standing(&manage->actor, tenant) != NULL))
        err = pat_store_get(manage->store, PAT_ROW_TENANT, tenant, "", ret);
    if (err == PAT_ERR_NOT_FOUND && tenant[0] == '\0') {
        (void)pat_manage_refuse(manage, err, "tenant.unknown",
                                "no tenant is named, and there is no default one");
        return pat_manage_hint(manage, "make one: patctl setup --tenant NAME");
    }
    if (err == PAT_ERR_NOT_FOUND)
        return pat_manage_refuse(manage, err, "tenant.unknown", "no tenant \"%.32s\"", tenant);
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

enum pat_err
pat_manage_user(struct pat_manage *manage, const char *tenant, const char *user,
                struct pat_user_record *ret)
{
    struct pat_tenant_record ignored;
    enum pat_err err = pat_manage_tenant(manage, tenant, &ignored);

    if (err != PAT_OK)
        return err;
    err = PAT_ERR_NOT_FOUND;
    if (pat_name_user_legal(user))
        err = pat_store_get(manage->store, PAT_ROW_USER, tenant, user, ret);
    if (err == PAT_OK && !pat_roles_may(&manage->actor, PAT_ACT_SEE_USER, tenant, ret))
        err = PAT_ERR_NOT_FOUND;
    if (err == PAT_ERR_NOT_FOUND)
        return pat_manage_refuse(manage, err, "user.unknown", "no user \"%.80s\" in tenant %s",
                                 user, tenant);
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

enum pat_err
pat_manage_permit(struct pat_manage *manage, enum pat_action action, const char *tenant,
                  const struct pat_user_record *user)
{
    if (pat_roles_may(&manage->actor, action, tenant, user))
        return PAT_OK;
    PAT_LOG(LOG_NOTICE, "denied", {"actor", manage->actor.name},
            {"tenant", pat_text_or_null(tenant)}, {"user", user == NULL ? NULL : user->user});
    return pat_manage_refuse(manage, PAT_ERR_DENIED, "denied", "%s may not do this",
                             manage->actor.name);
}

enum pat_err
pat_manage_text(struct pat_manage *manage, const char *what, const char *text, size_t max)
{
    enum pat_err err = pat_name_free_text(text, max);

    if (err == PAT_ERR_RANGE)
        return pat_manage_refuse(manage, err, "text.long", "the %s is longer than %zu bytes", what,
                                 max);
    if (err != PAT_OK)
        return pat_manage_refuse(manage, err, "text.unreadable",
                                 "the %s holds control or bidirectional characters, or is not "
                                 "UTF-8",
                                 what);
    if (pat_event_holds_token(text))
        return pat_manage_refuse(manage, PAT_ERR_SYNTAX, "text.token",
                                 "the %s holds a token: revoke that token, it was disclosed", what);
    return PAT_OK;
}
