/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_pat behind the real libpam, in the stacks of the documentation: its options, PAM items and
 * environment, what the application answers, what patd answers, and which calls fail are drawn from
 * the input.
 *
 * Nobody gets in but by a token that patd accepted for this question, this name and this account;
 * the codes of authentication are the few of DESIGN.md section 4; what is refused and looks like a
 * token does not stay for the next module; what is no token is nobody's business here; the account
 * phase knows only who was let in by this handle; nothing waits longer than it may, and no secret
 * is said, logged, or left in memory that was given back.
 *
 * Input: words of the PAM line, stack, items, faults, what is typed; then the calls of the
 * application, each of which may draw more.
 */
#include <stdlib.h>
#include <string.h>

#include <security/pam_appl.h>
#include <security/pam_modules.h>

#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/pam_stub.h"
#include "tests/fuzz/pam_world.h"
#include "tests/fuzz/world.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define WORDS_MAX 6
#define WORD_SIZE 200
#define RIGHT_WORDS 7
#define CALLS_MAX 8
#define PASSWORD "hunter2"

static const char *dir;
static struct fuzz_input input;

static struct {
    char words[WORDS_MAX][WORD_SIZE];
    const char *argv[WORDS_MAX];
    int argc;
    const char *user, *typed, *asked_before; /* asked_before: by another module */
    bool talks;                              /* the application asks its user, who answers */
    /* What came of it. */
    char in[PAT_LOGIN_MAX + 1]; /* who was let in last; empty: nobody */
    int code;                   /* of the module, in this call of the application */
    bool was_called, by_password;
} run;

/* --- what the documentation allows --- */

static bool
has_word(const char *word)
{
    for (int i = 0; i < run.argc; i++)
        if (strncmp(run.argv[i], word, strlen(word)) == 0)
            return true;
    return false;
}

static const char *
value_of(const char *word, const char *otherwise)
{
    for (int i = run.argc - 1; i >= 0; i--)
        if (strncmp(run.argv[i], word, strlen(word)) == 0)
            return run.argv[i] + strlen(word);
    return otherwise;
}

/* fuzz_args.c has all that is wrong. */
static bool
words_are_right(void)
{
    static const char *const flags[] = {"nodelay", "putenv", "quiet", "debug"};
    static const char *const texts[] = {"socket=", "service=", "tenant="};

    for (int i = 0; i < run.argc; i++) {
        bool right = false;

        for (size_t n = 0; n < COUNT(flags); n++)
            right |= strcmp(run.argv[i], flags[n]) == 0;
        for (size_t n = 0; n < COUNT(texts); n++)
            right |= strncmp(run.argv[i], texts[n], strlen(texts[n])) == 0 &&
                     run.argv[i][strlen(texts[n])] != '\0';
        if (!right)
            return false;
    }
    return true;
}

static const char *
item(const pam_handle_t *pamh, int which)
{
    const void *text = NULL;

    return pam_get_item(pamh, which, &text) == PAM_SUCCESS && text != NULL ? text : "";
}

/* The address that patd is told. */
static void
check_address(pam_handle_t *pamh)
{
    const char *connection = pam_getenv(pamh, "SSH_CONNECTION"), *from = item(pamh, PAM_RHOST);
    size_t len = strlen(from);

    if (connection != NULL && strcmp(item(pamh, PAM_TTY), "ssh") == 0) {
        from = connection;
        len = strcspn(from, " ");
    }
    if (!pam_world.asked.has_address)
        return;
    FUZZ_CHECK(pat_cidr_numeric(pam_world.asked.address));
    FUZZ_CHECK(strlen(pam_world.asked.address) == len &&
               memcmp(pam_world.asked.address, from, len) == 0);
}

static void
check_question(pam_handle_t *pamh)
{
    const struct pat_request *asked = &pam_world.asked;

    FUZZ_CHECK(strcmp(asked->login, item(pamh, PAM_USER)) == 0 && asked->has_login);
    FUZZ_CHECK(strcmp(asked->service, value_of("service=", item(pamh, PAM_SERVICE))) == 0);
    FUZZ_CHECK(strcmp(asked->tenant, value_of("tenant=", "")) == 0 && !asked->has_realm);
    FUZZ_CHECK(asked->wants_scopes == has_word("putenv"));
    FUZZ_CHECK(asked->token.len == strlen(pam_world.typed) &&
               memcmp(asked->token.bytes, pam_world.typed, asked->token.len) == 0);
    check_address(pamh);
}

static void
check_acceptance(pam_handle_t *pamh, enum pat_shape shape)
{
    FUZZ_CHECK(shape == PAT_SHAPE_TOKEN && pam_world.was_asked && pam_world.accepted);
    check_question(pamh);
    if (pam_world.has_uid)
        FUZZ_CHECK(pam_world_uid(item(pamh, PAM_USER)) == (int64_t)pam_world.uid);
    pat_text_clip(run.in, sizeof run.in, item(pamh, PAM_USER));
}

static bool
is_told(int code)
{
    static const int codes[] = {PAM_SUCCESS,          PAM_AUTH_ERR,    PAM_CRED_INSUFFICIENT,
                                PAM_AUTHINFO_UNAVAIL, PAM_AUTHTOK_ERR, PAM_INCOMPLETE,
                                PAM_SERVICE_ERR,      PAM_BUF_ERR};

    for (size_t i = 0; i < COUNT(codes); i++)
        if (codes[i] == code)
            return true;
    return false;
}

static void
check_authenticated(pam_handle_t *pamh, int code)
{
    struct pat_token token;
    enum pat_shape shape = pat_token_read(pam_world.typed, strlen(pam_world.typed), &token);

    FUZZ_CHECK(is_told(code));
    run.in[0] = '\0';
    if (!words_are_right()) {
        FUZZ_CHECK(code == PAM_SERVICE_ERR && !pam_world.was_asked && pam_world.typed[0] == '\0');
        return;
    }
    FUZZ_CHECK(code != PAM_SERVICE_ERR && (has_word("nodelay") || !pam_world.spoke_early));
    FUZZ_CHECK(has_word("nodelay") != pam_world.delayed);
    if (code == PAM_SUCCESS) {
        check_acceptance(pamh, shape);
        return;
    }
    FUZZ_CHECK(pam_getenv(pamh, "PAT_ID") == NULL || has_word("putenv"));
    if (shape == PAT_SHAPE_OTHER) {
        FUZZ_CHECK(!pam_world.was_asked);
        FUZZ_CHECK(pam_world.typed[0] == '\0' || code == PAM_CRED_INSUFFICIENT);
        FUZZ_CHECK(strcmp(item(pamh, PAM_AUTHTOK), pam_world.typed) == 0 ||
                   pam_world.typed[0] == '\0');
        return;
    }
    FUZZ_CHECK(shape == PAT_SHAPE_TOKEN || (code == PAM_AUTH_ERR && !pam_world.was_asked));
    if (pam_world.was_asked)
        check_question(pamh);
    FUZZ_CHECK(strcmp(item(pamh, PAM_AUTHTOK), pam_world.typed) != 0);
}

/* --- modules --- */

static int
authenticate_by_token(pam_handle_t *pamh, int flags)
{
    int code;

    pam_world_arm();
    code = pam_sm_authenticate(pamh, flags, run.argc, run.argv);
    pam_world_disarm();
    run.was_called = true;
    run.code = code;
    check_authenticated(pamh, code);
    return code;
}

/* The next module: what it is given is what it would send to a server, or log. */
static int
authenticate_by_password(pam_handle_t *pamh)
{
    const char *text = item(pamh, PAM_AUTHTOK);
    struct pat_token token;

    if (run.code != PAM_SERVICE_ERR && pam_world.typed[0] != '\0')
        FUZZ_CHECK(pat_token_read(text, strlen(text), &token) == PAT_SHAPE_OTHER);
    run.by_password = strcmp(text, PASSWORD) == 0;
    return run.by_password ? PAM_SUCCESS : PAM_AUTH_ERR;
}

static int
stub_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    FUZZ_CHECK(argc >= 1);
    if (strcmp(argv[0], "pat") == 0)
        return authenticate_by_token(pamh, flags);
    if (strcmp(argv[0], "password") == 0)
        return authenticate_by_password(pamh);
    if (strcmp(argv[0], "asked") == 0)
        return pam_set_item(pamh, PAM_AUTHTOK, run.asked_before);
    return strcmp(argv[0], "permit") == 0 ? PAM_SUCCESS : PAM_AUTH_ERR;
}

static int
stub_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    FUZZ_CHECK(pam_sm_setcred(pamh, flags, argc, argv) == PAM_SUCCESS);
    return PAM_SUCCESS;
}

static int
stub_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    bool is_in = run.in[0] != '\0' && strcmp(item(pamh, PAM_USER), run.in) == 0;
    int code;

    if (argc < 1 || strcmp(argv[0], "pat") != 0)
        return PAM_SUCCESS;
    pam_world_arm();
    code = pam_sm_acct_mgmt(pamh, flags, run.argc, run.argv);
    pam_world_disarm();
    FUZZ_CHECK(!pam_world.was_asked);
    if (words_are_right())
        FUZZ_CHECK(code == (is_in ? PAM_SUCCESS : PAM_IGNORE));
    else
        FUZZ_CHECK(code == PAM_SERVICE_ERR);
    return code;
}

/* --- the application --- */

static const char *
answer_of(int style)
{
    return style == PAM_PROMPT_ECHO_ON ? run.user : style == PAM_PROMPT_ECHO_OFF ? run.typed : NULL;
}

static int
talk(int count, const struct pam_message **messages, struct pam_response **ret, void *context)
{
    static const int codes[] = {PAM_SUCCESS,  PAM_SUCCESS,    PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS,
                                PAM_CONV_ERR, PAM_CONV_AGAIN, PAM_BUF_ERR, PAM_ABORT};
    int code = run.talks ? codes[fuzz_pick(&input, COUNT(codes))] : PAM_SUCCESS;
    bool silent = run.talks && fuzz_byte(&input) > 250, armed = pam_world.armed;
    struct pam_response *responses;

    (void)context;
    pam_world.armed = false; /* this is the application's memory */
    responses = calloc((size_t)count, sizeof *responses);
    FUZZ_CHECK(responses != NULL && count == 1);
    FUZZ_CHECK(!pam_world_is_secret(messages[0]->msg));
    if (code == PAM_SUCCESS && !silent && answer_of(messages[0]->msg_style) != NULL)
        responses[0].resp = strdup(answer_of(messages[0]->msg_style));
    *ret = code == PAM_SUCCESS ? responses : NULL;
    if (code != PAM_SUCCESS)
        free(responses);
    pam_world.armed = armed;
    return code;
}

static void
do_not_wait(int status, unsigned microseconds, void *context)
{
    (void)status;
    (void)microseconds;
    (void)context;
}

static const char *
pick(const char *const *list, size_t count)
{
    return list[fuzz_pick(&input, count)];
}

/* Of world.h's tokens, or none, or anything. */
static const char *
pick_typed(char ret[PAT_SECRET_MAX + 100])
{
    size_t which = fuzz_byte(&input);

    memset(ret, 0, PAT_SECRET_MAX + 100);
    if (which < 160) {
        world_token_text(which % WORLD_TOKENS, ret);
        if (which % 5 == 4)
            ret[fuzz_byte(&input) % strlen(ret)] = (char)(33 + fuzz_byte(&input) % 94);
    } else if (which < 200) {
        pat_text_clip(ret, PAT_SECRET_MAX, PASSWORD);
    } else if (which < 210) {
        memset(ret, 'a', PAT_SECRET_MAX - 200 + 2 * which % 300);
    } else {
        fuzz_text(&input, ret, PAT_SECRET_MAX);
    }
    return ret;
}

static void
pick_words(void)
{
    static const char *const known[] = {"nodelay",
                                        "putenv",
                                        "quiet",
                                        "debug",
                                        "service=imap",
                                        "tenant=acme",
                                        "socket=/run/p/sock",
                                        "tenant=",
                                        "use_first",
                                        "service=a b"};

    run.argc = (int)fuzz_pick(&input, WORDS_MAX);
    for (int i = 0; i < run.argc; i++) {
        size_t which = fuzz_byte(&input);

        if (which < 230)
            pat_text_clip(run.words[i], WORD_SIZE,
                          known[which % (which < 200 ? RIGHT_WORDS : COUNT(known))]);
        else
            fuzz_text(&input, run.words[i], WORD_SIZE);
        run.argv[i] = run.words[i];
        strncat(pam_world.line, run.words[i], sizeof pam_world.line - strlen(pam_world.line) - 1);
    }
}

static void
set_some(pam_handle_t *pamh)
{
    static const char *const users[] = {"alice", "bob", "root", NULL, "toor", "-x", ""};
    static const char *const hosts[] = {"192.0.2.7", "host.example", "::1%eth0", "", NULL};
    static const char *const ttys[] = {"ssh", "/dev/tty1", NULL, "sshx"};
    static const char *const connections[] = {"SSH_CONNECTION=10.0.0.1 4 10.0.0.2 22",
                                              "SSH_CONNECTION=", "SSH_CONNECTION=x y",
                                              "SSH_CONNECTION"};
    char text[80];

    switch (fuzz_pick(&input, 5)) {
    case 0:
        pam_set_item(pamh, PAM_USER, pick(users, COUNT(users)));
        break;
    case 1:
        pam_set_item(pamh, PAM_RHOST, pick(hosts, COUNT(hosts)));
        break;
    case 2:
        pam_set_item(pamh, PAM_TTY, pick(ttys, COUNT(ttys)));
        break;
    case 3:
        pam_putenv(pamh, pick(connections, COUNT(connections)));
        break;
    default:
        fuzz_text(&input, text, sizeof text);
        pam_set_item(pamh, fuzz_byte(&input) % 2 == 0 ? PAM_RHOST : PAM_USER, text);
        break;
    }
}

static void
authenticate(pam_handle_t *pamh)
{
    int flags = (fuzz_byte(&input) & 1) != 0 ? PAM_SILENT : 0, code;

    run.was_called = run.by_password = false;
    code = pam_authenticate(pamh, flags);
    if (run.was_called)
        FUZZ_CHECK((code == PAM_SUCCESS) == (run.code == PAM_SUCCESS || run.by_password));
    else
        FUZZ_CHECK(code != PAM_SUCCESS);
}

static void
do_one(pam_handle_t *pamh)
{
    switch (fuzz_pick(&input, 6)) {
    case 0:
    case 1:
        authenticate(pamh);
        break;
    case 2:
        pam_acct_mgmt(pamh, 0);
        break;
    case 3:
        pam_setcred(pamh, PAM_ESTABLISH_CRED);
        break;
    default:
        set_some(pamh);
        break;
    }
}

/* --- the whole --- */

static const struct pam_stub_calls calls = {stub_authenticate, stub_setcred, stub_acct_mgmt};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    dir = pam_world_directory(&calls);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const users[] = {"alice", "alice", "alice", "bob", "root", "toor", "no one"};
    static char typed[2][PAT_SECRET_MAX + 100];
    const struct pam_conv conversation = {.conv = talk};
    const char *stack, *user;
    pam_handle_t *pamh = NULL;
    uint8_t how;

    memset(&run, 0, sizeof run);
    memset(&pam_world, 0, sizeof pam_world);
    input = fuzz_input(bytes, len);
    pam_world.input = &input;
    how = fuzz_byte(&input);
    stack = pam_world_stacks[how % PAM_WORLD_STACKS];
    run.talks = (how & 128) != 0;
    run.user = pick(users, COUNT(users));
    user = (how & 64) != 0 ? NULL : run.user;
    run.typed = pick_typed(typed[0]);
    run.asked_before = (how & 32) != 0 ? NULL : (how & 16) != 0 ? pick_typed(typed[1]) : run.typed;
    pick_words();
    for (size_t i = 0; (how & 8) != 0 && i < PAM_WORLD_FAULTS; i++)
        pam_world.faults[i] = fuzz_byte(&input);
    FUZZ_CHECK(pam_start_confdir(stack, user, &conversation, dir, &pamh) == PAM_SUCCESS);
    FUZZ_CHECK(pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)(uintptr_t)do_not_wait) ==
               PAM_SUCCESS);
    authenticate(pamh);
    for (size_t i = 0; i < CALLS_MAX && input.left > 0; i++)
        do_one(pamh);
    FUZZ_CHECK(pam_end(pamh, PAM_SUCCESS) == PAM_SUCCESS);
    return 0;
}
