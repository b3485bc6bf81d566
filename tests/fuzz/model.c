/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain tables and plain questions, in no particular order. */
#include <string.h>

#include "core/base/text.h"
#include "core/policy/cidr.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/model.h"

/* world.c's configuration, and the built-in services that the targets ask for. */
struct service {
    const char *name;
    bool local, allow_root;
    const char *scopes; /* by spaces; any is enough */
    const char *tenants;
    uint32_t uids[2];
};

static const struct service services[] = {
    {"sshd", true, false, "ssh:login", "acme", {100}},
    {"su", true, true, "su:login", "acme", {0}},
    {"smtpd", false, false, "mail:send", "acme lab@ firm@", {100}},
    {"imap", false, false, "mail:read", "acme@ lab@", {100, 101}},
    {"app", false, false, "app:login um:read", "lab", {101}},
    {"sudo", true, false, "sudo:run", "acme", {0}},
    {"sudo-i", true, false, "sudo:run", "acme", {0}},
    {"su-l", true, false, "su:login", "acme", {0}},
    {"login", true, false, "console:login", "acme", {0}},
    {"polkit-1", true, false, "polkit:act", "acme", {0}},
    {"pop", false, false, "mail:read", "acme", {0}},
    {"pop3", false, false, "mail:read", "acme", {0}},
    {"dovecot", false, false, "mail:read", "acme", {0}},
    {"smtp", false, false, "mail:send", "acme", {0}},
    {"submission", false, false, "mail:send", "acme", {0}},
    {"sieve", false, false, "mail:filter", "acme", {0}},
    {"ldap", false, false, "ldap:bind", "acme", {0}},
    {"http", false, false, "http:access", "acme", {0}},
    {"postgresql", false, false, "db:connect", "acme", {0}},
};

static const struct {
    const char *tenant, *realms, *scopes, *networks; /* "": no limit */
    bool enabled;
} tenants[] = {
    {"acme", "acme.example", "", "", true},
    {"lab", "lab.example lab.test", "mail:* ssh:login um:read", "10.0.0.0/8,2001:db8::/32", true},
    {"gone", "gone.example", "", "", false},
    {"firm", "firm.example", "", "", true}, /* and what keeps_policy() says */
};

static bool
is_service(const char *name)
{
    static const char inside[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    return name[0] != '\0' && strlen(name) <= PAT_SERVICE_MAX &&
           strspn(name, inside) == strlen(name) && strchr("._-", name[0]) == NULL;
}

/* A service that nobody knows asks for its own scope, in lower case, and is a local one. */
static struct service
unknown_service(const char *name)
{
    static char scope[PAT_SERVICE_MAX + sizeof ":login"];
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++)
        scope[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    pat_text_clip(scope + len, sizeof ":login", ":login");
    return (struct service){"", true, false, scope, "acme", {0}};
}

static struct service
find_service(const char *name)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        if (strcmp(services[i].name, name) == 0)
            return services[i];
    return unknown_service(name);
}

static size_t
find_tenant(const char *name)
{
    size_t i = 0;

    while (strcmp(tenants[i].tenant, name) != 0)
        i++;
    return i;
}

/* The word stands in a list of words, separated by spaces, commas or newlines. */
static bool
is_in(const char *list, const char *word)
{
    size_t len = strlen(word);

    while (*list != '\0') {
        size_t next = strcspn(list, " ,\n");

        if (next == len && len > 0 && memcmp(list, word, len) == 0)
            return true;
        list += next + (list[next] != '\0');
    }
    return false;
}

static bool
covers(const char *list, const char *scope)
{
    char area[PAT_SCOPE_MAX + 3];
    size_t len = strcspn(scope, ":");

    memcpy(area, scope, len);
    memcpy(area + len, ":*", 3);
    return is_in(list, scope) || is_in(list, area);
}

static bool
has_scope(const struct service *service, const struct world_token *token,
          const struct world_user *user, const char *groups)
{
    const char *limit = tenants[find_tenant(token->tenant)].scopes;
    const char *group = strcmp(token->tenant, "acme") == 0 ? "canarystaff" : "canarycrew";
    const char *group_grants = strcmp(token->tenant, "acme") == 0 ? "ldap:bind" : "mail:read";
    bool in_group = user->uid >= 0 && groups != NULL && is_in(groups, group);
    char scope[PAT_SCOPE_MAX + 1];

    for (const char *at = service->scopes; *at != '\0'; at += *at == ' ') {
        size_t len = strcspn(at, " ");

        memcpy(scope, at, len);
        scope[len] = '\0';
        at += len;
        if (covers(token->scopes, scope) && (limit[0] == '\0' || covers(limit, scope)) &&
            (covers(user->grants, scope) || (in_group && covers(group_grants, scope))))
            return true;
    }
    return false;
}

static bool
is_live(const struct world_token *token)
{
    return token->state == PAT_STATE_ACTIVE &&
           (token->expires == 0 || token->expires > world_now) && token->not_before <= world_now;
}

/* All tokens were made on one day; those of tenant firm have to end, and to be bound. */
static bool
keeps_policy(const struct world_token *token)
{
    return strcmp(token->tenant, "firm") != 0 ||
           (token->expires != 0 && token->addresses[0] != '\0' &&
            token->expires - (WORLD_NOW - 30 * WORLD_DAY) <= WORLD_LONGEST);
}

/* --- what the peer may ask --- */

static bool
is_listed(const struct service *service, uint32_t peer)
{
    return peer != 0 && (service->uids[0] == peer || service->uids[1] == peer);
}

static bool
is_own(const struct service *service, uint32_t peer, const struct pat_request *request)
{
    for (size_t i = 0; i < WORLD_USERS && request->has_login; i++) {
        const struct world_user *user = &world_users[i];
        size_t len = strlen(user->user);

        if (user->uid != (int64_t)peer)
            continue;
        if (service->local ? strcmp(user->account, request->login) == 0
                           : strncmp(user->user, request->login, len) == 0 &&
                                 (request->login[len] == '\0' || request->login[len] == '@'))
            return true;
    }
    return false;
}

/* --- names --- */

static bool
read_realm(const char *text, char ret[PAT_REALM_MAX + 1])
{
    size_t len = strlen(text);

    if (len == 0 || len > PAT_REALM_MAX || strstr(text, "..") != NULL)
        return false;
    memcpy(ret, text, len + 1);
    for (size_t i = 0; i < len; i++) {
        if (ret[i] >= 'A' && ret[i] <= 'Z')
            ret[i] = (char)(ret[i] + 32);
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.-", ret[i]) == NULL)
            return false;
    }
    return strchr(".-", ret[0]) == NULL && strchr(".-", ret[len - 1]) == NULL;
}

/* The realm that login and request name together; false when one is illegal or they differ. */
static bool
common_realm(const struct service *service, const struct pat_request *request,
             char ret[PAT_REALM_MAX + 1])
{
    const char *at = !request->has_login ? NULL
                     : service->local    ? strrchr(request->login, '@')
                                         : strchr(request->login, '@');
    char own[PAT_REALM_MAX + 1] = "", given[PAT_REALM_MAX + 1] = "";

    if (at != NULL && !read_realm(at + 1, own)) {
        if (!service->local)
            return false;
        own[0] = '\0';
    }
    if (request->has_realm && !read_realm(request->realm, given))
        return false;
    if (own[0] != '\0' && given[0] != '\0' && strcmp(own, given) != 0)
        return false;
    memcpy(ret, own[0] != '\0' ? own : given, sizeof own);
    return true;
}

static bool
takes(const struct service *service, const struct pat_request *request, const char *tenant,
      const char *realm, char ret_realm[PAT_REALM_MAX + 1])
{
    const char *realms = tenants[find_tenant(tenant)].realms;
    bool plain = is_in(service->tenants, tenant), with_realm;
    char marked[PAT_TENANT_MAX + 2];

    pat_text_clip(marked, sizeof marked, tenant);
    pat_text_clip(marked + strlen(marked), 2, "@");
    with_realm = is_in(service->tenants, marked);
    pat_text_clip(ret_realm, PAT_REALM_MAX + 1, service->local ? "" : realm);
    if (request->tenant[0] != '\0' && strcmp(request->tenant, tenant) != 0)
        return false;
    if (plain)
        return realm[0] == '\0' || service->local || is_in(realms, realm);
    if (!with_realm)
        return false;
    if (realm[0] != '\0')
        return is_in(realms, realm);
    memcpy(ret_realm, realms, strcspn(realms, " "));
    ret_realm[strcspn(realms, " ")] = '\0';
    return !request->has_login;
}

static bool
owns(const struct service *service, const struct pat_request *request,
     const struct world_user *user)
{
    size_t len = strlen(user->user);

    if (service->local)
        return request->has_login && user->uid >= 0 && strcmp(request->login, user->account) == 0 &&
               (user->uid != 0 || service->allow_root);
    return !request->has_login || (strncmp(request->login, user->user, len) == 0 &&
                                   (request->login[len] == '\0' || request->login[len] == '@'));
}

static bool
comes_from(const char *networks, const struct pat_request *request, bool vouched)
{
    struct pat_cidrs set;

    if (networks[0] == '\0')
        return true;
    pat_text_clip(set.text, sizeof set.text, networks);
    return vouched && request->has_address && pat_cidr_holds(&set, request->address);
}

/* --- the whole --- */

static bool
find_token(const struct pat_request *request, struct model_answer *ret)
{
    struct pat_token token, known;
    enum pat_shape shape = pat_token_read(request->token.bytes, request->token.len, &token);

    ret->not_a_token = shape == PAT_SHAPE_OTHER;
    for (size_t i = 0; shape == PAT_SHAPE_TOKEN && i < WORLD_TOKENS; i++) {
        world_token(i, &known);
        ret->token = i;
        if (memcmp(&token, &known, sizeof token) == 0)
            return true;
    }
    return false;
}

void
model_verify(uint32_t peer, const struct pat_request *request, const char *groups,
             struct model_answer *ret)
{
    const struct service found = find_service(request->service), *service = &found;
    bool vouched = peer == 0 || is_listed(service, peer);
    const struct world_token *token;
    char realm[PAT_REALM_MAX + 1];
    size_t tenant;

    memset(ret, 0, sizeof *ret);
    ret->may_ask = vouched || is_own(service, peer, request);
    if (!find_token(request, ret) || !is_service(request->service))
        return;
    token = &world_tokens[ret->token];
    tenant = find_tenant(token->tenant);
    ret->user = world_find_user(token->tenant, token->user);
    ret->local = service->local;
    ret->accepted = ret->may_ask && is_live(token) && ret->user->state == PAT_STATE_ACTIVE &&
                    tenants[tenant].enabled && keeps_policy(token) &&
                    common_realm(service, request, realm) &&
                    takes(service, request, token->tenant, realm, ret->realm) &&
                    owns(service, request, ret->user) &&
                    has_scope(service, token, ret->user, groups) &&
                    comes_from(token->addresses, request, vouched) &&
                    comes_from(tenants[tenant].networks, request, vouched);
}

void
model_check_answer(const struct model_answer *expected, const struct pat_request *request,
                   const struct pat_answer *answer)
{
    struct pat_token token;

    world_token(expected->token, &token);
    FUZZ_CHECK(strcmp(answer->id, token.id) == 0 && strcmp(answer->tenant, token.tenant) == 0);
    FUZZ_CHECK(strcmp(answer->user, expected->user->user) == 0);
    FUZZ_CHECK(answer->has_uid == expected->local);
    FUZZ_CHECK(answer->uid == (expected->local ? (uint32_t)expected->user->uid : 0));
    FUZZ_CHECK(strcmp(answer->realm, expected->realm) == 0);
    FUZZ_CHECK((answer->scopes[0] != '\0') == request->wants_scopes);
    FUZZ_CHECK(!answer->has_end || request->wants_end);
}
