/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * saslauthd, if tokens can reach it: it asks PAM by the name of the SASL service, and what PAM
 * accepts it may keep for hours. What runs counts, and what would be started.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"
#include "admin/doctor/sasl_file.h"
#include "admin/doctor/saslauthd.h"
#include "admin/doctor/stack.h"
#include "admin/host/process.h"
#include "admin/host/setting.h"
#include "core/base/text.h"

#define DEFAULTS "/etc/default/saslauthd"
#define DEFAULTS_MAX 16384

/* SASL services whose passwords saslauthd is asked for; PAM services of the same names. */
static const char *const asked[] = {"smtp", "imap", "pop",  "pop3",      "sieve", "lmtp", "nntp",
                                    "ldap", "http", "xmpp", "memcached", "svn",   "rsync"};

struct caches {
    struct saslauthd of_process, of_defaults;
    bool runs, has_defaults;
    char options[400];
    unsigned line; /* of OPTIONS */
};

static bool
take_process(void *context, const struct process *process)
{
    struct caches *caches = context;

    saslauthd_read_arguments(process->arguments, &caches->of_process);
    caches->runs = true;
    return !caches->of_process.caches;
}

static void
read_defaults(struct caches *caches)
{
    int fd = open(DEFAULTS, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = calloc(1, DEFAULTS_MAX + 1);
    char mechanisms[100], start[20];

    if (fd >= 0 && text != NULL && read(fd, text, DEFAULTS_MAX) > 0) {
        setting_find(text, '=', "OPTIONS", caches->options, sizeof caches->options, &caches->line);
        setting_find(text, '=', "MECHANISMS", mechanisms, sizeof mechanisms, NULL);
        saslauthd_read_words(caches->options, mechanisms, &caches->of_defaults);
        caches->has_defaults = !setting_find(text, '=', "START", start, sizeof start, NULL) ||
                               setting_is_on(start);
    }
    if (fd >= 0)
        close(fd);
    free(text);
}

/* The PAM service by which a token gets there; NULL: none does. */
static const char *
find_way(const char *mechanism)
{
    if (!pat_text_equal(mechanism, "pam"))
        return NULL;
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        if (stack_is_wired(asked[i]))
            return asked[i];
    return NULL;
}

static void
write_span(long seconds, char *ret, size_t size)
{
    if (seconds >= 7200)
        snprintf(ret, size, "%ld hours", seconds / 3600);
    else
        snprintf(ret, size, "%ld seconds", seconds);
}

static void
tell_cache(struct doctor *doctor, const struct caches *caches, const char *way)
{
    const struct saslauthd *which = caches->runs && caches->of_process.caches
                                        ? &caches->of_process
                                        : &caches->of_defaults;
    struct finding finding = {.level = DOCTOR_PROBLEM,
                              .why = "a revoked token goes on working as long",
                              .fix = "start it without -c; see saslauthd(8)"};
    char span[40], options[400], text[500];

    write_span(which->seconds, span, sizeof span);
    if (caches->of_defaults.caches &&
        saslauthd_drop_cache(caches->options, options, sizeof options)) {
        snprintf(text, sizeof text, "OPTIONS=\"%s\"", options);
        finding.file = DEFAULTS;
        finding.line = caches->line;
        finding.remedy = DOCTOR_EDIT_LINE;
        finding.text = text;
        finding.after = "systemctl restart saslauthd";
        finding.fix = "drop -c in " DEFAULTS "; systemctl restart saslauthd";
    } else if (!caches->of_defaults.caches && caches->has_defaults) {
        finding.fix = "systemctl restart saslauthd: what runs has other options than " DEFAULTS;
    }
    doctor_find(doctor, &finding,
                "saslauthd %s with -c: accepted logins (PAM service %s) are kept for %s",
                which == &caches->of_process ? "runs" : "would start", way, span);
}

void
check_saslauthd(struct doctor *doctor)
{
    struct caches caches = {.runs = false};
    const char *way = NULL;

    process_each("saslauthd", take_process, &caches);
    read_defaults(&caches);
    if (caches.runs && caches.of_process.caches)
        way = find_way(caches.of_process.mechanism);
    if (way == NULL && caches.has_defaults && caches.of_defaults.caches)
        way = find_way(caches.of_defaults.mechanism);
    if (way != NULL)
        tell_cache(doctor, &caches, way);
    else if (caches.runs)
        doctor_praise(doctor, NULL, "%s",
                      caches.of_process.caches ? "keeps answers (-c), but no token reaches it"
                                               : "keeps no answer");
}
