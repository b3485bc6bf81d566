/* SPDX-License-Identifier: BSD-2-Clause */
/* Users, tenants and scopes, as patd knows them and this host's accounts and services are. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"
#include "admin/host/survey.h"
#include "admin/wiring/service.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/policy/scope.h"

#define SHOWN_MAX 3 /* names in one finding */

/* A method that streams, gathered: an array, or NULL when patd does not say. */
struct gathering {
    const char *member;
    json_t *entries;
};

static bool
gather(void *context, json_t *reply)
{
    struct gathering *gathering = context;
    json_t *entry = json_object_get(reply, gathering->member);

    if (json_is_object(entry))
        json_array_append(gathering->entries, entry);
    return true;
}

static json_t *
ask_all(struct doctor *doctor, const char *method, const char *member, json_t *parameters)
{
    struct gathering gathering = {member, json_array()};
    struct patctl *patctl = doctor->patctl;
    bool silent = patctl->silent;
    int status;

    if (!doctor->reachable) {
        json_decref(parameters);
        json_decref(gathering.entries);
        return NULL;
    }
    patctl->silent = true;
    status = ask_each(patctl, method, parameters, gather, &gathering, NULL);
    patctl->silent = silent;
    if (status == EXIT_DONE)
        return gathering.entries;
    json_decref(gathering.entries);
    return NULL;
}

/* Every user of every tenant that the caller may see. */
static json_t *
ask_users(struct doctor *doctor, json_t *tenants)
{
    json_t *users = json_array(), *tenant, *some;
    size_t index;

    json_array_foreach(tenants, index, tenant)
    {
        some = ask_all(doctor, "UserList", "user",
                       json_pack("{s:s}", "tenant", ask_text(tenant, "tenant")));
        json_array_extend(users, some);
        json_decref(some);
    }
    return users;
}

static void
add_name(char *list, size_t size, size_t *count, const char *name)
{
    size_t len = strlen(list);

    if (++*count <= SHOWN_MAX)
        snprintf(list + len, size - len, "%s%s", len == 0 ? "" : ", ", name);
    else if (*count == SHOWN_MAX + 1)
        snprintf(list + len, size - len, " ...");
}

/* --- owners --- */

static void
tell_gone(struct doctor *doctor, json_t *user, const char *what)
{
    char fix[300];
    const struct finding finding = {
        .level = DOCTOR_PROBLEM,
        .why = "the tokens are nobody's now; a new account of that name gets none of them",
        .fix = fix};

    snprintf(fix, sizeof fix, "patctl user disable %s -t %s; patctl revoke -u %s -t %s",
             ask_text(user, "user"), ask_text(user, "tenant"), ask_text(user, "user"),
             ask_text(user, "tenant"));
    doctor_find(doctor, &finding, "%s of %s has %lld live token%s, and there is %s",
                ask_text(user, "user"), ask_text(user, "tenant"),
                (long long)ask_number(user, "live"), ask_number(user, "live") == 1 ? "" : "s",
                what);
}

void
check_owners(struct doctor *doctor)
{
    json_t *tenants = ask_all(doctor, "TenantList", "tenant", json_object());
    json_t *users = tenants == NULL ? NULL : ask_users(doctor, tenants), *user;
    size_t index, gone = 0, bound = 0;

    json_array_foreach(users, index, user)
    {
        char what[200] = "";

        if (!json_is_string(json_object_get(user, "account")))
            continue;
        bound++;
        survey_account(ask_text(user, "account"), ask_number(user, "uid"), what, sizeof what);
        if (what[0] != '\0' && ask_number(user, "live") > 0 &&
            !json_is_false(json_object_get(user, "enabled"))) {
            tell_gone(doctor, user, what);
            gone++;
        }
    }
    if (users != NULL && gone == 0 && bound > 0)
        doctor_praise(doctor, NULL, "%zu user%s bound to accounts, which are there", bound,
                      bound == 1 ? "" : "s");
    json_decref(tenants);
    json_decref(users);
}

/* --- tenants --- */

static json_t *
tenant_of(json_t *tenants, json_t *user)
{
    json_t *tenant;
    size_t index;

    json_array_foreach(tenants, index, tenant)
    {
        if (pat_text_equal(ask_text(tenant, "tenant"), ask_text(user, "tenant")))
            return tenant;
    }
    return NULL;
}

/* Whether a virtual service can tell a user by a realm. */
static bool
has_realm(json_t *tenants, json_t *user)
{
    return json_array_size(json_object_get(tenant_of(tenants, user), "realms")) > 0;
}

static bool
is_bound(json_t *user)
{
    return json_is_string(json_object_get(user, "account"));
}

struct twins {
    char accounts[300], names[300];
    size_t account_count, name_count;
};

static void
compare(struct twins *twins, json_t *tenants, json_t *user, json_t *other)
{
    char pair[200];

    if (pat_text_equal(ask_text(user, "tenant"), ask_text(other, "tenant")))
        return;
    if (is_bound(user) && is_bound(other) &&
        pat_text_equal(ask_text(user, "account"), ask_text(other, "account"))) {
        snprintf(pair, sizeof pair, "%.60s (%.20s, %.20s)", ask_text(user, "account"),
                 ask_text(user, "tenant"), ask_text(other, "tenant"));
        add_name(twins->accounts, sizeof twins->accounts, &twins->account_count, pair);
    }
    if (!is_bound(user) && !is_bound(other) &&
        pat_text_equal(ask_text(user, "user"), ask_text(other, "user")) &&
        !has_realm(tenants, user) && !has_realm(tenants, other)) {
        snprintf(pair, sizeof pair, "%.60s (%.20s, %.20s)", ask_text(user, "user"),
                 ask_text(user, "tenant"), ask_text(other, "tenant"));
        add_name(twins->names, sizeof twins->names, &twins->name_count, pair);
    }
}

static void
tell_twins(struct doctor *doctor, const struct twins *twins)
{
    const struct finding shared = {
        .level = DOCTOR_WARNING,
        .why = "tokens of both tenants log in to the same account",
        .fix = "patctl user bind USER -t TENANT --virtual, for one of them"};
    const struct finding alike = {
        .level = DOCTOR_WARNING,
        .why = "without a realm only one tenant's users get in to a service",
        .fix = "patctl tenant set TENANT --realms lab.example.org, and tenants = in pat.conf"};

    if (twins->account_count > 0)
        doctor_find(doctor, &shared, "users of two tenants are bound to one account: %s",
                    twins->accounts);
    if (twins->name_count > 0)
        doctor_find(doctor, &alike, "users of two tenants have one name, and no realm: %s",
                    twins->names);
}

void
check_tenants(struct doctor *doctor)
{
    json_t *tenants = ask_all(doctor, "TenantList", "tenant", json_object());
    json_t *users = NULL, *user;
    struct twins twins = {.account_count = 0};
    size_t index;

    if (json_array_size(tenants) > 1)
        users = ask_users(doctor, tenants);
    json_array_foreach(users, index, user)
    {
        for (size_t k = 0; k < index; k++)
            compare(&twins, tenants, json_array_get(users, k), user);
    }
    tell_twins(doctor, &twins);
    if (users != NULL && twins.account_count + twins.name_count == 0)
        doctor_praise(doctor, NULL, "users of %zu tenants can be told apart",
                      json_array_size(tenants));
    json_decref(tenants);
    json_decref(users);
}

/* --- scopes --- */

/* The service of this host that asks for the scope; "" for none. */
static void
find_service(const struct doctor *doctor, const char *scope, char *ret, size_t size)
{
    const struct service *row;
    char asked[PAT_SCOPE_MAX + 1], name[32];

    ret[0] = '\0';
    for (size_t i = 0; i < doctor->config->service_count; i++) {
        pat_scope_of_service(doctor->config->services[i].name, asked);
        if (pat_text_equal(asked, scope))
            pat_text_clip(ret, size, doctor->config->services[i].name);
    }
    for (size_t i = 0; (row = service_at(i)) != NULL; i++) {
        const char *at = row->asks;

        while (service_next_name(&at, name)) {
            pat_scope_of_service(name, asked);
            if (pat_text_equal(asked, scope))
                pat_text_clip(ret, size, name);
        }
    }
}

void
check_scopes(struct doctor *doctor)
{
    json_t *scopes = ask_all(doctor, "ScopeList", "scope", json_object()), *scope;
    size_t index, wrong = 0;

    json_array_foreach(scopes, index, scope)
    {
        const char *name = ask_text(scope, "scope");
        char service[64] = "", fix[200];
        const struct finding finding = {.level = DOCTOR_WARNING,
                                        .why = "who gets it for a third party gets in there, too",
                                        .fix = fix};

        if (json_is_true(json_object_get(scope, "thirdParty")))
            find_service(doctor, name, service, sizeof service);
        if (service[0] == '\0')
            continue;
        snprintf(fix, sizeof fix, "patctl scope remove %s, and give it another name", name);
        doctor_find(doctor, &finding, "scope %s of a third party is what service %s asks for", name,
                    service);
        wrong++;
    }
    if (scopes != NULL && wrong == 0)
        doctor_praise(doctor, NULL, "no reserved scope in use");
    json_decref(scopes);
}
