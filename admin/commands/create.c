/* SPDX-License-Identifier: BSD-2-Clause */
/* create: one token, by options or by a dialogue; many are made in many.c. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/create/dialogue.h"
#include "admin/out/fields.h"
#include "admin/create/hand_over.h"
#include "admin/create/many.h"
#include "admin/create/presets.h"
#include "admin/terminal/prompt.h"
#include "admin/tell.h"
#include "admin/create/wish.h"
#include "core/base/text.h"

static int
missing_input(const struct patctl *patctl, const struct wish *wish, bool preset)
{
    bool name = wish->name == NULL, scope = wish->scopes == NULL && !preset;
    bool other = wish->user != NULL;
    char example[160];

    snprintf(example, sizeof example,
             "example: patctl create %.40s%s--name ci-deploy --scope ssh:login --expires 90d -q",
             other ? wish->user : "", other ? " " : "");
    return tell_failure(patctl, EXIT_USAGE, "usage", example,
                        "missing %s%s%s (no terminal to ask on)", name ? "--name" : "",
                        name && scope ? " and " : "", scope ? "--scope" : "");
}

/* --- what is said beside it --- */

/* A line that shows whether it works, for the first scope. */
static void
tell_test(const struct patctl *patctl, json_t *created, json_t *offer)
{
    const char *scope = json_string_value(json_array_get(json_object_get(created, "scopes"), 0));
    const char *account = ask_text(json_object_get(offer, "user"), "account");
    char host[256] = "localhost";

    if (scope == NULL || strchr(scope, '*') != NULL)
        return;
    if (pat_text_equal(scope, "ssh:login") && account[0] != '\0') {
        if (gethostname(host, sizeof host) != 0)
            pat_text_clip(host, sizeof host, "localhost");
        tell_note(patctl, "  Test it:   ssh %s@%.*s   (paste the token as the password)", account,
                  (int)strcspn(host, "."), host);
    } else {
        tell_note(patctl, "  Test it:   patctl check --scope %s --user %s   (paste the token)",
                  scope, ask_text(created, "user"));
    }
}

static void
tell_expiry(const struct patctl *patctl, json_t *created)
{
    const struct out *out = patctl->out;
    json_t *expires = json_object_get(created, "expires");
    char date[64], relative[64];

    if (!json_is_integer(expires)) {
        tell_note(patctl, "%s It never expires. Tokens that expire are safer: --expires 90d",
                  out_symbol(out, OUT_WARN));
        return;
    }
    out_date(out, json_integer_value(expires), date, sizeof date);
    out_time(out, json_integer_value(expires), relative, sizeof relative);
    tell_note(patctl, "  It expires %s (%s).", date, relative);
}

static void
tell_rest(const struct patctl *patctl, const struct hand *hand, json_t *created, json_t *offer)
{
    const char *id = ask_text(created, "id");

    tell_note(patctl, "%s %s %s is active. It works at once on this host.",
              out_symbol(patctl->out, OUT_YES), id, ask_text(created, "name"));
    tell_expiry(patctl, created);
    if (hand->shows)
        tell_test(patctl, created, offer);
    else if (hand->file == NULL)
        tell_note(patctl, "  It is shown once and cannot be retrieved: store it now.");
    else
        tell_note(patctl, "  It is in %s, and nowhere else.", hand->file);
    if (hand->copy && !hand->shows)
        tell_note(patctl, "  It was sent to the clipboard of your terminal.");
    tell_note(patctl, "  Treat it like a password: whoever has it acts for %s within its scopes.",
              ask_text(created, "user"));
    tell_note(patctl, "  Undo:      patctl revoke %s", id);
}

/* --- one token --- */

static int
create_one(struct patctl *patctl, const struct cmd_line *line, const struct wish *wish,
           json_t *offer)
{
    struct wish whole = *wish;
    json_t *reply = NULL, *created = NULL;
    struct hand hand;
    int status = hand_prepare(patctl, line, &hand);

    if (status != EXIT_DONE)
        return status;
    whole.pending = hand.confirms;
    status = wish_create(patctl, &whole, &reply);
    if (status == EXIT_DONE)
        status = hand_token(patctl, &hand, reply, -1, &created);
    json_decref(reply);
    if (status == EXIT_DONE && !out_is_json(patctl->out))
        tell_rest(patctl, &hand, created, offer);
    else if (status == EXIT_DONE && hand.file != NULL)
        out_card(patctl->out, fields_token, created);
    hand_finish(&hand, status);
    json_decref(created);
    return status;
}

/* A refusal, as of a name in use, is no reason to begin from nothing: the answers are kept. */
static int
create_by_dialogue(struct patctl *patctl, const struct cmd_line *line, const struct wish *given,
                   json_t *offer)
{
    struct dialogue dialogue = {.name = ""};
    struct wish wish;
    int status;

    dialogue_begin(offer);
    do {
        status = dialogue_ask(patctl, offer, given, &dialogue, &wish);
        if (status == EXIT_DONE)
            status = create_one(patctl, line, &wish, offer);
    } while (status == EXIT_CONFLICT && given->name == NULL);
    return status;
}

static int
check_offer(const struct patctl *patctl, json_t *offer)
{
    const char *refusal = ask_text(offer, "refusal"), *contact = ask_text(offer, "contact");
    char hint[200] = "";

    if (refusal[0] == '\0' && json_array_size(json_object_get(offer, "scopes")) > 0)
        return EXIT_DONE;
    if (contact[0] != '\0')
        snprintf(hint, sizeof hint, "ask %s", contact);
    return tell_failure(patctl, EXIT_CONFLICT, "offer", hint, "%s",
                        refusal[0] != '\0' ? refusal : "there is no scope that you may give");
}

static int
create_single(struct patctl *patctl, const struct cmd_line *line, struct wish *wish)
{
    const char *preset = cmd_value(line, "preset");
    bool asks = prompt_possible(patctl), complete = wish->name != NULL && wish->scopes != NULL;
    struct presets filled;
    json_t *offer = NULL;
    int status = EXIT_DONE;

    if (!asks && !complete && (preset == NULL || wish->name == NULL))
        return missing_input(patctl, wish, preset != NULL);
    if (asks || preset != NULL)
        status = wish_ask_offer(patctl, wish->user, &offer);
    if (status == EXIT_DONE && (asks || preset != NULL))
        status = check_offer(patctl, offer);
    if (status == EXIT_DONE && preset != NULL)
        status = presets_apply(patctl, preset, offer, wish, &filled);
    complete = wish->name != NULL && wish->scopes != NULL;
    if (status == EXIT_DONE)
        status = complete ? create_one(patctl, line, wish, offer)
                          : create_by_dialogue(patctl, line, wish, offer);
    json_decref(offer);
    return status;
}

/* A preset for many is one for the user that options name. */
static int
create_many(struct patctl *patctl, const struct cmd_line *line, struct wish *wish)
{
    const char *preset = cmd_value(line, "preset");
    struct presets filled;
    json_t *offer = NULL;
    int status = EXIT_DONE;

    if (preset != NULL)
        status = wish_ask_offer(patctl, wish->user, &offer);
    if (status == EXIT_DONE && preset != NULL)
        status = presets_apply(patctl, preset, offer, wish, &filled);
    if (status == EXIT_DONE)
        status = many_create(patctl, line, wish);
    json_decref(offer);
    return status;
}

int
cmd_create(struct patctl *patctl, const struct cmd_line *line)
{
    struct wish wish;

    wish_from_line(patctl, line, &wish);
    return many_wanted(line) ? create_many(patctl, line, &wish)
                             : create_single(patctl, line, &wish);
}
