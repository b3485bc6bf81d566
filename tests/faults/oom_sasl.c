/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SASL plugin without memory: loading it, making an exchange, and every step of every
 * mechanism; its allocations fail, and every call of libsasl that needs one, and the question to
 * patd, once and from there on. libsasl and patd are a few lines here.
 *
 * Nobody gets in but by a good token or the password, no token reaches the site's own verifier, no
 * answer is another than the few, and nothing is left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pat.h"
#include "sasl_pat/exchange.h"
#include "tests/faults/fault.h"
#include "tests/faults/figures.h"
#include "tests/faults/memory.h"

extern sasl_server_plug_init_t sasl_server_plug_init;

static const struct pat_token good = {
    .tenant = "acme", .id = "zzzzzzzz", .secret = "00000000000000000000000000"};
static char good_text[PAT_TOKEN_MAX + 1], other_text[PAT_TOKEN_MAX + 1];

static struct {
    bool accepted, checked;
    char authid[PAT_MESSAGE_NAME_MAX + 1];
} world;

static unsigned long points, refused;

/* --- patd --- */

enum pat_err __wrap_pat_client_ask(const char *socket_path, struct pat_request *request,
                                   struct pat_answer *ret);

enum pat_err
__wrap_pat_client_ask(const char *socket_path, struct pat_request *request, struct pat_answer *ret)
{
    (void)socket_path;
    memset(ret, 0, sizeof *ret);
    ret->class = PAT_CLASS_UNAVAILABLE;
    if (fault_strikes(FAULT_MEMORY))
        return PAT_ERR_IO;
    world.accepted = request->token.len == strlen(good_text) &&
                     memcmp(request->token.bytes, good_text, request->token.len) == 0;
    ret->class = world.accepted ? PAT_CLASS_ACCEPTED : PAT_CLASS_REFUSED;
    if (world.accepted)
        snprintf(ret->user, sizeof ret->user, "alice");
    return PAT_OK;
}

/* --- libsasl --- */

static void *
sasl_allocate(size_t size)
{
    return malloc(size);
}

static int
get_option(void *context, const char *plugin, const char *name, const char **ret, unsigned *ret_len)
{
    (void)context;
    (void)plugin;
    *ret = strcmp(name, "pat_socket") == 0     ? "/sock"
           : strcmp(name, "pat_override") == 0 ? "yes"
           : strcmp(name, "pat_mechs") == 0    ? "OAUTHBEARER XOAUTH2"
                                               : NULL;
    if (ret_len != NULL)
        *ret_len = *ret == NULL ? 0 : (unsigned)strlen(*ret);
    return *ret == NULL || fault_strikes(FAULT_MEMORY) ? SASL_FAIL : SASL_OK;
}

static void
take_line(sasl_conn_t *conn, int level, const char *format, ...)
{
    (void)conn;
    (void)level;
    if (strstr(format, "pat_acme") != NULL)
        figures_found("a token is logged: %s", format);
}

static int
check_password(sasl_conn_t *conn, const char *user, unsigned user_len, const char *password,
               unsigned len)
{
    struct pat_token token;

    (void)conn;
    (void)user_len;
    if (pat_token_read(password, len, &token) != PAT_SHAPE_OTHER)
        figures_found("a token reaches the site's own verifier");
    if (fault_strikes(FAULT_MEMORY))
        return SASL_NOMEM;
    world.checked = strcmp(user, "alice") == 0 && strcmp(password, "ordinary") == 0;
    return world.checked ? SASL_OK : SASL_BADAUTH;
}

static void
clear_properties(struct propctx *context, int requests)
{
    (void)context;
    (void)requests;
}

static const struct propval *
get_properties(struct propctx *context)
{
    (void)context;
    return NULL;
}

static int
canon_user(sasl_conn_t *conn, const char *in, unsigned len, unsigned flags,
           sasl_out_params_t *oparams)
{
    (void)conn;
    (void)len;
    if (fault_strikes(FAULT_MEMORY))
        return SASL_NOMEM;
    if ((flags & SASL_CU_AUTHID) != 0) {
        snprintf(world.authid, sizeof world.authid, "%s", in);
        oparams->authid = world.authid;
        oparams->alen = (unsigned)strlen(world.authid);
    }
    if ((flags & SASL_CU_AUTHZID) != 0)
        oparams->user = in;
    return SASL_OK;
}

static const sasl_utils_t utils = {
    .malloc = sasl_allocate,
    .free = free,
    .getopt = get_option,
    .log = take_line,
    .checkpass = check_password,
    .prop_clear = clear_properties,
    .prop_get = get_properties,
};

/* --- a client --- */

struct message {
    char bytes[512];
    size_t len;
};

static void
add(struct message *message, const char *bytes, size_t len)
{
    memcpy(message->bytes + message->len, bytes, len);
    message->len += len;
}

#define ADD(message, text) add(message, text, sizeof(text) - 1)

static size_t
say(const char *mechanism, const char *secret, struct message messages[2])
{
    bool login = strcmp(mechanism, "LOGIN") == 0;
    struct message *last = &messages[login ? 1 : 0];

    memset(messages, 0, 2 * sizeof *messages);
    if (strcmp(mechanism, "OAUTHBEARER") == 0)
        ADD(last, "n,a=alice,\001host=h\001auth=Bearer ");
    else if (strcmp(mechanism, "XOAUTH2") == 0)
        ADD(last, "user=alice\001auth=Bearer ");
    else if (!login)
        ADD(last, "\0alice\0");
    else
        ADD(&messages[0], "alice");
    add(last, secret, strlen(secret));
    if (mechanism[0] == 'O' || mechanism[0] == 'X')
        ADD(last, "\001\001");
    return login ? 2 : 1;
}

static int
exchange(const sasl_server_plug_t *plug, const char *secret, sasl_out_params_t *oparams)
{
    sasl_server_params_t params = {.service = "imap", .utils = &utils, .canon_user = canon_user};
    struct message messages[2];
    size_t count = say(plug->mech_name, secret, messages);
    void *context = NULL;
    int code = plug->mech_new(plug->glob_context, &params, NULL, 0, &context);

    params.propctx = (struct propctx *)(void *)&world;
    if (code == SASL_OK)
        code = SASL_CONTINUE;
    for (size_t i = 0; i < 3 && code == SASL_CONTINUE; i++) {
        const char *out = NULL;
        unsigned len = 0;

        code = plug->mech_step(context, &params, i < count ? messages[i].bytes : "\001",
                               i < count ? (unsigned)messages[i].len : 1, &out, &len, oparams);
    }
    if (context != NULL)
        plug->mech_dispose(context, &utils);
    return code;
}

/* --- one login --- */

static const struct login {
    const char *title;
    const char *secret;
    bool is_token, passes;
} logins[] = {
    {"good", good_text, true, true},
    {"refused", other_text, true, false},
    {"password", "ordinary", false, true},
    {"guess", "guess", false, false},
};

static void
check(const struct login *login, const char *mechanism, const struct fault_plan *plan, int code,
      const sasl_out_params_t *oparams)
{
    bool may = login->passes && (login->is_token ? world.accepted : world.checked);
    bool known = code == SASL_OK || code == SASL_BADAUTH || code == SASL_NOAUTHZ ||
                 code == SASL_BADPROT || code == SASL_UNAVAIL;

    if ((code == SASL_OK && (!may || strcmp(world.authid, "alice") != 0)) ||
        (code == SASL_OK) != (oparams->doneflag == 1))
        figures_found("%s by %s, point %ld: gets in", login->title, mechanism, plan->at);
    if (!known)
        figures_found("%s by %s, point %ld: answer %d", login->title, mechanism, plan->at, code);
}

static bool
run(const struct login *login, const char *mechanism, const struct fault_plan *plan)
{
    const sasl_server_plug_t *plug = NULL;
    sasl_server_plug_t *list = NULL;
    sasl_out_params_t oparams;
    int count = 0, version = 0, code;
    long before = memory_own();
    bool happened;

    memset(&oparams, 0, sizeof oparams);
    memset(&world, 0, sizeof world);
    fault_arm(plan);
    code = sasl_server_plug_init(&utils, SASL_SERVER_PLUG_VERSION, &version, &list, &count);
    for (int i = 0; code == SASL_OK && i < count; i++)
        if (strcmp(list[i].mech_name, mechanism) == 0)
            plug = &list[i];
    if (plug != NULL) {
        code = exchange(plug, login->secret, &oparams);
        check(login, mechanism, plan, code, &oparams);
        refused += code != SASL_OK && fault_happened();
    }
    happened = fault_happened();
    fault_disarm();
    if (!happened && plug == NULL)
        figures_found("%s is not offered", mechanism);
    if (!happened && login->passes && (login->is_token || mechanism[0] == 'P') && code != SASL_OK)
        figures_found("%s by %s: %d without a fault", login->title, mechanism, code);
    for (int i = 0; i < count; i++)
        list[i].mech_free(list[i].glob_context, &utils);
    points += happened;
    if (memory_own() != before)
        figures_found("%s by %s, point %ld: something is left", login->title, mechanism, plan->at);
    return happened;
}

int
main(void)
{
    static const char *const mechanisms[] = {"OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN"};
    struct pat_token other = good;

    other.secret[0] = '1';
    pat_token_write(&good, good_text);
    pat_token_write(&other, other_text);
    for (int sticky = 0; sticky < 2; sticky++)
        for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++)
            for (size_t j = 0; j < sizeof mechanisms / sizeof mechanisms[0]; j++) {
                struct fault_plan plan = {.kinds = FAULT_MEMORY, .sticky = sticky != 0};

                for (plan.at = 1; run(&logins[i], mechanisms[j], &plan); plan.at++)
                    continue;
            }
    support_figure(
        "no memory, libpat: %lu allocations and calls failed, %lu exchanges refused, nobody "
        "in who may not, no token to the site's own verifier, nothing left",
        points, refused);
    return figures_end();
}
