/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plain dialogue of lines. It changes nothing: whoever leaves it has lost nothing but answers.
 * All of it is on /dev/tty, so that standard output can be somewhere else.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "admin/ask.h"
#include "admin/create/dialogue.h"
#include "admin/create/offer.h"
#include "admin/out/out.h"
#include "admin/out/out_time.h"
#include "admin/terminal/prompt.h"
#include "admin/terminal/terminal.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

#define DEFAULT_LIFETIME "90d" /* where the tenant has none: tokens that expire are safer */

struct talk {
    struct patctl *patctl;
    json_t *offer;
    struct dialogue *answers;
    struct pat_when expires;
    bool yes; /* create it */
};

/* Judges what was typed and keeps it as it is to be taken. */
typedef bool takes_answer(struct talk *talk, const char *typed, char why[OFFER_WHY_MAX]);

struct question {
    const char *text;
    const char *usual; /* what Enter means; NULL: nothing */
    const char *help;
    takes_answer *takes;
};

/* --- one question --- */

static const char *
trim(char *line)
{
    size_t len = strlen(line);

    while (len > 0 && strchr(" \t", line[len - 1]) != NULL)
        line[--len] = '\0';
    return line + strspn(line, " \t");
}

static int
put(struct talk *talk, const struct question *question)
{
    char prompt[PROMPT_LINE_MAX], line[PROMPT_LINE_MAX + 1], why[OFFER_WHY_MAX];
    const char *typed;
    int status;

    if (question->usual == NULL)
        snprintf(prompt, sizeof prompt, "%s%s ", question->text,
                 strchr(question->text, '[') == NULL ? ":" : "");
    else
        snprintf(prompt, sizeof prompt, "%s [%s]: ", question->text, question->usual);
    for (;;) {
        status = prompt_line(talk->patctl, prompt, line);
        if (status != EXIT_DONE)
            return status;
        typed = trim(line);
        if (typed[0] == '\0' && question->usual != NULL) {
            pat_text_clip(line, sizeof line, question->usual);
            typed = line;
        }
        if (pat_text_equal(typed, "?"))
            terminal_say(2, "%s", question->help);
        else if (question->takes(talk, typed, why))
            return EXIT_DONE;
        else
            terminal_say(2, "%s %c%s.", out_symbol(talk->patctl->out, OUT_NO),
                         toupper((unsigned char)why[0]), why + 1);
    }
}

/* --- name and description --- */

static bool
take_name(struct talk *talk, const char *typed, char why[OFFER_WHY_MAX])
{
    if (!offer_takes_name(talk->offer, typed, why))
        return false;
    pat_text_clip(talk->answers->name, sizeof talk->answers->name, typed);
    return true;
}

static int
ask_name(struct talk *talk)
{
    char text[80];
    struct question question = {
        .text = text,
        .usual = pat_text_or_null(talk->answers->name),
        .help = "What you will know the token by, in lists and in the log. Two living tokens of a "
                "user cannot have the same name. Others see it: it is no place for a secret.",
        .takes = take_name};

    snprintf(text, sizeof text, "Name (at least %lld characters)",
             (long long)ask_number(talk->offer, "nameMin"));
    return put(talk, &question);
}

static bool
take_description(struct talk *talk, const char *typed, char why[OFFER_WHY_MAX])
{
    if (!offer_takes_description(typed, why))
        return false;
    pat_text_clip(talk->answers->description, sizeof talk->answers->description, typed);
    return true;
}

static int
ask_description(struct talk *talk)
{
    struct question question = {
        .text = "Description",
        .usual = talk->answers->description,
        .help = "What it is for and where it is kept, for whoever reads the list a year from now. "
                "It may be empty.",
        .takes = take_description};

    return put(talk, &question);
}

/* --- expiry --- */

static void
usual_expiry(const struct talk *talk, char *ret, size_t size)
{
    json_t *lifetime = json_object_get(talk->offer, "defaultLifetime");

    if (talk->answers->expires[0] != '\0')
        pat_text_clip(ret, size, talk->answers->expires);
    else if (json_is_integer(lifetime))
        snprintf(ret, size, "%llds", (long long)(json_integer_value(lifetime) / 1000000));
    else
        offer_longest(talk->offer, DEFAULT_LIFETIME, ret, size);
}

/* "in 90 days" is what is shown for 7776000s; months and years stay as they are typed. */
static void
show_expiry(const char *text, char *ret, size_t size)
{
    char span[40];
    int64_t lifetime;

    pat_text_clip(ret, size, text);
    if (pat_when_span(text, &lifetime) != PAT_OK || strpbrk(text, "ny") != NULL)
        return;
    out_time_span(lifetime, span, sizeof span);
    snprintf(ret, size, "in %s", span);
}

static bool
take_expiry(struct talk *talk, const char *typed, char why[OFFER_WHY_MAX])
{
    char usual[64], shown[64];

    usual_expiry(talk, usual, sizeof usual);
    show_expiry(usual, shown, sizeof shown);
    if (pat_text_equal(typed, shown))
        typed = usual;
    else if (strncmp(typed, "in ", 3) == 0)
        typed += 3;
    if (!offer_takes_expiry(talk->offer, typed, &talk->expires, why))
        return false;
    pat_text_clip(talk->answers->expires, sizeof talk->answers->expires, typed);
    return true;
}

static void
echo_expiry(const struct talk *talk)
{
    const struct out *out = talk->patctl->out;
    char date[64], span[40];

    if (talk->expires.never) {
        terminal_say(2, "%s It never expires. Tokens that expire are safer.",
                     out_symbol(out, OUT_WARN));
        return;
    }
    out_date(out, talk->expires.at, date, sizeof date);
    out_time_relative(talk->expires.at, times_now(), span, sizeof span);
    terminal_say(2, "%s %s (%s)", out_is_utf8(out) ? "\u2192" : "->", date, span);
}

static int
ask_expiry(struct talk *talk)
{
    char usual[64], shown[64];
    struct question question = {
        .text = "Expires",
        .usual = shown,
        .help = "When it stops working: 90d, 12w, 6mon or 1y from now; a day such as 2026-12-31; "
                "tomorrow, eom or eoy for the end of that day, month or year; or never.",
        .takes = take_expiry};
    int status;

    usual_expiry(talk, usual, sizeof usual);
    show_expiry(usual, shown, sizeof shown);
    status = put(talk, &question);
    if (status == EXIT_DONE)
        echo_expiry(talk);
    return status;
}

/* --- scopes --- */

static void
write_cell(json_t *offer, size_t index, int width, char *ret, size_t size)
{
    json_t *scope = json_array_get(json_object_get(offer, "scopes"), index);

    if (scope == NULL)
        ret[0] = '\0';
    else
        snprintf(ret, size, "%2zu [ ] %-*s  %s", index + 1, width, ask_text(scope, "scope"),
                 ask_text(scope, "meaning"));
}

/* In two columns where they fit, down the first and then down the second. */
static void
list_scopes(const struct talk *talk)
{
    json_t *scopes = json_object_get(talk->offer, "scopes"), *scope;
    size_t count = json_array_size(scopes), widest = 0, index, rows;
    char left[300], right[300];
    int name = 0;

    json_array_foreach(scopes, index, scope)
    {
        int len = (int)strlen(ask_text(scope, "scope"));

        name = len > name ? len : name;
    }
    for (index = 0; index < count; index++) {
        write_cell(talk->offer, index, name, left, sizeof left);
        widest = out_width(left) > widest ? out_width(left) : widest;
    }
    rows = 2 * widest + 4 <= (size_t)terminal_columns() ? (count + 1) / 2 : count;
    terminal_say(0, "Scopes you may grant:");
    for (index = 0; index < rows; index++) {
        write_cell(talk->offer, index, name, left, sizeof left);
        write_cell(talk->offer, rows < count ? index + rows : count, name, right, sizeof right);
        if (out_width(left) + 1 < (size_t)terminal_columns())
            terminal_print(" %s%*s%s\n", left,
                           right[0] == '\0' ? 0 : (int)(widest - out_width(left) + 2), "", right);
        else
            terminal_say(2, "%s", left);
    }
}

/* A number of the list, a name, or the beginning of one name only; NULL for anything else. */
static const char *
find_scope(json_t *offer, const char *word, size_t len)
{
    json_t *scopes = json_object_get(offer, "scopes"), *scope;
    const char *found = NULL;
    size_t index, hits = 0;
    char text[80];
    int64_t number;

    if (pat_text_copy(text, sizeof text, word, len) != PAT_OK)
        return NULL;
    if (pat_text_number(text, 1, (int64_t)json_array_size(scopes), &number) == PAT_OK)
        return ask_text(json_array_get(scopes, (size_t)number - 1), "scope");
    json_array_foreach(scopes, index, scope)
    {
        const char *name = ask_text(scope, "scope");

        if (pat_text_equal(name, text))
            return name;
        if (strncmp(name, text, len) == 0) {
            found = name;
            hits++;
        }
    }
    return hits == 1 ? found : NULL;
}

static bool
take_scopes(struct talk *talk, const char *typed, char why[OFFER_WHY_MAX])
{
    char list[sizeof talk->answers->scopes] = "";
    const char *word;
    size_t len, used = 0;

    while ((len = pat_text_word(&typed, &word)) != 0) {
        const char *scope = find_scope(talk->offer, word, len);

        if (scope == NULL || used + strlen(scope) + 2 > sizeof list) {
            snprintf(why, OFFER_WHY_MAX, "\"%.*s\" is no number or name of the list",
                     (int)(len < 60 ? len : 60), word);
            return false;
        }
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used == 0 ? "" : ",",
                                 scope);
    }
    if (!offer_takes_scopes(talk->offer, list, why))
        return false;
    pat_text_clip(talk->answers->scopes, sizeof talk->answers->scopes, list);
    return true;
}

static int
ask_scopes(struct talk *talk)
{
    bool single = json_array_size(json_object_get(talk->offer, "scopes")) == 1;
    struct question question = {
        .text = "Scopes (numbers or names)",
        .usual = talk->answers->scopes[0] != '\0' ? talk->answers->scopes
                 : single                         ? "1"
                                                  : NULL,
        .help = "What the token may be used for, one or more of the list. What can do least stands "
                "first; choose no more than is needed. Later you can only take scopes away.",
        .takes = take_scopes};

    list_scopes(talk);
    return put(talk, &question);
}

/* --- addresses --- */

static bool
take_addresses(struct talk *talk, const char *typed, char why[OFFER_WHY_MAX])
{
    if (!offer_takes_addresses(talk->offer, typed, why))
        return false;
    pat_text_clip(talk->answers->addresses, sizeof talk->answers->addresses, typed);
    return true;
}

static int
ask_addresses(struct talk *talk)
{
    struct question question = {
        .text = "Only from these addresses",
        .usual = talk->answers->addresses,
        .help = "Networks or single addresses, like 10.20.0.0/16 or 2001:db8::7. From elsewhere, "
                "and where a service does not know the address, the token is refused. Empty: from "
                "anywhere.",
        .takes = take_addresses};

    return put(talk, &question);
}

/* --- the whole --- */

static void
summarize(const struct talk *talk, const struct wish *wish)
{
    const struct out *out = talk->patctl->out;
    const char *dot = out_symbol(out, OUT_MIDDOT), *addresses = wish->addresses;
    time_t seconds = (time_t)(talk->expires.at / 1000000);
    char until[64] = "never expires", from[1200] = "";
    struct tm parts;

    if (!talk->expires.never &&
        (talk->patctl->globals.utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)))
        strftime(until, sizeof until, "until %e %b %Y", &parts);
    terminal_print("\n");
    if (addresses != NULL)
        snprintf(from, sizeof from, " %s from %s", dot, addresses);
    terminal_say(2, "%s %s %s%s %s %s", wish->name, dot, wish->scopes, from, dot, until);
}

static bool
take_yes(struct talk *talk, const char *typed, char why[OFFER_WHY_MAX])
{
    talk->yes = typed[0] == '\0' || typed[0] == 'y' || typed[0] == 'Y';
    pat_text_clip(why, OFFER_WHY_MAX, "that is neither y nor n");
    return talk->yes || typed[0] == 'n' || typed[0] == 'N';
}

static int
ask_whether(struct talk *talk)
{
    const struct question question = {
        .text = "Create it? [Y/n]",
        .help = "Enter or y creates the token and shows it once. With n nothing is changed.",
        .takes = take_yes};
    int status = talk->patctl->globals.yes ? EXIT_DONE : put(talk, &question);

    if (status != EXIT_DONE || talk->patctl->globals.yes || talk->yes)
        return status;
    tell_note(talk->patctl, "Nothing changed.");
    return EXIT_DECLINED;
}

static int
ask_missing(struct talk *talk, const struct wish *given)
{
    const struct {
        const char *given;
        int (*ask)(struct talk *talk);
    } questions[] = {{given->name, ask_name},
                     {given->description, ask_description},
                     {given->expires, ask_expiry},
                     {given->scopes, ask_scopes},
                     {given->addresses, ask_addresses}};
    int status = EXIT_DONE;

    for (size_t i = 0; status == EXIT_DONE && i < sizeof questions / sizeof questions[0]; i++)
        if (questions[i].given == NULL)
            status = questions[i].ask(talk);
    return status;
}

/* What options say is judged before anybody answers in vain. */
static int
check_given(struct talk *talk, const struct wish *given)
{
    char why[OFFER_WHY_MAX] = "";
    const char *option = NULL;

    if (given->name != NULL && !offer_takes_name(talk->offer, given->name, why))
        option = "--name";
    else if (given->expires != NULL &&
             !offer_takes_expiry(talk->offer, given->expires, &talk->expires, why))
        option = "--expires";
    else if (given->scopes != NULL && !offer_takes_scopes(talk->offer, given->scopes, why))
        option = "--scope";
    else if (given->addresses != NULL && !offer_takes_addresses(talk->offer, given->addresses, why))
        option = "--from";
    return option == NULL
               ? EXIT_DONE
               : tell_failure(talk->patctl, EXIT_USAGE, "usage", "", "%s: %s", option, why);
}

static const char *
either(const char *given, const char *answer)
{
    return given != NULL ? given : pat_text_or_null(answer);
}

int
dialogue_ask(struct patctl *patctl, json_t *offer, const struct wish *given,
             struct dialogue *dialogue, struct wish *ret)
{
    struct talk talk = {.patctl = patctl, .offer = offer, .answers = dialogue};
    int status = check_given(&talk, given);

    if (status == EXIT_DONE)
        status = ask_missing(&talk, given);
    if (status != EXIT_DONE)
        return status;
    *ret = *given;
    ret->name = either(given->name, dialogue->name);
    ret->description = either(given->description, dialogue->description);
    ret->expires = either(given->expires, dialogue->expires);
    ret->scopes = either(given->scopes, dialogue->scopes);
    ret->addresses = either(given->addresses, dialogue->addresses);
    summarize(&talk, ret);
    return ask_whether(&talk);
}

void
dialogue_begin(json_t *offer)
{
    json_t *user = json_object_get(offer, "user"), *most = json_object_get(user, "maxTokens");
    long long live = (long long)ask_number(user, "live");
    char used[80];

    if (json_is_integer(most))
        snprintf(used, sizeof used, "%lld of %lld tokens used.", live,
                 (long long)json_integer_value(most));
    else
        snprintf(used, sizeof used, "%lld token%s used.", live, live == 1 ? "" : "s");
    terminal_say(0, "New personal access token for %s in tenant %s", ask_text(user, "user"),
                 ask_text(user, "tenant"));
    terminal_say(2, "%s  Enter keeps the [default], ? explains, ^C cancels.", used);
    terminal_print("\n");
}
