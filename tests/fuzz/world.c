/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows are written by the store itself, so that they are sealed, summed and logged like any. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/api/tenants.h"
#include "core/audit/chain.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/file.h"
#include "core/token/generate.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/world.h"

#define ACTIVE PAT_STATE_ACTIVE
#define PENDING PAT_STATE_PENDING
#define SUSPENDED PAT_STATE_SUSPENDED
#define REVOKED PAT_STATE_REVOKED
#define DISABLED PAT_STATE_DISABLED
#define LATER (WORLD_NOW + 30 * WORLD_DAY)
#define TOO_LATE (LATER + 1) /* lives longer than tenant firm allows */
#define BEFORE (WORLD_NOW - 30 * WORLD_DAY)

int64_t world_now = WORLD_NOW;

const struct world_user world_users[WORLD_USERS] = {
    {"acme", "alice", ACTIVE, PAT_ROLE_USER, "", -1, "http:access,mail:*"},
    {"acme", "bob", ACTIVE, PAT_ROLE_USER, "bob", 1500, "mail:read,ssh:login,sudo:run"},
    {"acme", "carol", DISABLED, PAT_ROLE_USER, "", -1, "mail:*"},
    {"acme", "rooty", ACTIVE, PAT_ROLE_USER, "root", 0, "ssh:login,su:login"},
    {"acme", "adam", ACTIVE, PAT_ROLE_ADMIN, "adam", 1501, "mail:*,ssh:login"},
    {"acme", "audrey", ACTIVE, PAT_ROLE_AUDITOR, "audrey", 1502, "ssh:login"},
    {"acme", "both", ACTIVE, PAT_ROLE_USER, "both", 1700, "mail:*,ssh:login"},
    {"lab", "alice", ACTIVE, PAT_ROLE_USER, "", -1, "app:login,mail:*,um:*"},
    {"lab", "dave", ACTIVE, PAT_ROLE_USER, "dave", 1600, "ssh:login,um:bulk"},
    {"lab", "ada", ACTIVE, PAT_ROLE_ADMIN, "ada", 1601, "mail:*,ssh:login"},
    {"lab", "both", ACTIVE, PAT_ROLE_ADMIN, "both", 1700, "mail:*"},
    {"gone", "eve", ACTIVE, PAT_ROLE_USER, "", -1, "mail:*"},
    {"gone", "adam", ACTIVE, PAT_ROLE_ADMIN, "adam", 1501, "mail:*"},
    {"firm", "fay", ACTIVE, PAT_ROLE_USER, "", -1, "mail:*"},
};

const struct world_token world_tokens[WORLD_TOKENS] = {
    {"acme", "alice", ACTIVE, "mail:*", "", 0, 0},
    {"acme", "alice", ACTIVE, "mail:read", "192.0.2.0/24,2001:db8::/32", 0, LATER},
    {"acme", "alice", ACTIVE, "mail:*", "", 0, BEFORE},
    {"acme", "alice", PENDING, "mail:*", "", 0, 0},
    {"acme", "alice", SUSPENDED, "mail:*", "", 0, 0},
    {"acme", "alice", REVOKED, "mail:*", "", 0, 0},
    {"acme", "alice", ACTIVE, "mail:*", "", LATER, 0},
    {"acme", "alice", ACTIVE, "db:connect,http:access", "", BEFORE, LATER},
    {"acme", "bob", ACTIVE, "ssh:login,sudo:run", "", 0, 0},
    {"acme", "bob", REVOKED, "ssh:login", "", 0, LATER},
    {"acme", "bob", ACTIVE, "ssh:*", "10.0.0.0/8", 0, LATER},
    {"acme", "carol", ACTIVE, "mail:*", "", 0, 0},
    {"acme", "rooty", ACTIVE, "ssh:login,su:login", "", 0, 0},
    {"acme", "adam", ACTIVE, "ssh:login", "", 0, 0},
    {"acme", "both", ACTIVE, "mail:*,ssh:login", "", 0, 0},
    {"lab", "alice", ACTIVE, "mail:*,um:read", "", 0, 0},
    {"lab", "alice", SUSPENDED, "mail:*", "", 0, 0},
    {"lab", "dave", ACTIVE, "ssh:login", "", 0, 0},
    {"lab", "ada", ACTIVE, "mail:*", "", 0, LATER},
    {"lab", "both", ACTIVE, "mail:read", "", 0, 0},
    {"gone", "eve", ACTIVE, "mail:*", "", 0, 0},
    {"acme", "bob", ACTIVE, "ldap:bind,mail:read", "", 0, 0},
    {"lab", "alice", ACTIVE, "app:login", "", 0, 0}, /* not of the tenant's scopes */
    {"firm", "fay", ACTIVE, "mail:*", "192.0.2.0/24,2001:db8::/32", 0, LATER},
    {"firm", "fay", ACTIVE, "mail:*", "192.0.2.0/24,2001:db8::/32", 0, TOO_LATE},
    {"firm", "fay", ACTIVE, "mail:*", "192.0.2.0/24,2001:db8::/32", 0, 0},
    {"firm", "fay", ACTIVE, "mail:*", "", 0, LATER},
};

/* --- the same in every run --- */

int64_t __wrap_pat_context_now(struct pat_context *context, int64_t *ret);
void __wrap_randombytes_buf(void *ret, size_t len);

static uint64_t seed = 1;

int64_t
__wrap_pat_context_now(struct pat_context *context, int64_t *ret)
{
    (void)context;
    *ret = world_now;
    return PAT_OK;
}

void
world_reseed(uint64_t from)
{
    seed = from;
}

/* SplitMix64. */
void
__wrap_randombytes_buf(void *ret, size_t len)
{
    unsigned char *bytes = ret;

    for (size_t i = 0; i < len; i++) {
        uint64_t mixed = seed += UINT64_C(0x9e3779b97f4a7c15);

        mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
        bytes[i] = (unsigned char)(mixed >> 56);
    }
}

/* --- tokens and users --- */

void
world_token(size_t index, struct pat_token *ret)
{
    memset(ret, 0, sizeof *ret);
    pat_text_clip(ret->tenant, sizeof ret->tenant, world_tokens[index].tenant);
    snprintf(ret->id, sizeof ret->id, "tk0000%02zu", index);
    for (size_t i = 0; i < PAT_TOKEN_SECRET_LEN; i++)
        ret->secret[i] = ret->id[i % PAT_ID_LEN];
}

void
world_token_text(size_t index, char ret[PAT_TOKEN_MAX + 1])
{
    struct pat_token token;

    world_token(index, &token);
    pat_token_write(&token, ret);
}

const struct world_user *
world_find_user(const char *tenant, const char *user)
{
    for (size_t i = 0; i < WORLD_USERS; i++)
        if (pat_text_equal(world_users[i].tenant, tenant) &&
            pat_text_equal(world_users[i].user, user))
            return &world_users[i];
    return NULL;
}

/* --- the context --- */

static const char config_text[] = "user = root\n"
                                  "operators = 900\n"
                                  "[service sshd]\n"
                                  "tenants = acme\n"
                                  "uids = 100\n"
                                  "[service su]\n"
                                  "tenants = acme\n"
                                  "allow_root = yes\n"
                                  "[service smtpd]\n"
                                  "tenants = acme lab@ firm@\n"
                                  "uids = 100\n"
                                  "[service imap]\n"
                                  "tenants = acme@ lab@\n"
                                  "uids = 100 101\n"
                                  "[service app]\n"
                                  "accounts = virtual\n"
                                  "scope = um:read\n"
                                  "tenants = lab\n"
                                  "uids = 101\n";

static char state_dir[PAT_CONFIG_PATH_MAX + 1], keys_dir[PAT_CONFIG_PATH_MAX + 1];

static struct pat_config *
make_config(void)
{
    struct pat_config *config = NULL;
    struct pat_diag diag = {.text = ""};
    char text[2048];
    int len;

    snprintf(state_dir, sizeof state_dir, "%.90s/state", fuzz_directory());
    snprintf(keys_dir, sizeof keys_dir, "%.90s/keys", fuzz_directory());
    FUZZ_CHECK(mkdir(state_dir, 0700) == 0 && mkdir(keys_dir, 0700) == 0);
    len = snprintf(text, sizeof text, "[patd]\nstate_dir = %s\nkeys_dir = %s\n%s", state_dir,
                   keys_dir, config_text);
    FUZZ_CHECK_TEXT(pat_config_file_parse(text, (size_t)len, &config, &diag) == PAT_OK, diag.text);
    return config;
}

struct pat_context *
world_context(void)
{
    static struct pat_context *context;
    struct pat_diag diag = {.text = ""};

    if (context == NULL) {
        FUZZ_CHECK_TEXT(pat_context_open(make_config(), &context, &diag) == PAT_OK, diag.text);
        FUZZ_CHECK(pat_context_health(context) == PAT_VERDICT_ACCEPTED);
    }
    pat_context_set_default_tenant(context, "acme");
    return context;
}

const struct pat_keyring *
world_keyring(void)
{
    static struct pat_keyring *keyring;

    world_context();
    if (keyring == NULL)
        FUZZ_CHECK(pat_keyring_open(keys_dir, &keyring) == PAT_OK);
    return keyring;
}

const char *
world_state_dir(void)
{
    world_context();
    return state_dir;
}

/* --- rows --- */

/* Every free text names its row, so that a reader who should not see it is found out. */
static void
put_tenant(struct pat_store *store, const char *name, int32_t state, const char *realms)
{
    struct pat_tenant_record tenant;

    pat_tenants_default(name, &tenant);
    tenant.state = state;
    tenant.created = BEFORE;
    pat_text_clip(tenant.realms, sizeof tenant.realms, realms);
    snprintf(tenant.description, sizeof tenant.description, "canarytenant%s", name);
    snprintf(tenant.contact, sizeof tenant.contact, "canarycontact%s", name);
    if (pat_text_equal(name, "lab")) {
        tenant.any_scope = tenant.any_network = false;
        pat_text_clip(tenant.scopes.text, sizeof tenant.scopes.text, "mail:*,ssh:login,um:read");
        pat_text_clip(tenant.networks.text, sizeof tenant.networks.text,
                      "10.0.0.0/8,2001:db8::/32");
        tenant.max_tokens.at = 4;
    }
    if (pat_text_equal(name, "firm")) {
        tenant.require_addresses = tenant.require_expiry = true;
        tenant.max_lifetime = (struct pat_optional){.set = true, .at = WORLD_LONGEST};
    }
    FUZZ_CHECK(pat_store_put(store, PAT_ROW_TENANT, &tenant) == PAT_OK);
}

static void
put_user(struct pat_store *store, const struct world_user *from)
{
    struct pat_user_record user = {.state = from->state, .role = from->role, .created = BEFORE};

    pat_text_clip(user.tenant, sizeof user.tenant, from->tenant);
    pat_text_clip(user.user, sizeof user.user, from->user);
    pat_text_clip(user.account, sizeof user.account, from->account);
    user.uid = (struct pat_optional){.set = from->uid >= 0, .at = from->uid < 0 ? 0 : from->uid};
    user.allow_root = from->uid == 0;
    pat_text_clip(user.grants.text, sizeof user.grants.text, from->grants);
    snprintf(user.contact, sizeof user.contact, "canaryuser%s%s", from->tenant, from->user);
    FUZZ_CHECK(pat_store_put(store, PAT_ROW_USER, &user) == PAT_OK);
}

static int64_t
log_token(struct pat_store *store, const struct pat_token_record *token)
{
    struct pat_change_record change = {.at = BEFORE, .actor_uid = 0};
    struct pat_digest link;

    pat_text_clip(change.tenant, sizeof change.tenant, token->tenant);
    pat_text_clip(change.event, sizeof change.event, "token.create");
    pat_text_clip(change.actor, sizeof change.actor, "root");
    pat_text_clip(change.user, sizeof change.user, token->user);
    pat_text_clip(change.subject, sizeof change.subject, token->id);
    snprintf(change.after, sizeof change.after, "name=%s", token->name);
    snprintf(change.reason, sizeof change.reason, "canaryreason%s", token->id);
    FUZZ_CHECK(pat_store_log_head(store, token->tenant, &change.seq, &link) == PAT_OK);
    change.seq++;
    change.generation = pat_store_next_generation(store);
    pat_chain_link(pat_keyring_key(pat_store_keyring(store), PAT_KEYRING_CHAIN), &link, &change);
    FUZZ_CHECK(pat_store_append(store, &change, NULL) == PAT_OK);
    return change.seq;
}

static void
put_token(struct pat_store *store, size_t index)
{
    const struct world_token *from = &world_tokens[index];
    const struct pat_keyring *keyring = pat_store_keyring(store);
    struct pat_token_record token = {.state = from->state, .created = BEFORE, .creator_uid = 0};
    struct pat_token secret;

    world_token(index, &secret);
    token.key_number = pat_keyring_newest(keyring);
    pat_digest_verifier(pat_keyring_verifier(keyring, token.key_number), &secret, &token.verifier);
    pat_text_clip(token.tenant, sizeof token.tenant, from->tenant);
    pat_text_clip(token.id, sizeof token.id, secret.id);
    pat_text_clip(token.user, sizeof token.user, from->user);
    pat_text_clip(token.creator, sizeof token.creator, "root");
    snprintf(token.name, sizeof token.name, "canaryname%02zu", index);
    snprintf(token.description, sizeof token.description, "canarydescription%02zu", index);
    pat_text_clip(token.scopes.text, sizeof token.scopes.text, from->scopes);
    pat_text_clip(token.addresses.text, sizeof token.addresses.text, from->addresses);
    token.not_before = (struct pat_optional){.set = from->not_before != 0, .at = from->not_before};
    token.expires = (struct pat_optional){.set = from->expires != 0, .at = from->expires};
    if (from->state == PENDING)
        token.pending_until = (struct pat_optional){.set = true,
                                                    .at = WORLD_NOW + 600 * PAT_SECOND};
    if (from->state == REVOKED)
        token.ended = (struct pat_optional){.set = true, .at = BEFORE};
    token.created_seq = log_token(store, &token);
    FUZZ_CHECK(pat_store_put(store, PAT_ROW_TOKEN, &token) == PAT_OK);
}

static void
put_group(struct pat_store *store, const char *tenant, const char *name, const char *grants)
{
    struct pat_group_record group = {.created = BEFORE};

    pat_text_clip(group.tenant, sizeof group.tenant, tenant);
    pat_text_clip(group.group_name, sizeof group.group_name, name);
    pat_text_clip(group.grants.text, sizeof group.grants.text, grants);
    FUZZ_CHECK(pat_store_put(store, PAT_ROW_GROUP, &group) == PAT_OK);
}

void
world_fill(struct pat_store *store)
{
    struct pat_host_record host;

    FUZZ_CHECK(pat_store_begin(store, true) == PAT_OK);
    put_tenant(store, "acme", ACTIVE, "acme.example");
    put_tenant(store, "lab", ACTIVE, "lab.example,lab.test");
    put_tenant(store, "gone", DISABLED, "gone.example");
    put_tenant(store, "firm", ACTIVE, "firm.example");
    for (size_t i = 0; i < WORLD_USERS; i++)
        put_user(store, &world_users[i]);
    for (size_t i = 0; i < WORLD_TOKENS; i++)
        put_token(store, i);
    put_group(store, "acme", "canarystaff", "ldap:bind");
    put_group(store, "lab", "canarycrew", "mail:read");
    FUZZ_CHECK(pat_store_get(store, PAT_ROW_HOST, "", "", &host) == PAT_OK);
    pat_text_clip(host.default_tenant, sizeof host.default_tenant, "acme");
    FUZZ_CHECK(pat_store_put(store, PAT_ROW_HOST, &host) == PAT_OK);
    FUZZ_CHECK(pat_store_commit(store) == PAT_OK);
}

struct pat_store *
world_memory(void)
{
    const struct pat_store_args args = {
        .ops = &pat_memory_ops, .place = "", .mode = PAT_STORE_CREATE, .keyring = world_keyring()};
    struct pat_store *store = NULL;

    FUZZ_CHECK(pat_store_open(&args, &store) == PAT_OK);
    world_fill(store);
    return store;
}
