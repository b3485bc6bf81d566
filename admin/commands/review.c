/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * review: tokens that somebody should look at. What is found goes by what is known: where uses are
 * not known for long enough, nothing is said about them.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/days.h"
#include "admin/out/fields.h"
#include "admin/out/out_time.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"
#include "core/policy/scope.h"

#define DAYS_KEPT 400
#define ADDRESSES_MAX 5 /* more are many places */
#define SERVICES_MAX 3
#define IDS_MAX 3 /* that a line of 80 columns has room for */

struct review {
    struct patctl *patctl;
    int64_t now, unused, expiring, age;
    int64_t usage_since; /* uses are known from then on */
    json_t *tokens;
    json_t *owners;   /* {"tenant/user": what is wrong, or ""} */
    json_t *findings; /* the tokens, with "finding" and "detail" */
    int64_t usable;
};

/* Each kind: what it is called, and what to do. The order is that of the screen. */
static const struct kind {
    const char *name;
    const char *title;
    const char *next; /* a command that ids follow, unless it says otherwise */
} kinds[] = {
    {"owner-gone", "of an account that has gone, or is another one now",
     "patctl revoke --reason \"owner gone\""},
    {"shared", "used from many places", "a token of its own for each: patctl create"},
    {"unused", "not used for a long time", "patctl revoke --reason unused"},
    {"never-used", "never used", "patctl revoke --reason unused"},
    {"no-expiry", "without an end", "patctl edit ID --expires 90d"},
    {"over-scoped", "with scopes that were never used", "patctl edit ID --remove-scope SCOPE"},
    {"expiring", "ending soon", "patctl rotate ID"},
};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

static void
find(struct review *review, json_t *token, const char *kind, const char *detail)
{
    json_t *finding = json_copy(token);

    ask_set_text(finding, "finding", kind);
    ask_set_text(finding, "detail", detail);
    json_array_append_new(review->findings, finding);
}

/* --- the owner --- */

/* What has become of the account that a user is bound to; "" when it is as it was. */
static void
judge_account(const char *account, int64_t uid, char *ret, size_t size)
{
    struct passwd *entry;

    ret[0] = '\0';
    errno = 0;
    entry = getpwnam(account);
    if (entry == NULL && (errno == 0 || errno == ENOENT || errno == ESRCH))
        snprintf(ret, size, "no account %s on this host", account);
    else if (entry != NULL && (int64_t)entry->pw_uid != uid)
        snprintf(ret, size, "account %s has uid %lld, bound was %lld", account,
                 (long long)entry->pw_uid, (long long)uid);
}

static bool
take_owner(void *context, json_t *entry)
{
    struct review *review = context;
    json_t *user = json_object_get(entry, "user");
    char key[200], wrong[300] = "";

    if (user == NULL)
        return true;
    snprintf(key, sizeof key, "%s/%s", ask_text(user, "tenant"), ask_text(user, "user"));
    if (json_is_string(json_object_get(user, "account")))
        judge_account(ask_text(user, "account"), ask_number(user, "uid"), wrong, sizeof wrong);
    ask_set_text(review->owners, key, wrong);
    return true;
}

/* Of every tenant that has a token here. */
static int
ask_owners(struct review *review)
{
    json_t *tenants = json_object(), *token, *unused;
    const char *tenant;
    size_t index;
    int status = EXIT_DONE;

    json_array_foreach(review->tokens, index, token)
        ask_set(tenants, ask_text(token, "tenant"), json_true());
    json_object_foreach(tenants, tenant, unused)
    {
        if (status == EXIT_DONE)
            status = ask_each(review->patctl, "UserList", json_pack("{s:s}", "tenant", tenant),
                              take_owner, review, NULL);
    }
    json_decref(tenants);
    return status;
}

static void
judge_owner(struct review *review, json_t *token)
{
    char key[200];
    const char *wrong;

    snprintf(key, sizeof key, "%s/%s", ask_text(token, "tenant"), ask_text(token, "user"));
    wrong = ask_text(review->owners, key);
    if (wrong[0] != '\0')
        find(review, token, "owner-gone", wrong);
}

/* --- its use --- */

static int64_t
latest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void
judge_use(struct review *review, json_t *token)
{
    json_t *last = json_object_get(token, "lastUsed");
    int64_t known = review->usage_since;

    known = latest(known, ask_number(token, "created"));
    known = latest(known, ask_number(token, "notBefore"));
    if (json_is_integer(last) && review->now - json_integer_value(last) > review->unused)
        find(review, token, "unused", NULL);
    else if (!json_is_integer(last) && review->now - known >= review->age)
        find(review, token, "never-used", NULL);
}

static void
judge_end(struct review *review, json_t *token)
{
    json_t *expires = json_object_get(token, "expires");

    if (!json_is_integer(expires))
        find(review, token, "no-expiry", NULL);
    else if (json_integer_value(expires) - review->now <= review->expiring &&
             ask_text(token, "successor")[0] == '\0')
        find(review, token, "expiring", NULL);
}

/* Whether a scope is one that a service of this host asks for by itself. */
static bool
is_of_service(const char *scope)
{
    const struct pat_scope_service *service;
    size_t area = strcspn(scope, ":") + 1;

    for (size_t i = 0; (service = pat_scope_builtin(i)) != NULL; i++)
        if (pat_text_equal(service->scope, scope) ||
            (pat_text_equal(scope + area, "*") && strncmp(service->scope, scope, area) == 0))
            return true;
    return false;
}

static bool
covers(const char *scope, const char *asked)
{
    struct pat_scopes one;

    return pat_scope_read(scope, &one, NULL) == PAT_OK && pat_scope_covers(&one, asked);
}

/* Marks what a service used. False when pat.conf lets it in by a scope that is not its own. */
static bool
mark_used(json_t *scopes, const char *service, bool *used)
{
    char asked[PAT_SCOPE_MAX + 1];
    bool found = false;
    size_t index;
    json_t *scope;

    pat_scope_of_service(service, asked);
    json_array_foreach(scopes, index, scope)
    {
        if (index < PAT_SCOPES_MAX && covers(json_string_value(scope), asked))
            used[index] = found = true;
    }
    return found;
}

static void
tell_unused_scopes(struct review *review, json_t *token, json_t *days)
{
    json_t *scopes = json_object_get(token, "scopes"), *day, *scope;
    bool used[PAT_SCOPES_MAX] = {false};
    char detail[PAT_SCOPES_TEXT + 40] = "never used:";
    size_t index, empty = strlen(detail);

    json_array_foreach(days, index, day)
    {
        if (ask_number(day, "accepted") > 0 && !mark_used(scopes, ask_text(day, "service"), used))
            return;
    }
    json_array_foreach(scopes, index, scope)
    {
        if (index < PAT_SCOPES_MAX && !used[index] && is_of_service(json_string_value(scope)))
            snprintf(detail + strlen(detail), sizeof detail - strlen(detail), " %s",
                     json_string_value(scope));
    }
    if (detail[empty] != '\0')
        find(review, token, "over-scoped", detail);
}

/* How many different texts a member of these uses has, refused ones not counted. */
static size_t
count_different(json_t *uses, const char *member)
{
    json_t *different = json_object(), *use;
    size_t index, count;

    json_array_foreach(uses, index, use)
    {
        if (pat_text_equal(ask_text(use, "verdict"), "accepted") &&
            ask_text(use, member)[0] != '\0')
            ask_set(different, ask_text(use, member), json_true());
    }
    count = json_object_size(different);
    json_decref(different);
    return count;
}

static void
judge_places(struct review *review, json_t *token, json_t *uses)
{
    size_t addresses = count_different(uses, "address"),
           services = count_different(uses, "service");
    char detail[120];

    snprintf(detail, sizeof detail, "from %zu addresses, by %zu service%s", addresses, services,
             services == 1 ? "" : "s");
    if (addresses > ADDRESSES_MAX || services > SERVICES_MAX)
        find(review, token, "shared", detail);
}

/* What only its uses tell, one by one. */
static int
judge_uses(struct review *review, json_t *token)
{
    bool old = review->now - ask_number(token, "created") >= review->age;
    json_t *reply = NULL;
    int status;

    if (ask_number(token, "accepted") == 0)
        return EXIT_DONE;
    status = days_ask(review->patctl, ask_text(token, "id"), ask_text(token, "tenant"), DAYS_KEPT,
                      &reply);
    if (status == EXIT_DONE)
        judge_places(review, token, json_object_get(reply, "uses"));
    if (status == EXIT_DONE && old && json_array_size(json_object_get(token, "scopes")) > 1)
        tell_unused_scopes(review, token, json_object_get(reply, "days"));
    json_decref(reply);
    return status;
}

/* --- all of them --- */

static bool
take_token(void *context, json_t *entry)
{
    struct review *review = context;
    json_t *token = json_object_get(entry, "token");
    const char *state = ask_text(token, "state");

    if (pat_text_equal(state, "active") || pat_text_equal(state, "expiring") ||
        pat_text_equal(state, "suspended"))
        json_array_append(review->tokens, token);
    return true;
}

static int
ask_usage(struct review *review)
{
    json_t *parameters = json_object(), *reply = NULL;
    int status;

    ask_set_text(parameters, "tenant", review->patctl->globals.tenant);
    status = ask_once(review->patctl, "Status", parameters, &reply);
    review->now = times_now();
    review->usage_since = review->now;
    if (json_is_integer(json_object_get(reply, "usageSince")))
        review->usage_since = ask_number(reply, "usageSince");
    json_decref(reply);
    return status;
}

static int
ask_tokens(struct review *review)
{
    json_t *filter = json_object();

    ask_set_text(filter, "tenant", review->patctl->globals.tenant);
    ask_set_text(filter, "user", review->patctl->globals.user);
    return ask_each(review->patctl, "List", json_pack("{s:o}", "filter", filter), take_token,
                    review, NULL);
}

static int
judge_all(struct review *review)
{
    size_t index;
    json_t *token;
    int status = EXIT_DONE;

    json_array_foreach(review->tokens, index, token)
    {
        judge_owner(review, token);
        judge_use(review, token);
        judge_end(review, token);
        if (status == EXIT_DONE)
            status = judge_uses(review, token);
    }
    return status;
}

/* --- what is told --- */

/* Ids for the command line, as long as they are few. */
static void
say_next(struct review *review, const struct kind *kind)
{
    struct out *out = review->patctl->out;
    char ids[100] = "";
    size_t index, count = 0;
    json_t *finding;

    json_array_foreach(review->findings, index, finding)
    {
        if (pat_text_equal(ask_text(finding, "finding"), kind->name) && count++ < IDS_MAX)
            snprintf(ids + strlen(ids), sizeof ids - strlen(ids), " %s", ask_text(finding, "id"));
    }
    if (strstr(kind->next, " ID") != NULL || strchr(kind->next, ':') != NULL)
        out_say(out, "  next: %s", kind->next);
    else
        out_say(out, "  next: %s%s%s", kind->next, ids,
                count <= 4         ? ""
                : out_is_utf8(out) ? " \u2026"
                                   : " ...");
}

static void
choose_columns(struct review *review, const struct kind *kind)
{
    bool detailed = pat_text_equal(kind->name, "owner-gone") ||
                    pat_text_equal(kind->name, "shared") ||
                    pat_text_equal(kind->name, "over-scoped");
    bool by_end = pat_text_equal(kind->name, "expiring");
    bool by_age = pat_text_equal(kind->name, "never-used");

    out_table_begin(review->patctl->out, "findings", fields_finding);
    out_table_columns(review->patctl->out, detailed ? "id,name,user,detail"
                                           : by_end ? "id,name,user,expires"
                                           : by_age ? "id,name,user,created"
                                                    : "id,name,user,last_used");
}

static void
say_kind(struct review *review, const struct kind *kind)
{
    struct out *out = review->patctl->out;
    int64_t count = 0;
    size_t index;
    json_t *finding;

    json_array_foreach(review->findings, index, finding)
        count += pat_text_equal(ask_text(finding, "finding"), kind->name);
    if (count == 0)
        return;
    if (!review->patctl->globals.plain)
        out_say(out, "%s %lld token%s %s", out_symbol(out, OUT_WARN), (long long)count,
                count == 1 ? "" : "s", kind->title);
    choose_columns(review, kind);
    if (review->patctl->globals.plain)
        out_table_columns(out, "finding,id,user,name");
    json_array_foreach(review->findings, index, finding)
    {
        if (pat_text_equal(ask_text(finding, "finding"), kind->name))
            out_table_row(out, finding);
    }
    out_table_end(out, NULL);
    if (review->patctl->globals.plain || review->patctl->globals.no_legend)
        return;
    say_next(review, kind);
    out_say(out, "%s", "");
}

static void
print_json(struct review *review)
{
    json_t *counts = json_object(), *extra, *finding;
    size_t index;

    for (size_t i = 0; i < KIND_COUNT; i++)
        ask_set(counts, kinds[i].name, json_integer(0));
    out_table_begin(review->patctl->out, "findings", fields_finding);
    json_array_foreach(review->findings, index, finding)
    {
        const char *kind = ask_text(finding, "finding");

        ask_set(counts, kind, json_integer(ask_number(counts, kind) + 1));
        out_table_row(review->patctl->out, finding);
    }
    extra = json_pack("{s:I, s:o}", "tokens", (json_int_t)json_array_size(review->tokens), "counts",
                      counts);
    out_table_end(review->patctl->out, extra);
    json_decref(extra);
}

static void
say_all(struct review *review)
{
    struct out *out = review->patctl->out;
    size_t tokens = json_array_size(review->tokens), found = json_array_size(review->findings);

    for (size_t i = 0; i < KIND_COUNT; i++)
        say_kind(review, &kinds[i]);
    if (review->patctl->globals.plain || review->patctl->globals.no_legend)
        return;
    out_say(out, "%s%s%zu token%s looked at, %zu finding%s.",
            found == 0 ? out_symbol(out, OUT_YES) : "", found == 0 ? " " : "", tokens,
            tokens == 1 ? "" : "s", found, found == 1 ? "" : "s");
}

static int
read_span(const struct patctl *patctl, const char *text, int64_t days, int64_t *ret)
{
    json_t *spans = json_object();
    int status = times_set_span(patctl, spans, "span", text);

    *ret = text == NULL ? days * DAYS_DAY : ask_number(spans, "span");
    json_decref(spans);
    return status;
}

static int
look(struct review *review)
{
    int status = ask_usage(review);

    if (status == EXIT_DONE)
        status = ask_tokens(review);
    if (status == EXIT_DONE)
        status = ask_owners(review);
    if (status == EXIT_DONE)
        status = judge_all(review);
    return status;
}

int
cmd_review(struct patctl *patctl, const struct cmd_line *line)
{
    struct review review = {.patctl = patctl};
    int status = read_span(patctl, cmd_value(line, "unused"), 90, &review.unused);

    if (status == EXIT_DONE)
        status = read_span(patctl, cmd_value(line, "expiring"), 14, &review.expiring);
    if (status == EXIT_DONE)
        status = read_span(patctl, cmd_value(line, "age"), 30, &review.age);
    if (status != EXIT_DONE)
        return status;
    review.tokens = json_array();
    review.findings = json_array();
    review.owners = json_object();
    status = look(&review);
    if (status == EXIT_DONE && out_is_json(patctl->out))
        print_json(&review);
    else if (status == EXIT_DONE)
        say_all(&review);
    if (status == EXIT_DONE && json_array_size(review.findings) > 0)
        status = EXIT_FINDINGS;
    json_decref(review.tokens);
    json_decref(review.findings);
    json_decref(review.owners);
    return status;
}
