/* SPDX-License-Identifier: BSD-2-Clause */
/* doctor: looks at the wiring of this host, and says what is wrong with it. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "admin/commands/commands.h"
#include "admin/doctor/doctor.h"
#include "admin/doctor/fix.h"
#include "admin/doctor/report.h"
#include "admin/nearest.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "admin/wiring/service.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/file.h"

#define PATIENCE 5 /* seconds that patd may take for an answer */

/* --- what is meant --- */

static bool
is_service(const char *name)
{
    for (const struct check *check = doctor_checks; check->name != NULL; check++)
        if (check->service != NULL && pat_text_equal(check->service, name))
            return true;
    return service_find(name) != NULL || pat_text_equal(name, "pam");
}

static int
no_service(const struct patctl *patctl, const char *name)
{
    struct nearest nearest = {.word = name};
    char hint[120] = "see: patctl service list, patctl doctor --list-checks";

    for (size_t i = 0; service_at(i) != NULL; i++)
        nearest_offer(&nearest, service_at(i)->name);
    for (const struct check *check = doctor_checks; check->name != NULL; check++)
        if (check->service != NULL)
            nearest_offer(&nearest, check->service);
    if (nearest.best != NULL)
        snprintf(hint, sizeof hint, "did you mean \"%s\"?", nearest.best);
    return tell_failure(patctl, EXIT_NOT_FOUND, "service.unknown", hint,
                        "no service \"%.60s\" is known", name);
}

static int
read_words(const struct patctl *patctl, const struct cmd_line *line, struct doctor *doctor)
{
    for (int i = 0; i < line->word_count; i++) {
        if (!is_service(line->words[i]))
            return no_service(patctl, line->words[i]);
        if (doctor->service_count == DOCTOR_SERVICES_MAX)
            return tell_failure(patctl, EXIT_USAGE, "usage", "", "too many services");
        doctor->services[doctor->service_count++] = line->words[i];
    }
    return EXIT_DONE;
}

static int
read_only(const struct patctl *patctl, const char *name)
{
    struct nearest nearest = {.word = name};
    char hint[120] = "see: patctl doctor --list-checks";

    if (name == NULL)
        return EXIT_DONE;
    for (const struct check *check = doctor_checks; check->name != NULL; check++) {
        if (pat_text_equal(check->name, name))
            return EXIT_DONE;
        nearest_offer(&nearest, check->name);
    }
    if (nearest.best != NULL)
        snprintf(hint, sizeof hint, "did you mean \"%s\"? See: patctl doctor --list-checks",
                 nearest.best);
    return tell_failure(patctl, EXIT_USAGE, "usage", hint, "there is no check \"%.60s\"", name);
}

/* A file that is wrong is a finding; the defaults stand in then. */
static bool
read_config(struct doctor *doctor, const char *file, bool may_be_missing)
{
    doctor->config_file = file;
    doctor->config_is_good = pat_config_file_load(file, may_be_missing, &doctor->config,
                                                  &doctor->config_diag) == PAT_OK;
    if (!doctor->config_is_good)
        doctor->config = pat_config_new();
    return doctor->config != NULL;
}

/* --- looking --- */

static void
forget(struct doctor *doctor)
{
    json_decref(doctor->findings);
    json_decref(doctor->status);
    json_decref(doctor->db);
    doctor->findings = doctor->status = doctor->db = NULL;
    memset(doctor->counts, 0, sizeof doctor->counts);
}

/* Fixes what can be, and looks again. */
static int
look(struct doctor *doctor, bool fix)
{
    int status = EXIT_DONE;

    doctor_run(doctor);
    if (fix && doctor->counts[DOCTOR_PROBLEM] + doctor->counts[DOCTOR_WARNING] > 0) {
        status = fix_all(doctor);
        if (status == EXIT_DONE) {
            forget(doctor);
            doctor_run(doctor);
        }
    }
    if (status == EXIT_DONE)
        report_print(doctor);
    if (status == EXIT_DONE && doctor->counts[DOCTOR_PROBLEM] > 0)
        status = EXIT_FINDINGS;
    forget(doctor);
    return status;
}

int
cmd_doctor(struct patctl *patctl, const struct cmd_line *line)
{
    struct doctor doctor = {.patctl = patctl, .only = cmd_value(line, "only")};
    char file[PATH_MAX];
    int status = read_words(patctl, line, &doctor);

    if (status == EXIT_DONE)
        status = read_only(patctl, doctor.only);
    if (status != EXIT_DONE)
        return status;
    if (cmd_flag(line, "list-checks")) {
        report_checks(patctl);
        return EXIT_DONE;
    }
    cmd_service_config(patctl, file);
    if (!read_config(&doctor, file, patctl->globals.config == NULL))
        return tell_failure(patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    patctl->patience = PATIENCE;
    status = look(&doctor, cmd_flag(line, "fix"));
    pat_config_free(doctor.config);
    return status;
}
