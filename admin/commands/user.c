/* SPDX-License-Identifier: BSD-2-Clause */
/* One user: the card, and what is changed later. Making and binding them is in people.c. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/card.h"
#include "admin/out/fields.h"
#include "admin/tell.h"
#include "admin/terminal/prompt.h"
#include "core/base/text.h"

#define TEXT_MAX 1200
#define TITLE_WIDTH 80
#define GROUPS_MAX 64

static json_t *
parameters_of(const struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = ask_parameters(patctl);

    ask_set_text(parameters, "user", line->word_count > 0 ? line->words[0] : patctl->globals.user);
    return parameters;
}

static int
ask_user(struct patctl *patctl, const struct cmd_line *line, json_t **ret)
{
    json_t *parameters = parameters_of(patctl, line);

    json_object_del(parameters, "claim");
    return ask_once(patctl, "UserShow", parameters, ret);
}

/* --- show --- */

/* "8 of 25 tokens" */
static void
say_tokens(const struct out *out, json_t *user, char *ret, size_t size)
{
    char most[32];

    out_value(out, out_field(fields_user, "max_tokens", strlen("max_tokens")), user, most,
              sizeof most);
    snprintf(ret, size, "%lld of %s tokens", (long long)ask_number(user, "live"), most);
}

/* "alice · uid 4242 · tenant acme · active            8 of 25 tokens" */
static void
say_title(struct out *out, json_t *user)
{
    const char *dot = out_symbol(out, OUT_MIDDOT);
    bool is_virtual = !json_is_integer(json_object_get(user, "uid"));
    char tokens[64], uid[40], title[400], cell[1700];

    say_tokens(out, user, tokens, sizeof tokens);
    snprintf(uid, sizeof uid, "uid %lld", (long long)ask_number(user, "uid"));
    snprintf(title, sizeof title, "%s %s %s %s tenant %s %s %s", ask_text(user, "user"), dot,
             is_virtual ? "virtual" : uid, dot, ask_text(user, "tenant"), dot,
             json_is_true(json_object_get(user, "enabled")) ? "active" : "disabled");
    if (out_width(title) + 2 + out_width(tokens) > TITLE_WIDTH)
        out_line(out, "%s  %s", title, tokens);
    else {
        out_put(out, title, TITLE_WIDTH - out_width(tokens), cell, sizeof cell);
        out_line(out, "%s%s", cell, tokens);
    }
}

static bool
say_grant(void *context, json_t *entry)
{
    struct out *out = context;
    json_t *grant = json_object_get(entry, "grant");
    char scopes[TEXT_MAX], text[TEXT_MAX + 200];

    if (grant == NULL)
        return true;
    out_value(out, out_field(fields_grant, "scopes", strlen("scopes")), grant, scopes,
              sizeof scopes);
    snprintf(text, sizeof text, "%s: %s", ask_text(grant, "holder"), scopes);
    card_line(out, "by group", text);
    return true;
}

/* The groups of the account, if it is still the one that was bound; patd tells only who may know.
 */
static int
say_groups(struct patctl *patctl, json_t *user)
{
    struct passwd *account = getpwnam(ask_text(user, "account"));
    int count = GROUPS_MAX, status = EXIT_DONE;
    gid_t groups[GROUPS_MAX];

    if (account == NULL || (json_int_t)account->pw_uid != ask_number(user, "uid") ||
        getgrouplist(account->pw_name, account->pw_gid, groups, &count) == -1)
        return EXIT_DONE;
    for (int i = 0; status == EXIT_DONE && i < count; i++) {
        struct group *group = getgrgid(groups[i]);
        char holder[100];

        if (group == NULL)
            continue;
        snprintf(holder, sizeof holder, "@%s", group->gr_name);
        status = ask_each(
            patctl, "GrantList",
            json_pack("{s:O, s:s}", "tenant", json_object_get(user, "tenant"), "holder", holder),
            say_grant, patctl->out, NULL);
    }
    return status;
}

/* What the user may do with patctl. */
static const char *
rights_of(json_t *user)
{
    const char *role = ask_text(user, "role");

    if (!json_is_true(json_object_get(user, "enabled")))
        return "nothing: their tokens are refused, too";
    if (ask_text(user, "account")[0] == '\0')
        return "nothing themselves: administrators make and revoke their tokens";
    if (pat_text_equal(role, "admin"))
        return "manage virtual users and their tokens, revoke any token";
    if (pat_text_equal(role, "auditor"))
        return "see the whole tenant and its change log, and revoke own tokens";
    if (!json_is_true(json_object_get(user, "selfService")))
        return "list and revoke own tokens; the tenant's administrators make them";
    return "create, list, rotate and revoke own tokens";
}

static int
say_user(struct patctl *patctl, json_t *user)
{
    static const struct out_field grants = {"grants",  "grants",   "grants",
                                            OUT_WORDS, OUT_ALWAYS, "nothing"};
    struct out *out = patctl->out;
    const char *account = ask_text(user, "account");
    char text[TEXT_MAX];
    int status;

    say_title(out, user);
    if (!pat_text_equal(account, ask_text(user, "user")))
        card_line(out, "account", account);
    if (json_is_true(json_object_get(user, "allowRoot")))
        card_line(out, "", "uid 0 was meant: this is a key to the whole host");
    card_line(out, "role", ask_text(user, "role"));
    out_value(out, &grants, user, text, sizeof text);
    card_line(out, "grants", text);
    status = say_groups(patctl, user);
    card_line(out, "may", rights_of(user));
    card_line(out, "contact", ask_text(user, "contact"));
    out_date(out, ask_number(user, "created"), text, sizeof text);
    card_line(out, "created", text);
    return status;
}

int
cmd_user_show(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *reply = NULL;
    int status = ask_user(patctl, line, &reply);

    if (status == EXIT_DONE && out_is_json(patctl->out))
        out_card(patctl->out, fields_user, json_object_get(reply, "user"));
    else if (status == EXIT_DONE)
        status = say_user(patctl, json_object_get(reply, "user"));
    json_decref(reply);
    return status;
}

/* --- role and contact --- */

static int
tell_changed(struct patctl *patctl, int status, json_t *reply, const char *what)
{
    json_t *user = json_object_get(reply, "user");

    if (status == EXIT_DONE && out_is_json(patctl->out))
        out_card(patctl->out, fields_user, user);
    else if (status == EXIT_DONE)
        out_say(patctl->out, "%s User %s of tenant %s %s.", out_symbol(patctl->out, OUT_YES),
                ask_text(user, "user"), ask_text(user, "tenant"), what);
    json_decref(reply);
    return status;
}

int
cmd_user_role(struct patctl *patctl, const struct cmd_line *line)
{
    static const struct {
        const char *role, *said;
    } roles[] = {{"user", "is an ordinary user now"},
                 {"auditor", "is an auditor now"},
                 {"admin", "is an administrator now"}};
    json_t *parameters = parameters_of(patctl, line), *reply = NULL;
    const char *said = NULL;
    int status;

    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (pat_text_equal(roles[i].role, line->words[1]))
            said = roles[i].said;
    if (said == NULL) {
        json_decref(parameters);
        return tell_failure(patctl, EXIT_USAGE, "usage", "a role is user, auditor or admin",
                            "no role \"%.40s\"", line->words[1]);
    }
    ask_set_text(parameters, "role", line->words[1]);
    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    status = ask_once(patctl, "UserSetRole", parameters, &reply);
    if (status == EXIT_DONE && !pat_text_equal(line->words[1], "user") &&
        ask_text(json_object_get(reply, "user"), "account")[0] == '\0')
        tell_note(patctl, "The role counts once the user has an account: patctl user bind");
    return tell_changed(patctl, status, reply, said);
}

int
cmd_user_set(struct patctl *patctl, const struct cmd_line *line)
{
    const char *contact = cmd_value(line, "contact");
    json_t *parameters, *reply = NULL;
    int status;

    if (contact == NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage",
                            "example: patctl user set alice --contact alice@example.org",
                            "say what is to be another: --contact TEXT");
    parameters = parameters_of(patctl, line);
    ask_set_text(parameters, "contact", contact);
    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    status = ask_once(patctl, "UserSet", parameters, &reply);
    return tell_changed(patctl, status, reply,
                        contact[0] == '\0' ? "has no contact now" : "has this contact now");
}

/* --- the end --- */

static int
ask_forget(struct patctl *patctl, const struct cmd_line *line, bool dry_run, json_t **ret)
{
    json_t *parameters = parameters_of(patctl, line);

    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    if (dry_run)
        ask_set(parameters, "dryRun", json_true());
    return ask_once(patctl, "UserForget", parameters, ret);
}

/* "1 token", "3 tokens" */
static void
say_count(int64_t count, const char *what, char *ret, size_t size)
{
    snprintf(ret, size, "%lld %s%s", (long long)count, what, count == 1 ? "" : "s");
}

static int
confirm_forget(struct patctl *patctl, json_t *user, int64_t tokens)
{
    const char *name = ask_text(user, "user"), *tenant = ask_text(user, "tenant");
    char dead[64];

    if (tokens < 2)
        return prompt_confirm(patctl, "Forget %s of tenant %s%s? This cannot be undone.", name,
                              tenant, tokens == 1 ? " and a dead token" : "");
    say_count(tokens, "dead token", dead, sizeof dead);
    return prompt_count(patctl, tokens,
                        "%s of tenant %s will be forgotten, with %s. This cannot be undone.", name,
                        tenant, dead);
}

/* Of a rehearsal, too. */
static void
tell_forgotten(struct patctl *patctl, json_t *user, json_t *reply, bool done)
{
    struct out *out = patctl->out;
    const char *name = ask_text(user, "user"), *tenant = ask_text(user, "tenant");
    char tokens[64], changes[64];

    if (out_is_json(out)) {
        out_json(out,
                 json_pack("{s:i, s:O, s:O, s:b, s:O, s:o}", "v", 1, "user",
                           json_object_get(user, "user"), "tenant", json_object_get(user, "tenant"),
                           "forgotten", (int)done, "tokens", json_object_get(reply, "tokens"),
                           "changes",
                           done ? json_incref(json_object_get(reply, "changes")) : json_null()));
        return;
    }
    say_count(ask_number(reply, "tokens"), "dead token", tokens, sizeof tokens);
    say_count(ask_number(reply, "changes"), "change", changes, sizeof changes);
    if (!done) {
        out_say(out, "%s of tenant %s would be forgotten, with %s. Nothing changed (--dry-run).",
                name, tenant, tokens);
        return;
    }
    out_say(out,
            "%s User %s of tenant %s is forgotten, with %s.\n"
            "  The texts of %s are erased. Names and ids stay in the change log,\n"
            "  which holds: patctl log --verify",
            out_symbol(out, OUT_YES), name, tenant, tokens, changes);
}

static int
forget(struct patctl *patctl, const struct cmd_line *line, json_t *user)
{
    bool dry_run = cmd_flag(line, "dry-run");
    json_t *reply = NULL;
    int64_t tokens;
    int status = ask_forget(patctl, line, true, &reply);

    tokens = ask_number(reply, "tokens");
    if (status == EXIT_DONE && !dry_run) {
        json_decref(reply);
        reply = NULL;
        status = confirm_forget(patctl, user, tokens);
        if (status == EXIT_DONE)
            status = ask_forget(patctl, line, false, &reply);
    }
    if (status == EXIT_DONE)
        tell_forgotten(patctl, user, reply, !dry_run);
    json_decref(reply);
    return status;
}

int
cmd_user_forget(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *reply = NULL;
    int status = ask_user(patctl, line, &reply);

    if (status == EXIT_DONE)
        status = forget(patctl, line, json_object_get(reply, "user"));
    json_decref(reply);
    return status;
}

/* revoke -u USER under another name, with those of its options that the row has. */
static int
revoke_of(struct patctl *patctl, const struct cmd_line *line)
{
    const struct cmd *revoke = cmd_find("revoke");
    struct cmd_line *all = calloc(1, sizeof *all);
    int status;

    if (all == NULL)
        return tell_failure(patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    all->cmd = revoke;
    for (int own = 0; line->cmd->options[own].name != NULL; own++)
        for (int i = 0; line->given[own] && revoke->options[i].name != NULL; i++)
            if (pat_text_equal(revoke->options[i].name, line->cmd->options[own].name)) {
                all->given[i] = true;
                memcpy(all->values[i], line->values[own], sizeof all->values[i]);
            }
    patctl->globals.user = line->words[0];
    status = revoke->run(patctl, all);
    free(all);
    return status;
}

int
cmd_user_revoke_all(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *reply = NULL;
    int status = ask_user(patctl, line, &reply); /* nobody of that name is no success */

    json_decref(reply);
    return status == EXIT_DONE ? revoke_of(patctl, line) : status;
}
