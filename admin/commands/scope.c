/* SPDX-License-Identifier: BSD-2-Clause */
/* scope: what the scopes are called, and which services ask for them. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/fields.h"
#include "admin/tell.h"
#include "core/base/text.h"

static json_t *
list_parameters(const struct patctl *patctl)
{
    json_t *parameters = json_object();

    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    ask_set(parameters, "count", json_true());
    return parameters;
}

/* --- list and show --- */

struct listing {
    struct out *out;
    const char *wanted; /* NULL: all */
    json_t *found;
};

static bool
take_scope(void *context, json_t *entry)
{
    struct listing *listing = context;
    json_t *scope = json_object_get(entry, "scope");

    if (scope == NULL)
        return true;
    if (listing->wanted == NULL)
        out_table_row(listing->out, scope);
    else if (pat_text_equal(ask_text(scope, "scope"), listing->wanted))
        listing->found = json_incref(scope);
    return listing->found == NULL;
}

int
cmd_scope_list(struct patctl *patctl, const struct cmd_line *line)
{
    struct listing listing = {.out = patctl->out};
    int status;

    (void)line;
    out_table_begin(patctl->out, "scopes", fields_scope);
    status = ask_each(patctl, "ScopeList", list_parameters(patctl), take_scope, &listing, NULL);
    if (status == EXIT_DONE)
        out_table_end(patctl->out, NULL);
    return status;
}

int
cmd_scope_show(struct patctl *patctl, const struct cmd_line *line)
{
    struct listing listing = {.out = patctl->out, .wanted = line->words[0]};
    int status = ask_each(patctl, "ScopeList", list_parameters(patctl), take_scope, &listing, NULL);

    if (status == EXIT_DONE && listing.found == NULL)
        status = tell_failure(patctl, EXIT_NOT_FOUND, "scope.unknown", "see: patctl scope list",
                              "scope %.70s is not in the catalogue", line->words[0]);
    else if (status == EXIT_DONE)
        out_card(patctl->out, out_is_json(patctl->out) ? fields_scope : fields_scope_card,
                 listing.found);
    json_decref(listing.found);
    return status;
}

/* --- add and remove --- */

/* The catalogue is the host's: no tenant is meant. */
static json_t *
change_parameters(const struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = ask_parameters(patctl);

    json_object_del(parameters, "tenant");
    ask_set_text(parameters, "scope", line->words[0]);
    return parameters;
}

int
cmd_scope_add(struct patctl *patctl, const struct cmd_line *line)
{
    const char *label = cmd_value(line, "label");
    json_t *parameters, *reply = NULL;
    int status;

    if (label == NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage",
                            "example: patctl scope add um:read --label Read", "missing --label");
    parameters = change_parameters(patctl, line);
    ask_set_text(parameters, "label", label);
    ask_set_text(parameters, "meaning", cmd_value(line, "description"));
    status = ask_once(patctl, "ScopeAdd", parameters, &reply);
    if (status == EXIT_DONE && out_is_json(patctl->out))
        out_card(patctl->out, fields_scope, json_object_get(reply, "scope"));
    else if (status == EXIT_DONE)
        out_say(patctl->out,
                "%s Scope %s is in the catalogue as \"%s\".\n"
                "  Next: patctl grant add USER %s",
                out_symbol(patctl->out, OUT_YES), line->words[0], label, line->words[0]);
    json_decref(reply);
    return status;
}

int
cmd_scope_remove(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *reply = NULL;
    int status = ask_once(patctl, "ScopeRemove", change_parameters(patctl, line), &reply);

    if (status == EXIT_DONE && out_is_json(patctl->out))
        out_json(patctl->out,
                 json_pack("{s:i, s:s, s:b}", "v", 1, "scope", line->words[0], "removed", 1));
    else if (status == EXIT_DONE)
        out_say(patctl->out,
                "%s Scope %s is not in the catalogue any more. Whoever holds it keeps it:\n"
                "  patctl list --scope %s",
                out_symbol(patctl->out, OUT_YES), line->words[0], line->words[0]);
    json_decref(reply);
    return status;
}
