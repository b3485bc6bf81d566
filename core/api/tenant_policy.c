/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policies before they are stored. SECURITY: an administrator of a tenant is not root; what may be
 * tightened is judged here, member by member, from the rows alone.
 */
#include <stdio.h>
#include <string.h>

#include "core/api/tenant_policy.h"
#include "core/audit/event.h"
#include "core/base/diag.h"
#include "core/base/text.h"

/* --- realms --- */

static enum pat_err
read_realms(struct pat_manage *manage, struct pat_tenant_record *draft)
{
    const char *at = draft->realms;
    const char *word;
    char canonical[PAT_REALMS_TEXT] = "";
    size_t len, used = 0;

    while ((len = pat_text_word(&at, &word)) != 0) {
        char text[PAT_REALM_MAX + 1], realm[PAT_REALM_MAX + 1];

        if (pat_text_copy(text, sizeof text, word, len) != PAT_OK ||
            pat_name_realm(text, realm) != PAT_OK)
            return pat_manage_refuse(manage, PAT_ERR_SYNTAX, "realm.illegal",
                                     "\"%.*s\" is not a realm (like example.org)", (int)len, word);
        used += (size_t)snprintf(canonical + used, sizeof canonical - used, "%s%s",
                                 used == 0 ? "" : ",", realm);
    }
    memcpy(draft->realms, canonical, sizeof draft->realms);
    return PAT_OK;
}

struct realm_search {
    const struct pat_tenant_record *draft;
    char owner[PAT_TENANT_MAX + 1];
};

static bool
shares_realm(void *context, const void *record)
{
    struct realm_search *search = context;
    const struct pat_tenant_record *tenant = record;
    const char *at = search->draft->realms;
    const char *word;
    size_t len;

    if (pat_text_equal(tenant->tenant, search->draft->tenant))
        return true;
    while ((len = pat_text_word(&at, &word)) != 0) {
        char realm[PAT_REALM_MAX + 1];

        if (pat_text_copy(realm, sizeof realm, word, len) == PAT_OK &&
            pat_decide_has_realm(tenant, realm))
            pat_text_clip(search->owner, sizeof search->owner, tenant->tenant);
    }
    return search->owner[0] == '\0';
}

/* A realm belongs to one tenant, or two could share a mailbox. */
enum pat_err
pat_tenant_policy_realms(struct pat_manage *manage, struct pat_tenant_record *draft)
{
    struct realm_search search = {.draft = draft};
    const struct pat_scan scan = {.what = PAT_SCAN_TENANTS};
    enum pat_err err = read_realms(manage, draft);

    if (err != PAT_OK || draft->realms[0] == '\0')
        return err;
    err = pat_store_scan(manage->store, &scan, shares_realm, &search);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    if (search.owner[0] != '\0')
        return pat_manage_refuse(manage, PAT_ERR_EXISTS, "realm.taken",
                                 "tenant %s has one of these realms", search.owner);
    return PAT_OK;
}

/* --- limits --- */

static bool
is_lifetime(int64_t microseconds)
{
    return microseconds >= PAT_SECOND && microseconds <= PAT_LIFETIME_MAX;
}

enum pat_err
pat_tenant_policy_check(struct pat_manage *manage, const struct pat_tenant_record *draft)
{
    if (draft->name_min < 1 || draft->name_min > PAT_NAME_POINTS_MAX)
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "policy.name-min",
                                 "the shortest name is 1 to %d characters", PAT_NAME_POINTS_MAX);
    if (draft->max_tokens.set && draft->max_tokens.at < 1)
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "policy.max-tokens",
                                 "the cap is at least 1 token, or \"unlimited\"");
    if (draft->default_lifetime.set && draft->max_lifetime.set &&
        draft->default_lifetime.at > draft->max_lifetime.at) {
        pat_manage_refuse(manage, PAT_ERR_RANGE, "policy.lifetime",
                          "the default lifetime is longer than the longest");
        return pat_manage_hint(manage, "set both together");
    }
    if ((draft->default_lifetime.set && !is_lifetime(draft->default_lifetime.at)) ||
        (draft->max_lifetime.set && !is_lifetime(draft->max_lifetime.at)) ||
        !is_lifetime(draft->pending_lifetime))
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "policy.lifetime",
                                 "a lifetime is one second to ten years");
    return PAT_OK;
}

/* --- who may --- */

enum pat_err
pat_tenant_policy_permit(struct pat_manage *manage, const struct pat_tenant_record *before,
                         const struct pat_tenant_record *after)
{
    for (int i = 0; !manage->actor.is_operator && i < PAT_POLICY_MEMBERS; i++) {
        enum pat_policy_member member = (enum pat_policy_member)i;
        bool may = member == PAT_POLICY_REALMS ? pat_policy_same(after, before, member)
                                               : pat_policy_is_within(after, before, member);

        if (may)
            continue;
        pat_manage_refuse(
            manage, PAT_ERR_DENIED, member == PAT_POLICY_REALMS ? "policy.realms" : "policy.loosen",
            member == PAT_POLICY_REALMS ? "only operators change %s" : "only operators loosen %s",
            pat_policy_words(member));
        return pat_manage_hint(manage, "administrators may tighten the policy of their tenant");
    }
    return PAT_OK;
}

bool
pat_tenant_policy_same(const struct pat_tenant_record *a, const struct pat_tenant_record *b)
{
    for (int i = 0; i < PAT_POLICY_MEMBERS; i++)
        if (!pat_policy_same(a, b, (enum pat_policy_member)i))
            return false;
    return pat_text_equal(a->contact, b->contact) && pat_text_equal(a->description, b->description);
}

/* --- writing it down --- */

#define FIELDS (PAT_POLICY_MEMBERS + 2) /* and the texts: contact and description */
#define DESCRIPTION_LOGGED 400          /* bytes: it fits alone, however it is escaped */

struct side {
    char texts[FIELDS][PAT_POLICY_TEXT];
    struct pat_log_field fields[FIELDS];
};

static void
describe_texts(const struct pat_tenant_record *tenant, struct side *ret)
{
    char *contact = ret->texts[PAT_POLICY_MEMBERS], *description = contact + PAT_POLICY_TEXT;
    size_t len;

    pat_text_clip(contact, PAT_POLICY_TEXT, tenant->contact);
    pat_text_clip(description, DESCRIPTION_LOGGED + 1, tenant->description);
    len = strlen(description);
    while (len > 0 && ((unsigned char)tenant->description[len] & 0xc0) == 0x80)
        description[--len] = '\0'; /* whole characters */
    ret->fields[PAT_POLICY_MEMBERS] = (struct pat_log_field){"contact", contact};
    ret->fields[PAT_POLICY_MEMBERS + 1] = (struct pat_log_field){"description", description};
}

static void
describe(const struct pat_tenant_record *tenant, struct side *ret)
{
    for (int i = 0; i < PAT_POLICY_MEMBERS; i++) {
        enum pat_policy_member member = (enum pat_policy_member)i;

        ret->fields[i].key = pat_policy_key(member);
        ret->fields[i].value = pat_policy_write(tenant, member, ret->texts[i]);
    }
    describe_texts(tenant, ret);
}

/* Leaves out what is the same: of what was before all of it, of the texts also what is now. */
static void
leave_out_same(const struct pat_tenant_record *before, const struct pat_tenant_record *after,
               struct side *was, struct side *is)
{
    for (int i = 0; i < PAT_POLICY_MEMBERS; i++)
        if (pat_policy_same(before, after, (enum pat_policy_member)i))
            was->fields[i].value = NULL;
    if (pat_text_equal(before->contact, after->contact))
        was->fields[PAT_POLICY_MEMBERS].value = is->fields[PAT_POLICY_MEMBERS].value = NULL;
    if (pat_text_equal(before->description, after->description))
        was->fields[PAT_POLICY_MEMBERS + 1].value = is->fields[PAT_POLICY_MEMBERS + 1].value = NULL;
}

struct texts {
    char before[sizeof((struct pat_change_record *)NULL)->before];
    char after[sizeof((struct pat_change_record *)NULL)->after];
};

static bool
write_fields(const struct side *was, const struct side *is, size_t from, size_t count,
             struct texts *ret)
{
    return pat_event_write(ret->before, sizeof ret->before, NULL, was->fields + from, count) ==
               PAT_OK &&
           pat_event_write(ret->after, sizeof ret->after, NULL, is->fields + from, count) == PAT_OK;
}

/* As many fields as one change holds; any single one fits. */
static size_t
write_piece(const struct side *was, const struct side *is, size_t from, struct texts *ret)
{
    size_t count = FIELDS - from;

    while (count > 0 && !write_fields(was, is, from, count, ret))
        count--;
    return count;
}

enum pat_err
pat_tenant_policy_log(struct pat_manage *manage, const char *event,
                      const struct pat_tenant_record *before, const struct pat_tenant_record *after,
                      const char *reason)
{
    static const struct pat_tenant_record nothing;
    struct side was = {.fields = {{NULL, NULL}}}, is;
    struct texts texts;
    const struct pat_change_args change = {.tenant = after->tenant,
                                           .event = event,
                                           .before = texts.before,
                                           .after = texts.after,
                                           .reason = reason};
    enum pat_err err = PAT_OK;

    describe(after, &is);
    if (before != NULL)
        describe(before, &was);
    leave_out_same(before == NULL ? &nothing : before, after, &was, &is);
    for (size_t from = 0, count = 0; err == PAT_OK && from < FIELDS; from += count) {
        count = write_piece(&was, &is, from, &texts);
        err = count == 0 ? pat_manage_failed(manage, PAT_ERR_INTERNAL)
                         : pat_manage_log(manage, &change, NULL);
    }
    return err;
}
