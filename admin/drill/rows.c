/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM service is wired when its stack calls pam_pat.so; a SASL service as admin/wiring judges it,
 * or when saslauthd asks PAM for it and that stack calls pam_pat.so. Reads only.
 */
#include <stdio.h>
#include <string.h>

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
stack_calls_us(const char *service)
{
    struct pam_stack stack = {.file = NULL};
    struct pam_stack_fault fault;
    const struct pam_stack_line *line = NULL;
    bool found = false;

    if (pam_stack_read(pam_stack_directories, service, &stack, &fault) == PAT_OK) {
        while (stack.file != NULL && !found &&
               (line = pam_stack_next(&stack, PAM_STACK_AUTH, line)) != NULL)
            found = pam_stack_calls(line, "pam_pat");
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
    if (ret[0] == '\0' && stack_calls_us(name))
        snprintf(ret, size, service->way == SERVICE_SASL ? "PAM by saslauthd" : "PAM");
}

/* --- a row --- */

/* What patd wants for the service, or why the drill cannot have it. */
static void
take_rule(const struct rows_wish *wish, const struct pat_config *config, struct row *row)
{
    const char *word, *at;
    struct pat_rule rule;
    size_t len;

    pat_config_rule(config, row->service, wish->tenant, &rule);
    row->local = rule.local;
    at = rule.scopes.text;
    len = pat_text_word(&at, &word);
    if (pat_text_copy(row->scope, sizeof row->scope, word, len) != PAT_OK || len == 0)
        row->scope[0] = '\0';
    for (size_t i = 0; i < rule.tenant_count; i++)
        if (pat_text_equal(rule.tenants[i].name, wish->tenant) && !rule.tenants[i].needs_realm)
            return;
    row->state = ROW_UNDRILLED;
    snprintf(row->why, sizeof row->why,
             "it takes no names without a realm of tenant %s: give another one with --tenant",
             wish->tenant);
}

static void
add_row(const struct rows_wish *wish, const struct pat_config *config, const char *name,
        const char *path, struct rows *rows)
{
    struct row *row = &rows->all[rows->count];
    char tool[TOOL_PATH_MAX];

    if (rows->count == ROWS_MAX)
        return;
    rows->count++;
    *row = (struct row){.client = clients_find(name), .endpoint = -1, .refused = -1};
    pat_text_clip(row->service, sizeof row->service, name);
    pat_text_clip(row->path, sizeof row->path, path);
    take_rule(wish, config, row);
    if (path[0] == '\0') {
        row->state = ROW_UNDRILLED;
        snprintf(row->why, sizeof row->why, "it takes no tokens yet: patctl enable");
    } else if (row->client->log_in == NULL) {
        row->state = ROW_UNDRILLED;
        pat_text_clip(row->why, sizeof row->why, row->client->how);
    } else if (row->client->tool[0] != '\0' && !tool_find(row->client->tool, tool)) {
        row->state = ROW_UNDRILLED;
        snprintf(row->why, sizeof row->why, "needs %s", row->client->tool);
    }
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

/* A service of a family that is drilled by another one's client shares its configuration. */
static bool
has_stand_in(const struct service *service, const char *name)
{
    const char *at = service->asks;
    char other[32];

    if (clients_find(name)->log_in != NULL)
        return false;
    while (service_next_name(&at, other))
        if (clients_find(other)->log_in != NULL)
            return true;
    return false;
}

static void
add_family(const struct rows_wish *wish, const struct pat_config *config,
           const struct service *service, struct rows *rows)
{
    const char *at = service->asks;
    char name[32], path[80], unwired[32] = "";
    size_t before = rows->count;

    while (service_next_name(&at, name)) {
        if (!is_meant(wish, service, name) || has_stand_in(service, name))
            continue;
        find_path(wish, service, name, path, sizeof path);
        if (path[0] != '\0')
            add_row(wish, config, name, path, rows);
        else if (unwired[0] == '\0')
            pat_text_clip(unwired, sizeof unwired, name);
    }
    if (wish->word_count > 0 && rows->count == before && unwired[0] != '\0')
        add_row(wish, config, unwired, "", rows); /* it was named, and one hears of it */
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
