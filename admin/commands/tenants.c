/* SPDX-License-Identifier: BSD-2-Clause */
/* tenant create, list, show, enable, disable, delete. Its rules are changed in tenant_set.c. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/limits.h"
#include "admin/out/fields.h"
#include "admin/tell.h"
#include "admin/terminal/prompt.h"
#include "core/base/text.h"

/* Of the tenant that the first word names. */
static json_t *
tenant_parameters(const struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = ask_parameters(patctl);

    ask_set_text(parameters, "tenant", line->words[0]);
    return parameters;
}

static void
print_tenant(struct patctl *patctl, json_t *reply)
{
    json_t *tenant = json_object_get(reply, "tenant");
    bool for_people = !out_is_json(patctl->out);

    limits_spread(tenant, for_people);
    out_card(patctl->out, for_people ? fields_tenant_card : fields_tenant, tenant);
}

/* --- making and looking --- */

int
cmd_tenant_create(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = tenant_parameters(patctl, line), *policy = json_object(), *reply = NULL;
    const char *realms = cmd_value(line, "realm");
    int status = limits_read(patctl, line, policy);

    ask_set(parameters, "policy", policy);
    ask_set_text(parameters, "description", cmd_value(line, "description"));
    ask_set_text(parameters, "contact", cmd_value(line, "contact"));
    ask_set_list(parameters, "realms", realms);
    if (cmd_flag(line, "default"))
        ask_set(parameters, "makeDefault", json_true());
    if (status == EXIT_DONE)
        status = ask_once(patctl, "TenantCreate", parameters, &reply);
    else
        json_decref(parameters);
    if (status == EXIT_DONE && out_is_json(patctl->out))
        print_tenant(patctl, reply);
    else if (status == EXIT_DONE)
        out_say(patctl->out,
                "%s Tenant %s is made.\n"
                "  Next: patctl user create USER --tenant %s --account ACCOUNT",
                out_symbol(patctl->out, OUT_YES), line->words[0], line->words[0]);
    json_decref(reply);
    return status;
}

struct listing {
    struct patctl *patctl;
    int64_t count;
};

static bool
list_one(void *context, json_t *entry)
{
    struct listing *listing = context;
    json_t *tenant = json_object_get(entry, "tenant");

    if (tenant == NULL)
        return true;
    listing->count++;
    limits_spread(tenant, !out_is_json(listing->patctl->out));
    out_table_row(listing->patctl->out, tenant);
    return true;
}

int
cmd_tenant_list(struct patctl *patctl, const struct cmd_line *line)
{
    struct listing listing = {.patctl = patctl};
    struct out *out = patctl->out;
    int status;

    (void)line;
    out_table_begin(out, "tenants", out_is_json(out) ? fields_tenant : fields_tenant_list);
    status = ask_each(patctl, "TenantList", json_object(), list_one, &listing, NULL);
    if (status != EXIT_DONE)
        return status;
    out_table_end(out, NULL);
    if (listing.count == 0)
        tell_note(patctl, "no tenants");
    return EXIT_DONE;
}

int
cmd_tenant_show(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *reply = NULL;
    int status = ask_once(patctl, "TenantShow", json_pack("{s:s}", "tenant", line->words[0]),
                          &reply);

    if (status == EXIT_DONE)
        print_tenant(patctl, reply);
    json_decref(reply);
    return status;
}

/* --- on and off --- */

static int
set_enabled(struct patctl *patctl, const struct cmd_line *line, bool enabled, const char *done)
{
    json_t *parameters = tenant_parameters(patctl, line), *reply = NULL;
    int status;

    ask_set(parameters, "enabled", json_boolean(enabled));
    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    status = ask_once(patctl, "TenantSetEnabled", parameters, &reply);
    if (status == EXIT_DONE && out_is_json(patctl->out))
        print_tenant(patctl, reply);
    else if (status == EXIT_DONE)
        out_say(patctl->out, "%s Tenant %s is %s", out_symbol(patctl->out, OUT_YES), line->words[0],
                done);
    json_decref(reply);
    return status;
}

int
cmd_tenant_enable(struct patctl *patctl, const struct cmd_line *line)
{
    return set_enabled(patctl, line, true, "enabled. Its tokens work again.");
}

int
cmd_tenant_disable(struct patctl *patctl, const struct cmd_line *line)
{
    return set_enabled(patctl, line, false, "disabled. Its tokens are refused now.");
}

/* --- deleting --- */

struct deleting {
    struct patctl *patctl;
    const struct cmd_line *line;
    int64_t told; /* of the rows, when progress was told last */
};

static json_t *
delete_parameters(const struct deleting *deleting, bool dry_run)
{
    json_t *parameters = tenant_parameters(deleting->patctl, deleting->line);

    ask_set_text(parameters, "reason", cmd_value(deleting->line, "reason"));
    if (cmd_flag(deleting->line, "with-tokens"))
        ask_set(parameters, "withTokens", json_true());
    if (dry_run)
        ask_set(parameters, "dryRun", json_true());
    return parameters;
}

/* "3 users, 2 groups and 12 tokens (5 live)" */
static void
say_what(json_t *counts, char *ret, size_t size)
{
    int64_t users = ask_number(counts, "users"), groups = ask_number(counts, "groups");
    int64_t tokens = ask_number(counts, "tokens");

    snprintf(ret, size,
             "%" PRId64 " user%s, %" PRId64 " group%s and %" PRId64 " token%s (%" PRId64 " live)",
             users, users == 1 ? "" : "s", groups, groups == 1 ? "" : "s", tokens,
             tokens == 1 ? "" : "s", ask_number(counts, "live"));
}

/* What is empty goes after a yes; else the name wants to be typed. */
static int
confirm(const struct deleting *deleting, json_t *counts)
{
    const char *tenant = deleting->line->words[0];
    char what[160];

    if (ask_number(counts, "of") == 0)
        return prompt_confirm(deleting->patctl, "Delete tenant %s, which is empty?", tenant);
    say_what(counts, what, sizeof what);
    return prompt_name(deleting->patctl, "tenant", tenant,
                       "Tenant %s goes, with %s. This cannot be undone.", tenant, what);
}

static bool
tell_progress(void *context, json_t *entry)
{
    struct deleting *deleting = context;
    int64_t done = ask_number(entry, "done"), of = ask_number(entry, "of");

    if (done < of && done > deleting->told && !out_is_json(deleting->patctl->out))
        tell_note(deleting->patctl, "%" PRId64 " of %" PRId64 " rows are gone", done, of);
    deleting->told = done;
    return true;
}

static void
print_counts(struct patctl *patctl, const char *tenant, json_t *counts, bool deleted)
{
    out_json(patctl->out,
             json_pack("{s:i, s:s, s:b, s:O, s:O, s:O, s:O}", "v", 1, "tenant", tenant, "deleted",
                       (int)deleted, "users", json_object_get(counts, "users"), "groups",
                       json_object_get(counts, "groups"), "tokens",
                       json_object_get(counts, "tokens"), "live", json_object_get(counts, "live")));
}

static int
delete_all(struct deleting *deleting)
{
    struct patctl *patctl = deleting->patctl;
    const char *tenant = deleting->line->words[0];
    json_t *last = NULL;
    char what[160];
    int status = ask_each(patctl, "TenantDelete", delete_parameters(deleting, false), tell_progress,
                          deleting, &last);

    if (status == EXIT_DONE) {
        say_what(last, what, sizeof what);
        print_counts(patctl, tenant, last, true);
        out_say(patctl->out,
                "%s Tenant %s is deleted, with %s.\n  What was done to it: patctl log "
                "-t %s",
                out_symbol(patctl->out, OUT_YES), tenant, what, tenant);
    }
    json_decref(last);
    return status;
}

int
cmd_tenant_delete(struct patctl *patctl, const struct cmd_line *line)
{
    struct deleting deleting = {.patctl = patctl, .line = line};
    json_t *counts = NULL;
    char what[160];
    int status = ask_once(patctl, "TenantDelete", delete_parameters(&deleting, true), &counts);

    if (status == EXIT_DONE && cmd_flag(line, "dry-run")) {
        say_what(counts, what, sizeof what);
        print_counts(patctl, line->words[0], counts, false);
        out_say(patctl->out, "Tenant %s would go, with %s. Nothing changed (--dry-run).",
                line->words[0], what);
    } else {
        if (status == EXIT_DONE)
            status = confirm(&deleting, counts);
        if (status == EXIT_DONE)
            status = delete_all(&deleting);
    }
    json_decref(counts);
    return status;
}
