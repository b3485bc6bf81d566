/* SPDX-License-Identifier: BSD-2-Clause */
/* What else there is about a stack with pam_pat.so: options, files, and the account phase. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "admin/doctor/doctor.h"
#include "admin/doctor/judge.h"
#include "admin/doctor/stack.h"
#include "admin/host/survey.h"
#include "admin/wiring/service.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/config.h"

#define ALL_CONDITIONS 0xffu

static const struct {
    const char *name, *type;
} options[] = {
#define PAM_OPTION(name, type, member, meaning) {#name, #type},
#include "core/config/options.def"
};

/* Whether pam_pat.so knows a word of the line. */
static bool
is_option(const char *word, size_t len)
{
    size_t name = 0;

    while (name < len && word[name] != '=')
        name++;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strlen(options[i].name) == name && strncmp(options[i].name, word, name) == 0)
            return pat_text_equal(options[i].type, "TEXT") == (name < len);
    return false;
}

static void
judge_options(struct stack_case *here, const struct pam_stack_line *line)
{
    const struct finding finding = {
        .level = DOCTOR_PROBLEM,
        .service = here->group,
        .why = "pam_pat.so refuses every token when it does not understand its line",
        .fix = "see pam_pat(8), OPTIONS",
        .file = line->file,
        .line = line->line};
    const char *at = line->arguments, *word;
    size_t len;

    while ((len = pat_text_word(&at, &word)) > 0)
        if (!is_option(word, len))
            doctor_find(here->doctor, &finding, "%s: pam_pat.so has no option %.*s (%s line %u)",
                        here->name, (int)(len > 80 ? 80 : len), word, line->file, line->line);
}

static void
judge_socket(struct stack_case *here, const struct pam_stack_line *line)
{
    struct finding finding = {.level = DOCTOR_PROBLEM,
                              .service = here->group,
                              .why = "no token is accepted there",
                              .fix = "take socket= out, or let patd listen there: pat.conf(5)",
                              .file = line->file,
                              .line = line->line};
    char path[200];

    if (!pam_stack_argument(line, "socket", path, sizeof path) || !here->doctor->reachable)
        return;
    switch (survey_socket(path, SOCK_SEQPACKET, NULL)) {
    case SURVEY_MISSING:
    case SURVEY_DEAD:
    case SURVEY_NO_SOCKET:
        doctor_find(here->doctor, &finding, "%s: nobody listens on %s (%s line %u)", here->name,
                    path, line->file, line->line);
        break;
    case SURVEY_LISTENS:
    case SURVEY_DENIED:
        break;
    }
}

/* A module by its path; others are looked for by check_modules(). */
static void
judge_module(struct stack_case *here, const struct pam_stack_line *line)
{
    const struct finding finding = {
        .level = DOCTOR_PROBLEM,
        .service = here->group,
        .why = "PAM refuses, or passes over the line, as its control says",
        .fix = "install it there, or take the line out: patctl disable",
        .file = line->file,
        .line = line->line};
    struct stat status;

    if (line->module[0] == '/' && stat(line->module, &status) != 0)
        doctor_find(here->doctor, &finding, "%s: %s is not there (%s line %u)", here->name,
                    line->module, line->file, line->line);
}

/* Servers that do one login at a time wait with everybody. */
static void
judge_delay(struct stack_case *here, const struct pam_stack_line *line)
{
    const char *wanted = here->row == NULL ? NULL : here->row->arguments;
    const struct finding finding = {
        .level = DOCTOR_WARNING,
        .service = here->group,
        .why = "a refused token keeps the whole worker waiting for two seconds",
        .fix = "write nodelay behind pam_pat.so",
        .file = line->file,
        .line = line->line};
    char word[8];

    if (wanted != NULL && strstr(wanted, "nodelay") != NULL &&
        !pam_stack_argument(line, "nodelay", word, sizeof word))
        doctor_find(here->doctor, &finding, "%s: pam_pat.so without nodelay (%s line %u)",
                    here->name, line->file, line->line);
}

void
stack_judge_lines(struct stack_case *here)
{
    for (size_t i = 0; i < here->stack.count; i++) {
        const struct pam_stack_line *line = &here->stack.lines[i];

        if (!pam_stack_calls(line, "pam_pat"))
            continue;
        judge_options(here, line);
        judge_socket(here, line);
        judge_module(here, line);
        if (line->type == PAM_STACK_AUTH)
            judge_delay(here, line);
    }
}

/* --- the account phase --- */

static bool
opens_accounts(const struct stack_case *here)
{
    struct pat_rule rule;
    char service[64];

    if (!pam_stack_argument(here->ours, "service", service, sizeof service))
        pat_text_clip(service, sizeof service, here->name);
    if (!pat_scope_service_legal(service))
        return false;
    pat_config_rule(here->doctor->config, service, "", &rule);
    return rule.local;
}

/* The first verifier that the one walk asks and the other does not. */
static const struct pam_stack_line *
missing_in(const struct stack_case *here, const struct judge_walk *with,
           const struct judge_walk *without)
{
    for (size_t i = 0; i < here->stack.count; i++)
        if (with->called[i] && !without->called[i] && judge_is_verifier(&here->stack.lines[i]))
            return &here->stack.lines[i];
    return NULL;
}

void
stack_judge_account(struct stack_case *here)
{
    const struct judge_world by_token = {PAM_STACK_SUCCESS, PAM_STACK_SUCCESS, ALL_CONDITIONS};
    const struct judge_world otherwise = {PAM_STACK_IGNORE, PAM_STACK_SUCCESS, ALL_CONDITIONS};
    struct finding finding = {.level = DOCTOR_PROBLEM, .service = here->group};
    const struct pam_stack_line *skipped;
    struct judge_walk token, other, none = {.status = 0};

    judge_walk(&here->stack, PAM_STACK_ACCOUNT, &by_token, &token);
    judge_walk(&here->stack, PAM_STACK_ACCOUNT, &otherwise, &other);
    skipped = missing_in(here, &other, &token);
    if (token.status != PAM_STACK_SUCCESS) {
        finding.why = "the login ends behind a good token";
        finding.fix = "give the service account lines, as the page of its server shows";
        doctor_find(here->doctor, &finding, "%s: its account phase refuses everybody", here->name);
    } else if (opens_accounts(here) && skipped != NULL) {
        finding.file = skipped->file;
        finding.line = skipped->line;
        finding.why = "an expired account still gets in with a token";
        finding.fix = "take the account line of pam_pat.so out";
        doctor_find(here->doctor, &finding, "%s: behind a token %s in %s line %u is not asked",
                    here->name, skipped->module, skipped->file, skipped->line);
    } else if (opens_accounts(here) && missing_in(here, &token, &none) == NULL) {
        finding.level = DOCTOR_WARNING;
        finding.why = "an expired account still gets in";
        finding.fix = "account required pam_unix.so";
        doctor_find(here->doctor, &finding, "%s: nothing in its account phase knows accounts",
                    here->name);
    }
}
