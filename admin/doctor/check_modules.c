/* SPDX-License-Identifier: BSD-2-Clause */
/* The modules: in the directories that libpam and libsasl2 of this host read, and whole. */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"
#include "admin/host/survey.h"
#include "core/base/paths.h"
#include "core/base/text.h"

#define PATH_SIZE 400

/* What stands in the directory anyway tells which one the library reads. */
static const struct module {
    const char *file, *neighbour, *symbol, *library;
    const char *places[7];
} modules[] = {
    {"pam_pat.so",
     "pam_unix.so",
     "pam_sm_authenticate",
     "PAM",
     {"/lib/*/security", "/usr/lib/*/security", "/lib64/security", "/usr/lib64/security",
      "/lib/security", "/usr/lib/security", NULL}},
    {"libpat.so",
     "libplain.so",
     "sasl_server_plug_init",
     "Cyrus SASL",
     {"/usr/lib/*/sasl2", "/usr/lib64/sasl2", "/usr/lib/sasl2", NULL}},
};

/* The first directory that has the neighbour; false: this host has no such library. */
static bool
find_directory(const struct module *module, char *ret, size_t size)
{
    bool found = false;

    for (size_t i = 0; !found && module->places[i] != NULL; i++) {
        glob_t places = {.gl_pathc = 0};
        char path[PATH_SIZE];

        if (glob(module->places[i], 0, NULL, &places) == 0)
            for (size_t k = 0; !found && k < places.gl_pathc; k++) {
                snprintf(path, sizeof path, "%s/%s", places.gl_pathv[k], module->neighbour);
                found = access(path, F_OK) == 0;
                if (found)
                    pat_text_clip(ret, size, places.gl_pathv[k]);
            }
        globfree(&places);
    }
    return found;
}

static void
judge(struct doctor *doctor, const struct module *module)
{
    struct finding finding = {.level = DOCTOR_PROBLEM,
                              .why = "stacks that name it refuse, and no server offers it",
                              .fix = "install linux-pat with --with-pam-dir and --with-sasl-dir "
                                     "that fit this host"};
    char directory[PATH_SIZE / 2], path[PATH_SIZE], why[300];

    if (!find_directory(module, directory, sizeof directory))
        return;
    snprintf(path, sizeof path, "%s/%s", directory, module->file);
    finding.file = path;
    if (access(path, F_OK) != 0)
        doctor_find(doctor, &finding, "%s is not where %s looks: %s", module->file, module->library,
                    directory);
    else if (!survey_module(path, module->symbol, why, sizeof why))
        doctor_find(doctor, &finding, "%s cannot be loaded: %s", path, why);
    else
        doctor_praise(doctor, NULL, "%s loads", path);
}

void
check_modules(struct doctor *doctor)
{
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        judge(doctor, &modules[i]);
}
