/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM service is wired when its stack calls pam_pat.so; a SASL service as admin/wiring judges it,
 * or when saslauthd asks PAM for it and that stack calls pam_pat.so. Reads only.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/drill/rows.h"
#include "admin/host/pam_stack.h"
#include "admin/host/tool.h"
#include "admin/wiring/wiring.h"
#include "admin/wiring/service.h"
#include "core/base/diag.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/file.h"

/* --- is it wired? --- */

static bool
stack_calls(const char *service, const char *module)
{
    struct pam_stack stack = {.file = NULL};
    struct pam_stack_fault fault;
    const struct pam_stack_line *line = NULL;
    bool found = false;

    if (pam_stack_read(pam_stack_directories, service, &stack, &fault) == PAT_OK) {
        while (stack.file != NULL && !found &&
               (line = pam_stack_next(&stack, PAM_STACK_AUTH, line)) != NULL)
            found = pam_stack_calls(line, module);
        pam_stack_free(&stack);
    }
    return found;
}

/* How tokens reach patd, or "". */
static void
find_path(const struct rows_wish *wish, const struct service *service, const char *name, char *ret,
          size_t size)
{
    struct pat_diag diag;
    struct wiring plan;

    ret[0] = '\0';
    if (service->way == SERVICE_SASL) {
        if (wiring_look(service, wish->config, wish->config_may_be_missing, &plan, &diag) &&
            plan.wired > 0)
            snprintf(ret, size, "%s", plan.how);
        wiring_free(&plan);
    }
    if (ret[0] == '\0' && stack_calls(name, "pam_pat"))
        snprintf(ret, size, service->way == SERVICE_SASL ? "PAM by saslauthd" : "PAM");
}

/* --- a row --- */

static void
leave_out(struct row *row, const char *why)
{
    row->state = ROW_UNDRILLED;
    pat_text_clip(row->why, sizeof row->why, why);
}

/* What patd wants for the service, or why the drill cannot have it. */
static void
take_rule(const struct rows_wish *wish, const struct pat_config *config, struct row *row)
{
    const char *word, *at;
    struct pat_rule rule;
    bool found = false, needs_realm = false;
    size_t len;

    for (size_t i = 0; i < config->service_count; i++)
        if (pat_text_equal(config->services[i].name, row->service))
            row->askers = config->services[i].uids;
    pat_config_rule(config, row->service, wish->tenant, &rule);
    row->local = rule.local;
    at = rule.scopes.text;
    len = pat_text_word(&at, &word);
    if (pat_text_copy(row->scope, sizeof row->scope, word, len) != PAT_OK || len == 0)
        row->scope[0] = '\0';
    for (size_t i = 0; i < rule.tenant_count; i++)
        if (pat_text_equal(rule.tenants[i].name, wish->tenant)) {
            found = true;
            needs_realm = rule.tenants[i].needs_realm;
        }
    row->state = found ? ROW_WAITING : ROW_UNDRILLED;
    if (!found)
        snprintf(row->why, sizeof row->why,
                 "it takes no tokens of tenant %s: give another one with --tenant", wish->tenant);
    else if (needs_realm && (row->local || wish->realm[0] == '\0'))
        snprintf(row->why, sizeof row->why,
                 "it takes tokens of tenant %s for names with a realm only, and %s", wish->tenant,
                 row->local ? "the canary's account has none" : "the tenant has none");
    else if (needs_realm)
        pat_text_clip(row->realm, sizeof row->realm, wish->realm);
    if (row->why[0] != '\0')
        row->state = ROW_UNDRILLED;
}

/* False: the service does not offer this at all. */
static bool
add_client(const struct client *client, const char *why, enum places_end end, struct row *row)
{
    char tool[TOOL_PATH_MAX];

    row->client = client;
    if (row->state == ROW_WAITING && client->tool != NULL && !tool_find(client->tool, tool)) {
        row->state = ROW_UNDRILLED;
        snprintf(row->why, sizeof row->why, "needs %s", client->tool);
    } else if (row->state == ROW_WAITING && end != PLACES_FOUND) {
        leave_out(row, why);
    }
    return end != PLACES_NONE;
}

/* One row a client; a protocol that is not offered makes none, unless it is all there is. */
static void
add_rows(const struct rows_wish *wish, const struct pat_config *config, const char *name,
         const char *path, struct row *spare, struct rows *rows)
{
    static const struct client nobody = {.how = "patctl knows no client of it"};
    const struct client *client = clients_next(name, NULL);
    char why[PLACES_WHY];

    do {
        struct row row = {.client = &nobody, .chosen = -1, .refused = -1};
        enum places_end end = PLACES_FOUND;

        pat_text_clip(row.service, sizeof row.service, name);
        pat_text_clip(row.path, sizeof row.path, path);
        take_rule(wish, config, &row);
        if (path[0] == '\0')
            leave_out(&row, "it takes no tokens yet: patctl enable");
        if (client == NULL)
            leave_out(&row, nobody.how);
        else if (row.state == ROW_WAITING && client->find != NULL)
            end = client->find(client->protocol, &row.places, why);
        if (client != NULL && !add_client(client, why, end, &row))
            *spare = row;
        else if (rows->count < ROWS_MAX)
            rows->all[rows->count++] = row;
        client = client == NULL ? NULL : clients_next(name, client);
    } while (client != NULL && path[0] != '\0');
}

/* --- all of them --- */

static bool
is_meant(const struct rows_wish *wish, const struct service *service, const char *name)
{
    for (int i = 0; i < wish->word_count; i++)
        if (pat_text_equal(wish->words[i], service->name) || pat_text_equal(wish->words[i], name))
            return true;
    return wish->word_count == 0;
}

static void
add_family(const struct rows_wish *wish, const struct pat_config *config,
           const struct service *service, struct rows *rows)
{
    const char *at = service->asks;
    char name[32], path[80], unwired[32] = "";
    struct row spare = {.service = ""};
    size_t before = rows->count;

    while (service_next_name(&at, name)) {
        if (!is_meant(wish, service, name))
            continue;
        find_path(wish, service, name, path, sizeof path);
        if (path[0] != '\0')
            add_rows(wish, config, name, path, &spare, rows);
        else if (unwired[0] == '\0')
            pat_text_clip(unwired, sizeof unwired, name);
    }
    if (rows->count == before && spare.service[0] != '\0' && rows->count < ROWS_MAX)
        rows->all[rows->count++] = spare;
    else if (wish->word_count > 0 && rows->count == before && unwired[0] != '\0')
        add_rows(wish, config, unwired, "", &spare, rows); /* it was named, and one hears of it */
}

static bool
is_known(const char *word)
{
    char name[32];

    for (size_t i = 0; service_at(i) != NULL && service_at(i)->name != NULL; i++) {
        const char *at = service_at(i)->asks;

        if (service_at(i)->way == SERVICE_PROFILE)
            continue;
        if (pat_text_equal(service_at(i)->name, word))
            return true;
        while (service_next_name(&at, name))
            if (pat_text_equal(name, word))
                return true;
    }
    return false;
}

enum pat_err
rows_find(const struct rows_wish *wish, struct rows *ret, char problem[ROWS_TEXT])
{
    struct pat_config *config = NULL;
    struct pat_diag diag;

    memset(ret, 0, sizeof *ret);
    for (int i = 0; i < wish->word_count; i++)
        if (!is_known(wish->words[i])) {
            pat_text_clip(problem, ROWS_TEXT, wish->words[i]);
            return PAT_ERR_NOT_FOUND;
        }
    if (pat_config_file_load(wish->config, wish->config_may_be_missing, &config, &diag) != PAT_OK) {
        pat_config_file_say(wish->config, &diag, problem, ROWS_TEXT);
        return PAT_ERR_SYNTAX;
    }
    for (size_t i = 0; service_at(i) != NULL && service_at(i)->name != NULL; i++)
        if (service_at(i)->way != SERVICE_PROFILE)
            add_family(wish, config, service_at(i), ret);
    pat_config_free(config);
    return PAT_OK;
}

static bool
is_usual_shell(const char *shell)
{
    const char *usual;
    bool found = false;

    setusershell();
    while (!found && (usual = getusershell()) != NULL)
        found = pat_text_equal(usual, shell);
    endusershell();
    return found;
}

void
rows_look_at_shell(struct rows *rows, const char *account, const char *shell)
{
    bool usual = is_usual_shell(shell);

    for (size_t i = 0; !usual && i < rows->count; i++) {
        struct row *row = &rows->all[i];

        if (!row->local || row->state != ROW_WAITING || !stack_calls(row->service, "pam_shells"))
            continue;
        row->state = ROW_UNDRILLED;
        snprintf(row->why, sizeof row->why,
                 "pam_shells keeps out %s, whose shell is %s: give another --account", account,
                 shell);
    }
}

void
rows_wipe(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        pat_secret_wipe(rows->all[i].token, sizeof rows->all[i].token);
}

size_t
rows_count(const struct rows *rows, enum row_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++)
        count += rows->all[i].state == state;
    return count;
}
