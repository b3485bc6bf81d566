/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What patd itself has to be told: uids= of services whose servers are not root, accounts= of those
 * that it does not know. Sections are added at the end; of one that is there, one line is changed.
 */
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/wiring/patconf.h"
#include "admin/wiring/place.h"
#include "admin/wiring/wiring.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/file.h"

struct patconf {
    struct wiring *plan;
    char account[64];
    char *text;
    bool is_new;
    char extra[1600];
};

static void add(struct patconf *patconf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct patconf *patconf, const char *format, ...)
{
    size_t used = strlen(patconf->extra);
    va_list args;

    va_start(args, format);
    vsnprintf(patconf->extra + used, sizeof patconf->extra - used, format, args);
    va_end(args);
}

static const struct pat_config_service *
find_section(const struct pat_config *config, const char *name)
{
    for (size_t i = 0; i < config->service_count; i++)
        if (pat_text_equal(config->services[i].name, name))
            return &config->services[i];
    return NULL;
}

/* Sections come in the order of pat.conf's lines, which the table's names need not follow. */
static void
add_section(struct patconf *patconf, const char *name)
{
    const struct pat_config_service *section = find_section(patconf->plan->config, name);

    if (section != NULL) {
        wiring_refuse(patconf->plan, "add the account to uids = there, then enable it again",
                      "%s:%u: [service %s] does not name %s", patconf->plan->config_file,
                      section->line, name, patconf->account);
        return;
    }
    add(patconf, "[service %s]\n", name);
    add(patconf, "uids = %s\n", patconf->account);
    if (patconf->plan->service->is_virtual)
        add(patconf, "accounts = virtual\n");
    if (patconf->plan->service->scope != NULL)
        add(patconf, "scope = %s\n", patconf->plan->service->scope);
}

/* The services that its account may not ask for yet. */
static void
add_services(struct patconf *patconf)
{
    const struct wiring *plan = patconf->plan;
    const char *at = plan->service->asks;
    const struct passwd *entry;
    char name[32];

    if (plan->service->accounts == NULL)
        return;
    if (!service_account(plan->service, patconf->account)) {
        wiring_refuse(patconf->plan, "name the account that it runs as in pat.conf: uids =",
                      "none of the accounts that %s may run as is here: %s", plan->service->name,
                      plan->service->accounts);
        return;
    }
    entry = getpwnam(patconf->account);
    while (service_next_name(&at, name)) {
        const struct pat_config_service *section = find_section(plan->config, name);

        if (entry == NULL || !pat_config_may_ask(plan->config, name, entry->pw_uid))
            add_section(patconf, name);
        else if (section != NULL)
            wiring_line(patconf->plan, plan->config_file, section->line, "uids names its account");
    }
}

static void
add_listener(struct patconf *patconf)
{
    const struct wiring *plan = patconf->plan;

    if (plan->listener[0] == '\0')
        return;
    add(patconf, "[listener %s]\nprotocol = verify\npath = %s\n", plan->service->name,
        plan->listener);
}

static bool
read_file(struct patconf *patconf)
{
    struct wiring *plan = patconf->plan;
    char why[PLACE_WHY_MAX];
    struct stat status;
    enum pat_err err = place_read(plan->config_file, &patconf->text, &status, why);

    if (err == PAT_ERR_NOT_FOUND) {
        patconf->is_new = true;
        patconf->text = strdup("");
        plan->no_memory |= patconf->text == NULL;
    } else if (err != PAT_OK) {
        wiring_refuse(plan, "by hand; see pat.conf(5)", "%s", why);
    }
    return patconf->text != NULL;
}

/* patd must be able to read what was made of it. */
static void
check(struct wiring *plan, const struct change *change)
{
    struct pat_config *config = NULL;
    struct pat_diag diag;
    char sentence[600];

    if (pat_config_file_parse(change->after, strlen(change->after), &config, &diag) != PAT_OK) {
        pat_config_file_say(change->path, &diag, sentence, sizeof sentence);
        wiring_refuse(plan, "", "it would not be right any more: %.400s", sentence);
    }
    pat_config_free(config);
}

static void
plan_edits(struct patconf *patconf)
{
    struct wiring *plan = patconf->plan;
    size_t lines = change_lines(patconf->text);
    char text[sizeof patconf->extra + 100];
    struct change *change = wiring_change(plan, patconf->is_new ? CHANGE_CREATE : CHANGE_EDIT,
                                          plan->config_file, patconf->text);

    if (change == NULL)
        return;
    change->made_directory = patconf->is_new && place_lacks_directory(plan->config_file);
    snprintf(text, sizeof text, "%s# patctl enable %s\n%s", lines > 0 ? "\n" : "",
             plan->service->name, patconf->extra);
    if (!change_edit(change, lines, 0, text))
        plan->no_memory = true;
    wiring_settle(plan, change);
    check(plan, change);
    wiring_next(plan, plan->listener[0] == '\0' ? "systemctl reload patd"
                                                : "start patd again, as root: it binds the socket");
}

void
patconf_plan(struct wiring *plan)
{
    struct patconf patconf = {.plan = plan};

    if (wiring_is_refused(plan))
        return;
    add_services(&patconf);
    add_listener(&patconf);
    if (!wiring_is_refused(plan) && patconf.extra[0] != '\0' && read_file(&patconf))
        plan_edits(&patconf);
    free(patconf.text);
}
