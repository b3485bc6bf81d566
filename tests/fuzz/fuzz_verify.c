/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/api/verify.c: any packet of any peer against a small host. A second, plainer reading of
 * DESIGN.md section 4 (model.c) says who may be accepted: nobody else is, and they are. Whoever is
 * not accepted learns nothing, and no log line carries a token.
 *
 * Input: peer, groups, kind. Kind 'p': the rest is a packet. Anything else: what the packet is made
 * of, from lists of likely values.
 */
#include <stdio.h>
#include <string.h>

#include "core/api/verify.h"
#include "core/audit/event.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/wire/wire.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/model.h"
#include "tests/fuzz/world.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const uint32_t peers[] = {0, 100, 101, 900, 1500, 1501, 1502, 1600, 1601, 1700, 777};
static const char *const groups[] = {NULL, "", "canarystaff\n", "canarystaff\ncanarycrew\n",
                                     "x\n\ncanarycrew"};

static struct pat_store *store;
static const struct pat_request *asked; /* whose verification is being noted */

/* A name may hold anything, also what looks like a piece of a token. */
static bool
is_in_names(const char *secret)
{
    return strstr(asked->service, secret) != NULL || strstr(asked->login, secret) != NULL ||
           strstr(asked->address, secret) != NULL;
}

static void
check_line(void *context, int priority, const char *event, const struct pat_log_field *fields,
           size_t count)
{
    char line[PAT_EVENT_LINE_MAX];

    (void)context;
    (void)priority;
    FUZZ_CHECK(pat_event_write(line, sizeof line, event, fields, count) == PAT_OK);
    for (size_t i = 0; i < WORLD_TOKENS; i++) {
        struct pat_token token;

        world_token(i, &token);
        FUZZ_CHECK_TEXT(strstr(line, token.secret) == NULL || is_in_names(token.secret), line);
    }
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    store = world_memory();
    pat_log_set_sink(check_line, NULL);
    return 0;
}

/* --- packets of likely values --- */

static void
pick_text(struct fuzz_input *input, const char *const *list, size_t count, char *ret, size_t size)
{
    size_t which = fuzz_byte(input);

    if (which == 255)
        fuzz_text(input, ret, size);
    else
        pat_text_clip(ret, size, list[which % count]);
}

static void
pick_token(struct fuzz_input *input, struct pat_request *request)
{
    char text[PAT_TOKEN_MAX + 3];
    size_t which = fuzz_pick(input, WORLD_TOKENS + 1);
    uint8_t how = fuzz_byte(input);
    size_t len;

    if (which == WORLD_TOKENS) {
        fuzz_text(input, text, sizeof text);
    } else {
        world_token_text(which, text);
        len = strlen(text);
        if ((how & 1) != 0)
            text[fuzz_byte(input) % len] = (char)fuzz_byte(input);
        if ((how & 2) != 0)
            text[len - 1 - fuzz_byte(input) % 4] ^= 32;
        if ((how & 4) != 0)
            pat_text_clip(text + len, 2, " ");
    }
    FUZZ_CHECK(pat_secret_set(&request->token, text, strlen(text)) == PAT_OK);
}

static size_t
make_packet(struct fuzz_input *input, unsigned char packet[PAT_WIRE_MAX])
{
    static const char *const services[] = {"imap",  "smtpd",      "sshd", "su",   "app", "http",
                                           "login", "postgresql", "SSHD", "sudo", "ldap"};
    static const char *const logins[] = {"alice",
                                         "alice@lab.example",
                                         "fay@firm.example",
                                         "bob",
                                         "root",
                                         "alice@acme.example",
                                         "dave",
                                         "both",
                                         "carol",
                                         "alice@LAB.test",
                                         "both@lab.example",
                                         "eve@gone.example",
                                         "adam",
                                         "",
                                         "alice@",
                                         "alice@lab.example@acme.example",
                                         "Alice",
                                         "bob@acme.example",
                                         "rooty",
                                         "bo",
                                         "bobby",
                                         "ali@lab.example"};
    static const char *const realms[] = {"acme.example", "lab.example", "LAB.TEST", "", "other"};
    static const char *const tenants[] = {"acme", "lab", "gone", "zz"};
    static const char *const addresses[] = {
        "192.0.2.7",     "10.1.2.3", "2001:db8::1", "::ffff:10.0.0.1", "host.example",
        "10.1.2.3%eth0", ""};
    struct pat_request request = {.service = ""};
    uint8_t fields = fuzz_byte(input);
    size_t len;

    pick_text(input, services, COUNT(services), request.service, sizeof request.service);
    request.has_login = (fields & 1) != 0;
    request.has_realm = (fields & 2) != 0;
    request.has_address = (fields & 8) != 0;
    request.wants_scopes = (fields & 16) != 0;
    request.wants_end = (fields & 32) != 0;
    if (request.has_login)
        pick_text(input, logins, COUNT(logins), request.login, sizeof request.login);
    if (request.has_realm)
        pick_text(input, realms, COUNT(realms), request.realm, sizeof request.realm);
    if ((fields & 4) != 0)
        pick_text(input, tenants, COUNT(tenants), request.tenant, sizeof request.tenant);
    if (request.has_address)
        pick_text(input, addresses, COUNT(addresses), request.address, sizeof request.address);
    pick_token(input, &request);
    len = pat_wire_put_request(&request, packet);
    FUZZ_CHECK(len != 0);
    return len;
}

/* --- the promises --- */

static void
check_refused(const struct pat_verify_outcome *outcome)
{
    struct pat_answer answer = outcome->answer;

    FUZZ_CHECK(answer.class != PAT_CLASS_ACCEPTED && answer.class != PAT_CLASS_UNAVAILABLE);
    FUZZ_CHECK(answer.class == pat_verdict_class(outcome->verdict));
    memset(answer.nonce, 0, sizeof answer.nonce);
    answer.class = 0;
    FUZZ_CHECK(fuzz_is_zero(&answer, sizeof answer));
}

static void
check_outcome(const struct pat_request *request, const struct pat_verify_outcome *outcome)
{
    unsigned char packet[PAT_WIRE_MAX];
    struct pat_answer read;
    size_t len = pat_wire_put_answer(&outcome->answer, packet);

    FUZZ_CHECK(memcmp(outcome->answer.nonce, request->nonce, sizeof request->nonce) == 0);
    FUZZ_CHECK(len != 0 && pat_wire_get_answer(packet, len, &read) == PAT_OK);
    FUZZ_CHECK(read.class == outcome->answer.class);
    FUZZ_CHECK(outcome->verdict != PAT_VERDICT_BAD_SEAL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct pat_verify_rows rows;
    struct fuzz_input input = fuzz_input(bytes, len);
    const struct pat_peer peer = {.uid = peers[fuzz_pick(&input, COUNT(peers))]};
    const char *names = groups[fuzz_pick(&input, COUNT(groups))];
    unsigned char packet[PAT_WIRE_MAX];
    struct pat_verify_outcome outcome;
    struct pat_request request;
    struct model_answer expected;
    size_t packet_len;

    if (fuzz_byte(&input) == 'p') {
        packet_len = input.left < sizeof packet ? input.left : sizeof packet;
        memcpy(packet, input.at, packet_len);
    } else {
        packet_len = make_packet(&input, packet);
    }
    if (pat_wire_get_request(packet, packet_len, &request) != PAT_OK)
        return 0;
    asked = &request;
    memset(&outcome, 0xaa, sizeof outcome);
    memset(&rows, 0xaa, sizeof rows);
    pat_verify(world_context(), store, &peer, &request, names, &rows, &outcome);
    check_outcome(&request, &outcome);
    model_verify(peer.uid, &request, names, &expected);
    FUZZ_CHECK_TEXT((outcome.answer.class == PAT_CLASS_ACCEPTED) == expected.accepted,
                    pat_verdict_name(outcome.verdict));
    if (expected.accepted)
        model_check_answer(&expected, &request, &outcome.answer);
    else
        check_refused(&outcome);
    FUZZ_CHECK((outcome.answer.class == PAT_CLASS_OTHER) == expected.not_a_token);
    pat_verify_note(world_context(), &peer, &request, &outcome);
    return 0;
}
