/* SPDX-License-Identifier: BSD-2-Clause */
/* admin/doctor/judge: who gets in by a stack, on paper. */
#include "admin/doctor/judge.h"
#include "tests/unit/expect.h"
#include "tests/unit/scratch.h"

#define BESIDE                                                                                     \
    "auth [success=2 default=ignore] pam_pat.so\nauth [success=1 default=ignore] pam_unix.so\n"    \
    "auth requisite pam_deny.so\nauth required pam_permit.so\n"
#define ONLY                                                                                       \
    "auth [success=1 default=ignore] pam_pat.so\nauth requisite pam_deny.so\n"                     \
    "auth required pam_permit.so\n"
#define SUBSTACK                                                                                   \
    "auth [success=1 default=ignore] pam_pat.so\nauth substack other\nauth required "              \
    "pam_permit.so\n"

static void
read_stack(const char *title, const char *text, struct pam_stack *ret)
{
    static const char *const here[] = {".", NULL};
    struct pam_stack_fault fault;

    scratch_put("it", text, 0644);
    scratch_put("other", "auth required pam_unix.so\n", 0644);
    expect_err(title, pam_stack_read(here, "it", ret, &fault), PAT_OK);
}

static void
ways_in(void **state)
{
    static const struct {
        const char *title, *stack;
        bool lets_in;
        const char *by;
    } cases[] = {
        {"beside passwords", BESIDE, false, ""},
        {"tokens only", ONLY, false, ""},
        {"around a substack", SUBSTACK, false, ""},
        {"required alone", "auth required pam_pat.so\n", false, ""},
        {"sufficient, then deny", "auth sufficient pam_pat.so\nauth required pam_deny.so\n", false,
         ""},
        {"sufficient, then nothing that says no",
         "auth sufficient pam_pat.so\nauth required pam_permit.so\n", true, "pam_permit.so"},
        {"sufficient, then faillock",
         "auth sufficient pam_pat.so\nauth required pam_faillock.so preauth\n", true,
         "pam_faillock.so"},
        {"with faillock's other half",
         "auth sufficient pam_pat.so\nauth required pam_faillock.so authfail\n", false, ""},
        {"sufficient, then silent ones",
         "auth sufficient pam_pat.so\nauth required pam_env.so\nauth optional pam_group.so\n",
         false, ""},
        {"what is no token is passed over",
         "auth [success=ok cred_insufficient=ignore default=die] pam_pat.so\n"
         "auth required pam_shells.so\n",
         true, "pam_shells.so"},
        {"an absent module is passed over",
         "auth [success=ok module_unknown=ignore default=die] pam_pat.so\n"
         "auth required pam_permit.so\n",
         true, "pam_permit.so"},
        {"a rule of the site says yes",
         "auth sufficient pam_pat.so\nauth [success=ok default=die] pam_succeed_if.so uid > 1\n",
         true, "pam_succeed_if.so"},
        {"a jump too short",
         "auth [success=1 default=1] pam_pat.so\nauth requisite pam_deny.so\n"
         "auth required pam_permit.so\n",
         true, "pam_permit.so"},
        {"a rule of the site in front",
         "auth sufficient pam_succeed_if.so user ingroup nopasswdlogin\n" BESIDE, false, ""},
        {"root in front", "auth sufficient pam_rootok.so\n" BESIDE, false, ""},
        {"an unknown module behind", "auth sufficient pam_pat.so\nauth required pam_new.so\n",
         false, ""},
        {"without ours", "auth required pam_permit.so\n", false, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct pam_stack_line *by = NULL;
        struct pam_stack stack;

        read_stack(cases[i].title, cases[i].stack, &stack);
        expect(cases[i].title, cases[i].lets_in ? "lets in" : "lets nobody in",
               judge_lets_in(&stack, &by) == cases[i].lets_in);
        expect_text(cases[i].title, by == NULL ? "" : by->module, cases[i].by);
        pam_stack_free(&stack);
    }
}

static void
walks(void **state)
{
    static const struct {
        const char *title, *stack;
        int ours, verifiers, status;
        bool asked;
        const char *first;
    } cases[] = {
        {"a token", BESIDE, PAM_STACK_SUCCESS, PAM_STACK_AUTH_ERR, PAM_STACK_SUCCESS, true, ""},
        {"a password", BESIDE, PAM_STACK_CRED_INSUFFICIENT, PAM_STACK_SUCCESS, PAM_STACK_SUCCESS,
         true, ""},
        {"neither", BESIDE, PAM_STACK_AUTH_ERR, PAM_STACK_AUTH_ERR, PAM_STACK_AUTH_ERR, true, ""},
        {"a password where tokens are", ONLY, PAM_STACK_CRED_INSUFFICIENT, PAM_STACK_SUCCESS,
         PAM_STACK_AUTH_ERR, true, ""},
        {"a token around a substack", SUBSTACK, PAM_STACK_SUCCESS, PAM_STACK_AUTH_ERR,
         PAM_STACK_SUCCESS, true, ""},
        {"a verifier first",
         "auth sufficient pam_sss.so\nauth sufficient pam_pat.so\nauth required pam_deny.so\n",
         PAM_STACK_SUCCESS, PAM_STACK_AUTH_ERR, PAM_STACK_SUCCESS, true, "pam_sss.so"},
        {"a verifier that ends it", "auth requisite pam_unix.so\nauth sufficient pam_pat.so\n",
         PAM_STACK_SUCCESS, PAM_STACK_AUTH_ERR, PAM_STACK_AUTH_ERR, false, "pam_unix.so"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct judge_world world = {cases[i].ours, cases[i].verifiers, 0xff};
        struct judge_walk walk;
        struct pam_stack stack;

        read_stack(cases[i].title, cases[i].stack, &stack);
        judge_walk(&stack, PAM_STACK_AUTH, &world, &walk);
        expect_number(cases[i].title, walk.status, cases[i].status);
        expect(cases[i].title, "asked", walk.asked_ours == cases[i].asked);
        expect_text(cases[i].title, walk.first == NULL ? "" : walk.first->module, cases[i].first);
        pam_stack_free(&stack);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {IN_SCRATCH(ways_in), IN_SCRATCH(walks)};

    return cmocka_run_group_tests_name("doctor: stacks on paper", tests, NULL, NULL);
}
