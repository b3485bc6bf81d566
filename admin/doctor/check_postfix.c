/* SPDX-License-Identifier: BSD-2-Clause */
/* Postfix, by postconf: whether smtpd asks Cyrus SASL, and reaches patd from where it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"
#include "admin/doctor/postfix.h"
#include "admin/doctor/sasl_file.h"
#include "admin/host/setting.h"
#include "admin/host/survey.h"
#include "admin/wiring/service.h"
#include "core/base/text.h"

#define PATH_SIZE 600
#define SYSTEMD "/run/systemd/system"

struct postfix_look {
    struct doctor *doctor;
    const struct sasl_file *file;
    struct postfix postfix;
};

static void
judge_settings(const struct postfix_look *look)
{
    const struct postfix *postfix = &look->postfix;
    struct finding finding = {.level = DOCTOR_PROBLEM};

    if (!postfix->enabled) {
        finding.why = "smtpd offers no AUTH";
        finding.fix = "postconf smtpd_sasl_auth_enable=yes; systemctl reload postfix";
        doctor_find(look->doctor, &finding, "smtpd_sasl_auth_enable is no");
    }
    if (!pat_text_equal(postfix->type, "cyrus")) {
        finding.why = "Postfix asks Dovecot, and smtpd.conf is read by nobody";
        finding.fix = "postconf smtpd_sasl_type=cyrus, or patctl disable postfix";
        doctor_find(look->doctor, &finding, "smtpd_sasl_type is %s", postfix->type);
    }
    if (setting_lists(postfix->tls_options, "noplaintext")) {
        finding.why = "a token is sent as it is, so every mechanism that takes one is left out";
        finding.fix = "postconf smtpd_sasl_tls_security_options=noanonymous; systemctl reload "
                      "postfix";
        doctor_find(look->doctor, &finding, "smtpd_sasl_tls_security_options has noplaintext");
    }
    if (!postfix->tls_only && !setting_lists(postfix->options, "noplaintext")) {
        finding.level = DOCTOR_WARNING;
        finding.why = "tokens may cross the network in clear";
        finding.fix = "postconf smtpd_tls_auth_only=yes; systemctl reload postfix";
        doctor_find(look->doctor, &finding, "smtpd offers AUTH without TLS");
    }
}

/* --- the socket --- */

/* systemd makes it by a drop-in; else a section of pat.conf does. */
static void
tell_missing(const struct postfix_look *look, const char *path, const char *inside,
             const char *protocol, enum survey_socket state)
{
    char file[200], text[900], fix[900];
    bool systemd = access(SYSTEMD, F_OK) == 0;
    struct finding finding = {
        .level = DOCTOR_PROBLEM, .why = "no token is accepted there", .fix = fix, .file = path};

    snprintf(file, sizeof file, "/etc/systemd/system/patd-%s.socket.d/postfix.conf", protocol);
    if (systemd && access(file, F_OK) != 0) {
        snprintf(text, sizeof text, "[Socket]\n%s=%s\n",
                 pat_text_equal(protocol, "verify") ? "ListenSequentialPacket" : "ListenStream",
                 path);
        finding.remedy = DOCTOR_CREATE_FILE;
        finding.file = file;
        finding.text = text;
        finding.after = "systemctl daemon-reload; systemctl restart patd-verify.socket";
        snprintf(fix, sizeof fix,
                 "patctl doctor --fix postfix   (adds a drop-in to patd-%s.socket)", protocol);
    } else if (systemd) {
        snprintf(fix, sizeof fix, "systemctl daemon-reload; systemctl restart patd-%s.socket",
                 protocol);
    } else {
        snprintf(fix, sizeof fix,
                 "[listener postfix] in pat.conf, with protocol = %s and path = %s; its directory; "
                 "then start patd again: see doc/postfix",
                 protocol, path);
    }
    doctor_find(look->doctor, &finding, "smtpd is chrooted, %s is %s (%s inside)", path,
                state == SURVEY_MISSING ? "missing" : "dead", inside);
}

static bool
judge_socket(const struct postfix_look *look, const char *inside, int type, const char *protocol)
{
    const struct finding finding = {.level = DOCTOR_PROBLEM,
                                    .why = "no token is accepted there",
                                    .fix = "systemctl start patd-verify.socket, or run patd(8)"};
    char path[PATH_SIZE];
    enum survey_socket state;

    snprintf(path, sizeof path, "%.180s%.400s", look->postfix.chrooted ? look->postfix.queue : "",
             inside);
    state = survey_socket(path, type, NULL);
    if (state == SURVEY_LISTENS || state == SURVEY_DENIED)
        return true;
    if (look->postfix.chrooted)
        tell_missing(look, path, inside, protocol, state);
    else
        doctor_find(look->doctor, &finding, "nobody listens on %s", path);
    return false;
}

static void
judge_sockets(const struct postfix_look *look)
{
    char path[SASL_FILE_VALUE_MAX];
    const char *protocol;
    bool good = true;
    int type;

    for (size_t i = 0; sasl_file_socket(look->file, i, path, &type, &protocol); i++)
        good &= judge_socket(look, path, type, protocol);
    if (good)
        doctor_praise(look->doctor, NULL, "smtpd %s reaches patd",
                      look->postfix.chrooted ? "in its chroot" : "without a chroot");
}

void
check_postfix(struct doctor *doctor)
{
    static const char *const settings[] = {"postconf",
                                           "-x",
                                           "smtpd_sasl_auth_enable",
                                           "smtpd_sasl_type",
                                           "smtpd_sasl_security_options",
                                           "smtpd_sasl_tls_security_options",
                                           "smtpd_tls_auth_only",
                                           "smtpd_tls_security_level",
                                           "smtpd_enforce_tls",
                                           "queue_directory",
                                           "compatibility_level",
                                           NULL};
    static const char *const services[] = {"postconf", "-M", NULL};
    static const char *const overrides[] = {"postconf", "-P", NULL};
    struct sasl_file file;
    struct postfix_look look = {.doctor = doctor, .file = &file};
    char *text[3] = {NULL, NULL, NULL};

    sasl_file_open(service_find("postfix"), &file);
    if (sasl_file_is_wired(&file) && (text[0] = doctor_tool(doctor, NULL, settings)) != NULL &&
        (text[1] = doctor_tool(doctor, NULL, services)) != NULL &&
        (text[2] = doctor_tool(doctor, NULL, overrides)) != NULL) {
        postfix_read(text[0], text[1], text[2], &look.postfix);
        judge_settings(&look);
        if (doctor->reachable)
            judge_sockets(&look);
    }
    for (size_t i = 0; i < 3; i++)
        free(text[i]);
    sasl_file_close(&file);
}
