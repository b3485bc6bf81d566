/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mechanisms' steps against a client whose messages are amended on the way, with a libsasl and
 * a patd of a few lines. Success is only for who sent the good token or the password, by its own
 * name; a token never reaches checkpass(); codes and what is said to clients are of the few; logs
 * repeat nothing of a client; properties are forgotten before a name is told, and after a failure.
 *
 * Input: mechanism, secret, patd's answer, address; then amendments of 4 bytes (which message, at,
 * how, a byte) up to a zero; then messages of any bytes, each with its length in two.
 */
#include <stdlib.h>
#include <string.h>

#include "core/pat.h"
#include "sasl_pat/bearer.h"
#include "sasl_pat/exchange.h"
#include "sasl_pat/plain.h"
#include "tests/fuzz/fuzz.h"

#define MESSAGE_MAX 5000
#define MESSAGES_MAX 8
#define AMENDMENTS_MAX 8

enum pat_err __wrap_pat_client_ask(const char *socket_path, struct pat_request *request,
                                   struct pat_answer *ret);

static const struct pat_token good = {
    .tenant = "acme", .id = "zzzzzzzz", .secret = "00000000000000000000000000"};
static char good_text[PAT_TOKEN_MAX + 1], wrong_text[PAT_TOKEN_MAX + 1];

static struct {
    enum pat_class class; /* for the good token */
    bool accepted, checked, cleared;
    char authid[PAT_MESSAGE_NAME_MAX + 1];
} world;

/* --- patd and libsasl --- */

enum pat_err
__wrap_pat_client_ask(const char *socket_path, struct pat_request *request, struct pat_answer *ret)
{
    struct pat_token token;

    FUZZ_CHECK(strcmp(socket_path, "/sock") == 0 && strcmp(request->service, "imap") == 0);
    FUZZ_CHECK(!request->has_address || pat_cidr_numeric(request->address));
    FUZZ_CHECK(pat_token_read(request->token.bytes, request->token.len, &token) == PAT_SHAPE_TOKEN);
    memset(ret, 0, sizeof *ret);
    ret->class = PAT_CLASS_REFUSED;
    if (memcmp(&token, &good, sizeof good) == 0 &&
        (!request->has_login || strcmp(request->login, "alice") == 0))
        ret->class = world.class;
    if (ret->class == PAT_CLASS_ACCEPTED) {
        strncpy(ret->user, "alice", sizeof ret->user);
        world.accepted = true;
    }
    return ret->class == PAT_CLASS_UNAVAILABLE ? PAT_ERR_TIMEOUT : PAT_OK;
}

static int
fake_checkpass(sasl_conn_t *conn, const char *user, unsigned user_len, const char *password,
               unsigned len)
{
    struct pat_token token;

    (void)conn;
    FUZZ_CHECK(len > 0 && strlen(password) == len && strlen(user) == user_len);
    FUZZ_CHECK(pat_token_read(password, len, &token) == PAT_SHAPE_OTHER);
    world.checked = strcmp(user, "alice") == 0 && strcmp(password, "ordinary") == 0;
    return world.checked ? SASL_OK : SASL_NOUSER;
}

static void
fake_log(sasl_conn_t *conn, int level, const char *format, ...)
{
    static const char not_permitted[] = "this process may not ask patd about service %s: list its "
                                        "user in pat.conf";
    static const char *const known[] = {"event=verify verdict=malformed",
                                        "event=verify verdict=illegal-name",
                                        "cannot ask patd on %s: %s", not_permitted};

    (void)conn;
    FUZZ_CHECK(level == SASL_LOG_FAIL || level == SASL_LOG_ERR);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(format, known[i]) == 0)
            return;
    FUZZ_CHECK_TEXT(false, format);
}

static void *
fake_malloc(size_t size)
{
    return malloc(size);
}

static void
fake_clear(struct propctx *context, int requests)
{
    (void)context;
    FUZZ_CHECK(requests == 0);
    world.cleared = true;
}

static const struct propval *
fake_get(struct propctx *context)
{
    (void)context;
    return NULL;
}

/* As libsasl does with its own policy: who wants to act as another may not. */
static int
fake_canon(sasl_conn_t *conn, const char *in, unsigned len, unsigned flags,
           sasl_out_params_t *oparams)
{
    (void)conn;
    FUZZ_CHECK(len == 0 && in[0] != '\0');
    if ((flags & SASL_CU_AUTHID) != 0) {
        FUZZ_CHECK(world.cleared);
        strncpy(world.authid, in, sizeof world.authid - 1);
        oparams->authid = world.authid;
        oparams->alen = (unsigned)strlen(world.authid);
    } else {
        FUZZ_CHECK(world.accepted || world.checked); /* not before who it is is known */
    }
    if ((flags & SASL_CU_AUTHZID) != 0)
        oparams->user = in;
    return strlen(in) > 255 ? SASL_BUFOVER : SASL_OK;
}

/* --- the client --- */

struct message {
    size_t len;
    char bytes[MESSAGE_MAX];
};

typedef int step(void *exchange, sasl_server_params_t *params, const char *in, unsigned in_len,
                 const char **out, unsigned *out_len, sasl_out_params_t *oparams);

static step *const steps[] = {pat_bearer_oauthbearer, pat_bearer_xoauth2, pat_plain_plain,
                              pat_plain_login};

static void
add(struct message *message, const char *text, size_t len)
{
    memcpy(message->bytes + message->len, text, len);
    message->len += len;
}

#define ADD(message, text) add(message, text, sizeof(text) - 1)

static size_t
say(size_t mech, const char *secret, struct message *messages)
{
    struct message *last = &messages[mech == 3 ? 1 : 0];

    if (mech == 0)
        ADD(last, "n,a=alice,\001host=h\001auth=Bearer ");
    else if (mech == 1)
        ADD(last, "user=alice\001auth=Bearer ");
    else if (mech == 2)
        ADD(last, "\0alice\0");
    else
        ADD(&messages[0], "alice");
    add(last, secret, strlen(secret));
    if (mech < 2)
        ADD(last, "\001\001");
    return mech == 3 ? 2 : 1;
}

static void
amend(struct message *message, size_t at, uint8_t how, char byte)
{
    at = message->len == 0 ? 0 : at % message->len;
    if (how % 3 == 0 && message->len < MESSAGE_MAX) {
        memmove(message->bytes + at + 1, message->bytes + at, message->len - at);
        message->bytes[at] = byte;
        message->len++;
    } else if (how % 3 == 1 && message->len > 0) {
        memmove(message->bytes + at, message->bytes + at + 1, message->len - at - 1);
        message->len--;
    } else if (message->len > 0) {
        message->bytes[at] = byte;
    }
}

/* --- what must hold --- */

static void
check_said(int code, const char *out, unsigned len)
{
    static const char *const texts[] = {"",
                                        "Username:", "Password:", "{\"status\":\"invalid_token\"}",
                                        "{\"status\":\"401\",\"schemes\":\"bearer\"}"};

    FUZZ_CHECK(code == SASL_OK || code == SASL_CONTINUE || code == SASL_BADAUTH ||
               code == SASL_NOAUTHZ || code == SASL_BADPROT || code == SASL_UNAVAIL);
    FUZZ_CHECK((code == SASL_CONTINUE) == (out != NULL));
    for (size_t i = 0; out != NULL && i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(out, texts[i]) == 0 && strlen(out) == len)
            return;
    FUZZ_CHECK(out == NULL && len == 0);
}

static void
check_end(const struct pat_exchange *exchange, int code, const sasl_out_params_t *oparams)
{
    if (code == SASL_OK) {
        FUZZ_CHECK(world.accepted || world.checked);
        FUZZ_CHECK(strcmp(world.authid, "alice") == 0 && oparams->user != NULL);
        FUZZ_CHECK(oparams->doneflag == 1);
    } else {
        FUZZ_CHECK(oparams->doneflag == 0);
        FUZZ_CHECK(code == SASL_CONTINUE || world.cleared);
    }
    if (code != SASL_CONTINUE)
        FUZZ_CHECK(fuzz_is_zero(exchange->message.secret, sizeof exchange->message.secret));
}

static void
run(step *take, const struct message *messages, size_t count, sasl_server_params_t *params)
{
    struct pat_options options = {.socket = "/sock"};
    sasl_out_params_t oparams;
    void *exchange = NULL;

    memset(&oparams, 0, sizeof oparams);
    FUZZ_CHECK(pat_exchange_new(&options, params, NULL, 0, &exchange) == SASL_OK);
    for (size_t i = 0; i < count; i++) {
        char *copy = fuzz_copy(messages[i].bytes, messages[i].len);
        const char *out = "not set";
        unsigned len = 9999;
        int code;

        world.cleared = false;
        code = take(exchange, params, messages[i].len == 0 && i % 2 == 0 ? NULL : copy,
                    (unsigned)messages[i].len, &out, &len, &oparams);
        free(copy);
        check_said(code, out, len);
        check_end(exchange, code, &oparams);
        if (code == SASL_OK)
            break;
        if (code != SASL_CONTINUE) { /* libsasl frees it, and hands on what comes later */
            pat_exchange_free(exchange, params->utils);
            exchange = NULL;
            world.accepted = world.checked = false;
            code = take(NULL, params, "x", 1, &out, &len, &oparams);
            FUZZ_CHECK(code == SASL_BADPROT && out == NULL);
            break;
        }
    }
    pat_exchange_free(exchange, params->utils);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    pat_token_write(&good, good_text);
    pat_token_write(&good, wrong_text);
    wrong_text[20] = '7'; /* the check no longer fits */
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const enum pat_class classes[] = {PAT_CLASS_ACCEPTED, PAT_CLASS_REFUSED, PAT_CLASS_OTHER,
                                             PAT_CLASS_UNAVAILABLE, PAT_CLASS_NOT_PERMITTED};
    static const char *const addresses[] = {
        NULL, "", "192.0.2.7;99", "2001:db8::1;99", "fe80::1%eth0;99", "name;99"};
    static struct message messages[MESSAGES_MAX];
    const char *const secrets[] = {good_text, wrong_text, "ordinary", "guess"};
    struct fuzz_input input = fuzz_input(bytes, len);
    size_t mech = fuzz_pick(&input, 4);
    const char *secret = secrets[fuzz_pick(&input, 4)];
    sasl_utils_t utils;
    sasl_server_params_t params;
    size_t count;

    memset(&world, 0, sizeof world);
    memset(messages, 0, sizeof messages);
    memset(&utils, 0, sizeof utils);
    memset(&params, 0, sizeof params);
    world.class = classes[fuzz_pick(&input, 5)];
    utils.malloc = fake_malloc;
    utils.free = free;
    utils.log = fake_log;
    utils.checkpass = fake_checkpass;
    utils.prop_clear = fake_clear;
    utils.prop_get = fake_get;
    params.utils = &utils;
    params.service = "imap";
    params.canon_user = fake_canon;
    params.propctx = (struct propctx *)(void *)&world;
    params.ipremoteport = addresses[fuzz_pick(&input, 6)];
    count = say(mech, secret, messages);
    for (size_t i = 0; i < AMENDMENTS_MAX; i++) {
        uint8_t which = fuzz_byte(&input), at = fuzz_byte(&input);
        uint8_t how = fuzz_byte(&input), byte = fuzz_byte(&input);

        if (which == 0)
            break;
        amend(&messages[which % count], at, how, (char)byte);
    }
    while (input.left > 1 && count < MESSAGES_MAX) {
        size_t size = fuzz_number(&input, 2);

        size = size > input.left ? input.left : size;
        size = size > MESSAGE_MAX ? MESSAGE_MAX : size;
        memcpy(messages[count].bytes, input.at, size);
        messages[count++].len = size;
        input.at += size;
        input.left -= size;
    }
    run(steps[mech], messages, count, &params);
    return 0;
}
