/* SPDX-License-Identifier: BSD-2-Clause */
/* setup and status: the host's store as a whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/cmds.h"
#include "admin/fields.h"
#include "admin/prompt.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

#define DAYS 30
#define DAY INT64_C(86400000000)

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
                 "  and let the service ask for tokens: see pam_pat(8).");
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

static void
say_counts(struct patctl *patctl, json_t *status)
{
    struct out *out = patctl->out;
    json_t *never = json_object_get(status, "neverUsed");

    out_say(out,
            "\n  %s %lld active    %s %lld expire within 14 days    %s %lld expired    %s %lld "
            "revoked",
            out_symbol(out, OUT_DOT), (long long)ask_number(status, "active"),
            out_symbol(out, OUT_WARN), (long long)ask_number(status, "expiring"),
            out_symbol(out, OUT_NO), (long long)ask_number(status, "expired"),
            out_symbol(out, OUT_VOID), (long long)ask_number(status, "revoked"));
    if (json_is_integer(never))
        out_say(out, "    %lld never used    %lld unused for 90 days    %lld without expiry",
                (long long)ask_number(status, "neverUsed"), (long long)ask_number(status, "unused"),
                (long long)ask_number(status, "noExpiry"));
    else
        out_say(out, "    %lld without expiry", (long long)ask_number(status, "noExpiry"));
}

/* The days come service by service. */
static void
say_services(struct patctl *patctl, json_t *days)
{
    int64_t first = times_now() / DAY - DAYS + 1;
    size_t index = 0, count = json_array_size(days);

    if (count > 0)
        out_say(patctl->out, "\n  last %d days %*s accepted   refused", DAYS, DAYS, "");
    while (index < count) {
        const char *service = ask_text(json_array_get(days, index), "service");
        int64_t counts[DAYS] = {0}, accepted = 0, refused = 0;
        char bars[4 * DAYS + 1];
        json_t *day;

        for (; index < count && (day = json_array_get(days, index)) != NULL &&
               pat_text_equal(ask_text(day, "service"), service);
             index++) {
            int64_t at = ask_number(day, "day") - first;

            accepted += ask_number(day, "accepted");
            refused += ask_number(day, "refused");
            if (at >= 0 && at < DAYS)
                counts[at] += ask_number(day, "accepted");
        }
        out_sparkline(patctl->out, counts, DAYS, bars);
        out_say(patctl->out, "    %-10.10s %s%*s %9lld %9lld", service, bars,
                bars[0] == '\0' ? DAYS : 0, "", (long long)accepted, (long long)refused);
    }
}

static void
say_status(struct patctl *patctl, json_t *status)
{
    struct out *out = patctl->out;
    const char *trouble = ask_text(status, "trouble");
    json_t *next = json_object_get(status, "nextToExpire");
    const char *tenant = patctl->globals.tenant != NULL ? patctl->globals.tenant
                                                        : ask_text(status, "defaultTenant");
    char host[65] = "", when[64];

    gethostname(host, sizeof host - 1);
    out_say(out, "patctl %s host %s %s tenant %s %s %lld user%s   store %s, %lld kB",
            out_symbol(out, OUT_MIDDOT), host, out_symbol(out, OUT_MIDDOT),
            tenant[0] == '\0' ? "none" : tenant, out_symbol(out, OUT_MIDDOT),
            (long long)ask_number(status, "users"), ask_number(status, "users") == 1 ? "" : "s",
            trouble[0] == '\0' ? "ok" : ask_text(status, "health"),
            (long long)(ask_number(status, "bytes") / 1024));
    if (trouble[0] != '\0') {
        out_say(out, "\n%s No token is accepted: %s", out_symbol(out, OUT_NO), trouble);
        return;
    }
    if (tenant[0] == '\0')
        out_say(out, "\n%s No tenant yet. Next: patctl setup --tenant NAME",
                out_symbol(out, OUT_WARN));
    say_counts(patctl, status);
    say_services(patctl, json_object_get(status, "days"));
    if (!json_is_object(next))
        return;
    out_time(out, ask_number(next, "expires"), when, sizeof when);
    out_say(out, "\n  next to expire   %s   %s   (%s)\n                   %s", ask_text(next, "id"),
            when, ask_text(next, "user"), ask_text(next, "name"));
}

/* JSON keeps patd's own names for numbers; only the token is told as elsewhere. */
static void
print_json_status(struct patctl *patctl, json_t *status)
{
    static const struct out_field fields[] = {
        {"version", "version", "", OUT_TEXT, OUT_ALWAYS, NULL},
        {"health", "health", "", OUT_TEXT, OUT_ALWAYS, NULL},
        {"trouble", "trouble", "", OUT_TEXT, OUT_ALWAYS, NULL},
        {"defaultTenant", "default_tenant", "", OUT_TEXT, OUT_ALWAYS, NULL},
        {"now", "now", "", OUT_TIME, OUT_ALWAYS, NULL},
        {"bytes", "bytes", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"active", "active", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"expiring", "expiring", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"expired", "expired", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"revoked", "revoked", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"pending", "pending", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"suspended", "suspended", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"noExpiry", "no_expiry", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"users", "users", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"usageSince", "usage_since", "", OUT_TIME, OUT_ALWAYS, NULL},
        {"neverUsed", "never_used", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"unused", "unused", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"usageLost", "usage_lost", "", OUT_NUMBER, OUT_ALWAYS, NULL},
        {"days", "days", "", OUT_WORDS, OUT_ALWAYS, NULL},
        OUT_FIELDS_END,
    };
    json_t *object = out_object(patctl->out, fields, status);
    json_t *next = json_object_get(status, "nextToExpire");

    json_object_set_new(object, "next_to_expire",
                        json_is_object(next) ? out_object(patctl->out, fields_token, next)
                                             : json_null());
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
