/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan is put together by the room of its service's way, and by that of pat.conf. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "admin/wiring/patconf.h"
#include "admin/wiring/pam.h"
#include "admin/wiring/wiring.h"
#include "admin/wiring/probe.h"
#include "admin/wiring/profile.h"
#include "admin/wiring/sasl.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/file.h"

void
wiring_refuse(struct wiring *plan, const char *hint, const char *format, ...)
{
    va_list args;

    if (plan->refusal[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(plan->refusal, sizeof plan->refusal, format, args);
    va_end(args);
    pat_text_clip(plan->hint, sizeof plan->hint, hint);
}

static void say(struct wiring *plan, json_t *list, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void
say(struct wiring *plan, json_t *list, const char *format, va_list args)
{
    char text[400];

    vsnprintf(text, sizeof text, format, args);
    if (json_array_append_new(list, json_string(text)) != 0)
        plan->no_memory = true;
}

void
wiring_note(struct wiring *plan, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(plan, plan->notes, format, args);
    va_end(args);
}

void
wiring_next(struct wiring *plan, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(plan, plan->next, format, args);
    va_end(args);
}

void
wiring_how(struct wiring *plan, const char *how)
{
    size_t used = strlen(plan->how);

    if (strstr(plan->how, how) == NULL)
        snprintf(plan->how + used, sizeof plan->how - used, "%s%s", used > 0 ? ", " : "", how);
}

void
wiring_line(struct wiring *plan, const char *file, unsigned line, const char *text)
{
    json_t *object = json_pack("{s:s, s:i, s:s}", "file", file, "line", (int)line, "text", text);

    if (object == NULL || json_array_append_new(plan->lines, object) != 0)
        plan->no_memory = true;
}

struct change *
wiring_change(struct wiring *plan, enum change_kind kind, const char *path, const char *text)
{
    struct change *change = &plan->changes[plan->change_count];

    if (plan->change_count == WIRING_CHANGES_MAX || strlen(path) >= CHANGE_PATH_MAX) {
        wiring_refuse(plan, "", "there is more to change than this program does at once");
        return NULL;
    }
    plan->change_count++;
    if (change_begin(change, kind, path, text))
        return change;
    plan->no_memory = true;
    return NULL;
}

struct change *
wiring_find(struct wiring *plan, const char *path)
{
    for (size_t i = 0; i < plan->change_count; i++)
        if (pat_text_equal(plan->changes[i].path, path))
            return &plan->changes[i];
    return NULL;
}

void
wiring_settle(struct wiring *plan, struct change *change)
{
    if (change == NULL)
        return;
    if (!change_finish(change))
        plan->no_memory = true;
    if (change == &plan->changes[plan->change_count - 1] && change_is_empty(change)) {
        change_free(change);
        plan->change_count--;
    }
}

bool
wiring_is_refused(const struct wiring *plan)
{
    return plan->refusal[0] != '\0';
}

bool
wiring_is_done(const struct wiring *plan)
{
    return plan->wired > 0 && plan->unwired == 0 && plan->change_count == 0;
}

static void
plan_way(struct wiring *plan)
{
    switch (plan->service->way) {
    case SERVICE_PAM:
        pam_plan(plan);
        break;
    case SERVICE_SASL:
        sasl_plan(plan);
        break;
    case SERVICE_PROFILE:
        profile_plan(plan);
        break;
    }
}

static bool
make(const struct service *service, const char *config_file, bool may_be_missing, bool look_only,
     struct wiring *ret, struct pat_diag *diag)
{
    memset(ret, 0, sizeof *ret);
    ret->look_only = look_only;
    ret->service = service;
    ret->config_file = config_file;
    ret->lines = json_array();
    ret->notes = json_array();
    ret->next = json_array();
    if (pat_config_file_load(config_file, may_be_missing, &ret->config, diag) != PAT_OK)
        return false;
    ret->installed = service_is_installed(service);
    if (!ret->installed) {
        wiring_refuse(ret, "", "%s is not installed", service->name);
        return true;
    }
    plan_way(ret);
    if (!look_only)
        probe_service(ret);
    patconf_plan(ret);
    if (ret->no_memory)
        wiring_refuse(ret, "", "out of memory");
    return true;
}

bool
wiring_make(const struct service *service, const char *config_file, bool may_be_missing,
            struct wiring *ret, struct pat_diag *diag)
{
    return make(service, config_file, may_be_missing, false, ret, diag);
}

bool
wiring_look(const struct service *service, const char *config_file, bool may_be_missing,
            struct wiring *ret, struct pat_diag *diag)
{
    return make(service, config_file, may_be_missing, true, ret, diag);
}

void
wiring_free(struct wiring *plan)
{
    for (size_t i = 0; i < plan->change_count; i++)
        change_free(&plan->changes[i]);
    pat_config_free(plan->config);
    json_decref(plan->lines);
    json_decref(plan->notes);
    json_decref(plan->next);
    memset(plan, 0, sizeof *plan);
}
