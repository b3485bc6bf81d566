/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patd's connections: the loop, the servers of the three protocols, sessions, penalties and groups,
 * with clients of several uids that speak in fragments and all at once, fall silent, leave, or send
 * anything; on the clock of sockets.c, where descriptors, memory for epoll and sockets fail too.
 *
 * An answer is for the request that its own connection sent last, and is the one of model.c;
 * whoever asked is answered, and nobody is before; nobody holds more places than he may, root keeps
 * some, and nobody is there longer than the protocol allows; the loop never spins; and at the end
 * everybody is gone and everything is closed.
 *
 * Input: limits; then steps, each a kind and what it needs.
 */
#include <string.h>

#include "core/audit/event.h"
#include "core/base/log.h"
#include "core/wire/wire.h"
#include "patd/server.h"
#include "patd/verify_codec.h"
#include "patd/verify_op.h"
#include "tests/fuzz/clients.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/model.h"
#include "tests/fuzz/sockets.h"
#include "tests/fuzz/world.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define WHOLE 1900 /* milliseconds for a protocol that closes */
#define READING 2000
#define WAITING 2000 /* for groups, and for the penalty */
#define AFTERWARDS 30000
#define ROUNDS_MAX 60000

enum pat_err __wrap_patd_server_open(const struct patd_server_args *args,
                                     struct patd_listeners *listeners, struct patd_server **ret);
enum pat_err __real_patd_server_open(const struct patd_server_args *args,
                                     struct patd_listeners *listeners, struct patd_server **ret);
enum pat_err __wrap_pat_context_reader(struct pat_context *context, struct pat_store **ret);
struct pat_usage *__wrap_pat_context_usage(struct pat_context *context);
void __wrap_pat_store_close(struct pat_store *store);
void __real_pat_store_close(struct pat_store *store);

static struct {
    struct pat_store *store;
    struct fuzz_input input;
    struct patd_loop *loop;
    struct patd_server *servers[PATD_VERIFY_CODECS];
    size_t total_max, per_uid_max;
    bool store_was_away;
    int64_t ends; /* nothing more is done by clients since; 0: not yet */
    size_t rounds;
} run;

/* --- what patd is given instead of its own --- */

enum pat_err
__wrap_patd_server_open(const struct patd_server_args *args, struct patd_listeners *listeners,
                        struct patd_server **ret)
{
    struct patd_server_args mine = *args;
    enum pat_err err;

    mine.total_max = run.total_max;
    mine.per_uid_max = run.per_uid_max;
    err = __real_patd_server_open(&mine, listeners, ret);
    for (size_t i = 0; err == PAT_OK && i < PATD_VERIFY_CODECS; i++)
        if (patd_verify_codecs[i].protocol == args->protocol)
            run.servers[i] = *ret;
    return err;
}

enum pat_err
__wrap_pat_context_reader(struct pat_context *context, struct pat_store **ret)
{
    (void)context;
    run.store_was_away |= clients.no_store;
    if (clients.no_store)
        return PAT_ERR_IO;
    *ret = run.store;
    return PAT_OK;
}

void
__wrap_pat_store_close(struct pat_store *store)
{
    if (store != run.store)
        __real_pat_store_close(store);
}

struct pat_usage *
__wrap_pat_context_usage(struct pat_context *context)
{
    (void)context;
    return NULL;
}

static void
check_line(void *context, int priority, const char *event, const struct pat_log_field *fields,
           size_t count)
{
    char line[PAT_EVENT_LINE_MAX];

    (void)context;
    (void)priority;
    FUZZ_CHECK(pat_event_write(line, sizeof line, event, fields, count) == PAT_OK);
    FUZZ_CHECK_TEXT(!pat_event_holds_token(line), line);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    run.store = world_memory();
    pat_log_set_sink(check_line, NULL);
    return 0;
}

/* --- what is seen of patd --- */

void
sockets_accepted(struct sockets_client *client)
{
    (void)client;
}

/* A question is whole as soon as its codec says so. */
void
sockets_taken(struct sockets_client *client)
{
    const struct patd_verify_codec *codec = &patd_verify_codecs[client->listener];
    struct pat_request request;
    enum pat_err err;

    if (client->owed || client->taken_len == 0 || (client->answered && codec->closes))
        return;
    err = codec->read(client->taken, client->taken_len, &request);
    client->owed = err == PAT_OK || err == PAT_ERR_RANGE;
}

/* What the two protocols of libsasl2 say: yes only to whom the model accepts, at a virtual service.
 */
static void
check_short(const struct sockets_client *client, const struct pat_answer *yes,
            const unsigned char *bytes, size_t len, bool may, bool must)
{
    const struct pat_answer no = {.class = PAT_CLASS_REFUSED};
    unsigned char expected[PAT_WIRE_MAX];
    const struct patd_verify_codec *codec = &patd_verify_codecs[client->listener];
    size_t size = codec->write(yes, expected);

    if (len == size && memcmp(bytes, expected, len) == 0) {
        FUZZ_CHECK(may);
        return;
    }
    size = codec->write(&no, expected);
    FUZZ_CHECK(len == size && memcmp(bytes, expected, len) == 0 && !must);
}

static void
check_packet(const struct pat_request *request, const struct model_answer *with,
             const struct model_answer *without, const unsigned char *bytes, size_t len)
{
    struct pat_answer answer;

    FUZZ_CHECK(pat_wire_get_answer(bytes, len, &answer) == PAT_OK);
    FUZZ_CHECK(memcmp(answer.nonce, request->nonce, sizeof answer.nonce) == 0);
    if (answer.class == PAT_CLASS_ACCEPTED) {
        FUZZ_CHECK(with->accepted);
        model_check_answer(with, request, &answer);
    } else if (answer.class == PAT_CLASS_UNAVAILABLE) {
        FUZZ_CHECK(run.store_was_away);
    } else {
        FUZZ_CHECK(!without->accepted);
        FUZZ_CHECK((answer.class == PAT_CLASS_OTHER) == with->not_a_token);
        FUZZ_CHECK(len == 24);
    }
}

void
sockets_sent(struct sockets_client *client, const unsigned char *bytes, size_t len)
{
    const struct patd_verify_codec *codec = &patd_verify_codecs[client->listener];
    const struct pat_answer yes = {.class = PAT_CLASS_ACCEPTED};
    struct model_answer with = {.accepted = false}, without = {.accepted = false};
    struct pat_request request;
    enum pat_err err;

    FUZZ_CHECK(client->owed && !(codec->closes && client->answered));
    err = codec->read(client->taken, client->taken_len, &request);
    if (err == PAT_OK) {
        model_verify(client->uid, &request, CLIENTS_GROUPS, &with);
        model_verify(client->uid, &request, "", &without);
    }
    if (codec->carries_uid)
        check_packet(&request, &with, &without, bytes, len);
    else
        check_short(client, &yes, bytes, len, with.accepted && !with.local,
                    without.accepted && !without.local);
    client->owed = false;
    client->answered = true;
    client->since = sockets.now;
    client->taken_len = 0;
}

/* The protocols that close have no word for "not at the moment", and none for who may not ask. */
static bool
has_no_word(const struct sockets_client *client)
{
    const struct patd_verify_codec *codec = &patd_verify_codecs[client->listener];
    struct model_answer model = {.may_ask = true};
    struct pat_request request;

    if (codec->read(client->taken, client->taken_len, &request) == PAT_OK)
        model_verify(client->uid, &request, "", &model);
    return codec->closes && (run.store_was_away || !model.may_ask);
}

/* Who asked is not sent away without an answer, while nothing fails. */
void
sockets_closed(struct sockets_client *client)
{
    FUZZ_CHECK(!client->owed || client->gone || client->refused_write || sockets.failed ||
               has_no_word(client));
}

static bool
is_open(const struct sockets_client *client)
{
    return client->accepted && !client->closed;
}

/* timeout is how long the loop means to wait: with 0 it is not done with what is due. */
static void
check_client(const struct sockets_client *client, int timeout)
{
    bool closes = patd_verify_codecs[client->listener].closes;

    FUZZ_CHECK(client->uid != 65534 && client->uid != UINT32_MAX);
    if (timeout > 0)
        FUZZ_CHECK(sockets.now - client->since < (closes         ? WHOLE
                                                  : client->owed ? READING + WAITING
                                                                 : READING));
    FUZZ_CHECK(!(closes && client->answered));
}

static void
check_places(size_t listener, int timeout)
{
    size_t count = 0, others = 0, of_uid[CLIENTS_UIDS] = {0};

    for (size_t i = 0; i < sockets.count; i++) {
        const struct sockets_client *client = &sockets.clients[i];

        if (client->listener != listener || !is_open(client))
            continue;
        check_client(client, timeout);
        count++;
        others += client->uid != 0;
        for (size_t n = 1; n < CLIENTS_UIDS; n++)
            of_uid[n] += clients_uids[n] == client->uid;
    }
    FUZZ_CHECK(count == patd_server_count(run.servers[listener]));
    FUZZ_CHECK(count <= run.total_max && others <= run.total_max - run.total_max / 8);
    for (size_t n = 1; n < CLIENTS_UIDS; n++)
        FUZZ_CHECK(of_uid[n] <= run.per_uid_max);
}

/* --- the whole --- */

/* Nobody does anything more: everybody is answered, and then sent away. */
static void
end_slowly(int timeout)
{
    if (run.ends == 0)
        run.ends = sockets.now + AFTERWARDS;
    sockets.first = sockets.most = 0;
    if (!sockets_is_ready())
        sockets.now += timeout;
    if (sockets.now < run.ends)
        return;
    for (size_t i = 0; i < PATD_VERIFY_CODECS; i++)
        FUZZ_CHECK(patd_server_count(run.servers[i]) == 0 && sockets_backlog(i) == 0);
    patd_loop_stop(run.loop);
}

void
sockets_move(int timeout)
{
    int64_t until = sockets.now + timeout;
    bool turn = timeout == 0;

    FUZZ_CHECK(timeout >= 0 && timeout <= 1000 && ++run.rounds < ROUNDS_MAX);
    for (size_t i = 0; i < PATD_VERIFY_CODECS; i++)
        check_places(i, timeout);
    while (!turn && run.input.left > 0)
        turn = clients_step(&run.input, until);
    if (!turn || (timeout == 0 && run.input.left == 0))
        end_slowly(timeout);
    else if (!sockets_is_ready() && sockets.now < until)
        sockets.now = until;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const size_t totals[] = {8, 16, 24, 40, 100, 1024}, shares[] = {1, 2, 4, 16, 64};
    struct patd_listeners listeners = {.count = SOCKETS_LISTENERS};
    struct pat_store *store = run.store;
    struct patd_verify *verify = NULL;

    memset(&run, 0, sizeof run);
    run.store = store;
    run.input = fuzz_input(bytes, len);
    run.total_max = totals[fuzz_pick(&run.input, COUNT(totals))];
    run.per_uid_max = shares[fuzz_pick(&run.input, COUNT(shares))];
    clients_begin();
    sockets_begin();
    for (size_t i = 0; i < SOCKETS_LISTENERS; i++) {
        listeners.sockets[i].fd = sockets_listener(i);
        listeners.sockets[i].protocol = clients_protocols[i];
    }
    FUZZ_CHECK(patd_loop_open(&run.loop) == PAT_OK);
    FUZZ_CHECK(patd_verify_op_open(run.loop, world_context(), &listeners, sockets_groups(),
                                   &verify) == PAT_OK &&
               listeners.count == 0);
    patd_loop_run(run.loop, patd_verify_op_tick, verify);
    patd_loop_close(run.loop);
    patd_verify_op_free(verify);
    sockets_end();
    return 0;
}
