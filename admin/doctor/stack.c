/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The auth phase of one service. The sentences say what happens to whom; judge.c has walked the
 * stack for each of them.
 */
#include <stdio.h>
#include <string.h>

#include "admin/doctor/doctor.h"
#include "admin/doctor/judge.h"
#include "admin/doctor/stack.h"
#include "admin/wiring/service.h"
#include "core/base/text.h"

#define ALL_CONDITIONS 0xffu

bool
stack_find_ours(struct stack_case *here)
{
    const struct pam_stack_line *line = NULL;

    here->ours = NULL;
    while (here->ours == NULL &&
           (line = pam_stack_next(&here->stack, PAM_STACK_AUTH, line)) != NULL)
        if (pam_stack_calls(line, "pam_pat"))
            here->ours = line;
    return here->ours != NULL;
}

bool
stack_is_wired(const char *service)
{
    struct stack_case here = {.name = service};
    struct pam_stack_fault fault;
    bool wired = pam_stack_read(pam_stack_directories, service, &here.stack, &fault) == PAT_OK &&
                 stack_find_ours(&here);

    pam_stack_free(&here.stack);
    return wired;
}

/* What to do about a line that patctl can write itself. */
static const char *
rewire(const struct stack_case *here, char *ret, size_t size)
{
    if (here->row == NULL)
        pat_text_clip(ret, size, "write the lines of pam_pat(8), EXAMPLES");
    else
        snprintf(ret, size, "take those lines out, then: patctl enable %s", here->row->name);
    return ret;
}

static void
judge_ways_in(struct stack_case *here)
{
    const struct pam_stack_line *by = NULL;
    char fix[200];
    struct finding finding = {
        .level = DOCTOR_PROBLEM,
        .service = here->group,
        .why = "whoever knows the name gets in with any password",
        .fix = rewire(here, fix, sizeof fix),
    };

    if (!judge_lets_in(&here->stack, &by))
        return;
    if (by == NULL)
        by = here->ours;
    finding.file = by->file;
    finding.line = by->line;
    doctor_find(here->doctor, &finding,
                "%s: a refused token gets in, as %s in %s line %u is enough then", here->name,
                by->module, by->file, by->line);
}

/* A token that is good must be enough, and be seen by nobody else. */
static void
judge_token(struct stack_case *here, const struct judge_walk *token)
{
    char fix[200];
    struct finding finding = {.level = DOCTOR_PROBLEM,
                              .service = here->group,
                              .fix = rewire(here, fix, sizeof fix),
                              .file = here->ours->file,
                              .line = here->ours->line};

    if (!token->asked_ours) {
        finding.why = "a line in front of it ends the stack, or jumps over it";
        doctor_find(here->doctor, &finding, "%s: pam_pat.so in %s line %u is never asked",
                    here->name, here->ours->file, here->ours->line);
        return;
    }
    if (token->first != NULL) {
        finding.file = token->first->file;
        finding.line = token->first->line;
        finding.why = "it sees every token, and counts each as a wrong password";
        doctor_find(here->doctor, &finding, "%s: %s in %s line %u is asked before pam_pat.so",
                    here->name, token->first->module, token->first->file, token->first->line);
    }
    if (token->status != PAM_STACK_SUCCESS) {
        finding.file = here->ours->file;
        finding.line = here->ours->line;
        finding.why = "what stands behind it refuses all the same";
        doctor_find(here->doctor, &finding,
                    "%s: a good token does not get in, the stack says %s (%s line %u)", here->name,
                    pam_stack_returns[token->status], here->ours->file, here->ours->line);
    }
}

/* What a password has to pass, a token should have to pass, too. */
static void
judge_skipped(struct stack_case *here, const struct judge_walk *token,
              const struct judge_walk *password)
{
    bool by_done = here->ours->actions[PAM_STACK_SUCCESS] == PAM_STACK_DO_DONE;
    bool included = here->ours->depth > 0;
    struct finding finding = {
        .level = by_done && included ? DOCTOR_PROBLEM : DOCTOR_WARNING,
        .service = here->group,
        .why = by_done && included
                   ? "\"done\" in an included file ends the stack of whoever includes it"
                   : "who has a token is not held to that rule",
        .fix = by_done && included ? "success=N over the verifiers instead; see pam_pat(8)"
                                   : "put that line in front of pam_pat.so",
    };

    for (size_t i = 0; i < here->stack.count; i++) {
        const struct pam_stack_line *line = &here->stack.lines[i];

        if (line->type != PAM_STACK_AUTH || !password->called[i] || token->called[i] ||
            !judge_restricts(line))
            continue;
        finding.file = line->file;
        finding.line = line->line;
        doctor_find(here->doctor, &finding, "%s: a token does not pass %s in %s line %u",
                    here->name, line->module, line->file, line->line);
    }
}

static bool
has_verifier(const struct stack_case *here)
{
    const struct pam_stack_line *line = NULL;

    while ((line = pam_stack_next(&here->stack, PAM_STACK_AUTH, line)) != NULL)
        if (judge_is_verifier(line))
            return true;
    return false;
}

/* Beside tokens, passwords go on working, also while patd is away. False: tokens only. */
static bool
judge_passwords(struct stack_case *here, struct judge_walk *ret)
{
    struct judge_world world = {PAM_STACK_CRED_INSUFFICIENT, PAM_STACK_SUCCESS, ALL_CONDITIONS};
    char fix[200];
    struct finding finding = {.level = DOCTOR_WARNING,
                              .service = here->group,
                              .why = "nobody without a token gets in, though a verifier is there",
                              .fix = rewire(here, fix, sizeof fix),
                              .file = here->ours->file,
                              .line = here->ours->line};

    judge_walk(&here->stack, PAM_STACK_AUTH, &world, ret);
    if (!has_verifier(here))
        return false;
    if (ret->status != PAM_STACK_SUCCESS) {
        doctor_find(here->doctor, &finding,
                    "%s: ordinary passwords are refused (%s line %u ends the stack)", here->name,
                    here->ours->file, here->ours->line);
        return true;
    }
    world.ours = PAM_STACK_AUTHINFO_UNAVAIL;
    judge_walk(&here->stack, PAM_STACK_AUTH, &world, ret);
    if (ret->status != PAM_STACK_SUCCESS) {
        finding.why = "a stopped daemon must not keep everybody out";
        doctor_find(here->doctor, &finding,
                    "%s: no password gets in while patd is away (%s line %u)", here->name,
                    here->ours->file, here->ours->line);
    }
    world.ours = PAM_STACK_CRED_INSUFFICIENT;
    judge_walk(&here->stack, PAM_STACK_AUTH, &world, ret);
    return true;
}

/* sudo gives up at once unless it hears one of four codes. */
static void
judge_retry(struct stack_case *here)
{
    const struct judge_world world = {PAM_STACK_CRED_INSUFFICIENT, PAM_STACK_AUTH_ERR,
                                      ALL_CONDITIONS};
    const struct finding finding = {
        .level = DOCTOR_WARNING,
        .service = here->group,
        .why = "a typing error ends sudo at once, with a strange message",
        .fix = "auth [success=1 default=ignore] pam_pat.so, auth requisite pam_deny.so, "
               "auth required pam_permit.so",
        .file = here->ours->file,
        .line = here->ours->line};
    struct judge_walk walk;

    judge_walk(&here->stack, PAM_STACK_AUTH, &world, &walk);
    if (pat_text_equal(here->group, "sudo") && walk.status == PAM_STACK_CRED_INSUFFICIENT)
        doctor_find(here->doctor, &finding, "%s: what is no token ends in %s", here->name,
                    pam_stack_returns[walk.status]);
}

static void
praise(struct stack_case *here, bool beside_passwords)
{
    const struct pam_stack_line *line = here->ours;
    char name[40] = "";

    if (here->row == NULL)
        return;
    if (!pat_text_equal(here->name, here->row->name))
        snprintf(name, sizeof name, "%.32s: ", here->name);
    doctor_praise(here->doctor, here->group, "%s%s, %s line %u", name,
                  beside_passwords ? "reaches pam_pat before any verifier" : "takes tokens only",
                  line->file, line->line);
}

void
stack_judge(struct stack_case *here)
{
    const struct judge_world good = {PAM_STACK_SUCCESS, PAM_STACK_AUTH_ERR, ALL_CONDITIONS};
    size_t problems = here->doctor->counts[DOCTOR_PROBLEM];
    size_t warnings = here->doctor->counts[DOCTOR_WARNING];
    struct judge_walk token, password;
    bool beside;

    judge_ways_in(here);
    judge_walk(&here->stack, PAM_STACK_AUTH, &good, &token);
    judge_token(here, &token);
    beside = judge_passwords(here, &password);
    if (beside && token.status == PAM_STACK_SUCCESS)
        judge_skipped(here, &token, &password);
    judge_retry(here);
    stack_judge_lines(here);
    stack_judge_account(here);
    if (problems == here->doctor->counts[DOCTOR_PROBLEM] &&
        warnings == here->doctor->counts[DOCTOR_WARNING])
        praise(here, beside);
}
