/* SPDX-License-Identifier: BSD-2-Clause */
/* What is tighter is told by core/policy: here values are only brought into its form. */
#include <string.h>

#include "admin/apply/plan_policy.h"
#include "admin/apply/settings.h"
#include "core/base/text.h"
#include "core/policy/policy.h"

static const struct row {
    const char *option;
    enum pat_policy_member member;
} rows[] = {
    {"max-tokens", PAT_POLICY_MAX_TOKENS},
    {"name-min", PAT_POLICY_NAME_MIN},
    {"require-expiry", PAT_POLICY_REQUIRE_EXPIRY},
    {"require-from", PAT_POLICY_REQUIRE_ADDRESSES},
    {"default-expiry", PAT_POLICY_DEFAULT_LIFETIME},
    {"max-lifetime", PAT_POLICY_MAX_LIFETIME},
    {"confirm-within", PAT_POLICY_PENDING_LIFETIME},
    {"self-service", PAT_POLICY_SELF_SERVICE},
    {"scopes", PAT_POLICY_SCOPES},
    {"networks", PAT_POLICY_NETWORKS},
    {"self-service-scopes", PAT_POLICY_SELF_SERVICE_SCOPES},
    {"realms", PAT_POLICY_REALMS},
};

static const struct row *
find_row(const char *option)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (pat_text_equal(rows[i].option, option))
            return &rows[i];
    return NULL;
}

/* --- a policy as core/policy has it --- */

static struct pat_optional
number_of(json_t *value)
{
    return (struct pat_optional){.set = json_is_integer(value), .at = json_integer_value(value)};
}

/* The words of a list by commas; they were legal. */
static void
join(json_t *array, char *ret, size_t size)
{
    size_t index, used = 0;
    json_t *each;

    ret[0] = '\0';
    json_array_foreach(array, index, each)
    {
        if (used > 0)
            ret[used++] = ',';
        pat_text_clip(ret + used, size - used, json_string_value(each));
        used += strlen(ret + used);
        if (used + 2 > size)
            break;
    }
}

static void
fill(json_t *values, struct pat_tenant_record *ret)
{
    *ret = (struct pat_tenant_record){.state = PAT_STATE_ACTIVE};
    ret->max_tokens = number_of(json_object_get(values, "max-tokens"));
    ret->name_min = json_integer_value(json_object_get(values, "name-min"));
    ret->require_expiry = json_is_true(json_object_get(values, "require-expiry"));
    ret->require_addresses = json_is_true(json_object_get(values, "require-from"));
    ret->default_lifetime = number_of(json_object_get(values, "default-expiry"));
    ret->max_lifetime = number_of(json_object_get(values, "max-lifetime"));
    ret->pending_lifetime = json_integer_value(json_object_get(values, "confirm-within"));
    ret->self_service = json_is_true(json_object_get(values, "self-service"));
    ret->any_scope = json_is_null(json_object_get(values, "scopes"));
    ret->any_network = json_is_null(json_object_get(values, "networks"));
    join(json_object_get(values, "scopes"), ret->scopes.text, sizeof ret->scopes.text);
    join(json_object_get(values, "networks"), ret->networks.text, sizeof ret->networks.text);
    join(json_object_get(values, "self-service-scopes"), ret->self_service_scopes.text,
         sizeof ret->self_service_scopes.text);
    join(json_object_get(values, "realms"), ret->realms, sizeof ret->realms);
}

/* --- dividing --- */

static bool
holds(json_t *array, json_t *wanted)
{
    size_t index;
    json_t *each;

    json_array_foreach(array, index, each)
    {
        if (json_equal(each, wanted))
            return true;
    }
    return false;
}

/* Those realms that stay, in the order that they had; new. */
static json_t *
kept_realms(json_t *before, json_t *after)
{
    json_t *kept = json_array(), *each;
    size_t index;

    json_array_foreach(before, index, each)
    {
        if (holds(after, each))
            json_array_append(kept, each);
    }
    return kept;
}

static void
divide_realms(json_t *before, json_t *after, json_t *narrow, json_t *wide)
{
    json_t *had = json_object_get(before, "realms"), *gets = json_object_get(after, "realms");
    json_t *kept = kept_realms(had, gets);

    if (json_array_size(kept) < json_array_size(had))
        json_object_set(narrow, "realms", kept);
    if (!json_equal(kept, gets))
        json_object_set(wide, "realms", gets);
    json_decref(kept);
}

void
plan_policy_divide(json_t *before, json_t *after, json_t *narrow, json_t *wide)
{
    struct pat_tenant_record old, new;
    json_t *both = json_copy(before), *value;
    const char *option;

    json_object_update(both, after);
    fill(before, &old);
    fill(both, &new);
    json_decref(both);
    json_object_foreach(after, option, value)
    {
        /* They are held against each other when either is set. */
        bool goes_along = pat_text_equal(option, "default-expiry") &&
                          json_object_get(after, "max-lifetime") != NULL;
        const struct row *row = find_row(goes_along ? "max-lifetime" : option);

        if (pat_text_equal(option, "realms"))
            divide_realms(before, after, narrow, wide);
        else if (row != NULL && pat_policy_is_within(&new, &old, row->member))
            json_object_set(narrow, option, value);
        else if (!pat_text_equal(option, "enabled") && !pat_text_equal(option, "default"))
            json_object_set(wide, option, value);
    }
}

json_t *
plan_policy_of(json_t *values)
{
    json_t *policy = json_object(), *value;
    const char *option;

    json_object_foreach(values, option, value)
    {
        const struct setting *setting = settings_find(SETTINGS_TENANT, option);

        if (setting->member[0] == '.')
            json_object_set(policy, setting->member + 1, value);
    }
    return policy;
}
