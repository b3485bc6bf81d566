/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes: each reads its words in their order and calls what patd calls. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/api/change.h"
#include "core/api/grants.h"
#include "core/api/rotate.h"
#include "core/api/tenants.h"
#include "core/api/tokens.h"
#include "core/api/users.h"
#include "core/base/text.h"
#include "core/policy/policy.h"
#include "tests/model/host.h"
#include "tests/model/place.h"

#define REASON "because"
#define RACERS_MAX 8

/* --- tenants, users, grants --- */

/* "member=value"; "~" is no limit. Texts are in the form that rows have them in. */
static unsigned
read_member(const char *word, struct pat_tenant_record *ret)
{
    const char *value = strchr(word, '=') + 1;
    bool any = strcmp(value, "~") == 0;
    const struct pat_optional number = {.set = !any, .at = any ? 0 : strtoll(value, NULL, 10)};
    size_t len = (size_t)(value - 1 - word);
    int member = 0;

    while (strlen(pat_policy_key((enum pat_policy_member)member)) != len ||
           strncmp(pat_policy_key((enum pat_policy_member)member), word, len) != 0)
        HOST_NEED(++member < PAT_POLICY_MEMBERS);
    switch ((enum pat_policy_member)member) {
    case PAT_POLICY_MAX_TOKENS:
        ret->max_tokens = number;
        break;
    case PAT_POLICY_NAME_MIN:
        ret->name_min = number.at;
        break;
    case PAT_POLICY_REQUIRE_EXPIRY:
        ret->require_expiry = number.at != 0;
        break;
    case PAT_POLICY_REQUIRE_ADDRESSES:
        ret->require_addresses = number.at != 0;
        break;
    case PAT_POLICY_DEFAULT_LIFETIME:
        ret->default_lifetime = number;
        break;
    case PAT_POLICY_MAX_LIFETIME:
        ret->max_lifetime = number;
        break;
    case PAT_POLICY_PENDING_LIFETIME:
        ret->pending_lifetime = number.at;
        break;
    case PAT_POLICY_SELF_SERVICE:
        ret->self_service = number.at != 0;
        break;
    case PAT_POLICY_SCOPES:
        ret->any_scope = any;
        pat_text_clip(ret->scopes.text, sizeof ret->scopes.text, any ? "" : value);
        break;
    case PAT_POLICY_NETWORKS:
        ret->any_network = any;
        pat_text_clip(ret->networks.text, sizeof ret->networks.text, any ? "" : value);
        break;
    case PAT_POLICY_SELF_SERVICE_SCOPES:
        pat_text_clip(ret->self_service_scopes.text, sizeof ret->self_service_scopes.text, value);
        break;
    case PAT_POLICY_REALMS:
        pat_text_clip(ret->realms, sizeof ret->realms, any ? "" : value);
        break;
    case PAT_POLICY_MEMBERS:
        break;
    }
    return 1U << member;
}

static unsigned
read_members(struct pat_tenant_record *ret)
{
    unsigned members = 0;
    const char *word;

    while ((word = host_word()) != NULL)
        members |= read_member(word, ret);
    return members;
}

enum pat_err
host_new_tenant(struct pat_manage *manage)
{
    struct pat_tenant_record tenant;

    pat_tenants_default(host_word(), &tenant);
    read_members(&tenant);
    return pat_tenants_create(manage, &tenant);
}

enum pat_err
host_new_default(struct pat_manage *manage)
{
    const char *tenant = host_word();

    pat_context_set_default_tenant(place.context, tenant);
    return pat_tenants_set_default(manage, tenant);
}

enum pat_err
host_new_user(struct pat_manage *manage)
{
    struct pat_user_record user;
    struct pat_user_draft draft = {.contact = ""};
    struct pat_optional uid;

    draft.tenant = host_word();
    draft.user = host_word();
    draft.binding.account = host_text();
    uid = host_optional();
    draft.binding.uid = (uint32_t)uid.at;
    draft.binding.allow_root = uid.set && uid.at == 0;
    HOST_NEED(pat_roles_read(host_word(), &draft.role) == PAT_OK);
    draft.grants = host_text();
    return pat_users_create(manage, &draft, &user);
}

enum pat_err
host_enable_tenant(struct pat_manage *manage)
{
    struct pat_tenant_record ignored;
    const char *tenant = host_word();

    return pat_tenants_set_enabled(manage, tenant, host_flag(), REASON, &ignored);
}

enum pat_err
host_enable_user(struct pat_manage *manage)
{
    struct pat_user_record ignored;
    const char *tenant = host_word(), *user = host_word();

    return pat_users_set_enabled(manage, tenant, user, host_flag(), REASON, &ignored);
}

enum pat_err
host_grant(struct pat_manage *manage)
{
    struct pat_scopes ignored;
    const char *tenant = host_word(), *holder = host_word();
    bool add = host_flag();

    return pat_grants_change(manage, tenant, holder, host_text(), add, REASON, &ignored);
}

enum pat_err
host_policy(struct pat_manage *manage)
{
    struct pat_tenant_record policy, ignored;
    struct pat_tenants_wish wish = {.tenant = host_word(), .policy = &policy, .reason = REASON};

    pat_tenants_default("none", &policy);
    wish.members = read_members(&policy);
    return pat_tenants_set(manage, &wish, &ignored);
}

/* --- making tokens --- */

/* "default", none, or a moment. */
static enum pat_expiry
read_end(int64_t *ret)
{
    const char *word = host_word();

    if (word == NULL)
        return PAT_EXPIRY_NEVER;
    if (strcmp(word, "default") == 0)
        return PAT_EXPIRY_DEFAULT;
    *ret = strtoll(word, NULL, 10);
    return PAT_EXPIRY_AT;
}

static bool
read_pending(void)
{
    return strcmp(host_word(), "pending") == 0;
}

static enum pat_err
keep(struct pat_token *slot, const struct pat_token *token, enum pat_err err)
{
    if (err == PAT_OK)
        *slot = *token;
    return err;
}

enum pat_err
host_create(struct pat_manage *manage)
{
    struct pat_token *slot = host_slot(host_word());
    struct pat_token_draft draft = {.description = ""};
    struct pat_token_record ignored;
    struct pat_token token;

    draft.tenant = host_word();
    draft.user = host_word();
    draft.name = host_word();
    draft.scopes = host_text();
    draft.addresses = host_text();
    draft.expiry = read_end(&draft.expires);
    draft.not_before = host_optional();
    draft.pending = read_pending();
    return keep(slot, &token, pat_tokens_create(manage, &draft, &token, &ignored));
}

/* A token that was never made has no tenant; no id is like this one. */
static struct pat_token
read_token(void)
{
    struct pat_token token = *host_slot(host_word());

    if (token.id[0] == '\0') {
        pat_text_clip(token.tenant, sizeof token.tenant, "acme");
        pat_text_clip(token.id, sizeof token.id, "zzzzzzzz");
    }
    return token;
}

enum pat_err
host_rotate(struct pat_manage *manage)
{
    struct pat_token old = read_token(), token;
    struct pat_token *slot = host_slot(host_word());
    struct pat_rotation rotation = {.grace = host_number()};
    struct pat_token_record record, old_record;

    rotation.expiry = read_end(&rotation.expires);
    rotation.pending = read_pending();
    return keep(slot, &token,
                pat_rotate(manage, old.tenant, old.id, &rotation, &token, &record, &old_record));
}

enum pat_err
host_confirm(struct pat_manage *manage)
{
    struct pat_token token = read_token();
    struct pat_token_record ignored;

    return pat_tokens_confirm(manage, token.tenant, token.id, host_number(), &ignored);
}

enum pat_err
host_finish(struct pat_manage *manage)
{
    struct pat_token token = read_token();
    struct pat_token_record ignored;

    return pat_rotate_finish(manage, token.tenant, token.id, REASON, &ignored);
}

/* --- ending and narrowing --- */

enum pat_err
host_revoke(struct pat_manage *manage)
{
    struct pat_token token = read_token();
    struct pat_token_record ignored;

    return pat_tokens_revoke(manage, token.tenant, token.id, REASON, NULL, &ignored);
}

enum pat_err
host_suspend(struct pat_manage *manage)
{
    struct pat_token token = read_token();
    struct pat_token_record ignored;

    return pat_change_suspend(manage, token.tenant, token.id, REASON, &ignored);
}

enum pat_err
host_resume(struct pat_manage *manage)
{
    struct pat_token token = read_token();
    struct pat_token_record ignored;

    return pat_change_resume(manage, token.tenant, token.id, REASON, &ignored);
}

enum pat_err
host_edit(struct pat_manage *manage)
{
    struct pat_token token = read_token();
    struct pat_change_wish wish = {.reason = REASON};
    struct pat_token_record ignored;

    wish.scopes = host_word();
    wish.addresses = host_word();
    wish.expires = host_optional();
    return pat_change_edit(manage, token.tenant, token.id, &wish, &ignored);
}

/* --- a race --- */

struct racer {
    pthread_t thread;
    struct pat_store *store;
    struct pat_token_draft draft;
    char name[40];
    uint32_t uid;
    const char *slot;
    struct pat_token token;
    int64_t seq;
    enum pat_err err;
};

static pthread_barrier_t start;
static struct pat_store_ops slow;

/* Between the look at the cap and the new row there is time for the others to do the same. */
static enum pat_err
count_slowly(void *backend, const char *tenant, const char *user, const char *name, int64_t now,
             int64_t *ret)
{
    const struct timespec while_others_count = {.tv_nsec = 1000000};
    enum pat_err err = pat_sqlite_ops.count_live(backend, tenant, user, name, now, ret);

    nanosleep(&while_others_count, NULL);
    return err;
}

static void *
race_one(void *context)
{
    struct racer *racer = context;
    const struct pat_peer peer = {.uid = racer->uid};
    struct pat_token_record record;
    struct pat_manage manage;
    enum pat_err err;

    pthread_barrier_wait(&start);
    err = pat_manage_open(&manage, place.context, racer->store, &peer);
    if (err == PAT_OK)
        err = pat_manage_start(&manage);
    if (err == PAT_OK)
        err = pat_manage_end(&manage,
                             pat_tokens_create(&manage, &racer->draft, &racer->token, &record));
    racer->err = err;
    racer->seq = record.created_seq;
    if (err != PAT_OK && strcmp(manage.problem.id, "store") == 0)
        host_stop(__FILE__, __LINE__, manage.problem.message);
    pat_manage_close(&manage);
    return NULL;
}

/* A handle of its own, which nothing but the database keeps from the others. */
static void
line_up(struct racer *racer)
{
    const struct pat_store_args args = {.ops = &slow,
                                        .place = pat_context_state_dir(place.context),
                                        .mode = PAT_STORE_WRITE,
                                        .keyring = pat_context_keyring(place.context)};

    HOST_NEED(pat_store_open(&args, &racer->store) == PAT_OK);
    snprintf(racer->name, sizeof racer->name, "racer %s", racer->slot);
    racer->draft.name = racer->name;
    HOST_NEED(pthread_create(&racer->thread, NULL, race_one, racer) == 0);
}

/* Those who got a place, in the order in which they did. */
static void
tell_winners(struct racer *racers, size_t count)
{
    struct racer *next;
    bool is_first = true;

    do {
        next = NULL;
        for (size_t i = 0; i < count; i++)
            if (racers[i].err == PAT_OK && (next == NULL || racers[i].seq < next->seq))
                next = &racers[i];
        if (next != NULL) {
            *host_slot(next->slot) = next->token;
            host_say("%s%s", is_first ? "" : " ", next->slot);
            is_first = false;
            next->err = PAT_ERR_LIMIT;
        }
    } while (next != NULL);
}

void
host_race(void)
{
    struct racer racers[RACERS_MAX];
    struct racer first = {
        .uid = (uint32_t)host_number(),
        .draft = {.description = "", .addresses = "", .expiry = PAT_EXPIRY_NEVER}};
    char slots[100], *rest = slots;
    size_t count = 0;

    first.draft.tenant = host_word();
    first.draft.user = host_word();
    first.draft.scopes = host_text();
    slow = pat_sqlite_ops;
    slow.count_live = count_slowly;
    pat_text_clip(slots, sizeof slots, host_text());
    while ((first.slot = strsep(&rest, ",")) != NULL) {
        HOST_NEED(count < RACERS_MAX);
        racers[count++] = first;
    }
    HOST_NEED(pthread_barrier_init(&start, NULL, (unsigned)count) == 0);
    for (size_t i = 0; i < count; i++)
        line_up(&racers[i]);
    for (size_t i = 0; i < count; i++) {
        pthread_join(racers[i].thread, NULL);
        pat_store_close(racers[i].store);
    }
    pthread_barrier_destroy(&start);
    tell_winners(racers, count);
    place_reopen(); /* the anchor knows nothing of it */
}
