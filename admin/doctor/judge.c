/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SECURITY: the one question that matters is whether a refused token lets somebody in. It is asked
 * with every refusal that pam_pat.so has, also a missing module's, with verifiers that say no or do
 * not know the user, and with each combination of the modules that decide by a rule of the site.
 */
#include <string.h>

#include "admin/doctor/judge.h"
#include "admin/wiring/pam.h"
#include "core/base/text.h"

#define CONDITIONS_MAX 6

/* Modules that say yes or no by a rule of the site, whatever is typed. */
static const char conditional[] =
    "pam_access pam_echo pam_exec pam_listfile pam_localuser pam_securetty pam_shells "
    "pam_succeed_if pam_time pam_usertype";
/* Modules that have no say in who gets in. */
static const char silent[] =
    "pam_env pam_faildelay pam_group pam_keyinit pam_mail pam_nologin pam_umask pam_warn";
/* What a login has to pass beside its password. */
static const char restricting[] =
    "pam_access pam_nologin pam_time pam_listfile pam_succeed_if pam_wheel pam_shells "
    "pam_securetty "
    "pam_google_authenticator pam_oath pam_u2f pam_duo pam_yubico pam_usertype pam_localuser "
    "pam_tally pam_tally2";
/* They let in who is root, or comes from a trusted place: nobody, for our purpose. */
static const char never[] = "pam_deny pam_rootok pam_rhosts pam_wheel";

struct asking {
    const struct pam_stack *stack;
    const struct judge_world *world;
    struct judge_walk *walk;
    unsigned met; /* conditional modules so far, called or not */
    const struct pam_stack_line *last_yes;
};

static bool
has_word(const char *words, const struct pam_stack_line *line)
{
    const char *at = words, *word;
    char name[80];
    size_t len;

    pam_stack_module(line, name, sizeof name);
    while ((len = pat_text_word(&at, &word)) != 0)
        if (strlen(name) == len && strncmp(word, name, len) == 0)
            return true;
    return false;
}

/* One that is not known may well be a verifier. */
static bool
is_verifier(const struct pam_stack_line *line)
{
    return pam_role_of(line) != PAM_PASSES && !pam_stack_calls(line, "pam_pat");
}

/* The number of a conditional line among those of its type; its bit says what it answers. */
static unsigned
condition_of(const struct pam_stack *stack, const struct pam_stack_line *line)
{
    const struct pam_stack_line *each = NULL;
    unsigned number = 0;

    while ((each = pam_stack_next(stack, line->type, each)) != line)
        number += has_word(conditional, each);
    return number;
}

static int
answer(void *context, const struct pam_stack_line *line)
{
    struct asking *asking = context;
    struct judge_walk *walk = asking->walk;
    char word[64];
    int status = PAM_STACK_SUCCESS;

    walk->called[line - asking->stack->lines] = true;
    if (pam_stack_calls(line, "pam_pat")) {
        walk->asked_ours = true;
        status = asking->world->ours;
    } else if (is_verifier(line)) {
        if (!walk->asked_ours && walk->first == NULL)
            walk->first = line;
        status = asking->world->verifiers;
    } else if (has_word(never, line) || pam_stack_argument(line, "authfail", word, sizeof word)) {
        status = PAM_STACK_AUTH_ERR;
    } else if (has_word(silent, line)) {
        status = PAM_STACK_IGNORE;
    } else if (has_word(conditional, line)) {
        unsigned number = condition_of(asking->stack, line);

        if (number < CONDITIONS_MAX && (asking->world->conditions >> number & 1) == 0)
            status = PAM_STACK_AUTH_ERR;
    }
    if (status == PAM_STACK_SUCCESS)
        asking->last_yes = line;
    return status;
}

static void
walk_through(struct asking *asking, enum pam_stack_type type)
{
    memset(asking->walk, 0, sizeof *asking->walk);
    asking->last_yes = NULL;
    asking->walk->status = pam_stack_walk(asking->stack, type, answer, asking);
}

void
judge_walk(const struct pam_stack *stack, enum pam_stack_type type, const struct judge_world *world,
           struct judge_walk *ret)
{
    struct asking asking = {.stack = stack, .world = world, .walk = ret};

    walk_through(&asking, type);
}

bool
judge_is_verifier(const struct pam_stack_line *line)
{
    return line->kind == PAM_STACK_MODULE && is_verifier(line);
}

bool
judge_restricts(const struct pam_stack_line *line)
{
    char word[64];

    return line->kind == PAM_STACK_MODULE &&
           (has_word(restricting, line) ||
            (pam_stack_calls(line, "pam_faillock") &&
             pam_stack_argument(line, "preauth", word, sizeof word)));
}

unsigned
judge_conditions(const struct pam_stack *stack, enum pam_stack_type type)
{
    const struct pam_stack_line *line = NULL;
    unsigned count = 0;

    while ((line = pam_stack_next(stack, type, line)) != NULL)
        count += line->kind == PAM_STACK_MODULE && has_word(conditional, line);
    return count < CONDITIONS_MAX ? count : CONDITIONS_MAX;
}

bool
judge_lets_in(const struct pam_stack *stack, const struct pam_stack_line **ret_by)
{
    static const int refusals[] = {PAM_STACK_AUTH_ERR, PAM_STACK_CRED_INSUFFICIENT,
                                   PAM_STACK_AUTHINFO_UNAVAIL, PAM_STACK_SERVICE_ERR,
                                   PAM_STACK_MODULE_UNKNOWN};
    static const int noes[] = {PAM_STACK_AUTH_ERR, PAM_STACK_USER_UNKNOWN};
    unsigned worlds = 1u << judge_conditions(stack, PAM_STACK_AUTH);
    struct judge_walk walk;

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        for (size_t k = 0; k < sizeof noes / sizeof noes[0]; k++)
            for (unsigned conditions = 0; conditions < worlds; conditions++) {
                const struct judge_world world = {refusals[i], noes[k], conditions};
                struct asking asking = {.stack = stack, .world = &world, .walk = &walk};

                walk_through(&asking, PAM_STACK_AUTH);
                if (walk.status == PAM_STACK_SUCCESS && walk.asked_ours) {
                    *ret_by = asking.last_yes;
                    return true;
                }
            }
    return false;
}
