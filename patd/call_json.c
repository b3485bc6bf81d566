/* SPDX-License-Identifier: BSD-2-Clause */
/* Records as the types of io.linuxpat.Manage. Nothing here knows a secret. */
#include <stdio.h>
#include <string.h>

#include "core/api/find.h"
#include "core/audit/event.h"
#include "core/base/text.h"
#include "core/policy/policy.h"
#include "core/store/usage.h"
#include "patd/call.h"

json_t *
patd_call_words(const char *list)
{
    json_t *array = json_array();
    const char *word;
    size_t len;

    while (array != NULL && (len = pat_text_word(&list, &word)) != 0)
        if (json_array_append_new(array, json_stringn(word, len)) != 0) {
            json_decref(array);
            array = NULL;
        }
    return array;
}

bool
patd_call_add_day(void *context, const char *service, int64_t day, int64_t accepted,
                  int64_t refused)
{
    const struct patd_call_days *by_day = context;

    return patd_call_add(by_day->call, by_day->days,
                         json_pack("{s:s, s:I, s:I, s:I}", "service", service, "day",
                                   (json_int_t)day, "accepted", (json_int_t)accepted, "refused",
                                   (json_int_t)refused));
}

json_t *
patd_call_optional(const struct pat_optional *number)
{
    return number->set ? json_integer(number->at) : json_null();
}

static json_t *
text_or_null(const char *text)
{
    return text[0] == '\0' ? json_null() : json_string(text);
}

/* Why the tenant's policy refuses a live token, or NULL. Read once for the tokens of a tenant. */
static const char *
unmet_demand(struct patd_call *call, const struct pat_token_record *token)
{
    const struct pat_policy_demand *unmet = NULL;

    if (!pat_text_equal(call->tenant.tenant, token->tenant) &&
        patd_call_misses(call, pat_store_get(call->work.store, PAT_ROW_TENANT, token->tenant, "",
                                             &call->tenant)))
        call->tenant.tenant[0] = '\0';
    else if (!pat_find_is_dead(token, call->work.now))
        unmet = pat_policy_unmet(&call->tenant, token);
    return unmet == NULL ? NULL : unmet->sentence;
}

json_t *
patd_call_token(struct patd_call *call, const struct pat_token_record *token)
{
    char masked[PAT_TOKEN_MASKED_MAX + 1];
    struct pat_usage_last last = {.at = 0};
    struct pat_optional used;

    if (patd_call_misses(call, pat_usage_last(pat_context_usage(call->work.context), token->tenant,
                                              token->id, &last)))
        last.at = 0; /* usage is lossy: a token without it is still a token */
    used = (struct pat_optional){.set = last.at != 0, .at = last.at};
    pat_token_masked(token->tenant, token->id, masked);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:s,"
        " s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:s?}",
        "id", token->id, "tenant", token->tenant, "user", token->user, "name", token->name,
        "description", token->description, "masked", masked, "state",
        pat_find_state(token, call->work.now), "scopes", patd_call_words(token->scopes.text),
        "addresses", patd_call_words(token->addresses.text), "created", (json_int_t)token->created,
        "creator", token->creator[0] == '\0' ? token->user : token->creator, "notBefore",
        patd_call_optional(&token->not_before), "expires", patd_call_optional(&token->expires),
        "pendingUntil", patd_call_optional(&token->pending_until), "ended",
        patd_call_optional(&token->ended), "successor", text_or_null(token->successor), "batch",
        text_or_null(token->batch), "lastUsed", patd_call_optional(&used), "lastService",
        text_or_null(last.service), "lastAddress", text_or_null(last.address), "accepted",
        (json_int_t)last.accepted, "refused", (json_int_t)last.refused, "blocked",
        unmet_demand(call, token));
}

/* How many live tokens, for people; 0 when it cannot be counted. */
static int64_t
count_live(struct patd_call *call, const char *tenant, const char *user)
{
    int64_t live = 0;

    if (patd_call_misses(call, pat_store_count_live(call->work.store, tenant, user, NULL,
                                                    call->work.now, &live)))
        return 0;
    return live;
}

json_t *
patd_call_user(struct patd_call *call, const struct pat_user_record *user)
{
    struct pat_tenant_record tenant = {.self_service = false};

    if (patd_call_misses(
            call, pat_store_get(call->work.store, PAT_ROW_TENANT, user->tenant, "", &tenant)))
        tenant = (struct pat_tenant_record){.self_service = false};
    return json_pack(
        "{s:s, s:s, s:b, s:s, s:o, s:o, s:b, s:o, s:s, s:I, s:I, s:o, s:b}", "tenant", user->tenant,
        "user", user->user, "enabled", user->state == PAT_STATE_ACTIVE, "role",
        pat_roles_name((enum pat_role)user->role), "account", text_or_null(user->account), "uid",
        patd_call_optional(&user->uid), "allowRoot", (int)user->allow_root, "grants",
        patd_call_words(user->grants.text), "contact", user->contact, "created",
        (json_int_t)user->created, "live", (json_int_t)count_live(call, user->tenant, user->user),
        "maxTokens", patd_call_optional(&tenant.max_tokens), "selfService",
        (int)tenant.self_service);
}

static bool
add_service(json_t *services, const char *service)
{
    json_t *each;
    size_t index;

    json_array_foreach(services, index, each)
    {
        if (pat_text_equal(json_string_value(each), service))
            return true;
    }
    return json_array_append_new(services, json_string(service)) == 0;
}

/* The built-in services that ask for a scope, and those that pat.conf lets take it. */
static json_t *
services_of(struct patd_call *call, const char *scope)
{
    const struct pat_config *config = pat_context_hold_config(call->work.context);
    const struct pat_scope_service *service;
    json_t *services = json_array();
    bool good = services != NULL;

    for (size_t i = 0; good && (service = pat_scope_builtin(i)) != NULL; i++)
        if (pat_text_equal(service->scope, scope))
            good = add_service(services, service->service);
    for (size_t i = 0; good && i < config->service_count; i++)
        if (pat_scope_names(&config->services[i].rule.scopes, scope))
            good = add_service(services, config->services[i].name);
    pat_context_release_config(call->work.context, config);
    if (good)
        return services;
    json_decref(services);
    return NULL;
}

json_t *
patd_call_scope(struct patd_call *call, const struct pat_scopes_entry *entry,
                const struct pat_optional *tokens)
{
    return json_pack("{s:s, s:o, s:s, s:s, s:b, s:o}", "scope", entry->scope, "services",
                     services_of(call, entry->scope), "label", entry->label, "meaning",
                     entry->meaning, "thirdParty", (int)entry->third_party, "tokens",
                     patd_call_optional(tokens));
}

static json_t *
policy(const struct pat_tenant_record *tenant)
{
    return json_pack("{s:o, s:I, s:b, s:b, s:o, s:o, s:I, s:o, s:o, s:b, s:o}", "maxTokens",
                     patd_call_optional(&tenant->max_tokens), "nameMin",
                     (json_int_t)tenant->name_min, "requireExpiry", (int)tenant->require_expiry,
                     "requireAddresses", (int)tenant->require_addresses, "defaultLifetime",
                     patd_call_optional(&tenant->default_lifetime), "maxLifetime",
                     patd_call_optional(&tenant->max_lifetime), "pendingLifetime",
                     (json_int_t)tenant->pending_lifetime, "scopes",
                     tenant->any_scope ? json_null() : patd_call_words(tenant->scopes.text),
                     "networks",
                     tenant->any_network ? json_null() : patd_call_words(tenant->networks.text),
                     "selfService", (int)tenant->self_service, "selfServiceScopes",
                     patd_call_words(tenant->self_service_scopes.text));
}

json_t *
patd_call_tenant_row(struct patd_call *call, const struct pat_tenant_record *tenant)
{
    char default_tenant[PAT_TENANT_MAX + 1];
    struct pat_tally tally = {.active = 0};

    pat_context_default_tenant(call->work.context, default_tenant);
    if (patd_call_misses(call, pat_store_tally(call->work.store, tenant->tenant, call->work.now,
                                               call->work.now + PAT_FIND_SOON, &tally)))
        tally.users = 0;
    return json_pack(
        "{s:s, s:b, s:s, s:s, s:o, s:o, s:I, s:b, s:I, s:I}", "tenant", tenant->tenant, "enabled",
        tenant->state == PAT_STATE_ACTIVE, "description", tenant->description, "contact",
        tenant->contact, "realms", patd_call_words(tenant->realms), "policy", policy(tenant),
        "created", (json_int_t)tenant->created, "isDefault",
        pat_text_equal(default_tenant, tenant->tenant), "users", (json_int_t)tally.users, "live",
        (json_int_t)(tally.active + tally.pending + tally.suspended));
}

/* Escaped fields as an object of strings. */
static json_t *
fields(const char *line)
{
    json_t *object = json_object();
    char key[64], value[2048];

    while (object != NULL && pat_event_read(&line, key, sizeof key, value, sizeof value) == PAT_OK)
        if (json_object_set_new(object, key, json_string(value)) != 0) {
            json_decref(object);
            object = NULL;
        }
    return object;
}

static const char *
hexadecimal(const unsigned char *bytes, size_t len, char *ret)
{
    for (size_t i = 0; i < len; i++)
        snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
    return ret;
}

json_t *
patd_call_change(const struct pat_change_record *change)
{
    char salt[2 * sizeof change->salt + 1];
    char text_hash[2 * PAT_DIGEST_LEN + 1], link[2 * PAT_DIGEST_LEN + 1];

    return json_pack("{s:s, s:I, s:I, s:I, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:s, s:b,"
                     " s:I, s:s, s:s, s:s}",
                     "tenant", change->tenant, "seq", (json_int_t)change->seq, "at",
                     (json_int_t)change->at, "actorUid", (json_int_t)change->actor_uid, "loginUid",
                     patd_call_optional(&change->login_uid), "actor", change->actor, "event",
                     change->event, "user", change->user, "subject", change->subject, "before",
                     fields(change->before), "after", fields(change->after), "reason",
                     change->reason, "claimed", fields(change->claimed), "batch", change->batch,
                     "erased", (int)change->erased, "generation", (json_int_t)change->generation,
                     "salt", hexadecimal(change->salt, sizeof change->salt, salt), "textHash",
                     hexadecimal(change->text_hash.bytes, PAT_DIGEST_LEN, text_hash), "link",
                     hexadecimal(change->link.bytes, PAT_DIGEST_LEN, link));
}
