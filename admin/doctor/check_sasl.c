/* SPDX-License-Identifier: BSD-2-Clause */
/* Cyrus SASL of each server that patctl knows: the options of one file, and who may ask patd. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"
#include "admin/doctor/sasl_file.h"
#include "admin/host/setting.h"
#include "admin/host/survey.h"
#include "admin/wiring/service.h"
#include "core/base/text.h"
#include "core/config/config.h"

struct looking {
    struct doctor *doctor;
    const struct sasl_file *file;
};

static const char *const plugin_options[] = {
#define SASL_OPTION(name, setter, takes, meaning) #name,
#include "core/config/options.def"
};

/* A misspelt option is one that libsasl2 passes over, and says nothing of. */
static bool
judge_name(void *context, const char *name, const char *value, unsigned line)
{
    const struct looking *looking = context;
    const struct service *row = looking->file->row;
    const struct finding finding = {.level = DOCTOR_WARNING,
                                    .service = row->name,
                                    .why = "it has no effect, and nothing says so",
                                    .fix = "see sasl_pat(8), OPTIONS",
                                    .file = looking->file->path,
                                    .line = line};
    size_t skip = row->prefix == NULL ? 0 : strlen(row->prefix);
    bool known = false;

    (void)value;
    if ((skip > 0 && strncmp(name, row->prefix, skip) != 0) || strncmp(name + skip, "pat_", 4) != 0)
        return true;
    for (size_t i = 0; i < sizeof plugin_options / sizeof plugin_options[0]; i++)
        known |= pat_text_equal(plugin_options[i], name + skip);
    if (!known)
        doctor_find(looking->doctor, &finding, "libpat.so has no option %.60s (%s line %u)", name,
                    looking->file->path, line);
    return true;
}

static void
judge_transition(struct doctor *doctor, const struct sasl_file *file)
{
    char value[SASL_FILE_VALUE_MAX], fix[300];
    unsigned line = 0;
    struct finding finding = {
        .level = DOCTOR_PROBLEM,
        .service = file->row->name,
        .why = "accepted tokens are stored in clear in sasldb, where they work for ever",
        .fix = fix,
        .file = file->path,
        .remedy = DOCTOR_EDIT_LINE,
        .text = "",
        .after = file->row->restart};

    if (!sasl_file_get(file, "auto_transition", value, &line) ||
        (!setting_is_on(value) && !pat_text_equal(value, "noplain")) ||
        (file->overrides && !file->asks_patd))
        return;
    finding.line = line;
    snprintf(
        fix, sizeof fix,
        "drop that line, remove what is in sasldb (sasldblistusers2, saslpasswd2 -d), then: %s",
        file->row->restart == NULL ? "restart it" : file->row->restart);
    doctor_find(doctor, &finding, "auto_transition is %s (%s line %u)", value, file->path, line);
}

static void
judge_mechanisms(struct doctor *doctor, const struct sasl_file *file)
{
    char list[SASL_FILE_VALUE_MAX], fix[200];
    unsigned line = 0;
    struct finding finding = {
        .level = DOCTOR_WARNING, .service = file->row->name, .fix = fix, .file = file->path};
    bool has_list = sasl_file_get(file, "mech_list", list, &line);

    snprintf(fix, sizeof fix, "%smech_list: %s", file->row->prefix == NULL ? "" : file->row->prefix,
             file->row->mechanisms);
    if (file->overrides && !has_list) {
        finding.why = "libpat.so and the stock plugin both offer them; some clients give up";
        doctor_find(doctor, &finding, "PLAIN and LOGIN are offered twice: %s has no mech_list",
                    file->path);
    }
    finding.line = line;
    if (has_list && setting_lists(file->row->mechanisms, "EXTERNAL") &&
        !setting_lists(list, "EXTERNAL")) {
        finding.why = "root cannot change cn=config over ldapi:/// then";
        doctor_find(doctor, &finding, "mech_list has no EXTERNAL (%s line %u)", file->path, line);
    }
}

/* --- patd --- */

static void
judge_uid(struct doctor *doctor, const struct sasl_file *file, const char *account)
{
    struct passwd *entry = getpwnam(account);
    const char *at = file->row->asks;
    char name[32], fix[200];
    const struct finding finding = {.level = DOCTOR_PROBLEM,
                                    .service = file->row->name,
                                    .why = "patd does not answer it",
                                    .fix = fix,
                                    .file = doctor->config_file};

    while (entry != NULL && service_next_name(&at, name)) {
        if (pat_config_may_ask(doctor->config, name, entry->pw_uid))
            continue;
        snprintf(fix, sizeof fix, "[service %s] with uids = %s in pat.conf; systemctl reload patd",
                 name, account);
        doctor_find(doctor, &finding, "pat.conf does not let %s ask for %s", account, name);
    }
}

static void
judge_accounts(struct doctor *doctor, const struct sasl_file *file)
{
    const char *at = file->row->asks;
    char name[32], fix[200];
    const struct finding finding = {
        .level = DOCTOR_WARNING,
        .service = file->row->name,
        .why = "only users that are bound to an account of the host get in",
        .fix = fix,
        .file = doctor->config_file};

    while (file->row->is_virtual && service_next_name(&at, name)) {
        struct pat_rule rule;

        pat_config_rule(doctor->config, name, "", &rule);
        snprintf(fix, sizeof fix, "accounts = virtual in [service %s] of pat.conf", name);
        if (rule.local)
            doctor_find(doctor, &finding, "%s takes local users only", name);
    }
}

/* In a chroot it is another check's matter: see check_postfix.c. */
static void
judge_sockets(struct doctor *doctor, const struct sasl_file *file)
{
    char path[SASL_FILE_VALUE_MAX];
    const char *protocol;
    const struct finding finding = {.level = DOCTOR_PROBLEM,
                                    .service = file->row->name,
                                    .why = "no token is accepted there",
                                    .fix = "systemctl enable --now patd-verify.socket, or "
                                           "patd-authdaemon.socket, or patd-mux.socket",
                                    .file = file->path};
    int type;

    for (size_t i = 0; sasl_file_socket(file, i, path, &type, &protocol); i++) {
        enum survey_socket state = survey_socket(path, type, NULL);

        if (state != SURVEY_LISTENS && state != SURVEY_DENIED)
            doctor_find(doctor, &finding, "nobody listens on %s (%s)", path, file->path);
    }
}

static void
judge_file(struct doctor *doctor, const struct sasl_file *file)
{
    size_t problems = doctor->counts[DOCTOR_PROBLEM], warnings = doctor->counts[DOCTOR_WARNING];
    struct looking looking = {doctor, file};
    char account[64];

    setting_each(file->text, ':', judge_name, &looking);
    judge_transition(doctor, file);
    judge_mechanisms(doctor, file);
    if (service_account(file->row, account))
        judge_uid(doctor, file, account);
    judge_accounts(doctor, file);
    if (!pat_text_equal(file->row->name, "postfix") && doctor->reachable)
        judge_sockets(doctor, file);
    if (problems == doctor->counts[DOCTOR_PROBLEM] && warnings == doctor->counts[DOCTOR_WARNING])
        doctor_praise(doctor, file->row->name, "%s asks patd by %s", file->path,
                      file->has_plugin && file->asks_patd ? "libpat.so, and as a verifier"
                      : file->has_plugin                  ? "libpat.so"
                                                          : "its verifier");
}

void
check_sasl(struct doctor *doctor)
{
    const struct service *row;

    for (size_t i = 0; (row = service_at(i)) != NULL; i++) {
        const struct finding unwired = {.level = DOCTOR_UNWIRED, .service = row->name};
        struct sasl_file file;

        if (row->way != SERVICE_SASL || !doctor_wants(doctor, row->name))
            continue;
        sasl_file_open(row, &file);
        if (sasl_file_is_wired(&file))
            judge_file(doctor, &file);
        else if (service_is_installed(row))
            doctor_find(doctor, &unwired, "not wired (patctl enable %s)", row->name);
        sasl_file_close(&file);
    }
}
