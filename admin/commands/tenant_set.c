/* SPDX-License-Identifier: BSD-2-Clause */
/* tenant set: what is to be another, what became another, and which tokens it blocks. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/limits.h"
#include "admin/out/fields.h"
#include "admin/tell.h"
#include "core/base/text.h"

#define VALUE_MAX 1100

static int
ask_tenant(struct patctl *patctl, const char *tenant, json_t **ret)
{
    json_t *reply = NULL;
    int status = ask_once(patctl, "TenantShow", json_pack("{s:s}", "tenant", tenant), &reply);

    if (status == EXIT_DONE)
        *ret = json_incref(json_object_get(reply, "tenant"));
    json_decref(reply);
    return status;
}

static int
ask_set_tenant(struct patctl *patctl, const struct cmd_line *line, json_t **ret)
{
    json_t *parameters = ask_parameters(patctl), *policy = json_object(), *reply = NULL;
    const char *realms = cmd_value(line, "realm");
    int status = limits_read(patctl, line, policy);

    ask_set_text(parameters, "tenant", line->words[0]);
    ask_set_text(parameters, "description", cmd_value(line, "description"));
    ask_set_text(parameters, "contact", cmd_value(line, "contact"));
    ask_set_list(parameters, "realms",
                 realms != NULL && pat_text_equal(realms, "none") ? "" : realms);
    if (json_object_size(policy) > 0)
        ask_set(parameters, "policy", json_incref(policy));
    json_decref(policy);
    if (status == EXIT_DONE && json_object_size(parameters) == 2) /* tenant and claim */
        status = tell_failure(patctl, EXIT_USAGE, "usage",
                              "example: patctl tenant set acme --max-lifetime 1y",
                              "nothing is named that is to be another");
    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    if (status == EXIT_DONE)
        status = ask_once(patctl, "TenantSet", parameters, &reply);
    else
        json_decref(parameters);
    if (status == EXIT_DONE)
        *ret = json_incref(json_object_get(reply, "tenant"));
    json_decref(reply);
    return status;
}

/* --- what it blocks --- */

static bool
count_one(void *context, json_t *entry)
{
    *(int64_t *)context += json_object_get(entry, "token") != NULL;
    return true;
}

static int
count_blocked(struct patctl *patctl, const char *tenant, int64_t *ret)
{
    json_t *parameters = json_pack("{s:{s:s, s:b}}", "filter", "tenant", tenant, "blocked", 1);

    *ret = 0;
    return ask_each(patctl, "List", parameters, count_one, ret, NULL);
}

/* --- what became another --- */

static bool
is_same(const struct out_field *field, json_t *before, json_t *after)
{
    return json_equal(json_object_get(before, field->member),
                      json_object_get(after, field->member)) != 0;
}

static json_t *
changed_names(json_t *before, json_t *after)
{
    json_t *names = json_array();

    for (const struct out_field *field = fields_tenant; field->name != NULL; field++)
        if (!is_same(field, before, after))
            json_array_append_new(names, json_string(field->name));
    return names;
}

static void
say_differences(struct out *out, json_t *before, json_t *after)
{
    char was[VALUE_MAX], is[VALUE_MAX];

    for (const struct out_field *field = fields_tenant_card; field->name != NULL; field++) {
        if (is_same(field, before, after))
            continue;
        out_value(out, field, before, was, sizeof was);
        out_value(out, field, after, is, sizeof is);
        out_say(out, "  %-12s %s -> %s", field->heading, was, is);
    }
}

static void
say_done(struct patctl *patctl, json_t *before, json_t *after, int64_t blocked)
{
    struct out *out = patctl->out;
    const char *tenant = ask_text(after, "tenant");
    json_t *changed = changed_names(before, after);

    if (json_array_size(changed) == 0)
        out_say(out, "%s Tenant %s is like that already: nothing changed.",
                out_symbol(out, OUT_YES), tenant);
    else
        out_say(out, "%s Tenant %s is changed.", out_symbol(out, OUT_YES), tenant);
    json_decref(changed);
    say_differences(out, before, after);
    if (blocked > 0)
        out_say(out,
                "%s %" PRId64 " live token%s not keep these rules and %s refused: patctl list -t "
                "%s --blocked",
                out_symbol(out, OUT_WARN), blocked, blocked == 1 ? " does" : "s do",
                blocked == 1 ? "is" : "are", tenant);
}

static void
print_json(struct patctl *patctl, json_t *before, json_t *after, int64_t blocked)
{
    json_t *object = out_object(patctl->out, fields_tenant, after);

    if (out_is_picked(patctl->out, "changed"))
        json_object_set_new(object, "changed", changed_names(before, after));
    if (out_is_picked(patctl->out, "blocked"))
        json_object_set_new(object, "blocked", json_integer(blocked));
    out_json(patctl->out, object);
}

int
cmd_tenant_set(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *before = NULL, *after = NULL;
    int64_t blocked = 0;
    bool for_people = !out_is_json(patctl->out);
    int status = ask_tenant(patctl, line->words[0], &before);

    if (status == EXIT_DONE)
        status = ask_set_tenant(patctl, line, &after);
    if (status == EXIT_DONE)
        status = count_blocked(patctl, line->words[0], &blocked);
    if (status == EXIT_DONE) {
        limits_spread(before, for_people);
        limits_spread(after, for_people);
        if (for_people)
            say_done(patctl, before, after, blocked);
        else
            print_json(patctl, before, after, blocked);
    }
    json_decref(before);
    json_decref(after);
    return status;
}
