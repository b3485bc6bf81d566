/* SPDX-License-Identifier: BSD-2-Clause */
/* Dovecot, by doveconf -n: whom it asks, and what it remembers. Versions 2.3 and 2.4 are read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"
#include "admin/doctor/dovecot.h"
#include "core/base/text.h"

static void
judge_cache(struct doctor *doctor, const struct dovecot *dovecot)
{
    const struct finding finding = {.level = DOCTOR_PROBLEM,
                                    .why = "a revoked token goes on working as long as that",
                                    .fix = "auth_cache_size = 0; then doveadm reload"};

    const struct finding unused = {.level = DOCTOR_WARNING,
                                   .why = "with one, a revoked token would go on working",
                                   .fix = "auth_cache_size = 0; then doveadm reload"};
    const char *ttl = dovecot->cache_ttl[0] == '\0' ? "1 hour" : dovecot->cache_ttl;

    if (dovecot->caches && dovecot->has_key)
        doctor_find(doctor, &finding, "auth_cache_size is %s: accepted logins are kept for %s",
                    dovecot->cache_size, ttl);
    else if (dovecot->caches)
        doctor_find(doctor, &unused,
                    "auth_cache_size is %s; passdb pam does not use it without a cache_key",
                    dovecot->cache_size);
    else
        doctor_praise(doctor, NULL, "auth_cache_size 0");
}

static void
judge_rest(struct doctor *doctor, const struct dovecot *dovecot)
{
    const struct finding passwords = {.level = DOCTOR_PROBLEM,
                                      .why = "tokens stand in clear in its log",
                                      .fix = "auth_debug_passwords = no; then doveadm reload"};
    const struct finding mechanisms = {
        .level = DOCTOR_PROBLEM,
        .why = "with the others a server has to know the password beforehand",
        .fix = "auth_mechanisms = plain login; then doveadm reload"};

    if (dovecot->logs_passwords)
        doctor_find(doctor, &passwords,
                    "Dovecot logs passwords (auth_debug_passwords, "
                    "auth_verbose_passwords)");
    if (!dovecot->takes_plain)
        doctor_find(doctor, &mechanisms, "auth_mechanisms has neither plain nor login");
}

void
check_dovecot(struct doctor *doctor)
{
    static const char *const ask[] = {"doveconf", "-n", NULL};
    const struct finding unread = {.level = DOCTOR_WARNING,
                                   .why = "its caches were not looked at",
                                   .fix = "see what doveconf -n says"};
    struct dovecot dovecot;
    char *text = doctor_tool(doctor, "dovecot", ask);

    if (text == NULL)
        return;
    if (!dovecot_read(text, &dovecot)) {
        doctor_find(doctor, &unread, "what doveconf says was not understood");
    } else if (dovecot.asks_pam && dovecot_is_wired(&dovecot)) {
        doctor_praise(doctor, NULL, "passdb pam, service %s", dovecot.service);
        judge_cache(doctor, &dovecot);
        judge_rest(doctor, &dovecot);
    } else if (!dovecot.asks_pam && dovecot_is_wired(&dovecot)) {
        const struct finding finding = {
            .level = DOCTOR_PROBLEM,
            .why = "its PAM service has pam_pat.so, which nobody asks",
            .fix = "passdb { driver = pam }, in front of others; then doveadm reload"};

        doctor_find(doctor, &finding, "Dovecot has no passdb pam");
    }
    free(text);
}
