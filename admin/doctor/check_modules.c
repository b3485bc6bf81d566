/* SPDX-License-Identifier: BSD-2-Clause */
/* The modules: in the directories that libpam and libsasl2 of this host read, and whole. */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"
#include "admin/doctor/sasl_file.h"
#include "admin/doctor/stack.h"
#include "admin/host/survey.h"
#include "admin/wiring/service.h"
#include "core/base/paths.h"
#include "core/base/text.h"

#define PATH_SIZE 400

/* What stands in the directory anyway tells which one the library reads. */
static const struct module {
    bool is_plugin;
    const char *file, *neighbour, *symbol, *library;
    const char *configured; /* where this build puts it; stacks name it by that path */
    const char *why, *fix;
    const char *places[7];
} modules[] = {
    {false,
     "pam_pat.so",
     "pam_unix.so",
     "pam_sm_authenticate",
     "PAM",
     PAT_PAM_DIR,
     "a stack that names it refuses",
     "install it there: libpam-pat on Debian, or configure --with-pam-dir",
     {"/lib/*/security", "/usr/lib/*/security", "/lib64/security", "/usr/lib64/security",
      "/lib/security", "/usr/lib/security", NULL}},
    {true,
     "libpat.so",
     "libplain.so",
     "sasl_server_plug_init",
     "Cyrus SASL",
     NULL,
     "no server offers its mechanisms",
     "install it there: libsasl2-modules-pat on Debian, or configure --with-sasl-dir",
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

/* Whether something on this host names the PAM module, or the plugin. */
static bool
is_needed(const struct module *module)
{
    const struct service *row;
    bool needed = false;

    for (size_t i = 0; (row = service_at(i)) != NULL; i++) {
        const char *at = row->files;
        struct sasl_file file;
        char name[32];

        if (row->way == SERVICE_SASL && module->is_plugin) {
            sasl_file_open(row, &file);
            needed |= file.has_plugin;
            sasl_file_close(&file);
        }
        while (row->way == SERVICE_PAM && !module->is_plugin && service_next_name(&at, name))
            needed |= stack_is_wired(name);
    }
    return needed;
}

static void
judge(struct doctor *doctor, const struct module *module)
{
    struct finding finding = {.level = DOCTOR_PROBLEM, .why = module->why, .fix = module->fix};
    const struct finding unwired = {.level = DOCTOR_UNWIRED};
    char directory[PATH_SIZE / 2], path[PATH_SIZE], configured[PATH_SIZE], why[300];

    if (!find_directory(module, directory, sizeof directory))
        return;
    snprintf(path, sizeof path, "%s/%s", directory, module->file);
    finding.file = path;
    if (access(path, F_OK) != 0 && module->configured != NULL) {
        snprintf(configured, sizeof configured, "%s/%s", module->configured, module->file);
        if (access(configured, F_OK) == 0)
            pat_text_clip(path, sizeof path, configured);
    }
    if (access(path, F_OK) != 0 && !is_needed(module))
        doctor_find(doctor, &unwired, "%s is not where %s looks", module->file, module->library);
    else if (access(path, F_OK) != 0)
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
