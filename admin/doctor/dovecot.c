/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading doveconf -n: only what is not the default stands there. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "admin/doctor/doctor.h"
#include "admin/doctor/dovecot.h"
#include "admin/doctor/stack.h"
#include "admin/host/setting.h"
#include "core/base/text.h"

#define CACHE_KEY "cache_key="

struct reading {
    struct dovecot *dovecot;
    bool in_pam; /* the passdb block that is being read asks PAM */
    char arguments[200];
};

/* 2.3 says it in args: "session=yes dovecot", the last word; without one it is "dovecot". */
static void
take_arguments(struct reading *reading)
{
    const char *at = reading->arguments, *word;
    size_t len;

    pat_text_clip(reading->dovecot->service, sizeof reading->dovecot->service, "dovecot");
    while ((len = pat_text_word(&at, &word)) > 0) {
        reading->dovecot->has_key |= strncmp(word, CACHE_KEY, strlen(CACHE_KEY)) == 0;
        if (memchr(word, '=', len) == NULL && len < sizeof reading->dovecot->service)
            snprintf(reading->dovecot->service, sizeof reading->dovecot->service, "%.*s", (int)len,
                     word);
    }
}

/* "0", "0 B", "" are none; all else is a size. */
static bool
is_size(const char *value)
{
    while (*value != '\0' && !isdigit((unsigned char)*value))
        value++;
    while (*value == '0')
        value++;
    return isdigit((unsigned char)*value) != 0;
}

static void
take_passdb(struct reading *reading, const char *name, const char *value)
{
    if (pat_text_equal(name, "driver") || pat_text_equal(name, "passdb_driver"))
        reading->in_pam = pat_text_equal(value, "pam");
    else if (pat_text_equal(name, "args") || pat_text_equal(name, "service_name") ||
             pat_text_equal(name, "passdb_pam_service_name"))
        pat_text_clip(reading->arguments, sizeof reading->arguments, value);
    if (reading->in_pam) {
        reading->dovecot->asks_pam = true;
        take_arguments(reading);
    }
}

static void
take_setting(struct dovecot *dovecot, const char *name, const char *value)
{
    bool quiet = pat_text_equal(value, "no") || value[0] == '\0';

    if (pat_text_equal(name, "auth_cache_size")) {
        dovecot->caches = is_size(value);
        pat_text_clip(dovecot->cache_size, sizeof dovecot->cache_size, value);
    } else if (pat_text_equal(name, "auth_cache_ttl")) {
        pat_text_clip(dovecot->cache_ttl, sizeof dovecot->cache_ttl, value);
    } else if (pat_text_equal(name, "auth_mechanisms")) {
        dovecot->takes_plain = setting_lists(value, "plain") || setting_lists(value, "login");
    } else if (pat_text_equal(name, "auth_debug_passwords") ||
               pat_text_equal(name, "auth_verbose_passwords")) {
        dovecot->logs_passwords |= !quiet;
    }
}

static void
take(void *context, const char *around, const char *name, const char *value)
{
    struct reading *reading = context;
    bool is_passdb = strncmp(name, "passdb", strlen("passdb")) == 0;

    if (value == NULL && is_passdb && around[0] == '\0') {
        reading->arguments[0] = '\0';
        reading->in_pam = false;
        if (pat_text_equal(name, "passdb pam")) /* 2.4 names the driver in the head */
            take_passdb(reading, "driver", "pam");
    } else if (value != NULL &&
               (pat_text_equal(around, "passdb") || pat_text_equal(around, "passdb pam"))) {
        take_passdb(reading, name, value);
    } else if (value != NULL && around[0] == '\0') {
        take_setting(reading->dovecot, name, value);
    }
}

bool
dovecot_read(const char *text, struct dovecot *ret)
{
    struct reading reading = {.dovecot = ret};

    memset(ret, 0, sizeof *ret);
    ret->takes_plain = true;
    pat_text_clip(ret->service, sizeof ret->service, "dovecot");
    return setting_nested(text, take, &reading);
}

bool
dovecot_is_wired(const struct dovecot *dovecot)
{
    static const char *const protocols[] = {"imap", "pop3", "submission", "sieve"};
    bool wired = false;

    if (strchr(dovecot->service, '%') == NULL && strchr(dovecot->service, '/') == NULL)
        return stack_is_wired(dovecot->service);
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
        wired |= stack_is_wired(protocols[i]);
    return wired;
}
