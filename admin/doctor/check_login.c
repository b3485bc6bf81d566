/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sshd and sudo, by their own tools: only where their stacks have pam_pat.so, as everything else is
 * the site's business.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"
#include "admin/doctor/stack.h"
#include "admin/host/pam_stack.h"
#include "admin/host/setting.h"
#include "core/base/text.h"

#define TRIES_WANTED 4

/* --- sshd --- */

struct sshd {
    struct doctor *doctor;
    const char *text; /* of sshd -T: "name value", in lower case */
};

static bool
says(const struct sshd *sshd, const char *name, const char *value)
{
    char found[300];

    return setting_find(sshd->text, ' ', name, found, sizeof found, NULL) &&
           pat_text_equal(found, value);
}

static void
judge_methods(const struct sshd *sshd)
{
    const struct finding finding = {
        .level = DOCTOR_PROBLEM,
        .why = "a token is typed where a password is",
        .fix = "PasswordAuthentication yes in /etc/ssh/sshd_config.d/10-pat.conf; systemctl reload "
               "ssh"};
    struct finding narrow = finding;
    char methods[300];

    if (says(sshd, "passwordauthentication", "no") &&
        says(sshd, "kbdinteractiveauthentication", "no"))
        doctor_find(sshd->doctor, &finding,
                    "PasswordAuthentication and KbdInteractiveAuthentication are both no");
    narrow.fix = "AuthenticationMethods with password or keyboard-interactive in each list";
    if (setting_find(sshd->text, ' ', "authenticationmethods", methods, sizeof methods, NULL) &&
        !pat_text_equal(methods, "any") && strstr(methods, "password") == NULL &&
        strstr(methods, "keyboard-interactive") == NULL)
        doctor_find(sshd->doctor, &narrow, "AuthenticationMethods %s asks for no password",
                    methods);
}

static void
judge_tries(const struct sshd *sshd)
{
    const struct finding few = {
        .level = DOCTOR_WARNING,
        .why = "each key that a client offers costs one, before a token is asked for",
        .fix = "MaxAuthTries 6, or IdentitiesOnly yes at the clients"};
    char tries[20], root[60];
    int64_t number;

    setting_find(sshd->text, ' ', "permitrootlogin", root, sizeof root, NULL);
    if (!setting_find(sshd->text, ' ', "maxauthtries", tries, sizeof tries, NULL) ||
        pat_text_number(tries, 0, 1000000, &number) != PAT_OK)
        return;
    if (number < TRIES_WANTED)
        doctor_find(sshd->doctor, &few, "MaxAuthTries is %s", tries);
    else
        doctor_praise(sshd->doctor, NULL, "MaxAuthTries %s, PermitRootLogin %s", tries, root);
}

static void
judge_sshd(const struct sshd *sshd)
{
    const struct finding no_pam = {
        .level = DOCTOR_PROBLEM,
        .why = "sshd checks passwords itself, and pam_pat.so is never asked",
        .fix = "UsePAM yes in /etc/ssh/sshd_config.d/10-pat.conf; systemctl reload ssh"};
    const struct finding dns = {
        .level = DOCTOR_WARNING,
        .why = "names stand where addresses should, and each login waits for DNS",
        .fix = "UseDNS no in /etc/ssh/sshd_config.d/10-pat.conf; systemctl reload ssh"};
    size_t problems = sshd->doctor->counts[DOCTOR_PROBLEM];

    if (!says(sshd, "usepam", "yes"))
        doctor_find(sshd->doctor, &no_pam, "UsePAM is no");
    judge_methods(sshd);
    if (problems == sshd->doctor->counts[DOCTOR_PROBLEM])
        doctor_praise(sshd->doctor, NULL, "UsePAM yes, %s yes",
                      says(sshd, "passwordauthentication", "yes") ? "PasswordAuthentication"
                                                                  : "KbdInteractiveAuthentication");
    if (says(sshd, "usedns", "yes"))
        doctor_find(sshd->doctor, &dns, "UseDNS is yes");
    judge_tries(sshd);
}

void
check_sshd(struct doctor *doctor)
{
    static const char *const ask[] = {"sshd", "-T", NULL};
    struct sshd sshd = {.doctor = doctor};
    char *text;

    if (!stack_is_wired("sshd"))
        return;
    text = doctor_tool(doctor, "sshd", ask);
    sshd.text = text;
    if (text != NULL)
        judge_sshd(&sshd);
    free(text);
}

/* --- sudo --- */

static const char timeout_line[] = "Authentication timestamp timeout";

static void
judge_timeout(struct doctor *doctor, const char *value)
{
    const struct finding finding = {
        .level = DOCTOR_WARNING,
        .why = "who had a token may go on without it until then, revoked or not",
        .fix = "Defaults timestamp_timeout=0 in /etc/sudoers.d/pat (visudo -f)"};
    double minutes = strtod(value, NULL);

    if (minutes > 0)
        doctor_find(doctor, &finding, "timestamp_timeout is %s: it outlives a revocation", value);
    else if (minutes < 0)
        doctor_find(doctor, &finding, "timestamp_timeout is without end");
    else
        doctor_praise(doctor, NULL, "timestamp_timeout 0");
}

void
check_sudo(struct doctor *doctor)
{
    static const char *const ask[] = {"sudo", "-V", NULL};
    const struct finding unknown = {
        .level = DOCTOR_WARNING, .why = "only root is told", .fix = "run patctl doctor as root"};
    char value[60], *text;

    if (!stack_is_wired("sudo"))
        return;
    text = doctor_tool(doctor, "sudo", ask);
    if (text != NULL && setting_find(text, ':', timeout_line, value, sizeof value, NULL))
        judge_timeout(doctor, value);
    else if (text != NULL && geteuid() != 0)
        doctor_find(doctor, &unknown, "how long sudo remembers is not known");
    else if (text != NULL)
        doctor_praise(doctor, NULL, "sudo remembers nobody");
    free(text);
}
