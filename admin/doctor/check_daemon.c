/* SPDX-License-Identifier: BSD-2-Clause */
/* patd: its configuration, its sockets, and what /proc shows of its sandbox. */
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>

#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"
#include "admin/host/process.h"
#include "admin/host/survey.h"
#include "core/base/paths.h"
#include "core/config/config.h"

void
check_config(struct doctor *doctor)
{
    struct finding finding = {.level = DOCTOR_PROBLEM,
                              .why = "patd does not start, or keeps the configuration it had",
                              .fix = "see pat.conf(5); patd --check tells when it is right",
                              .file = doctor->config_file,
                              .line = doctor->config_diag.line};

    if (doctor->config_is_good)
        return;
    if (doctor->config_diag.line > 0)
        doctor_find(doctor, &finding, "%s line %u: %s", doctor->config_file,
                    doctor->config_diag.line, doctor->config_diag.text);
    else
        doctor_find(doctor, &finding, "%s: %s", doctor->config_file, doctor->config_diag.text);
}

/* --- the sockets --- */

static void
tell_socket(struct doctor *doctor, const char *path, enum survey_socket state)
{
    const struct finding finding = {
        .level = DOCTOR_PROBLEM,
        .why = "no token is accepted, of nobody",
        .fix = "systemctl start patd-verify.socket patd-manage.socket, or run patd(8)",
        .file = path};
    const struct finding unknown = {.level = DOCTOR_WARNING, .fix = "run patctl doctor as root"};

    switch (state) {
    case SURVEY_LISTENS:
        break;
    case SURVEY_MISSING:
        doctor_find(doctor, &finding, "%s is missing: patd does not run", path);
        break;
    case SURVEY_NO_SOCKET:
        doctor_find(doctor, &finding, "%s is no socket of patd's", path);
        break;
    case SURVEY_DEAD:
        doctor_find(doctor, &finding, "nobody listens on %s", path);
        break;
    case SURVEY_DENIED:
        doctor_find(doctor, &unknown, "%s may not be asked", path);
        break;
    }
}

void
check_daemon(struct doctor *doctor)
{
    const struct finding silent = {
        .level = DOCTOR_PROBLEM,
        .why = "tokens wait three seconds and are refused",
        .fix = "look at its log (journalctl -u patd), then: systemctl restart patd"};
    char verify[PAT_CONFIG_PATH_MAX + 32], manage[PAT_CONFIG_PATH_MAX + 32];
    enum survey_socket listens, answers;

    snprintf(verify, sizeof verify, "%s%s", doctor->config->runtime_dir, PAT_VERIFY_SOCKET);
    snprintf(manage, sizeof manage, "%s%s", doctor->config->runtime_dir, PAT_MANAGE_SOCKET);
    listens = survey_socket(verify, SOCK_SEQPACKET, NULL);
    answers = survey_socket(manage, SOCK_STREAM, NULL);
    tell_socket(doctor, verify, listens);
    if (answers != SURVEY_LISTENS && listens == SURVEY_LISTENS)
        tell_socket(doctor, manage, answers);
    else if (answers != SURVEY_LISTENS)
        return; /* it was told of the other one */
    else if (!doctor->reachable)
        doctor_find(doctor, &silent, "patd listens, and does not answer");
    else if (listens == SURVEY_LISTENS)
        doctor_praise(doctor, NULL, "socket listening, answers in %.1f ms",
                      (double)doctor->answered_after / 1000);
}

/* --- the sandbox --- */

struct search {
    pid_t listener;
    struct process found;
};

/* systemd may be who listens; then it is the one that it started. */
static bool
take(void *context, const struct process *process)
{
    struct search *search = context;

    if (search->found.pid == 0 || process->pid == search->listener)
        search->found = *process;
    return search->found.pid != search->listener;
}

static bool
find_patd(const struct doctor *doctor, struct process *ret)
{
    struct search search = {.listener = 0};
    char manage[PAT_CONFIG_PATH_MAX + 32];

    snprintf(manage, sizeof manage, "%s%s", doctor->config->runtime_dir, PAT_MANAGE_SOCKET);
    survey_socket(manage, SOCK_STREAM, &search.listener);
    if (search.listener > 1 && process_is(search.listener, "patd"))
        return process_read(search.listener, ret);
    process_each("patd", take, &search);
    *ret = search.found;
    return search.found.pid != 0;
}

static void
tell_weakness(struct doctor *doctor, const struct process *patd, const char *what, const char *why)
{
    const struct finding finding = {
        .level = DOCTOR_PROBLEM,
        .why = why,
        .fix = "start it by its unit (systemctl start patd), without drop-ins that weaken it"};

    doctor_find(doctor, &finding, "patd (pid %d) %s", (int)patd->pid, what);
}

struct filters {
    struct doctor *doctor;
    pid_t patd;
};

/* Of patd, and of its processes that run whatever the name service consists of. */
static bool
tell_filter(void *context, const struct process *process)
{
    const struct filters *filters = context;
    const struct finding finding = {
        .level = DOCTOR_WARNING,
        .why = "this kernel or this build has none; its log says why at the start (event=sandbox)",
        .fix = "see SANDBOX in patd(8); patd --require-sandbox does not start without"};

    if (process->pid != filters->patd && process->parent != filters->patd)
        return true;
    if (process->seccomp == 0)
        doctor_find(filters->doctor, &finding, "patd (pid %d) has no filter of system calls",
                    (int)process->pid);
    return process->seccomp != 0;
}

void
check_sandbox(struct doctor *doctor)
{
    size_t problems = doctor->counts[DOCTOR_PROBLEM];
    struct filters filters = {.doctor = doctor};
    struct process patd;

    if (!doctor->reachable || !find_patd(doctor, &patd))
        return;
    if (patd.uid == 0)
        tell_weakness(doctor, &patd, "runs as root", "a fault in it would be a fault of root's");
    if (patd.has_capabilities)
        tell_weakness(doctor, &patd, "has capabilities", "it needs none");
    if (patd.no_new_privileges == 0)
        tell_weakness(doctor, &patd, "could gain privileges", "no_new_privs is not set");
    if (patd.dumpable)
        tell_weakness(doctor, &patd, "may be looked into by its own uid",
                      "keys and tokens are in its memory");
    filters.patd = patd.pid;
    if (tell_filter(&filters, &patd))
        process_each("patd-groups", tell_filter, &filters);
    if (problems == doctor->counts[DOCTOR_PROBLEM])
        doctor_praise(doctor, NULL, "no root, no new privileges, not dumpable%s",
                      patd.seccomp == 2 ? ", system calls filtered" : "");
}
