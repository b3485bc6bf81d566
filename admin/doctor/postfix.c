/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading postconf: settings by name, and the columns of master.cf (master(5)). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/doctor/postfix.h"
#include "admin/host/setting.h"
#include "core/base/text.h"

#define CHROOT_COLUMN 4
#define COMMAND_COLUMN 7
#define COLUMNS 8

static bool
is_yes(const char *settings, const char *name)
{
    char value[60];

    return setting_find(settings, '=', name, value, sizeof value, NULL) && setting_is_on(value);
}

/* Whether a line of master.cf runs smtpd in a chroot; "-" means by_default. */
static bool
is_chrooted_smtpd(const char *line, const char *end, bool by_default)
{
    char columns[COLUMNS][80] = {"", "", "", "", "", "", "", ""};
    const char *at = line;

    for (size_t i = 0; i < COLUMNS; i++) {
        at += strspn(at, " \t");
        if (at >= end)
            return false;
        snprintf(columns[i], sizeof columns[i], "%.*s", (int)strcspn(at, " \t\n"), at);
        at += strcspn(at, " \t\n");
    }
    return pat_text_equal(columns[COMMAND_COLUMN], "smtpd") &&
           (pat_text_equal(columns[CHROOT_COLUMN], "y") ||
            (by_default && pat_text_equal(columns[CHROOT_COLUMN], "-")));
}

/* postconf(5), compatibility_level: from 1 on, "-" is "n". */
static bool
is_chrooted(const char *settings, const char *services)
{
    char level[40];
    bool by_default, found = false;

    setting_find(settings, '=', "compatibility_level", level, sizeof level, NULL);
    by_default = strtod(level, NULL) < 1;
    for (const char *line = services; *line != '\0' && !found;) {
        const char *end = line + strcspn(line, "\n");

        found = *line != ' ' && *line != '\t' && is_chrooted_smtpd(line, end, by_default);
        line = *end == '\0' ? end : end + 1;
    }
    return found;
}

/* "submission/inet/smtpd_sasl_auth_enable = yes". */
static bool
enable(void *context, const char *name, const char *value, unsigned line)
{
    const char *slash = strrchr(name, '/');
    bool *enabled = context;

    (void)line;
    if (slash != NULL && pat_text_equal(slash + 1, "smtpd_sasl_auth_enable"))
        *enabled |= setting_is_on(value);
    return true;
}

void
postfix_read(const char *settings, const char *services, const char *overrides, struct postfix *ret)
{
    char level[40];

    memset(ret, 0, sizeof *ret);
    ret->enabled = is_yes(settings, "smtpd_sasl_auth_enable");
    setting_each(overrides, '=', enable, &ret->enabled);
    setting_find(settings, '=', "smtpd_sasl_type", ret->type, sizeof ret->type, NULL);
    setting_find(settings, '=', "smtpd_sasl_security_options", ret->options, sizeof ret->options,
                 NULL);
    setting_find(settings, '=', "smtpd_sasl_tls_security_options", ret->tls_options,
                 sizeof ret->tls_options, NULL);
    setting_find(settings, '=', "queue_directory", ret->queue, sizeof ret->queue, NULL);
    setting_find(settings, '=', "smtpd_tls_security_level", level, sizeof level, NULL);
    ret->tls_only = is_yes(settings, "smtpd_tls_auth_only") || pat_text_equal(level, "encrypt") ||
                    is_yes(settings, "smtpd_enforce_tls");
    ret->chrooted = is_chrooted(settings, services);
}
