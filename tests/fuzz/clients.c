/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients, as the bytes of an input say. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/span.h"
#include "core/base/text.h"
#include "core/wire/wire.h"
#include "tests/fuzz/clients.h"
#include "tests/fuzz/sockets.h"
#include "tests/fuzz/world.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

const uint32_t clients_uids[CLIENTS_UIDS] = {0, 100, 101, 900, 1500, 1700, 777, 65534, UINT32_MAX};
const enum pat_config_protocol clients_protocols[SOCKETS_LISTENERS] = {
    PAT_PROTOCOL_VERIFY, PAT_PROTOCOL_AUTHDAEMON, PAT_PROTOCOL_MUX};
struct clients clients;

void
clients_begin(void)
{
    memset(&clients, 0, sizeof clients);
}

/* --- questions --- */

static void
make_request(struct fuzz_input *input, struct pat_request *ret)
{
    static const char *const services[] = {"imap", "sshd", "smtpd", "su", "ldap", "no such"};
    static const char *const logins[] = {
        "alice@acme.example", "bob", "alice@lab.example", "carol", "both", "alice", "root", ""};
    static const char *const addresses[] = {"", "10.1.2.3", "192.0.2.7", "2001:db8::1"};
    uint8_t which = fuzz_byte(input), who = fuzz_byte(input);
    char text[PAT_TOKEN_MAX + 1];

    memset(ret, 0, sizeof *ret);
    pat_text_clip(ret->service, sizeof ret->service, services[which % COUNT(services)]);
    pat_text_clip(ret->address, sizeof ret->address, addresses[which / 64]);
    ret->has_address = ret->address[0] != '\0';
    ret->has_login = true;
    pat_text_clip(ret->login, sizeof ret->login, logins[who % COUNT(logins)]);
    ret->wants_end = (who & 128) != 0;
    world_token_text(fuzz_pick(input, WORLD_TOKENS), text);
    if ((who & 64) != 0)
        text[20] ^= 1;
    if ((who & 96) == 96)
        pat_text_clip(text, sizeof text, "correct horse");
    FUZZ_CHECK(pat_secret_set(&ret->token, text, strlen(text)) == PAT_OK);
    memset(ret->nonce, ++clients.nonce, sizeof ret->nonce);
}

static void
put_counted(struct pat_writer *writer, const char *text, size_t len)
{
    pat_span_put_u16(writer, (uint16_t)len);
    pat_span_put_bytes(writer, text, len);
}

/* In the words of the client's protocol. */
static size_t
write_request(const struct sockets_client *client, const struct pat_request *request,
              unsigned char ret[PAT_WIRE_MAX])
{
    struct pat_writer writer = pat_span_writer(ret, PAT_WIRE_MAX);
    const char *token = (const char *)request->token.bytes;
    char text[600], peer[PAT_ADDRESS_MAX + 8];

    if (clients_protocols[client->listener] == PAT_PROTOCOL_VERIFY)
        return pat_wire_put_request(request, ret);
    if (clients_protocols[client->listener] == PAT_PROTOCOL_AUTHDAEMON) {
        snprintf(text, sizeof text, "%s\nlogin\n%s\n%.*s\n", request->service, request->login,
                 (int)request->token.len, token);
        snprintf(peer, sizeof peer, "AUTH %zu\n", strlen(text));
        pat_span_put_text(&writer, peer);
        pat_span_put_text(&writer, text);
        pat_span_put_bytes(&writer, "\n", request->has_address ? 1 : 0);
        return writer.len;
    }
    put_counted(&writer, request->login, strlen(request->login));
    put_counted(&writer, token, request->token.len);
    put_counted(&writer, request->service, strlen(request->service));
    put_counted(&writer, "", 0);
    snprintf(peer, sizeof peer, "%s;4000", request->address);
    if (request->has_address)
        put_counted(&writer, peer, strlen(peer));
    return writer.len;
}

void
sockets_asked_groups(const char *account)
{
    FUZZ_CHECK(account[0] != '\0');
    if (clients.account_count < CLIENTS_ACCOUNTS)
        pat_text_clip(clients.accounts[clients.account_count++], sizeof clients.accounts[0],
                      account);
}

/* --- what clients do --- */

static struct sockets_client *
pick_client(struct fuzz_input *input)
{
    size_t which = fuzz_byte(input);

    return sockets.count == 0 ? NULL : &sockets.clients[sockets.count - 1 - which % sockets.count];
}

static void
ask(struct fuzz_input *input, struct sockets_client *client, size_t first)
{
    struct pat_request request;
    size_t len;

    if (client == NULL)
        return;
    make_request(input, &request);
    len = write_request(client, &request, client->plan);
    FUZZ_CHECK(len > 0);
    client->plan_len = 0;
    if (client->is_packets || first == 0 || first >= len) {
        sockets_say(client, client->plan, len);
    } else if (sockets_say(client, client->plan, first)) {
        client->plan_len = len - first;
        memmove(client->plan, client->plan + first, client->plan_len);
    }
}

static void
ask_on(struct sockets_client *client, size_t more)
{
    if (client == NULL || client->plan_len == 0)
        return;
    if (more == 0 || more > client->plan_len)
        more = client->plan_len;
    if (sockets_say(client, client->plan, more)) {
        client->plan_len -= more;
        memmove(client->plan, client->plan + more, client->plan_len);
    }
}

/* Some connect; with the highest bit each asks the same at once. */
static void
connect_some(struct fuzz_input *input)
{
    size_t listener = fuzz_pick(input, SOCKETS_LISTENERS);
    uint32_t uid = clients_uids[fuzz_pick(input, CLIENTS_UIDS)];
    uint8_t count = fuzz_byte(input);
    struct fuzz_input question = *input;

    for (size_t i = 0; i < 1U + count % 24; i++) {
        struct sockets_client *client = sockets_connect(
            listener, uid, clients_protocols[listener] == PAT_PROTOCOL_VERIFY);

        question = *input;
        if (client != NULL && (count & 128) != 0)
            ask(&question, client, 0);
    }
    *input = question;
}

static void
say_anything(struct fuzz_input *input, struct sockets_client *client)
{
    size_t len = fuzz_byte(input);

    if (len > input->left)
        len = input->left;
    if (client != NULL)
        sockets_say(client, input->at, len);
    input->at += len;
    input->left -= len;
}

/* For an account that was asked about, or for one that was not. */
static void
answer_groups(struct fuzz_input *input)
{
    static const char *const unasked[] = {"bob", "", "nobody"};
    size_t which = fuzz_byte(input);
    const char *account = clients.account_count > 0 && which < 250
                              ? clients.accounts[which % clients.account_count]
                              : unasked[which % COUNT(unasked)];
    size_t len = strlen(account);

    if (sockets.groups_len > 0 || sockets.groups_gone)
        return;
    memcpy(sockets.groups_answer, account, len + 1);
    memcpy(sockets.groups_answer + len + 1, CLIENTS_GROUPS, sizeof CLIENTS_GROUPS - 1);
    sockets.groups_len = len + sizeof CLIENTS_GROUPS;
}

static void
make_fail(struct fuzz_input *input)
{
    static int *const faults[] = {&sockets.accept_errno,  &sockets.accept_errno,
                                  &sockets.send_errno,    &sockets.recv_errno,
                                  &sockets.control_errno, &sockets.open_errno};
    static const int errnos[] = {EMFILE, ECONNABORTED, EAGAIN, ECONNRESET, ENOMEM, EMFILE};
    size_t which = fuzz_pick(input, COUNT(faults) + 2);

    if (which < COUNT(faults))
        *faults[which] = errnos[which];
    else if (which == COUNT(faults))
        clients.no_store = !clients.no_store;
    else
        sockets.groups_gone = true;
}

static void
leave(struct fuzz_input *input, bool wholly)
{
    struct sockets_client *client = pick_client(input);

    if (client == NULL)
        return;
    client->finished = true;
    client->gone |= wholly;
}

bool
clients_step(struct fuzz_input *input, int64_t until)
{
    struct sockets_client *client;

    switch (fuzz_pick(input, 11)) {
    case 0:
        connect_some(input);
        break;
    case 1:
        client = pick_client(input);
        ask(input, client, 0);
        break;
    case 2:
        client = pick_client(input);
        ask(input, client, 1 + (size_t)fuzz_byte(input));
        break;
    case 3:
        client = pick_client(input);
        ask_on(client, fuzz_byte(input));
        break;
    case 4:
        client = pick_client(input);
        say_anything(input, client);
        break;
    case 5:
        leave(input, (fuzz_byte(input) & 1) != 0);
        break;
    case 6:
        sockets.now += (int64_t)(fuzz_number(input, 2) % 3000);
        return sockets.now >= until;
    case 7:
        answer_groups(input);
        break;
    case 8:
        make_fail(input);
        break;
    default:
        sockets.first = fuzz_byte(input);
        sockets.most = sockets.first % 8;
        return true;
    }
    return false;
}
