/* SPDX-License-Identifier: BSD-2-Clause */
/* whoami: who the caller is to patd, over which socket, and what the caller may make. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/out/card.h"
#include "admin/commands/commands.h"
#include "admin/out/out_time.h"
#include "core/base/text.h"

#define TEXT_MAX 1100

static int
ask_offer(struct patctl *patctl, json_t *user, json_t **ret)
{
    return ask_once(patctl, "Offer",
                    json_pack("{s:O, s:O}", "tenant", json_object_get(user, "tenant"), "user",
                              json_object_get(user, "user")),
                    ret);
}

static void
list_scopes(json_t *offer, char *ret, size_t size)
{
    json_t *scope;
    size_t index;

    ret[0] = '\0';
    json_array_foreach(json_object_get(offer, "scopes"), index, scope)
    {
        size_t used = strlen(ret);

        snprintf(ret + used, size - used, "%s%s", used == 0 ? "" : " ", ask_text(scope, "scope"));
    }
}

/* "8 of 25 · longest lifetime 365 days" */
static void
list_limits(const struct out *out, json_t *user, json_t *offer, char *ret, size_t size)
{
    const struct out_field cap = {"maxTokens", "max_tokens", "OF",
                                  OUT_NUMBER,  OUT_ALWAYS,   "unlimited"};
    const char *dot = out_symbol(out, OUT_MIDDOT);
    char most[32], life[64] = "unlimited";

    out_value(out, &cap, user, most, sizeof most);
    if (json_is_integer(json_object_get(offer, "maxLifetime")))
        out_time_span(ask_number(offer, "maxLifetime"), life, sizeof life);
    snprintf(ret, size, "%lld of %s %s longest lifetime %s%s%s%s%s",
             (long long)ask_number(user, "live"), most, dot, life,
             json_is_true(json_object_get(offer, "requireExpiry")) ? " " : "",
             json_is_true(json_object_get(offer, "requireExpiry")) ? dot : "",
             json_is_true(json_object_get(offer, "requireExpiry")) ? " must expire" : "",
             json_is_true(json_object_get(offer, "requireAddresses")) ? ", must be bound" : "");
}

static void
say_user(struct patctl *patctl, json_t *user, json_t *offer)
{
    const struct out_field grants = {"grants",  "grants",   "GRANTS",
                                     OUT_WORDS, OUT_ALWAYS, "nothing"};
    struct out *out = patctl->out;
    const char *refusal = ask_text(offer, "refusal");
    char text[TEXT_MAX];

    out_line(out, "%s in tenant %s, role %s", ask_text(user, "user"), ask_text(user, "tenant"),
             ask_text(user, "role"));
    out_value(out, &grants, user, text, sizeof text);
    card_line(out, "grants", text);
    list_limits(out, user, offer, text, sizeof text);
    card_line(out, "tokens", text);
    list_scopes(offer, text, sizeof text);
    if (refusal[0] != '\0')
        snprintf(text, sizeof text, "no token: %s", refusal);
    card_line(out, "may create", text[0] == '\0' ? "no token: nothing is granted" : text);
    card_line(out, "", refusal[0] == '\0' ? "" : ask_text(offer, "hint"));
}

static void
say_identity(struct patctl *patctl, json_t *reply)
{
    struct out *out = patctl->out;
    bool is_operator = json_is_true(json_object_get(reply, "operator"));
    char text[TEXT_MAX];

    out_line(out, "%s (uid %lld)%s", ask_text(reply, "name"), (long long)ask_number(reply, "uid"),
             is_operator ? ", operator of this host" : "");
    snprintf(text, sizeof text, "patd on %s", ask_path(patctl));
    card_line(out, "through", text);
    if (is_operator)
        card_line(out, "may", "everything, in every tenant");
    else if (json_array_size(json_object_get(reply, "users")) == 0)
        card_line(out, "may",
                  "nothing: no user of a tenant is bound to this account. "
                  "An operator does it: patctl user create USER --account ACCOUNT");
}

/* JSON has patd's reply, and how it was reached and what is offered beside it. */
static void
print_json(struct patctl *patctl, json_t *reply, json_t *offers)
{
    json_object_set_new(reply, "v", json_integer(1));
    json_object_set_new(reply, "socket", json_string(ask_path(patctl)));
    json_object_set(reply, "offers", offers);
    out_json(patctl->out, json_incref(reply));
}

int
cmd_whoami(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *reply = NULL, *offers = json_array(), *user;
    int status = ask_once(patctl, "WhoAmI", json_object(), &reply);
    size_t index;

    (void)line;
    if (status == EXIT_DONE)
        say_identity(patctl, reply);
    json_array_foreach(json_object_get(reply, "users"), index, user)
    {
        json_t *offer = NULL;

        if (status == EXIT_DONE)
            status = ask_offer(patctl, user, &offer);
        if (status != EXIT_DONE)
            continue;
        json_array_append(offers, offer);
        say_user(patctl, user, offer);
        json_decref(offer);
    }
    if (status == EXIT_DONE && out_is_json(patctl->out))
        print_json(patctl, reply, offers);
    json_decref(reply);
    json_decref(offers);
    return status;
}
