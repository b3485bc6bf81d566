/* SPDX-License-Identifier: BSD-2-Clause */
/* The screen: a column of services, and behind it what was found, in lines that fit. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/doctor/doctor.h"
#include "admin/doctor/report.h"
#include "admin/out/fields.h"
#include "admin/out/out.h"
#include "core/base/text.h"

#define LABEL_MIN 8
#define LABEL_MAX 16
#define WIDTH_MAX 100
#define LINE_SIZE 1024

struct report {
    const struct doctor *doctor;
    struct out *out;
    size_t label_width, width;
    char service[40]; /* whose findings are being said; its label stands in front of the first */
    bool labelled;
    char line[LINE_SIZE]; /* what is ready to be said, with its colours */
    size_t line_width;    /* without them */
};

static const struct label {
    const char *service, *label;
} labels[] = {
    {"store", "Store"}, {"daemon", "Daemon"}, {"modules", "Modules"}, {"pam", "PAM"},
    {"users", "Users"}, {"names", "Names"},   {"clock", "Clock"},
};

static const char *
label_of(const char *service)
{
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (pat_text_equal(labels[i].service, service))
            return labels[i].label;
    return service;
}

static enum doctor_level
level_of(json_t *finding)
{
    size_t level = 0;

    while (level + 1 < DOCTOR_LEVELS &&
           !pat_text_equal(doctor_levels[level], ask_text(finding, "level")))
        level++;
    return (enum doctor_level)level;
}

static const char *
symbol_of(const struct report *report, enum doctor_level level)
{
    switch (level) {
    case DOCTOR_OK:
        return out_symbol(report->out, OUT_YES);
    case DOCTOR_UNWIRED:
        return out_symbol(report->out, OUT_DASH);
    case DOCTOR_WARNING:
        return out_symbol(report->out, OUT_WARN);
    case DOCTOR_PROBLEM:
        return out_symbol(report->out, OUT_NO);
    }
    return "";
}

static char
color_of(enum doctor_level level)
{
    return level == DOCTOR_OK ? '+' : level == DOCTOR_PROBLEM ? '-' : '~';
}

/* --- lines --- */

static void
flush_line(struct report *report)
{
    if (report->line_width == 0)
        return;
    out_line(report->out, "%-*s%s", (int)report->label_width,
             report->labelled ? "" : label_of(report->service), report->line);
    report->labelled = true;
    report->line[0] = '\0';
    report->line_width = 0;
}

/* Text in words, from indent on; the first line has what is ready already. */
static void
say_wrapped(struct report *report, const char *text, size_t indent)
{
    size_t room = report->width - report->label_width;
    const char *at = text;

    while (*at != '\0') {
        size_t len = strcspn(at, " ");
        char word[LINE_SIZE];

        snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word - 1), at);
        if (report->line_width > indent && report->line_width + 1 + out_width(word) > room) {
            flush_line(report);
            snprintf(report->line, sizeof report->line, "%*s", (int)indent, "");
            report->line_width = indent;
        }
        snprintf(report->line + strlen(report->line), sizeof report->line - strlen(report->line),
                 "%s%s", report->line_width > indent ? " " : "", word);
        report->line_width += out_width(word) + (report->line_width > indent);
        at += len + (at[len] == ' ');
    }
}

static void
begin(struct report *report, enum doctor_level level)
{
    snprintf(report->line + strlen(report->line), sizeof report->line - strlen(report->line),
             "%s%s%s ", out_color(report->out, color_of(level)), symbol_of(report, level),
             out_color(report->out, '.'));
    report->line_width += 2;
}

/* What is in order stands in one line, as far as it fits. */
static void
say_good(struct report *report, json_t *finding)
{
    const char *what = ask_text(finding, "what"), *dot = out_symbol(report->out, OUT_MIDDOT);
    size_t room = report->width - report->label_width;

    if (report->line_width > 0 && report->line_width + 5 + out_width(what) > room)
        flush_line(report);
    if (report->line_width > 0) {
        snprintf(report->line + strlen(report->line), sizeof report->line - strlen(report->line),
                 " %s ", dot);
        report->line_width += 3;
        begin(report, DOCTOR_OK);
        snprintf(report->line + strlen(report->line), sizeof report->line - strlen(report->line),
                 "%s", what);
        report->line_width += out_width(what);
        return;
    }
    begin(report, DOCTOR_OK);
    say_wrapped(report, what, 2);
}

static void
say_bad(struct report *report, json_t *finding)
{
    const char *why = ask_text(finding, "why"), *fix = ask_text(finding, "fix");
    char text[2 * DOCTOR_TEXT_MAX];

    flush_line(report);
    begin(report, level_of(finding));
    snprintf(text, sizeof text, "%s%s%s", ask_text(finding, "what"), why[0] == '\0' ? "" : ": ",
             why);
    say_wrapped(report, text, 2);
    flush_line(report);
    if (fix[0] == '\0')
        return;
    snprintf(report->line, sizeof report->line, "    ");
    report->line_width = 4;
    snprintf(text, sizeof text, "fix: %s", fix);
    say_wrapped(report, text, 4);
    flush_line(report);
}

static void
say_service(struct report *report, const char *service)
{
    json_t *finding;
    size_t index;

    pat_text_clip(report->service, sizeof report->service, service);
    report->labelled = false;
    json_array_foreach(report->doctor->findings, index, finding)
    {
        if (!pat_text_equal(ask_text(finding, "service"), service))
            continue;
        if (level_of(finding) == DOCTOR_OK)
            say_good(report, finding);
        else
            say_bad(report, finding);
    }
    flush_line(report);
}

/* --- all of it --- */

static void
say_counts(const struct report *report)
{
    const size_t *counts = report->doctor->counts;

    out_line(report->out, "%zu problem%s, %zu warning%s, %zu ok", counts[DOCTOR_PROBLEM],
             counts[DOCTOR_PROBLEM] == 1 ? "" : "s", counts[DOCTOR_WARNING],
             counts[DOCTOR_WARNING] == 1 ? "" : "s", counts[DOCTOR_OK]);
    if (geteuid() != 0)
        out_say(report->out, "Root sees more: the store's files, sudo, sshd.");
}

static bool
is_first(json_t *findings, size_t index)
{
    const char *service = ask_text(json_array_get(findings, index), "service");

    for (size_t i = 0; i < index; i++)
        if (pat_text_equal(ask_text(json_array_get(findings, i), "service"), service))
            return false;
    return true;
}

static void
say_all(const struct doctor *doctor)
{
    struct report report = {.doctor = doctor,
                            .out = doctor->patctl->out,
                            .label_width = LABEL_MIN,
                            .width = out_columns(doctor->patctl->out)};
    json_t *finding;
    size_t index;

    report.width = report.width > WIDTH_MAX ? WIDTH_MAX : report.width;
    json_array_foreach(doctor->findings, index, finding)
    {
        size_t width = strlen(ask_text(finding, "service"));

        if (width > report.label_width && width < LABEL_MAX)
            report.label_width = width;
    }
    report.label_width++;
    if (report.width < report.label_width + 30)
        report.width = report.label_width + 30;
    json_array_foreach(doctor->findings, index, finding)
    {
        if (is_first(doctor->findings, index))
            say_service(&report, ask_text(finding, "service"));
    }
    say_counts(&report);
}

static void
print_rows(const struct doctor *doctor)
{
    json_t *counts = json_object(), *extra, *finding;
    size_t index;

    for (size_t i = 0; i < DOCTOR_LEVELS; i++)
        ask_set(counts, doctor_levels[i], json_integer((json_int_t)doctor->counts[i]));
    out_table_begin(doctor->patctl->out, "findings", fields_doctor);
    json_array_foreach(doctor->findings, index, finding)
        out_table_row(doctor->patctl->out, finding);
    extra = json_pack("{s:o}", "counts", counts);
    out_table_end(doctor->patctl->out, extra);
    json_decref(extra);
}

void
report_print(const struct doctor *doctor)
{
    if (out_is_json(doctor->patctl->out) || doctor->patctl->globals.plain)
        print_rows(doctor);
    else
        say_all(doctor);
}

void
report_checks(struct patctl *patctl)
{
    out_table_begin(patctl->out, "checks", fields_doctor_check);
    for (const struct check *check = doctor_checks; check->name != NULL; check++) {
        json_t *row = json_object();

        ask_set_text(row, "name", check->name);
        ask_set_text(row, "service", check->service);
        ask_set_text(row, "summary", check->summary);
        out_table_row(patctl->out, row);
        json_decref(row);
    }
    out_table_end(patctl->out, NULL);
}
