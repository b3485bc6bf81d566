/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text format, version 0.0.4: every family once, with its help and type, and values of labels
 * escaped. Everything is asked before the first line is printed: half an answer would look like a
 * whole one.
 */
#include <stdio.h>

#include "admin/ask.h"
#include "admin/metrics.h"
#include "core/base/text.h"

struct figures {
    struct patctl *patctl;
    json_t *metrics;  /* of Metrics */
    json_t *status;   /* of the host */
    json_t *tenants;  /* names */
    json_t *statuses; /* of each of them */
};

/* --- asking --- */

static bool
take_tenant(void *context, json_t *entry)
{
    struct figures *figures = context;
    json_t *tenant = json_object_get(entry, "tenant");

    return tenant == NULL ||
           json_array_append(figures->tenants, json_object_get(tenant, "tenant")) == 0;
}

static int
ask_tenants(struct figures *figures)
{
    int status = ask_each(figures->patctl, "TenantList", json_object(), take_tenant, figures, NULL);
    size_t index;
    json_t *name;

    json_array_foreach(figures->tenants, index, name)
    {
        json_t *reply = NULL;

        if (status == EXIT_DONE)
            status = ask_once(figures->patctl, "Status", json_pack("{s:O}", "tenant", name),
                              &reply);
        json_array_append_new(figures->statuses, reply == NULL ? json_object() : reply);
    }
    return status;
}

static int
ask_all(struct figures *figures)
{
    struct patctl *patctl = figures->patctl;
    int status = ask_once(patctl, "Metrics", json_object(), &figures->metrics);

    if (status == EXIT_DONE)
        status = ask_once(patctl, "Status", json_object(), &figures->status);
    return status;
}

/* --- printing --- */

static void
begin(const char *name, const char *type, const char *help)
{
    printf("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
put_label(const char *name, const char *value)
{
    printf("%s=\"", name);
    for (; *value != '\0'; value++)
        if (*value == '\n')
            fputs("\\n", stdout);
        else if (*value == '"' || *value == '\\')
            printf("\\%c", *value);
        else
            putchar(*value);
    putchar('"');
}

static void
put_two(const char *family, const char *first, const char *value, const char *second,
        const char *other, int64_t number)
{
    printf("%s{", family);
    put_label(first, value);
    putchar(',');
    put_label(second, other);
    printf("} %lld\n", (long long)number);
}

static void
put_one(const char *family, const char *label, const char *value, int64_t number)
{
    printf("%s{", family);
    put_label(label, value);
    printf("} %lld\n", (long long)number);
}

static void
put_plain(const char *family, const char *type, const char *help, int64_t number)
{
    begin(family, type, help);
    printf("%s %lld\n", family, (long long)number);
}

static void
print_decisions(json_t *counts)
{
    size_t index;
    json_t *count;

    begin("pat_decisions_total", "counter", "Verdicts since patd was started.");
    json_array_foreach(counts, index, count)
        put_two("pat_decisions_total", "service", ask_text(count, "service"), "verdict",
                ask_text(count, "verdict"), ask_number(count, "count"));
}

static void
print_tokens(const struct figures *figures)
{
    static const char *const states[] = {"active", "expired", "revoked", "pending", "suspended"};
    size_t index;
    json_t *name;

    begin("pat_tokens", "gauge", "Tokens of a tenant by state.");
    json_array_foreach(figures->tenants, index,
                       name) for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        put_two("pat_tokens", "tenant", json_string_value(name), "state", states[i],
                ask_number(json_array_get(figures->statuses, index), states[i]));
}

/* A figure that every tenant has. */
static void
print_of_tenants(const struct figures *figures, const char *family, const char *help,
                 const char *member)
{
    size_t index;
    json_t *name;

    begin(family, "gauge", help);
    json_array_foreach(figures->tenants, index, name)
        put_one(family, "tenant", json_string_value(name),
                ask_number(json_array_get(figures->statuses, index), member));
}

static void
print_heads(json_t *heads)
{
    size_t index;
    json_t *head;

    begin("pat_log_changes_total", "counter",
          "Newest change of a tenant's change log; the log of the host has no tenant.");
    json_array_foreach(heads, index, head) put_one(
        "pat_log_changes_total", "tenant", ask_text(head, "tenant"), ask_number(head, "seq"));
}

static void
print_host(const struct figures *figures)
{
    const char *health = ask_text(figures->status, "health");
    int64_t started = ask_number(figures->metrics, "started");

    begin("pat_build_info", "gauge", "Version of patd.");
    put_one("pat_build_info", "version", ask_text(figures->status, "version"), 1);
    begin("pat_health", "gauge", "1 for the verdict that stands for patd's health.");
    put_one("pat_health", "verdict", health, 1);
    begin("pat_start_time_seconds", "gauge", "When patd was started, since 1970 UTC.");
    printf("pat_start_time_seconds %lld.%06lld\n", (long long)(started / 1000000),
           (long long)(started % 1000000));
    put_plain("pat_store_bytes", "gauge", "Size of the token store.",
              ask_number(figures->status, "bytes"));
    put_plain("pat_usage_lost_total", "counter", "Uses that came faster than they were written.",
              ask_number(figures->metrics, "usageLost"));
}

static void
print_all(const struct figures *figures)
{
    put_plain("pat_up", "gauge", "Whether patd answers.", 1);
    print_host(figures);
    print_decisions(json_object_get(figures->metrics, "counts"));
    print_tokens(figures);
    print_of_tenants(figures, "pat_tokens_expiring", "Active tokens that end within 14 days.",
                     "expiring");
    print_of_tenants(figures, "pat_tokens_without_expiry", "Active tokens that never expire.",
                     "noExpiry");
    print_of_tenants(figures, "pat_users", "Users of a tenant.", "users");
    print_heads(json_object_get(figures->metrics, "heads"));
}

static bool
is_healthy(const struct figures *figures)
{
    return pat_text_equal(ask_text(figures->status, "health"), "accepted");
}

int
metrics_print(struct patctl *patctl)
{
    struct figures figures = {.patctl = patctl, .tenants = json_array(), .statuses = json_array()};
    int status = ask_all(&figures);

    if (status == EXIT_DONE && is_healthy(&figures))
        status = ask_tenants(&figures);
    if (status == EXIT_DONE)
        print_all(&figures);
    else if (status == EXIT_UNAVAILABLE)
        put_plain("pat_up", "gauge", "Whether patd answers.", 0);
    json_decref(figures.metrics);
    json_decref(figures.status);
    json_decref(figures.tenants);
    json_decref(figures.statuses);
    return status;
}
