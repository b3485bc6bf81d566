/* SPDX-License-Identifier: BSD-2-Clause */
/* user, grant: who has tokens, and what they may hold. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/fields.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

/* --- one --- */

static int
show_user(struct patctl *patctl, int status, json_t *reply, const char *done)
{
    json_t *user = json_object_get(reply, "user");

    if (status == EXIT_DONE && out_is_json(patctl->out))
        out_card(patctl->out, fields_user, user);
    else if (status == EXIT_DONE)
        out_say(patctl->out, "%s User %s of tenant %s %s.", out_symbol(patctl->out, OUT_YES),
                ask_text(user, "user"), ask_text(user, "tenant"), done);
    json_decref(reply);
    return status;
}

/* patd asks no name service: the account's uid goes with its name. */
static int
set_account(const struct patctl *patctl, const struct cmd_line *line, json_t *parameters)
{
    const char *account = cmd_value(line, "account");
    bool is_virtual = cmd_flag(line, "virtual");
    struct passwd *entry;

    if ((account != NULL) == is_virtual)
        return tell_failure(patctl, EXIT_USAGE, "usage", "",
                            "give either --account ACCOUNT or --virtual");
    if (cmd_flag(line, "system"))
        ask_set(parameters, "system", json_true());
    if (cmd_flag(line, "allow-root"))
        ask_set(parameters, "allowRoot", json_true());
    if (is_virtual)
        return EXIT_DONE;
    errno = 0;
    entry = getpwnam(account);
    if (entry == NULL)
        return tell_failure(patctl, EXIT_NOT_FOUND, "account.unknown",
                            "a user without one: --virtual", "no account \"%.60s\" on this host",
                            account);
    ask_set_text(parameters, "account", entry->pw_name);
    ask_set(parameters, "uid", json_integer((json_int_t)entry->pw_uid));
    return EXIT_DONE;
}

static json_t *
user_parameters(const struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = ask_parameters(patctl);

    ask_set_text(parameters, "user", line->word_count > 0 ? line->words[0] : patctl->globals.user);
    return parameters;
}

int
cmd_user_create(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = user_parameters(patctl, line), *reply = NULL;
    int status = set_account(patctl, line, parameters);

    ask_set_list(parameters, "grants", cmd_value(line, "grant"));
    ask_set_text(parameters, "role", cmd_value(line, "role"));
    ask_set_text(parameters, "contact", cmd_value(line, "contact"));
    if (status == EXIT_DONE)
        status = ask_once(patctl, "UserCreate", parameters, &reply);
    else
        json_decref(parameters);
    return show_user(patctl, status, reply, "is made");
}

int
cmd_user_bind(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = user_parameters(patctl, line), *reply = NULL;
    int status = set_account(patctl, line, parameters);
    char done[120] = "is bound to no account now";

    if (status == EXIT_DONE && !cmd_flag(line, "virtual"))
        snprintf(done, sizeof done, "is bound to account %.40s (uid %lld) now",
                 ask_text(parameters, "account"), (long long)ask_number(parameters, "uid"));
    if (status == EXIT_DONE)
        status = ask_once(patctl, "UserBind", parameters, &reply);
    else
        json_decref(parameters);
    return show_user(patctl, status, reply, done);
}

static int
set_enabled(struct patctl *patctl, const struct cmd_line *line, bool enabled, const char *done)
{
    json_t *parameters = user_parameters(patctl, line), *reply = NULL;
    int status;

    ask_set(parameters, "enabled", json_boolean(enabled));
    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    status = ask_once(patctl, "UserSetEnabled", parameters, &reply);
    return show_user(patctl, status, reply, done);
}

int
cmd_user_enable(struct patctl *patctl, const struct cmd_line *line)
{
    return set_enabled(patctl, line, true, "is enabled. Their tokens work again");
}

int
cmd_user_disable(struct patctl *patctl, const struct cmd_line *line)
{
    return set_enabled(patctl, line, false, "is disabled. Their tokens are refused now");
}

/* --- lists --- */

struct listing {
    struct patctl *patctl;
    const char *member;
    int64_t count;
};

static bool
list_one(void *context, json_t *entry)
{
    struct listing *listing = context;
    json_t *object = json_object_get(entry, listing->member);

    if (object == NULL)
        return true;
    listing->count++;
    out_table_row(listing->patctl->out, object);
    return true;
}

static int
list(struct patctl *patctl, const char *method, json_t *parameters, const char *member,
     const char *name, const struct out_field *fields)
{
    struct listing listing = {.patctl = patctl, .member = member};
    int status;

    out_table_begin(patctl->out, name, fields);
    status = ask_each(patctl, method, parameters, list_one, &listing, NULL);
    if (status != EXIT_DONE)
        return status;
    out_table_end(patctl->out, NULL);
    if (listing.count == 0)
        tell_note(patctl, "no %s", name);
    return EXIT_DONE;
}

static json_t *
tenant_parameter(const struct patctl *patctl)
{
    json_t *parameters = json_object();

    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    return parameters;
}

int
cmd_user_list(struct patctl *patctl, const struct cmd_line *line)
{
    (void)line;
    return list(patctl, "UserList", tenant_parameter(patctl), "user", "users", fields_user);
}

/* --- grants --- */

static int
change_grant(struct patctl *patctl, const struct cmd_line *line, const char *method,
             const char *done)
{
    json_t *parameters = ask_parameters(patctl), *reply = NULL, *scopes = json_array(), *grant;
    char held[400];
    const struct out_field field = {"scopes", "scopes", "SCOPES", OUT_WORDS, OUT_ALWAYS, "nothing"};
    int status;

    for (int i = 1; i < line->word_count; i++)
        json_array_append_new(scopes, json_string(line->words[i]));
    ask_set_text(parameters, "holder", line->words[0]);
    ask_set(parameters, "scopes", scopes);
    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    status = ask_once(patctl, method, parameters, &reply);
    grant = json_object_get(reply, "grant");
    if (status == EXIT_DONE && out_is_json(patctl->out)) {
        out_card(patctl->out, fields_grant, grant);
    } else if (status == EXIT_DONE) {
        out_value(patctl->out, &field, grant, held, sizeof held);
        out_say(patctl->out, "%s %s. %s holds %s now.", out_symbol(patctl->out, OUT_YES), done,
                ask_text(grant, "holder"), held);
    }
    json_decref(reply);
    return status;
}

int
cmd_grant_add(struct patctl *patctl, const struct cmd_line *line)
{
    return change_grant(patctl, line, "GrantAdd", "Granted");
}

int
cmd_grant_remove(struct patctl *patctl, const struct cmd_line *line)
{
    return change_grant(patctl, line, "GrantRemove", "Taken back");
}

int
cmd_grant_list(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = tenant_parameter(patctl);

    if (line->word_count > 0)
        ask_set_text(parameters, "holder", line->words[0]);
    return list(patctl, "GrantList", parameters, "grant", "grants", fields_grant);
}
