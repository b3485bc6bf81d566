/* SPDX-License-Identifier: BSD-2-Clause */
/* The services of this host that take tokens, in a line of the status. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands/commands.h"
#include "admin/out/out.h"
#include "admin/wiring/wiring.h"
#include "core/base/diag.h"

#define INDENT 19
#define WIDTH 80

struct wired {
    const struct patctl *patctl;
    char line[2 * WIDTH]; /* what is not yet said; it has symbols of several bytes */
    size_t others;        /* installed, and not wired */
    bool any, warn;
};

static void
flush(struct wired *wired)
{
    if (wired->line[0] != '\0')
        out_line(wired->patctl->out, "%s%s",
                 wired->any ? "                   " : "\n  wiring           ", wired->line);
    wired->any = wired->any || wired->line[0] != '\0';
    wired->line[0] = '\0';
}

static void
add(struct wired *wired, const char *service, enum out_symbol symbol, const char *more)
{
    struct out *out = wired->patctl->out;
    char item[100];
    size_t len = strlen(wired->line);

    snprintf(item, sizeof item, "%s %s%s", service, out_symbol(out, symbol), more);
    if (len > 0 && out_width(wired->line) + 3 + out_width(item) > WIDTH - INDENT) {
        flush(wired);
        len = 0;
    }
    snprintf(wired->line + len, sizeof wired->line - len, "%s%s", len > 0 ? "   " : "", item);
}

static void
look(struct wired *wired, const struct service *service, const char *config)
{
    struct pat_diag diag = {.line = 0};
    struct wiring plan;

    if (wiring_look(service, config, wired->patctl->globals.config == NULL, &plan, &diag) &&
        plan.installed) {
        bool partly = plan.unwired > 0 || plan.change_count > 0;

        if (plan.wired == 0)
            wired->others++;
        else
            add(wired, service->name, partly ? OUT_WARN : OUT_YES, partly ? " partly" : "");
        wired->warn = wired->warn || (plan.wired > 0 && partly);
    }
    wiring_free(&plan);
}

void
cmd_wired_say(const struct patctl *patctl)
{
    struct wired wired = {.patctl = patctl};
    const struct service *service;
    char config[PATH_MAX];

    /* Another socket is another patd's, which the services of this host may never ask. */
    if (geteuid() != 0 || patctl->globals.socket != NULL)
        return;
    cmd_service_config(patctl, config);
    for (size_t i = 0; (service = service_at(i)) != NULL; i++)
        look(&wired, service, config);
    flush(&wired);
    if (wired.any)
        out_line(patctl->out, "%*sdetails: patctl %s", INDENT, "",
                 wired.warn ? "service list" : "doctor");
    else if (wired.others > 0)
        out_line(patctl->out,
                 "\n  wiring           no service takes tokens yet: patctl service list");
}
