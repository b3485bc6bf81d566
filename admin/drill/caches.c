/* SPDX-License-Identifier: BSD-2-Clause */
/* Evidence first: what runs, and what the services' own tools say of their settings. */
#include <stdio.h>
#include <string.h>

#include "admin/drill/caches.h"
#include "admin/host/process.h"
#include "admin/host/tool.h"
#include "core/base/text.h"

#define SASLAUTHD_SECONDS "28800" /* what -c means without -t */

/* --- saslauthd --- */

struct saslauthd {
    pid_t pid; /* 0: none caches */
    char seconds[16];
};

/* -c, alone or among flags ("-dc"); an option with a value ends its word. */
static bool
has_cache_flag(const char *word)
{
    for (const char *at = word + 1; *at != '\0' && strchr("amnsthO", *at) == NULL; at++)
        if (*at == 'c')
            return true;
    return false;
}

static bool
takes_value(const char *word)
{
    size_t len = strlen(word);

    return len > 1 && strchr("amnstO", word[len - 1]) != NULL;
}

static bool
look_at_saslauthd(void *context, const struct process *process)
{
    struct saslauthd *found = context;
    const char *word = process->arguments;
    bool caches = false;

    if (*word == '\0' || found->pid != 0)
        return true;
    pat_text_clip(found->seconds, sizeof found->seconds, SASLAUTHD_SECONDS);
    for (word += strlen(word) + 1; *word != '\0'; word += strlen(word) + 1) {
        const char *next = word + strlen(word) + 1;

        if (word[0] != '-')
            continue;
        caches = caches || has_cache_flag(word);
        if (strncmp(word, "-t", 2) == 0)
            pat_text_clip(found->seconds, sizeof found->seconds, word[2] == '\0' ? next : word + 2);
        if (takes_value(word) && *next != '\0')
            word = next;
    }
    if (caches)
        found->pid = process->pid;
    return true;
}

static bool
name_saslauthd(struct row *row)
{
    struct saslauthd found = {.pid = 0};

    process_each("saslauthd", look_at_saslauthd, &found);
    if (found.pid == 0)
        return false;
    snprintf(row->cache, sizeof row->cache,
             "saslauthd runs with -c (process %d): it remembers accepted logins for %s s. Start it "
             "without -c: OPTIONS in /etc/default/saslauthd",
             (int)found.pid, found.seconds);
    return true;
}

/* --- Dovecot --- */

static bool
doveconf(const char *setting, char *ret, size_t size)
{
    const char *const argv[] = {"doveconf", "-h", setting, NULL};
    struct tool_result result;
    bool found = tool_run(argv, TOOL_SECONDS, &result) == PAT_OK && tool_succeeded(&result);

    ret[0] = '\0';
    if (found)
        found = pat_text_copy(ret, size, result.out, strcspn(result.out, "\n")) == PAT_OK;
    tool_free(&result);
    return found;
}

static bool
name_dovecot(struct row *row)
{
    char bytes[32], seconds[32];

    if (!doveconf("auth_cache_size", bytes, sizeof bytes) || strpbrk(bytes, "123456789") == NULL)
        return false;
    doveconf("auth_cache_ttl", seconds, sizeof seconds);
    snprintf(row->cache, sizeof row->cache,
             "Dovecot's auth_cache_size is %s: accepted logins are remembered for %s. Set it to 0",
             bytes, seconds[0] == '\0' ? "1 hours" : seconds);
    return true;
}

/* --- the whole --- */

void
caches_name(struct row *row)
{
    bool pam = pat_text_equal(row->path, "PAM");
    bool named = pat_text_equal(row->service, "dovecot") ? name_dovecot(row)
                                                         : !pam && name_saslauthd(row);

    if (named)
        return;
    if (row->denied)
        snprintf(row->cache, sizeof row->cache,
                 "patd refused it, and the service let it in: something behind pam_pat or patd "
                 "accepts the same text");
    else
        snprintf(row->cache, sizeof row->cache,
                 "not found: the service did not ask patd again, so something in front of it "
                 "remembers the login");
}

void
caches_warn(const struct row *row, char *ret, size_t size)
{
    ret[0] = '\0';
    if (pat_text_equal(row->service, "sudo") || pat_text_equal(row->service, "sudo-i"))
        snprintf(ret, size,
                 "who used sudo in a shell before is not asked again there for some minutes "
                 "(timestamp_timeout)");
}
