/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What patd tells for a completion: no more than the caller may see, and no more of it than
 * somebody would look through. Every failure means that there is nothing to offer. What was printed
 * before is flushed first: nobody knows whether patd answers in time.
 */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/complete/complete.h"
#include "admin/out/out.h"
#include "core/base/text.h"

#define TOKENS_MAX 100
#define ENTRIES_MAX 500

static json_t *
parameters_of(const struct complete *complete)
{
    json_t *parameters = json_object();

    ask_set_text(parameters, "tenant", complete->patctl->globals.tenant);
    return parameters;
}

/* --- tokens --- */

/* Commands for which only tokens of some states make sense. */
static bool
is_of_use(const struct complete *complete, const char *state)
{
    static const char *const rows[][2] = {
        {"suspend", "active expiring"},
        {"rotate", "active expiring"},
        {"resume", "suspended"},
    };
    const char *command = complete->cmd == NULL ? "" : complete->cmd->name;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (pat_text_equal(rows[i][0], command))
            return strstr(rows[i][1], state) != NULL;
    return true;
}

static void
offer_token(const struct complete *complete, json_t *token)
{
    const struct out *out = complete->patctl->out;
    const char *state = ask_text(token, "state");
    json_t *expires = json_object_get(token, "expires");
    char when[64], description[400];

    if (!pat_text_equal(state, "active") && !pat_text_equal(state, "expiring"))
        snprintf(description, sizeof description, "%.60s, %s", ask_text(token, "name"), state);
    else if (!json_is_integer(expires))
        snprintf(description, sizeof description, "%.60s, never expires", ask_text(token, "name"));
    else {
        out_time(out, json_integer_value(expires), when, sizeof when);
        snprintf(description, sizeof description, "%.60s, expires %s", ask_text(token, "name"),
                 when);
    }
    if (is_of_use(complete, state))
        complete_put(complete, ask_text(token, "id"), description);
}

/* An id that is not among the newest ones, once enough of it is typed to name a single token. */
static void
offer_one_id(const struct complete *complete)
{
    json_t *parameters = parameters_of(complete), *reply = NULL;

    ask_set_text(parameters, "token", complete->typed);
    if (ask_once(complete->patctl, "Show", parameters, &reply) == EXIT_DONE)
        offer_token(complete, json_object_get(reply, "token"));
    json_decref(reply);
}

void
complete_live_ids(struct complete *complete)
{
    json_t *filter = parameters_of(complete), *reply = NULL, *token;
    json_t *parameters = json_object();
    bool found = false;
    size_t index;

    fflush(stdout);
    ask_set_text(filter, "user", complete->patctl->globals.user);
    ask_set(parameters, "filter", filter);
    ask_set(parameters, "limit", json_integer(TOKENS_MAX));
    if (ask_once(complete->patctl, "List", parameters, &reply) != EXIT_DONE)
        return;
    json_array_foreach(json_object_get(reply, "tokens"), index, token)
    {
        found = found ||
                strncmp(ask_text(token, "id"), complete->typed, strlen(complete->typed)) == 0;
        offer_token(complete, token);
    }
    if (!found && complete->typed[0] != '\0' && json_is_true(json_object_get(reply, "others")))
        offer_one_id(complete);
    json_decref(reply);
}

/* --- lists that stream --- */

struct stream {
    const struct complete *complete;
    void (*offer)(const struct complete *complete, json_t *entry);
    int count;
};

static bool
take_entry(void *context, json_t *entry)
{
    struct stream *stream = context;

    stream->offer(stream->complete, entry);
    return ++stream->count < ENTRIES_MAX;
}

static int
offer_stream(const struct complete *complete, const char *method, json_t *parameters,
             void (*offer)(const struct complete *complete, json_t *entry))
{
    struct stream stream = {.complete = complete, .offer = offer};

    fflush(stdout);
    return ask_each(complete->patctl, method, parameters, take_entry, &stream, NULL);
}

static void
offer_user(const struct complete *complete, json_t *entry)
{
    json_t *user = json_object_get(entry, "user");
    const char *account = ask_text(user, "account");
    long long live = (long long)ask_number(user, "live");
    char description[400];

    snprintf(description, sizeof description, "%s%.40s, %lld token%s%s",
             account[0] == '\0' ? "virtual" : "account ", account, live, live == 1 ? "" : "s",
             json_is_false(json_object_get(user, "enabled")) ? ", disabled" : "");
    complete_put(complete, ask_text(user, "user"), description);
}

void
complete_live_users(struct complete *complete)
{
    offer_stream(complete, "UserList", parameters_of(complete), offer_user);
}

static void
offer_tenant(const struct complete *complete, json_t *entry)
{
    json_t *tenant = json_object_get(entry, "tenant");

    complete_put(complete, ask_text(tenant, "tenant"), ask_text(tenant, "description"));
}

void
complete_live_tenants(struct complete *complete)
{
    offer_stream(complete, "TenantList", json_object(), offer_tenant);
}

/* --- scopes --- */

static void
offer_scope(const struct complete *complete, json_t *scope)
{
    complete_put(complete, ask_text(scope, "scope"), ask_text(scope, "meaning"));
}

static void
offer_entry_scope(const struct complete *complete, json_t *entry)
{
    json_t *scope = json_object_get(entry, "scope");
    const char *command = complete->cmd == NULL ? "" : complete->cmd->name;

    /* The built-in ones cannot be removed. */
    if (!pat_text_equal(command, "scope remove") ||
        json_is_true(json_object_get(scope, "thirdParty")))
        offer_scope(complete, scope);
}

/* What may be given to a new token. */
static int
offer_for_token(const struct complete *complete)
{
    json_t *parameters = parameters_of(complete), *reply = NULL, *scope;
    int status;
    size_t index;

    ask_set_text(parameters, "user",
                 complete->word_count > 0 ? complete->words[0] : complete->patctl->globals.user);
    status = ask_once(complete->patctl, "Offer", parameters, &reply);
    json_array_foreach(json_object_get(reply, "scopes"), index, scope) offer_scope(complete, scope);
    json_decref(reply);
    return status;
}

static void
offer_granted(const struct complete *complete, json_t *entry)
{
    size_t index;
    json_t *scope;

    json_array_foreach(json_object_get(json_object_get(entry, "grant"), "scopes"), index, scope)
        complete_put(complete, json_string_value(scope), "granted");
}

/* What can be taken back. */
static int
offer_held(const struct complete *complete)
{
    json_t *parameters = parameters_of(complete);

    ask_set_text(parameters, "holder", complete->words[0]);
    return offer_stream(complete, "GrantList", parameters, offer_granted);
}

bool
complete_live_scopes(struct complete *complete)
{
    const char *command = complete->cmd == NULL ? "" : complete->cmd->name;
    int status = EXIT_NOT_FOUND;

    fflush(stdout);
    if (pat_text_equal(command, "create"))
        status = offer_for_token(complete);
    else if (pat_text_equal(command, "grant remove") && complete->word_count > 0)
        status = offer_held(complete);
    if (status != EXIT_DONE && status != EXIT_UNAVAILABLE)
        status = offer_stream(complete, "ScopeList", parameters_of(complete), offer_entry_scope);
    return status == EXIT_DONE;
}
