/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One table of members, by kind of limit; what is tighter is said once for each kind. core/api asks
 * it what an administrator may change, and what a restored database has to be given back.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/policy/policy.h"

/* --- tokens that are out --- */

static bool
lacks_expiry(const struct pat_tenant_record *tenant, const struct pat_token_record *token)
{
    return tenant->require_expiry && !token->expires.set;
}

/* Of any two moments: the difference of an end and what lies before it fits without its sign. */
static bool
lives_too_long(const struct pat_tenant_record *tenant, const struct pat_token_record *token)
{
    const struct pat_optional *end = &token->expires;
    int64_t longest = tenant->max_lifetime.at;

    if (!tenant->max_lifetime.set)
        return false;
    if (!end->set || longest < 0)
        return true;
    return end->at > token->created &&
           (uint64_t)end->at - (uint64_t)token->created > (uint64_t)longest;
}

static bool
lacks_addresses(const struct pat_tenant_record *tenant, const struct pat_token_record *token)
{
    return tenant->require_addresses && token->addresses.text[0] == '\0';
}

static const struct demand {
    bool (*unmet)(const struct pat_tenant_record *tenant, const struct pat_token_record *token);
    struct pat_policy_demand demand;
} demands[] = {
    {lacks_expiry, {"expires, as the tenant requires", "the tenant requires an expiry"}},
    {lives_too_long,
     {"lives no longer than the tenant allows", "the tenant allows only shorter lifetimes"}},
    {lacks_addresses,
     {"bound to addresses, as the tenant requires",
      "the tenant requires tokens to be bound to addresses"}},
};

const struct pat_policy_demand *
pat_policy_unmet(const struct pat_tenant_record *tenant, const struct pat_token_record *token)
{
    for (size_t i = 0; i < sizeof demands / sizeof demands[0]; i++)
        if (demands[i].unmet(tenant, token))
            return &demands[i].demand;
    return NULL;
}

/* --- members --- */

enum kind {
    CAP,      /* struct pat_optional: less is tighter, not set is no limit */
    SPAN,     /* the same, microseconds */
    SPAN_SET, /* int64_t microseconds: less is tighter */
    LEAST,    /* int64_t: more is tighter */
    DEMAND,   /* bool: true is tighter */
    LEAVE,    /* bool: false is tighter */
    SCOPES,   /* a set: a part of it is tighter; its flag, where there is one, means any */
    NETWORKS,
    REALMS, /* a list in its order, the primary one first */
};

#define NO_LIMIT "unlimited" /* no scope and no network is called so */
#define NO_FLAG SIZE_MAX
#define AT(member) offsetof(struct pat_tenant_record, member)

static const struct row {
    const char *key;
    const char *words;
    enum kind kind;
    size_t at;
    size_t flag; /* of what is not limited at all */
} rows[PAT_POLICY_MEMBERS] = {
    [PAT_POLICY_MAX_TOKENS] = {"max_tokens", "the number of tokens", CAP, AT(max_tokens), NO_FLAG},
    [PAT_POLICY_NAME_MIN] = {"name_min", "the shortest name", LEAST, AT(name_min), NO_FLAG},
    [PAT_POLICY_REQUIRE_EXPIRY] = {"require_expiry", "the demand for an expiry", DEMAND,
                                   AT(require_expiry), NO_FLAG},
    [PAT_POLICY_REQUIRE_ADDRESSES] = {"require_addresses", "the demand for addresses", DEMAND,
                                      AT(require_addresses), NO_FLAG},
    [PAT_POLICY_DEFAULT_LIFETIME] = {"default_lifetime", "the default lifetime", SPAN,
                                     AT(default_lifetime), NO_FLAG},
    [PAT_POLICY_MAX_LIFETIME] = {"max_lifetime", "the longest lifetime", SPAN, AT(max_lifetime),
                                 NO_FLAG},
    [PAT_POLICY_PENDING_LIFETIME] = {"pending_lifetime", "the time to confirm a token", SPAN_SET,
                                     AT(pending_lifetime), NO_FLAG},
    [PAT_POLICY_SELF_SERVICE] = {"self_service", "self-service", LEAVE, AT(self_service), NO_FLAG},
    [PAT_POLICY_SCOPES] = {"scopes", "the allowed scopes", SCOPES, AT(scopes), AT(any_scope)},
    [PAT_POLICY_NETWORKS] = {"networks", "the allowed networks", NETWORKS, AT(networks),
                             AT(any_network)},
    [PAT_POLICY_SELF_SERVICE_SCOPES] = {"self_service_scopes", "the scopes of self-service", SCOPES,
                                        AT(self_service_scopes), NO_FLAG},
    [PAT_POLICY_REALMS] = {"realms", "the realms", REALMS, AT(realms), NO_FLAG},
};

const char *
pat_policy_key(enum pat_policy_member member)
{
    return rows[member].key;
}

const char *
pat_policy_words(enum pat_policy_member member)
{
    return rows[member].words;
}

static const void *
of(const struct pat_tenant_record *policy, const struct row *row)
{
    return (const char *)policy + row->at;
}

static void *
member_of(struct pat_tenant_record *policy, const struct row *row)
{
    return (char *)policy + row->at;
}

static bool
is_any(const struct pat_tenant_record *policy, const struct row *row)
{
    return row->flag != NO_FLAG && *(const bool *)((const char *)policy + row->flag);
}

/* --- which is tighter --- */

static bool
realms_within(const char *part, const char *whole)
{
    const char *word, *other;
    bool found = true;
    size_t len, other_len;

    while (found && (len = pat_text_word(&part, &word)) != 0) {
        const char *at = whole;

        found = false;
        while (!found && (other_len = pat_text_word(&at, &other)) != 0)
            found = other_len == len && memcmp(word, other, len) == 0;
    }
    return found;
}

static bool
caps_within(const struct pat_optional *after, const struct pat_optional *before)
{
    return !before->set || (after->set && after->at <= before->at);
}

bool
pat_policy_is_within(const struct pat_tenant_record *after, const struct pat_tenant_record *before,
                     enum pat_policy_member member)
{
    const struct row *row = &rows[member];
    const void *a = of(after, row), *b = of(before, row);

    if (is_any(before, row))
        return true;
    if (is_any(after, row))
        return false;
    switch (row->kind) {
    case CAP:
    case SPAN:
        return caps_within(a, b);
    case SPAN_SET:
        return *(const int64_t *)a <= *(const int64_t *)b;
    case LEAST:
        return *(const int64_t *)a >= *(const int64_t *)b;
    case DEMAND:
        return *(const bool *)a || !*(const bool *)b;
    case LEAVE:
        return !*(const bool *)a || *(const bool *)b;
    case SCOPES:
        return pat_scope_includes(b, a);
    case NETWORKS:
        return pat_cidr_includes(b, a);
    case REALMS:
        return realms_within(a, b);
    }
    return false;
}

bool
pat_policy_same(const struct pat_tenant_record *a, const struct pat_tenant_record *b,
                enum pat_policy_member member)
{
    char text[PAT_POLICY_TEXT], other[PAT_POLICY_TEXT];
    enum kind kind = rows[member].kind;

    if (kind == SPAN || kind == SPAN_SET) /* their text has whole seconds only */
        return pat_policy_is_within(a, b, member) && pat_policy_is_within(b, a, member);
    return pat_text_equal(pat_policy_write(a, member, text), pat_policy_write(b, member, other));
}

static size_t
size_of(const struct row *row)
{
    switch (row->kind) {
    case CAP:
    case SPAN:
        return sizeof(struct pat_optional);
    case SPAN_SET:
    case LEAST:
        return sizeof(int64_t);
    case DEMAND:
    case LEAVE:
        return sizeof(bool);
    case SCOPES:
        return sizeof(struct pat_scopes);
    case NETWORKS:
        return sizeof(struct pat_cidrs);
    case REALMS:
        return PAT_REALMS_TEXT;
    }
    return 0;
}

void
pat_policy_copy(struct pat_tenant_record *to, const struct pat_tenant_record *from,
                enum pat_policy_member member)
{
    const struct row *row = &rows[member];

    memcpy(member_of(to, row), of(from, row), size_of(row));
    if (row->flag != NO_FLAG)
        *(bool *)((char *)to + row->flag) = is_any(from, row);
}

/* --- as text --- */

static const char *
write_number(int64_t number, char ret[PAT_POLICY_TEXT])
{
    snprintf(ret, PAT_POLICY_TEXT, "%lld", (long long)number);
    return ret;
}

const char *
pat_policy_write(const struct pat_tenant_record *policy, enum pat_policy_member member,
                 char ret[PAT_POLICY_TEXT])
{
    const struct row *row = &rows[member];
    const void *at = of(policy, row);
    const struct pat_optional *limit = at;

    if (is_any(policy, row))
        return NO_LIMIT;
    switch (row->kind) {
    case CAP:
        return limit->set ? write_number(limit->at, ret) : NO_LIMIT;
    case SPAN:
        return limit->set ? write_number(limit->at / PAT_SECOND, ret) : NO_LIMIT;
    case SPAN_SET:
        return write_number(*(const int64_t *)at / PAT_SECOND, ret);
    case LEAST:
        return write_number(*(const int64_t *)at, ret);
    case DEMAND:
    case LEAVE:
        return *(const bool *)at ? "yes" : "no";
    case SCOPES:
    case NETWORKS:
    case REALMS:
        pat_text_clip(ret, PAT_POLICY_TEXT, at);
        break;
    }
    return ret;
}

/* --- making it as tight as a text --- */

static enum pat_err
read_number(const struct row *row, const char *value, int64_t *ret)
{
    int64_t unit = row->kind == SPAN || row->kind == SPAN_SET ? PAT_SECOND : 1;
    enum pat_err err = pat_text_number(value, 0, INT64_MAX / unit, ret);

    if (err != PAT_OK)
        return PAT_ERR_SYNTAX;
    *ret *= unit;
    return PAT_OK;
}

/* What both sets hold: of two networks, one lies in the other or they have nothing in common. */
static void
meet_networks(const struct pat_cidrs *a, const struct pat_cidrs *b, char ret[2 * PAT_CIDRS_TEXT])
{
    const struct pat_cidrs *sets[] = {a, b};
    size_t used = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < 2; i++) {
        const char *at = sets[i]->text, *word;
        struct pat_cidrs one;
        size_t len;

        while ((len = pat_text_word(&at, &word)) != 0)
            if (pat_text_copy(one.text, sizeof one.text, word, len) == PAT_OK &&
                pat_cidr_includes(sets[1 - i], &one))
                used += (size_t)snprintf(ret + used, 2 * PAT_CIDRS_TEXT - used, "%s%s",
                                         used == 0 ? "" : ",", one.text);
    }
}

static enum pat_err
tighten_networks(struct pat_cidrs *networks, const char *value)
{
    char both[2 * PAT_CIDRS_TEXT];
    struct pat_cidrs wanted;

    if (pat_cidr_read(value, &wanted, NULL) != PAT_OK)
        return PAT_ERR_SYNTAX;
    meet_networks(networks, &wanted, both);
    if (pat_cidr_read(both, &wanted, NULL) != PAT_OK)
        wanted.text[0] = '\0'; /* more networks than a set holds: none is the tighter answer */
    *networks = wanted;
    return PAT_OK;
}

static enum pat_err
tighten_scopes(struct pat_scopes *scopes, const char *value)
{
    struct pat_scopes wanted, before = *scopes;

    if (pat_scope_read(value, &wanted, NULL) != PAT_OK)
        return PAT_ERR_SYNTAX;
    pat_scope_meet(&before, &wanted, scopes);
    return PAT_OK;
}

static enum pat_err
tighten_realms(char realms[PAT_REALMS_TEXT], const char *value)
{
    char before[PAT_REALMS_TEXT], one[PAT_REALM_MAX + 1];
    const char *at = before, *word;
    size_t len, used = 0;

    memcpy(before, realms, sizeof before);
    realms[0] = '\0';
    while ((len = pat_text_word(&at, &word)) != 0)
        if (pat_text_copy(one, sizeof one, word, len) == PAT_OK && realms_within(one, value))
            used += (size_t)snprintf(realms + used, PAT_REALMS_TEXT - used, "%s%s",
                                     used == 0 ? "" : ",", one);
    return PAT_OK;
}

static enum pat_err
tighten_flag(bool *flag, const char *value, bool tighter)
{
    bool wanted = pat_text_equal(value, "yes");

    if (!wanted && !pat_text_equal(value, "no"))
        return PAT_ERR_SYNTAX;
    if (wanted == tighter)
        *flag = tighter;
    return PAT_OK;
}

static enum pat_err
tighten_number(struct pat_tenant_record *policy, const struct row *row, const char *value)
{
    struct pat_optional *limit = member_of(policy, row);
    int64_t wanted, *number = member_of(policy, row);
    enum pat_err err = read_number(row, value, &wanted);

    if (err != PAT_OK)
        return err;
    if (row->kind == CAP || row->kind == SPAN) {
        if (!limit->set || wanted < limit->at)
            *limit = (struct pat_optional){.set = true, .at = wanted};
    } else if (row->kind == SPAN_SET ? wanted < *number : wanted > *number) {
        *number = wanted;
    }
    return PAT_OK;
}

/* A set that did not limit begins as the one that is asked for. */
static enum pat_err
tighten_set(struct pat_tenant_record *policy, const struct row *row, const char *value)
{
    struct pat_scopes scopes;
    struct pat_cidrs networks;
    bool good = row->kind == SCOPES ? pat_scope_read(value, &scopes, NULL) == PAT_OK
                                    : pat_cidr_read(value, &networks, NULL) == PAT_OK;

    if (!good)
        return PAT_ERR_SYNTAX;
    if (!is_any(policy, row))
        return row->kind == SCOPES ? tighten_scopes(member_of(policy, row), value)
                                   : tighten_networks(member_of(policy, row), value);
    *(bool *)((char *)policy + row->flag) = false;
    if (row->kind == SCOPES)
        memcpy(member_of(policy, row), &scopes, sizeof scopes);
    else
        memcpy(member_of(policy, row), &networks, sizeof networks);
    return PAT_OK;
}

static enum pat_err
tighten(struct pat_tenant_record *policy, const struct row *row, const char *value)
{
    if (row->kind != REALMS && pat_text_equal(value, NO_LIMIT))
        return PAT_OK;
    switch (row->kind) {
    case CAP:
    case SPAN:
    case SPAN_SET:
    case LEAST:
        return tighten_number(policy, row, value);
    case DEMAND:
    case LEAVE:
        return tighten_flag(member_of(policy, row), value, row->kind == DEMAND);
    case SCOPES:
    case NETWORKS:
        return tighten_set(policy, row, value);
    case REALMS:
        return tighten_realms(member_of(policy, row), value);
    }
    return PAT_ERR_INTERNAL;
}

enum pat_err
pat_policy_tighten(struct pat_tenant_record *policy, const char *key, const char *value)
{
    struct pat_optional *first = &policy->default_lifetime;
    const struct pat_optional *longest = &policy->max_lifetime;
    enum pat_err err = PAT_ERR_NOT_FOUND;

    for (size_t i = 0; err == PAT_ERR_NOT_FOUND && i < PAT_POLICY_MEMBERS; i++)
        if (pat_text_equal(rows[i].key, key))
            err = tighten(policy, &rows[i], value);
    if (longest->set && first->set && first->at > longest->at)
        first->at = longest->at; /* a default that the same policy refuses is of no use */
    return err;
}
