/* SPDX-License-Identifier: BSD-2-Clause */
/* show: everything about a token that may be shown, on one card. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/out/card.h"
#include "admin/commands/commands.h"
#include "admin/out/days.h"
#include "admin/out/fields.h"
#include "core/base/text.h"

#define TEXT_MAX 1100

/* What patd told of one token. */
struct facts {
    json_t *shown;       /* of Show */
    json_t *token;       /* in it; borrowed */
    json_t *uses;        /* of Uses */
    json_t *user;        /* of UserShow */
    json_t *predecessor; /* the token that this one replaces, or NULL */
};

static void
value_of(const struct out *out, const struct out_field *fields, const char *name, json_t *object,
         char *ret)
{
    out_value(out, out_field(fields, name, strlen(name)), object, ret, TEXT_MAX);
}

/* --- asking --- */

static bool
look_for_predecessor(void *context, json_t *entry)
{
    struct facts *facts = context;
    json_t *token = json_object_get(entry, "token");

    if (token == NULL ||
        !pat_text_equal(ask_text(token, "successor"), ask_text(facts->token, "id")))
        return true;
    facts->predecessor = json_incref(token);
    return false;
}

static int
ask_predecessor(struct patctl *patctl, struct facts *facts)
{
    json_t *parameters = json_pack("{s:{s:O, s:O, s:b}}", "filter", "tenant",
                                   json_object_get(facts->token, "tenant"), "user",
                                   json_object_get(facts->token, "user"), "withRevoked", 1);

    return ask_each(patctl, "List", parameters, look_for_predecessor, facts, NULL);
}

static int
ask_user(struct patctl *patctl, struct facts *facts)
{
    json_t *parameters = json_pack("{s:O, s:O}", "tenant", json_object_get(facts->token, "tenant"),
                                   "user", json_object_get(facts->token, "user"));

    return ask_once(patctl, "UserShow", parameters, &facts->user);
}

static int
ask_facts(struct patctl *patctl, const char *reference, struct facts *facts)
{
    json_t *parameters = json_object();
    int status;

    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    ask_set_text(parameters, "token", reference);
    status = ask_once(patctl, "Show", parameters, &facts->shown);
    facts->token = json_object_get(facts->shown, "token");
    if (status == EXIT_DONE)
        status = days_ask(patctl, ask_text(facts->token, "id"), ask_text(facts->token, "tenant"), 0,
                          &facts->uses);
    if (status == EXIT_DONE)
        status = ask_user(patctl, facts);
    if (status == EXIT_DONE)
        status = ask_predecessor(patctl, facts);
    return status;
}

static void
clear_facts(struct facts *facts)
{
    json_decref(facts->shown);
    json_decref(facts->uses);
    json_decref(facts->user);
    json_decref(facts->predecessor);
}

/* --- the card --- */

static void
say_owner(struct out *out, const struct facts *facts)
{
    json_t *token = facts->token;
    json_t *uid = json_object_get(json_object_get(facts->user, "user"), "uid");
    char masked[TEXT_MAX], owner[TEXT_MAX], description[TEXT_MAX];

    value_of(out, fields_token, "masked", token, masked);
    value_of(out, fields_token, "description", token, description);
    if (json_is_integer(uid))
        snprintf(owner, sizeof owner, "%s (uid %lld)", ask_text(token, "user"),
                 (long long)json_integer_value(uid));
    else
        snprintf(owner, sizeof owner, "%s (virtual)", ask_text(token, "user"));
    card_pair(out, "token", masked, "user", owner);
    card_pair(out, "description", description, "tenant", ask_text(token, "tenant"));
}

/* "21 May 2027 (in 180 days)": the day is what remains true when the screen is read later. */
static void
write_end(const struct out *out, json_t *expires, char *ret, size_t size)
{
    char day[64], relative[64];

    if (!json_is_integer(expires)) {
        snprintf(ret, size, "never");
        return;
    }
    out_day(out, json_integer_value(expires), day, sizeof day);
    out_time(out, json_integer_value(expires), relative, sizeof relative);
    if (pat_text_equal(day, relative))
        snprintf(ret, size, "%s", day);
    else
        snprintf(ret, size, "%s (%s)", day, relative);
}

static void
say_life(struct out *out, json_t *token)
{
    char made[TEXT_MAX], ends[160], from[TEXT_MAX], scopes[TEXT_MAX], when[64];

    out_day(out, ask_number(token, "created"), when, sizeof when);
    snprintf(made, sizeof made, "%s by %s", when, ask_text(token, "creator"));
    write_end(out, json_object_get(token, "expires"), ends, sizeof ends);
    value_of(out, fields_token_card, "scopes", token, scopes);
    value_of(out, fields_token_card, "addresses", token, from);
    card_pair(out, "created", made, "expires", ends);
    card_pair(out, "scopes", scopes, "from", from);
}

static void
say_date(struct out *out, const char *label, json_t *at)
{
    char date[80], relative[64], line[160];

    if (!json_is_integer(at))
        return;
    out_date(out, json_integer_value(at), date, sizeof date);
    out_time(out, json_integer_value(at), relative, sizeof relative);
    snprintf(line, sizeof line, "%s (%s)", date, relative);
    card_line(out, label, line);
}

/* The token that it replaces: its state, and until when it works on. */
static void
say_predecessor(struct out *out, json_t *token)
{
    char line[TEXT_MAX], when[64] = "";
    const char *state = ask_text(token, "state");
    bool lives = json_is_integer(json_object_get(token, "expires")) &&
                 !pat_text_equal(state, "revoked");

    if (token == NULL)
        return;
    if (lives)
        out_time(out, ask_number(token, "expires"), when, sizeof when);
    snprintf(line, sizeof line, "%s (%s%s%s)", ask_text(token, "id"), state, lives ? ", ends " : "",
             when);
    card_line(out, "replaces", line);
}

static void
say_rights(struct out *out, const struct facts *facts)
{
    static const struct out_field words[] = {
        {"effective", "effective", "effective", OUT_WORDS, OUT_ALWAYS, "nothing"},
        {"grants", "grants", "grants", OUT_WORDS, OUT_ALWAYS, "none"}};
    const char *state = ask_text(facts->token, "state");
    char effective[TEXT_MAX], grants[TEXT_MAX], line[3 * TEXT_MAX];
    const char *blocked = ask_text(facts->token, "blocked");
    bool works = pat_text_equal(state, "active") || pat_text_equal(state, "expiring");

    out_value(out, &words[0], facts->shown, effective, sizeof effective);
    out_value(out, &words[1], facts->shown, grants, sizeof grants);
    if (!works)
        snprintf(effective, sizeof effective, "nothing: the token is %s", state);
    else if (blocked[0] != '\0')
        snprintf(effective, sizeof effective, "nothing: the token is blocked");
    snprintf(line, sizeof line, "%s   (%s's grants: %s)", effective, ask_text(facts->token, "user"),
             grants);
    card_line(out, "effective", line);
}

/* --- its uses --- */

static const char *
sentence_of(const char *verdict)
{
    static const struct {
        const char *name, *sentence;
    } rows[] = {
#define VERDICT(id, value, class, text, sentence) {text, sentence},
#include "core/policy/verdict.def"
#undef VERDICT
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (pat_text_equal(rows[i].name, verdict))
            return rows[i].sentence;
    return verdict;
}

static json_t *
last_refusal(json_t *uses)
{
    size_t index;
    json_t *use;

    json_array_foreach(uses, index, use)
    {
        if (!pat_text_equal(ask_text(use, "verdict"), "accepted"))
            return use;
    }
    return NULL;
}

static const char *
address_of(const char *address)
{
    return address[0] == '\0' ? "no address" : address;
}

/* As wide as what stands below or above it. */
static void
widen(char *text, size_t size, size_t width)
{
    for (size_t len = strlen(text); out_width(text) < width && len + 1 < size; len++)
        memcpy(text + len, " ", 2);
}

static void
say_uses(struct out *out, const struct facts *facts)
{
    struct days days = {.all_accepted = 0};
    json_t *refusal = last_refusal(json_object_get(facts->uses, "uses")), *entry;
    json_t *last = json_object_get(facts->token, "lastUsed");
    char bars[4 * DAYS_SHOWN + 1], when[64] = "", refused[64] = "", line[400];
    size_t index;

    json_array_foreach(json_object_get(facts->uses, "days"), index, entry) days_add(&days, entry);
    out_sparkline(out, days.accepted, DAYS_SHOWN, bars);
    out_line(out, "%s", "");
    out_line(out, "  last %d days %s%s %lld use%s, %lld refused", DAYS_SHOWN, bars,
             bars[0] == '\0' ? "" : "  ", (long long)days.all_accepted,
             days.all_accepted == 1 ? "" : "s", (long long)days.all_refused);
    if (json_is_integer(last))
        out_time(out, json_integer_value(last), when, sizeof when);
    if (refusal != NULL)
        out_time(out, ask_number(refusal, "at"), refused, sizeof refused);
    widen(when, sizeof when, out_width(refused));
    widen(refused, sizeof refused, out_width(when));
    snprintf(line, sizeof line, "%s   %s   %s", when, ask_text(facts->token, "lastService"),
             address_of(ask_text(facts->token, "lastAddress")));
    card_line(out, "last used", json_is_integer(last) ? line : "never");
    if (refusal == NULL)
        return;
    snprintf(line, sizeof line, "%s   %s   %s   %s", refused, ask_text(refusal, "service"),
             address_of(ask_text(refusal, "address")), sentence_of(ask_text(refusal, "verdict")));
    card_line(out, "refused", line);
}

static void
say_card(struct out *out, const struct facts *facts)
{
    json_t *token = facts->token;
    char title[400];

    snprintf(title, sizeof title, "%s  %s", ask_text(token, "id"), ask_text(token, "name"));
    card_title(out, title, ask_text(token, "state"));
    say_owner(out, facts);
    say_life(out, token);
    say_date(out, "works from", json_object_get(token, "notBefore"));
    say_date(out, "confirm until", json_object_get(token, "pendingUntil"));
    say_date(out, "revoked", json_object_get(token, "ended"));
    card_line(out, "replaced by", ask_text(token, "successor"));
    card_line(out, "blocked", ask_text(token, "blocked"));
    say_predecessor(out, facts->predecessor);
    say_rights(out, facts);
    say_uses(out, facts);
}

/* --- JSON --- */

static void
print_json(struct out *out, const struct facts *facts)
{
    json_t *object = out_object(out, fields_token, facts->token), *uses = json_array(), *use;
    size_t index;

    json_array_foreach(json_object_get(facts->uses, "uses"), index, use)
        json_array_append_new(uses, out_part(fields_use, use));
    if (out_is_picked(out, "effective"))
        json_object_set(object, "effective", json_object_get(facts->shown, "effective"));
    if (out_is_picked(out, "grants"))
        json_object_set(object, "grants", json_object_get(facts->shown, "grants"));
    if (out_is_picked(out, "predecessor"))
        json_object_set_new(object, "predecessor",
                            facts->predecessor == NULL
                                ? json_null()
                                : json_incref(json_object_get(facts->predecessor, "id")));
    if (out_is_picked(out, "uses"))
        json_object_set(object, "uses", uses);
    if (out_is_picked(out, "days"))
        json_object_set(object, "days", json_object_get(facts->uses, "days"));
    json_decref(uses);
    out_json(out, object);
}

static int
show_one(struct patctl *patctl, const char *reference)
{
    struct facts facts = {.shown = NULL};
    int status = ask_facts(patctl, reference, &facts);

    if (status == EXIT_DONE && out_is_json(patctl->out))
        print_json(patctl->out, &facts);
    else if (status == EXIT_DONE)
        say_card(patctl->out, &facts);
    clear_facts(&facts);
    return status;
}

int
cmd_show(struct patctl *patctl, const struct cmd_line *line)
{
    int status = EXIT_DONE;

    for (int i = 0; status == EXIT_DONE && i < line->word_count; i++) {
        if (i > 0)
            out_line(patctl->out, "%s", "");
        status = show_one(patctl, line->words[i]);
    }
    return status;
}
