/* SPDX-License-Identifier: BSD-2-Clause */
/* Running the table, and keeping what is found. What it looks at it does not change. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/doctor/doctor.h"
#include "admin/host/tool.h"
#include "core/base/monotonic.h"
#include "core/base/text.h"

const char *const doctor_levels[DOCTOR_LEVELS] = {"ok", "unwired", "warning", "problem"};

bool
doctor_wants(const struct doctor *doctor, const char *service)
{
    for (size_t i = 0; i < doctor->service_count; i++)
        if (pat_text_equal(doctor->services[i], service))
            return true;
    return doctor->service_count == 0;
}

static void
keep(struct doctor *doctor, const struct finding *finding, const char *what)
{
    const char *service = finding->service != NULL ? finding->service : doctor->check->service;
    json_t *entry = json_object();

    if (!doctor_wants(doctor, service)) {
        json_decref(entry);
        return;
    }
    doctor->counts[finding->level]++;
    ask_set_text(entry, "check", doctor->check->name);
    ask_set_text(entry, "service", service);
    ask_set_text(entry, "level", doctor_levels[finding->level]);
    ask_set_text(entry, "what", what);
    ask_set_text(entry, "why", finding->why);
    ask_set_text(entry, "fix", finding->fix);
    ask_set_text(entry, "file", finding->file);
    if (finding->line != 0)
        ask_set(entry, "line", json_integer(finding->line));
    if (finding->remedy != DOCTOR_BY_HAND)
        ask_set(entry, "remedy", json_integer(finding->remedy));
    ask_set_text(entry, "text", finding->text);
    ask_set_text(entry, "after", finding->after);
    ask_set(entry, "mode", json_integer(finding->mode));
    ask_set(entry, "uid", json_integer(finding->uid));
    json_array_append_new(doctor->findings, entry);
}

void
doctor_find(struct doctor *doctor, const struct finding *finding, const char *format, ...)
{
    char what[DOCTOR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    keep(doctor, finding, what);
}

void
doctor_praise(struct doctor *doctor, const char *service, const char *format, ...)
{
    const struct finding finding = {.level = DOCTOR_OK, .service = service};
    char what[DOCTOR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    keep(doctor, &finding, what);
}

bool
doctor_is_clean(const struct doctor *doctor, const char *service)
{
    json_t *finding;
    size_t index;

    json_array_foreach(doctor->findings, index, finding)
    {
        const char *level = ask_text(finding, "level");

        if (pat_text_equal(ask_text(finding, "service"), service) &&
            (pat_text_equal(level, doctor_levels[DOCTOR_WARNING]) ||
             pat_text_equal(level, doctor_levels[DOCTOR_PROBLEM])))
            return false;
    }
    return true;
}

/* --- patd --- */

json_t *
doctor_ask(struct doctor *doctor, const char *method, json_t *parameters)
{
    struct patctl *patctl = doctor->patctl;
    bool silent = patctl->silent;
    json_t *reply = NULL;
    int status;

    if (!doctor->reachable) {
        json_decref(parameters);
        return NULL;
    }
    patctl->silent = true;
    status = ask_once(patctl, method, parameters, &reply);
    patctl->silent = silent;
    return status == EXIT_DONE ? reply : NULL;
}

/* The first call connects; findings tell about it, not we. Status is answered while no token is. */
static void
meet_patd(struct doctor *doctor)
{
    struct patctl *patctl = doctor->patctl;
    bool silent = patctl->silent;
    int64_t before = pat_monotonic_microseconds();

    patctl->silent = true;
    doctor->reachable = ask_once(patctl, "Status", json_object(), &doctor->status) == EXIT_DONE;
    patctl->silent = silent;
    doctor->answered_after = pat_monotonic_microseconds() - before;
    doctor->db = doctor_ask(doctor, "DbStatus", json_object());
}

/* --- tools --- */

char *
doctor_tool(struct doctor *doctor, const char *service, const char *const argv[])
{
    struct finding unknown = {
        .level = DOCTOR_WARNING, .service = service, .why = "what it would say was not looked at"};
    struct tool_result result;
    char told[300];

    if (tool_run(argv, TOOL_SECONDS, &result) != PAT_OK) {
        doctor_find(doctor, &unknown, "%s could not be run", argv[0]);
        return NULL;
    }
    if (tool_succeeded(&result))
        return result.out;
    tool_tell(&result, argv[0], told, sizeof told);
    if (result.end != TOOL_MISSING) {
        unknown.fix = geteuid() == 0 ? NULL : "run patctl doctor as root";
        doctor_find(doctor, &unknown, "%s", told);
    }
    tool_free(&result);
    return NULL;
}

/* --- the table --- */

static bool
is_wanted(const struct doctor *doctor, const struct check *check)
{
    if (doctor->only != NULL)
        return pat_text_equal(check->name, doctor->only);
    return check->service == NULL || doctor_wants(doctor, check->service);
}

void
doctor_run(struct doctor *doctor)
{
    doctor->findings = json_array();
    meet_patd(doctor);
    for (const struct check *check = doctor_checks; check->name != NULL; check++) {
        doctor->check = check;
        if (is_wanted(doctor, check))
            check->run(doctor);
    }
    doctor->check = NULL;
}
