/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drill: a good token is let in, revoked, and tried again until it is refused; several services at
 * a time. SECURITY: no token is printed, or handed to anybody but the clients.
 */
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/commands/drill_tell.h"
#include "admin/drill/canary.h"
#include "admin/drill/course.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "admin/terminal/progress.h"
#include "admin/terminal/prompt.h"
#include "core/base/paths.h"
#include "core/base/text.h"

struct drilling {
    struct patctl *patctl;
    struct canary canary;
    struct rows rows;
    struct interrupt interrupt;
    struct progress progress;
    json_t *evidence; /* by the row's number */
};

/* --- who it is about --- */

static int
choose_account(struct drilling *drilling, const char *wanted)
{
    const char *name = wanted == NULL ? CANARY_NAME : wanted;
    const struct passwd *account = getpwnam(name);

    if (account == NULL && wanted != NULL)
        return tell_failure(drilling->patctl, EXIT_NOT_FOUND, "account.unknown", "",
                            "this host has no account %s", wanted);
    if (account != NULL && account->pw_uid == 0)
        return tell_failure(drilling->patctl, EXIT_USAGE, "account.root", "",
                            "the canary is never root");
    drilling->canary.account = account == NULL ? NULL : name;
    drilling->canary.uid = account == NULL ? 0 : account->pw_uid;
    drilling->canary.gid = account == NULL ? 0 : account->pw_gid;
    if (account != NULL)
        rows_look_at_shell(&drilling->rows, name, account->pw_shell);
    for (size_t i = 0; account == NULL && i < drilling->rows.count; i++) {
        struct row *row = &drilling->rows.all[i];

        if (!row->local || row->state != ROW_WAITING)
            continue;
        row->state = ROW_UNDRILLED;
        snprintf(row->why, sizeof row->why,
                 "needs an account: systemd-sysusers makes " CANARY_NAME ", or give --account");
    }
    return EXIT_DONE;
}

/* What the tenant wants of names and tokens. */
static int
ask_tenant(struct drilling *drilling, const char *tenant, json_t **ret)
{
    json_t *reply = NULL;
    int status = ask_once(drilling->patctl, "TenantShow", json_pack("{s:s}", "tenant", tenant),
                          &reply);

    *ret = status == EXIT_DONE ? json_incref(json_object_get(reply, "tenant")) : NULL;
    drilling->canary.tenant = tenant;
    drilling->canary.needs_addresses = json_is_true(
        json_object_get(json_object_get(*ret, "policy"), "requireAddresses"));
    json_decref(reply);
    return status;
}

static int
find_rows(struct drilling *drilling, const struct cmd_line *line, const char *tenant,
          json_t *settings)
{
    struct patctl *patctl = drilling->patctl;
    const char *realm = json_string_value(json_array_get(json_object_get(settings, "realms"), 0));
    const struct rows_wish wish = {
        .words = line->words,
        .word_count = line->word_count,
        .config = patctl->globals.config == NULL ? PAT_CONFIG_FILE : patctl->globals.config,
        .config_may_be_missing = patctl->globals.config == NULL,
        .tenant = tenant,
        .realm = realm == NULL ? "" : realm};
    char problem[ROWS_TEXT];
    enum pat_err err = rows_find(&wish, &drilling->rows, problem);

    if (err == PAT_ERR_NOT_FOUND)
        return tell_failure(patctl, EXIT_NOT_FOUND, "service.unknown", "patctl service list",
                            "no service \"%s\" is known", problem);
    if (err != PAT_OK)
        return tell_failure(patctl, EXIT_USAGE, "config", "", "%s", problem);
    return EXIT_DONE;
}

/* --- the whole --- */

static int
conclude(const struct drilling *drilling)
{
    const struct rows *rows = &drilling->rows;

    if (rows->count == 0 && !out_is_json(drilling->patctl->out))
        out_say(drilling->patctl->out,
                "No service of this host takes tokens yet, so nothing was drilled.\n"
                "  Wire one: patctl enable SERVICE    (patctl service list)");
    else
        cmd_drill_tell(drilling->patctl, drilling->canary.account, drilling->canary.tenant,
                       &drilling->rows, drilling->evidence);
    if (rows_count(rows, ROW_BROKEN) > 0)
        return EXIT_FINDINGS;
    return rows->count > 0 && rows_count(rows, ROW_KEPT) == rows->count ? EXIT_DONE : EXIT_PARTLY;
}

/* --- the command --- */

static int
confirm(const struct drilling *drilling)
{
    size_t count = rows_count(&drilling->rows, ROW_WAITING);
    const char *account = drilling->canary.account;

    return prompt_confirm(drilling->patctl,
                          "Make the user " CANARY_NAME " in tenant %s%s%s, log in to %zu service%s "
                          "with tokens of its own, and remove it again?",
                          drilling->canary.tenant, account == NULL ? "" : ", bound to account ",
                          account == NULL ? "" : account, count, count == 1 ? "" : "s");
}

/* Nothing may stay behind: signals wait until the canary is gone. */
static int
drill(struct drilling *drilling)
{
    struct course course = {.canary = &drilling->canary,
                            .rows = &drilling->rows,
                            .interrupt = &drilling->interrupt,
                            .progress = &drilling->progress,
                            .evidence = drilling->evidence};
    int status, ended;
    bool interrupted;

    interrupt_hold(&drilling->interrupt);
    progress_begin(drilling->patctl, "Drilling",
                   (int64_t)rows_count(&drilling->rows, ROW_WAITING) * 2, &drilling->progress);
    status = canary_begin(&drilling->canary, &drilling->rows);
    if (status == EXIT_DONE)
        status = course_run(&course);
    rows_wipe(&drilling->rows);
    ended = canary_end(&drilling->canary);
    progress_end(&drilling->progress);
    interrupted = interrupt_came(&drilling->interrupt);
    interrupt_release(&drilling->interrupt);
    if (status == EXIT_DONE)
        status = ended;
    if (status == EXIT_DONE && interrupted)
        return tell_failure(drilling->patctl, EXIT_INTERRUPTED, "interrupted", "",
                            "interrupted; the canary is removed");
    return status;
}

int
cmd_drill(struct patctl *patctl, const struct cmd_line *line)
{
    struct drilling drilling = {.patctl = patctl, .evidence = json_array()};
    json_t *reply = NULL, *settings = NULL;
    const char *tenant = patctl->globals.tenant;
    int status;

    drilling.canary.patctl = patctl;
    if (geteuid() != 0)
        status = tell_failure(patctl, EXIT_DENIED, "drill.root", "", "only root can drill");
    else
        status = ask_once(patctl, "Status", json_object(), &reply);
    if (status == EXIT_DONE)
        status = ask_tenant(&drilling, tenant == NULL ? ask_text(reply, "defaultTenant") : tenant,
                            &settings);
    if (status == EXIT_DONE)
        status = find_rows(&drilling, line, drilling.canary.tenant, settings);
    for (size_t i = 0; i < drilling.rows.count; i++)
        json_array_append_new(drilling.evidence, json_null());
    if (status == EXIT_DONE)
        status = choose_account(&drilling, cmd_value(line, "account"));
    if (status == EXIT_DONE && rows_count(&drilling.rows, ROW_WAITING) > 0) {
        status = confirm(&drilling);
        if (status == EXIT_DONE)
            status = drill(&drilling);
    }
    if (status == EXIT_DONE)
        status = conclude(&drilling);
    json_decref(drilling.evidence);
    json_decref(settings);
    json_decref(reply);
    return status;
}
