/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ladder. Each condition is one function of the facts, the request and the time; the table at
 * the end is the whole policy, in the order in which refusals are named. No function here may
 * look at anything but its arguments.
 */
#include <string.h>

#include "core/base/text.h"
#include "core/policy/decide.h"
#include "core/policy/policy.h"

/* What every condition sees. The login name is taken apart once. */
struct view {
    const struct pat_facts *facts;
    const struct pat_request *request;
    int64_t now;
    bool names_legal;
    char user[PAT_USER_MAX + 1];   /* of a virtual service's login name */
    char realm[PAT_REALM_MAX + 1]; /* of the login name or the request; may be empty */
};

static enum pat_err
take_realm(const char *text, struct view *view)
{
    char realm[PAT_REALM_MAX + 1];

    if (pat_name_realm(text, realm) != PAT_OK)
        return PAT_ERR_SYNTAX;
    if (view->realm[0] != '\0' && !pat_text_equal(view->realm, realm))
        return PAT_ERR_CONFLICT;
    memcpy(view->realm, realm, sizeof realm);
    return PAT_OK;
}

/* Local names are not split: whatever stands behind their '@' may only serve as a realm. */
static bool
read_names(struct view *view)
{
    const struct pat_request *request = view->request;

    if (!pat_scope_service_legal(request->service))
        return false;
    if (request->has_login && view->facts->rule->local) {
        const char *at = strrchr(request->login, '@');

        if (!pat_name_account_legal(request->login))
            return false;
        if (at != NULL && pat_name_realm(at + 1, view->realm) != PAT_OK)
            view->realm[0] = '\0';
    } else if (request->has_login) {
        if (pat_name_split(request->login, view->user, view->realm) != PAT_OK)
            return false;
    }
    return !request->has_realm || take_realm(request->realm, view) == PAT_OK;
}

static bool
is_well_formed(const struct view *view)
{
    return view->facts->shape == PAT_SHAPE_TOKEN;
}

static bool
has_legal_names(const struct view *view)
{
    return view->names_legal;
}

static bool
is_known(const struct view *view)
{
    return view->facts->token != NULL && view->facts->user != NULL && view->facts->tenant != NULL;
}

static bool
has_right_secret(const struct view *view)
{
    return view->facts->verifier_matches;
}

/* The seals were checked where the rows were read; here the rows must also belong together. */
static bool
is_sealed(const struct view *view)
{
    const struct pat_facts *facts = view->facts;

    return facts->seals_hold && pat_text_equal(facts->token->tenant, facts->tenant->tenant) &&
           pat_text_equal(facts->user->tenant, facts->tenant->tenant) &&
           pat_text_equal(facts->token->user, facts->user->user);
}

static bool
is_not_revoked(const struct view *view)
{
    return view->facts->token->state != PAT_STATE_REVOKED;
}

static bool
is_not_expired(const struct view *view)
{
    const struct pat_optional *expires = &view->facts->token->expires;

    return !expires->set || view->now < expires->at;
}

static bool
is_confirmed(const struct view *view)
{
    return view->facts->token->state != PAT_STATE_PENDING;
}

static bool
has_begun(const struct view *view)
{
    const struct pat_optional *not_before = &view->facts->token->not_before;

    return !not_before->set || view->now >= not_before->at;
}

/* Anything but "active" that the steps before did not name ends here too. */
static bool
is_not_suspended(const struct view *view)
{
    return view->facts->token->state == PAT_STATE_ACTIVE;
}

static bool
has_enabled_user(const struct view *view)
{
    return view->facts->user->state == PAT_STATE_ACTIVE;
}

static bool
has_enabled_tenant(const struct view *view)
{
    return view->facts->tenant->state == PAT_STATE_ACTIVE;
}

/* Also a token that was made before the policy became what it is. */
static bool
keeps_policy(const struct view *view)
{
    return pat_policy_unmet(view->facts->tenant, view->facts->token) == NULL;
}

static const char *
primary_realm(const struct pat_tenant_record *tenant, char ret[PAT_REALM_MAX + 1])
{
    const char *at = tenant->realms;
    const char *word;
    size_t len = pat_text_word(&at, &word);

    return len != 0 && pat_text_copy(ret, PAT_REALM_MAX + 1, word, len) == PAT_OK ? ret : NULL;
}

/* -1: not listed, 0: listed for plain names, 1: listed with '@' only. */
static int
listing(const struct pat_rule *rule, const char *tenant)
{
    int found = -1;

    for (size_t i = 0; i < rule->tenant_count; i++)
        if (pat_text_equal(rule->tenants[i].name, tenant))
            found = rule->tenants[i].needs_realm ? 1 : 0;
    return found;
}

static bool
takes_tenant(const struct view *view)
{
    const struct pat_tenant_record *tenant = view->facts->tenant;
    const struct pat_rule *rule = view->facts->rule;
    int listed = listing(rule, tenant->tenant);
    char primary[PAT_REALM_MAX + 1];

    if (listed == -1)
        return false;
    if (view->request->tenant[0] != '\0' && !pat_text_equal(view->request->tenant, tenant->tenant))
        return false;
    if (!view->request->has_login && view->realm[0] == '\0')
        return listed == 0 || primary_realm(tenant, primary) != NULL;
    if (view->realm[0] != '\0' && (listed == 1 || !rule->local))
        return pat_decide_has_realm(tenant, view->realm);
    return listed == 0;
}

static bool
owns_account(const struct view *view)
{
    const struct pat_user_record *user = view->facts->user;

    if (!view->request->has_login || user->account[0] == '\0' || !user->uid.set)
        return false;
    if (!pat_text_equal(view->request->login, user->account))
        return false;
    return user->uid.at != 0 || (user->allow_root && view->facts->rule->allow_root);
}

static bool
owns_login(const struct view *view)
{
    if (view->facts->rule->local)
        return owns_account(view);
    return !view->request->has_login || pat_text_equal(view->user, view->facts->user->user);
}

/* What pat_decide_effective() holds, without making the set. */
static bool
is_effective(const struct pat_facts *facts, const char *scope)
{
    bool granted = pat_scope_covers(&facts->user->grants, scope) ||
                   (facts->group_grants != NULL && pat_scope_covers(facts->group_grants, scope));

    return granted && pat_scope_covers(&facts->token->scopes, scope) &&
           (facts->tenant->any_scope || pat_scope_covers(&facts->tenant->scopes, scope));
}

static bool
has_scope(const struct view *view)
{
    const struct pat_scopes *wanted = &view->facts->rule->scopes;
    char scope[PAT_SCOPE_MAX + 1];

    for (const char *at = wanted->text; pat_scope_next(&at, scope);)
        if (is_effective(view->facts, scope))
            return true;
    return false;
}

static bool
comes_from_allowed(const struct pat_cidrs *networks, const struct pat_request *request)
{
    return request->has_address && pat_cidr_holds(networks, request->address);
}

static bool
has_address(const struct view *view)
{
    const struct pat_facts *facts = view->facts;

    if (facts->token->addresses.text[0] != '\0' &&
        !comes_from_allowed(&facts->token->addresses, view->request))
        return false;
    return facts->tenant->any_network ||
           comes_from_allowed(&facts->tenant->networks, view->request);
}

static const struct rung {
    bool (*holds)(const struct view *view);
    enum pat_verdict refusal;
    const char *condition;
} ladder[] = {
    {is_well_formed, PAT_VERDICT_MALFORMED, "well-formed"},
    {has_legal_names, PAT_VERDICT_ILLEGAL_NAME, "legal names"},
    {is_known, PAT_VERDICT_UNKNOWN, "known"},
    {has_right_secret, PAT_VERDICT_BAD_SECRET, "right secret"},
    {is_sealed, PAT_VERDICT_BAD_SEAL, "seals hold"},
    {is_not_revoked, PAT_VERDICT_REVOKED, "not revoked"},
    {is_not_expired, PAT_VERDICT_EXPIRED, "not expired"},
    {is_confirmed, PAT_VERDICT_PENDING, "confirmed"},
    {has_begun, PAT_VERDICT_NOT_YET_VALID, "valid already"},
    {is_not_suspended, PAT_VERDICT_SUSPENDED, "not suspended"},
    {has_enabled_user, PAT_VERDICT_USER_DISABLED, "user enabled"},
    {has_enabled_tenant, PAT_VERDICT_TENANT_DISABLED, "tenant enabled"},
    {keeps_policy, PAT_VERDICT_POLICY_DENIED, "within the policy of the tenant"},
    {takes_tenant, PAT_VERDICT_WRONG_TENANT, "service takes the tenant"},
    {owns_login, PAT_VERDICT_WRONG_USER, "login name is the token's user"},
    {has_scope, PAT_VERDICT_SCOPE_DENIED, "scope covers the service"},
    {has_address, PAT_VERDICT_ADDRESS_DENIED, "address allowed"},
};

#define LADDER_LENGTH (sizeof ladder / sizeof ladder[0])
/* Up to here a failure says that the rest cannot be judged. */
#define IDENTITY_RUNGS 5

static struct view
make_view(const struct pat_facts *facts, const struct pat_request *request, int64_t now)
{
    struct view view = {.facts = facts, .request = request, .now = now};

    view.names_legal = read_names(&view);
    return view;
}

enum pat_verdict
pat_decide(const struct pat_facts *facts, const struct pat_request *request, int64_t now)
{
    struct view view = make_view(facts, request, now);
    size_t held = 0;

    while (held < LADDER_LENGTH && ladder[held].holds(&view))
        held++;
    /* SECURITY: accepted stands only behind the whole ladder. */
    return held == LADDER_LENGTH ? PAT_VERDICT_ACCEPTED : ladder[held].refusal;
}

enum pat_verdict
pat_decide_explain(const struct pat_facts *facts, const struct pat_request *request, int64_t now,
                   pat_decide_each *each, void *context)
{
    struct view view = make_view(facts, request, now);

    for (size_t i = 0; i < LADDER_LENGTH; i++) {
        bool holds = ladder[i].holds(&view);
        const char *condition = ladder[i].condition;

        if (!holds && ladder[i].refusal == PAT_VERDICT_POLICY_DENIED)
            condition = pat_policy_unmet(facts->tenant, facts->token)->condition;
        each(context, ladder[i].refusal, condition, holds);
        if (!holds && i < IDENTITY_RUNGS)
            break;
    }
    return pat_decide(facts, request, now);
}

void
pat_decide_effective(const struct pat_facts *facts, struct pat_scopes *ret)
{
    struct pat_scopes grants = facts->user->grants;
    struct pat_scopes met;

    if (facts->group_grants != NULL &&
        pat_scope_join(&facts->user->grants, facts->group_grants, &grants) != PAT_OK)
        grants = facts->user->grants;
    pat_scope_meet(&facts->token->scopes, &grants, &met);
    if (facts->tenant->any_scope)
        *ret = met;
    else
        pat_scope_meet(&met, &facts->tenant->scopes, ret);
}

void
pat_decide_identity(const struct pat_facts *facts, const struct pat_request *request,
                    struct pat_answer *ret)
{
    struct view view = make_view(facts, request, 0);
    char primary[PAT_REALM_MAX + 1];

    pat_text_clip(ret->id, sizeof ret->id, facts->token->id);
    pat_text_clip(ret->tenant, sizeof ret->tenant, facts->tenant->tenant);
    pat_text_clip(ret->user, sizeof ret->user, facts->user->user);
    ret->has_uid = facts->rule->local;
    ret->uid = facts->rule->local ? (uint32_t)facts->user->uid.at : 0;
    if (facts->rule->local)
        return;
    if (view.realm[0] != '\0')
        pat_text_clip(ret->realm, sizeof ret->realm, view.realm);
    else if (!request->has_login && listing(facts->rule, facts->tenant->tenant) == 1 &&
             primary_realm(facts->tenant, primary) != NULL)
        pat_text_clip(ret->realm, sizeof ret->realm, primary);
}

bool
pat_decide_has_realm(const struct pat_tenant_record *tenant, const char *realm)
{
    const char *at = tenant->realms;
    const char *word;
    size_t len;

    while ((len = pat_text_word(&at, &word)) != 0)
        if (strlen(realm) == len && memcmp(word, realm, len) == 0)
            return true;
    return false;
}
