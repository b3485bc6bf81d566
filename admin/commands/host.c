/* SPDX-License-Identifier: BSD-2-Clause */
/* setup and status: the host's store as a whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/days.h"
#include "admin/out/fields.h"
#include "admin/terminal/prompt.h"
#include "admin/tell.h"
#include "core/base/text.h"

#define HEAD_WIDTH 80
#define SERVICE_WIDTH 10

/* --- setup --- */

struct search {
    const char *tenant;
    bool found, is_default;
};

static bool
look_for_tenant(void *context, json_t *entry)
{
    struct search *search = context;
    json_t *tenant = json_object_get(entry, "tenant");

    if (tenant != NULL && pat_text_equal(ask_text(tenant, "tenant"), search->tenant)) {
        search->found = true;
        search->is_default = json_is_true(json_object_get(tenant, "isDefault"));
    }
    return true;
}

static int
make_tenant(struct patctl *patctl, const struct search *search)
{
    json_t *parameters = ask_parameters(patctl), *reply = NULL;
    int status;

    if (!search->found)
        ask_set(parameters, "makeDefault", json_true());
    status = ask_once(patctl, search->found ? "TenantSetDefault" : "TenantCreate", parameters,
                      &reply);
    json_decref(reply);
    return status;
}

static void
say_next(struct patctl *patctl, const struct search *search, bool changed)
{
    struct out *out = patctl->out;

    out_json(out, json_pack("{s:i, s:s, s:b}", "v", 1, "tenant", search->tenant, "changed",
                            (int)changed));
    if (!changed)
        out_say(out, "%s Tenant %s is there and is the default one: nothing to do.",
                out_symbol(out, OUT_YES), search->tenant);
    else
        out_say(out, "%s Tenant %s %s. Services that list no tenant take its tokens.",
                out_symbol(out, OUT_YES), search->tenant,
                search->found ? "is the default one now" : "is made");
    out_say(out, "  Next:\n"
                 "    patctl user create alice --account alice --grant ssh:login\n"
                 "    patctl create alice --name \"first token\" --scope ssh:login --expires 90d\n"
                 "    patctl enable sshd     (patctl service list has the others)");
}

int
cmd_setup(struct patctl *patctl, const struct cmd_line *line)
{
    struct search search = {.tenant = patctl->globals.tenant};
    bool changed;
    int status;

    (void)line;
    if (search.tenant == NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage", "example: patctl setup --tenant acme",
                            "missing --tenant");
    status = ask_each(patctl, "TenantList", json_object(), look_for_tenant, &search, NULL);
    changed = !search.found || !search.is_default;
    if (status == EXIT_DONE && changed)
        status = prompt_confirm(patctl, "%s tenant %s for the services of this host?",
                                search.found ? "Use" : "Make", search.tenant);
    if (status == EXIT_DONE && changed)
        status = make_tenant(patctl, &search);
    if (status == EXIT_DONE)
        say_next(patctl, &search, changed);
    return status;
}

/* --- status --- */

/* With a blank between thousands: "40 118". */
static void
write_number(int64_t number, char *ret, size_t size)
{
    if (number < 1000)
        snprintf(ret, size, "%lld", (long long)number);
    else if (number < 1000000)
        snprintf(ret, size, "%lld %03lld", (long long)(number / 1000), (long long)(number % 1000));
    else
        snprintf(ret, size, "%lld %03lld %03lld", (long long)(number / 1000000),
                 (long long)(number / 1000 % 1000), (long long)(number % 1000));
}

static void
say_counts(struct patctl *patctl, json_t *status)
{
    struct out *out = patctl->out;
    json_t *never = json_object_get(status, "neverUsed");
    int64_t expiring = ask_number(status, "expiring");
    int64_t suspended = ask_number(status, "suspended"), pending = ask_number(status, "pending");

    out_line(out,
             "\n  %s %lld active    %s %lld expire%s within 14 days    %s %lld expired    %s %lld "
             "revoked",
             out_symbol(out, OUT_DOT), (long long)ask_number(status, "active"),
             out_symbol(out, OUT_WARN), (long long)expiring, expiring == 1 ? "s" : "",
             out_symbol(out, OUT_NO), (long long)ask_number(status, "expired"),
             out_symbol(out, OUT_VOID), (long long)ask_number(status, "revoked"));
    if (json_is_integer(never))
        out_line(out, "    %lld never used    %lld unused for 90 days    %lld without expiry",
                 (long long)ask_number(status, "neverUsed"),
                 (long long)ask_number(status, "unused"),
                 (long long)ask_number(status, "noExpiry"));
    else
        out_line(out, "    %lld without expiry", (long long)ask_number(status, "noExpiry"));
    if (suspended + pending > 0)
        out_line(out, "    %lld suspended    %lld pending", (long long)suspended,
                 (long long)pending);
}

/* One service: a row of bars. Many refusals are worth a look. */
static void
say_service(struct patctl *patctl, const char *service, const struct days *days)
{
    struct out *out = patctl->out;
    bool many = days->all_refused > 10 && days->all_refused * 50 > days->all_accepted;
    char bars[4 * DAYS_SHOWN + 1], accepted[40], refused[40], name[160];

    out_sparkline(out, days->accepted, DAYS_SHOWN, bars);
    write_number(days->all_accepted, accepted, sizeof accepted);
    write_number(days->all_refused, refused, sizeof refused);
    out_put(out, service, SERVICE_WIDTH, name, sizeof name);
    out_line(out, "    %s %s%*s %10s  %10s%s%s", name, bars, bars[0] == '\0' ? DAYS_SHOWN : 0, "",
             accepted, refused, many ? "  " : "", many ? out_symbol(out, OUT_WARN) : "");
}

/* The days come service by service. */
static void
say_services(struct patctl *patctl, json_t *days)
{
    size_t index = 0, count = json_array_size(days);

    if (count > 0)
        out_line(patctl->out, "\n  last %d days %*s  accepted     refused", DAYS_SHOWN,
                 SERVICE_WIDTH + DAYS_SHOWN - 9, "");
    while (index < count) {
        const char *service = ask_text(json_array_get(days, index), "service");
        struct days counts = {.all_accepted = 0};
        json_t *day;

        for (; index < count && (day = json_array_get(days, index)) != NULL &&
               pat_text_equal(ask_text(day, "service"), service);
             index++)
            days_add(&counts, day);
        say_service(patctl, service, &counts);
    }
}

/* The host on the left, the store on the right. */
static void
say_headline(struct patctl *patctl, json_t *status)
{
    struct out *out = patctl->out;
    const char *dot = out_symbol(out, OUT_MIDDOT);
    const char *tenant = patctl->globals.tenant != NULL ? patctl->globals.tenant
                                                        : ask_text(status, "defaultTenant");
    int64_t users = ask_number(status, "users");
    bool good = ask_text(status, "trouble")[0] == '\0';
    char host[65] = "", left[200], store[100], size[40], cell[400];

    gethostname(host, sizeof host - 1);
    write_number(ask_number(status, "bytes") / 1024, size, sizeof size);
    snprintf(left, sizeof left, "patctl %s host %s %s tenant %s %s %lld user%s", dot, host, dot,
             tenant[0] == '\0' ? "none" : tenant, dot, (long long)users, users == 1 ? "" : "s");
    snprintf(store, sizeof store, "store %s, %s kB", good ? "ok" : ask_text(status, "health"),
             size);
    out_put(out, left, HEAD_WIDTH - 2 - out_width(store), cell, sizeof cell);
    out_line(out, "%s  %s", cell, store);
}

static void
say_next_to_expire(struct patctl *patctl, json_t *token)
{
    struct out *out = patctl->out;
    char when[64], name[200];

    if (!json_is_object(token))
        return;
    out_time(out, ask_number(token, "expires"), when, sizeof when);
    out_cut(out, ask_text(token, "name"), 24, name, sizeof name);
    out_line(out, "\n  next to expire   %s %s   %s   (%s)", ask_text(token, "id"), name, when,
             ask_text(token, "user"));
}

static void
say_status(struct patctl *patctl, json_t *status)
{
    struct out *out = patctl->out;
    const char *trouble = ask_text(status, "trouble");

    say_headline(patctl, status);
    if (trouble[0] != '\0') {
        out_line(out, "\n%s No token is accepted: %s", out_symbol(out, OUT_NO), trouble);
        return;
    }
    if (patctl->globals.tenant == NULL && ask_text(status, "defaultTenant")[0] == '\0')
        out_line(out, "\n%s No tenant yet. Next: patctl setup --tenant NAME",
                 out_symbol(out, OUT_WARN));
    say_counts(patctl, status);
    say_services(patctl, json_object_get(status, "days"));
    say_next_to_expire(patctl, json_object_get(status, "nextToExpire"));
    cmd_wired_say(patctl);
}

static void
print_json_status(struct patctl *patctl, json_t *status)
{
    json_t *object = out_object(patctl->out, fields_status, status);
    json_t *next = json_object_get(status, "nextToExpire");

    if (out_is_picked(patctl->out, "next_to_expire"))
        json_object_set_new(object, "next_to_expire",
                            json_is_object(next) ? out_part(fields_token, next) : json_null());
    out_json(patctl->out, object);
}

int
cmd_status(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = json_object(), *reply = NULL;
    int status;

    (void)line;
    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    status = ask_once(patctl, "Status", parameters, &reply);
    if (status == EXIT_DONE && out_is_json(patctl->out))
        print_json_status(patctl, reply);
    else if (status == EXIT_DONE)
        say_status(patctl, reply);
    if (status == EXIT_DONE && ask_text(reply, "trouble")[0] != '\0')
        status = EXIT_UNAVAILABLE;
    json_decref(reply);
    return status;
}
