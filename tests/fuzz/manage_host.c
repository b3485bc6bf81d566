/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client and server share one thread and one loop, so that every run is the same. What the kernel,
 * the clock and the anchor would say is said here: the linker puts these functions in their place.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/api/verify.h"
#include "core/audit/event.h"
#include "core/base/text.h"
#include "core/store/usage.h"
#include "core/wire/varlink.h"
#include "patd/groups.h"
#include "patd/manage_op.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/manage_host.h"
#include "tests/fuzz/world.h"

#define REPLIES_MAX ((size_t)4 * 1024 * 1024)
#define PATIENCE_MILLISECONDS 100 /* of who follows, without a word */
#define SWEEP_TICKS 30

const char manage_host_last[] = "{\"method\":\"org.varlink.service.GetInfo\"}";

static struct {
    enum manage_host_backend backend;
    struct pat_store *stores[2];
    int64_t generations[2]; /* of the stores as they were made */
    sqlite3 *golden, *raw;  /* the database as it was made, and as it is */
    struct pat_anchor *anchor;
    struct pat_usage *usage;
    int listening;
    struct sockaddr_un address;
    uint32_t peer;
    const char *groups;
    char created[MANAGE_HOST_CREATED][PAT_TOKEN_MAX + 1];
    size_t created_count;
} host;

/* --- in the place of the real ones --- */

enum pat_err __wrap_pat_peer_get(int fd, struct pat_peer *ret);
void __wrap_pat_peer_login_find(int fd, struct pat_peer *peer);
enum pat_err __wrap_pat_context_writer(struct pat_context *context, struct pat_store **ret);
enum pat_err __real_pat_context_writer(struct pat_context *context, struct pat_store **ret);
void __wrap_pat_store_close(struct pat_store *store);
void __real_pat_store_close(struct pat_store *store);
struct pat_usage *__wrap_pat_context_usage(struct pat_context *context);
char *__wrap_patd_groups_ask(int fd, const char *account);
enum pat_err __wrap_pat_anchor_advance(struct pat_anchor *anchor,
                                       const struct pat_anchor_mark *mark, const char *lines,
                                       size_t len);

enum pat_err
__wrap_pat_peer_get(int fd, struct pat_peer *ret)
{
    (void)fd;
    *ret = (struct pat_peer){.uid = host.peer};
    return PAT_OK;
}

void
__wrap_pat_peer_login_find(int fd, struct pat_peer *peer)
{
    (void)fd;
    (void)peer;
}

enum pat_err
__wrap_pat_context_writer(struct pat_context *context, struct pat_store **ret)
{
    (void)context;
    *ret = host.stores[host.backend];
    return PAT_OK;
}

void
__wrap_pat_store_close(struct pat_store *store)
{
    if (store != host.stores[0] && store != host.stores[1])
        __real_pat_store_close(store);
}

struct pat_usage *
__wrap_pat_context_usage(struct pat_context *context)
{
    (void)context;
    return host.usage;
}

char *
__wrap_patd_groups_ask(int fd, const char *account)
{
    (void)fd;
    (void)account;
    return strdup(host.groups);
}

/* The journal takes whole lines of printable text; fuzz_anchor.c tries what becomes of them. */
enum pat_err
__wrap_pat_anchor_advance(struct pat_anchor *anchor, const struct pat_anchor_mark *mark,
                          const char *lines, size_t len)
{
    (void)anchor;
    FUZZ_CHECK(mark->generation > 1 && (len == 0 || lines[len - 1] == '\n'));
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK(lines[i] == '\n' ? i > 0 && lines[i - 1] != '\n'
                                    : lines[i] >= 0x20 && lines[i] <= 0x7e);
    return PAT_OK;
}

/* --- stores --- */

static int64_t
generation_of(struct pat_store *store)
{
    struct pat_host_record row;

    FUZZ_CHECK(pat_store_get(store, PAT_ROW_HOST, "", "", &row) == PAT_OK);
    return row.generation;
}

static struct pat_store *
make_memory(void)
{
    const struct pat_store_args args = {.ops = &pat_memory_ops,
                                        .place = "",
                                        .mode = PAT_STORE_CREATE,
                                        .keyring = world_keyring(),
                                        .anchor = host.anchor};
    struct pat_store *store = NULL;

    world_reseed(2);
    FUZZ_CHECK(pat_store_open(&args, &store) == PAT_OK);
    world_fill(store);
    return store;
}

static void
copy_database(sqlite3 *to, sqlite3 *from)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");

    FUZZ_CHECK_TEXT(backup != NULL, sqlite3_errmsg(to));
    FUZZ_CHECK(sqlite3_backup_step(backup, -1) == SQLITE_DONE);
    FUZZ_CHECK(sqlite3_backup_finish(backup) == SQLITE_OK);
}

static void
make_sqlite(void)
{
    char path[600];

    world_reseed(2);
    FUZZ_CHECK(__real_pat_context_writer(world_context(), &host.stores[MANAGE_HOST_SQLITE]) ==
               PAT_OK);
    world_fill(host.stores[MANAGE_HOST_SQLITE]);
    snprintf(path, sizeof path, "%s/pat.db", world_state_dir());
    FUZZ_CHECK(sqlite3_open_v2(path, &host.raw, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    FUZZ_CHECK(sqlite3_exec(host.raw, "PRAGMA synchronous = OFF", NULL, NULL, NULL) == SQLITE_OK);
    FUZZ_CHECK(sqlite3_open(":memory:", &host.golden) == SQLITE_OK);
    copy_database(host.golden, host.raw);
}

/* Only a store that something was written to is made again. */
static void
renew(enum manage_host_backend backend)
{
    struct pat_store *store = host.stores[backend];

    if (generation_of(store) == host.generations[backend])
        return;
    if (backend == MANAGE_HOST_SQLITE) {
        copy_database(host.raw, host.golden);
    } else {
        host.stores[backend] = NULL;
        pat_store_close(store);
        host.stores[backend] = make_memory();
    }
    FUZZ_CHECK(generation_of(host.stores[backend]) == host.generations[backend]);
}

static void
forget_uses(void)
{
    static const char *const names[] = {"usage.db", "usage.db-wal", "usage.db-shm"};
    char path[600];

    if (host.usage == NULL)
        return;
    pat_usage_close(host.usage);
    host.usage = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/uses/%s", fuzz_directory(), names[i]);
        unlink(path);
    }
}

void
manage_host_open(void)
{
    char path[600];

    pat_varlink_start();
    world_context();
    snprintf(path, sizeof path, "%s/keys", fuzz_directory());
    FUZZ_CHECK(pat_anchor_open(path, pat_keyring_key(world_keyring(), PAT_KEYRING_ANCHOR),
                               &host.anchor) == PAT_OK);
    make_sqlite();
    host.stores[MANAGE_HOST_MEMORY] = make_memory();
    for (int i = 0; i < 2; i++)
        host.generations[i] = generation_of(host.stores[i]);
    snprintf(path, sizeof path, "%s/uses", fuzz_directory());
    FUZZ_CHECK(mkdir(path, 0700) == 0);
    host.address.sun_family = AF_UNIX;
    snprintf(host.address.sun_path, sizeof host.address.sun_path, "%.90s/sock", fuzz_directory());
    host.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    FUZZ_CHECK(bind(host.listening, (struct sockaddr *)&host.address, sizeof host.address) == 0);
    FUZZ_CHECK(listen(host.listening, 16) == 0);
}

void
manage_host_begin(enum manage_host_backend backend)
{
    forget_uses();
    host.backend = backend;
    host.groups = "";
    host.created_count = 0;
    world_now = WORLD_NOW;
    world_context();
    renew(backend);
    world_reseed(3);
}

struct pat_store *
manage_host_store(void)
{
    return host.stores[host.backend];
}

/* --- a client --- */

struct client {
    struct patd_source source; /* first */
    const char *messages;
    size_t len, sent, cut;
    char *replies;
    size_t got, last; /* where the reply that is being read begins */
    size_t seen;      /* of what it got, when it last lost patience */
    bool dropped, follows;
};

static void
stay(struct patd_source *source)
{
    (void)source;
}

static void
send_some(struct client *client)
{
    size_t end = client->sent < client->cut ? client->cut : client->len;
    ssize_t sent = send(client->source.fd, client->messages + client->sent, end - client->sent,
                        MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent > 0)
        client->sent += (size_t)sent;
    if (sent == -1 && errno != EAGAIN)
        client->sent = client->len; /* it hung up; what it said before can be read */
    if (client->follows && client->sent == client->len)
        patd_loop_set_deadline(&client->source, PATIENCE_MILLISECONDS);
    FUZZ_CHECK(patd_loop_watch(&client->source, client->sent < client->len ? EPOLLIN | EPOLLOUT
                                                                           : EPOLLIN) == PAT_OK);
}

/* True when the answer to manage_host_last is there. */
static bool
is_answered(struct client *client)
{
    char *end;

    while ((end = memchr(client->replies + client->last, '\0', client->got - client->last)) !=
           NULL) {
        if (strstr(client->replies + client->last, "\"vendor\":\"linux-pat\"") != NULL)
            return true;
        client->last = (size_t)(end - client->replies) + 1;
    }
    return false;
}

static void
hang_up(struct patd_source *source)
{
    struct client *client = (struct client *)source;

    if (client->seen == client->got)
        patd_loop_stop(source->loop);
    client->seen = client->got;
    patd_loop_set_deadline(source, PATIENCE_MILLISECONDS);
}

static void
talk(struct patd_source *source, uint32_t events)
{
    struct client *client = (struct client *)source;
    ssize_t got = 1;

    if ((events & EPOLLOUT) != 0)
        send_some(client);
    if ((events & ~(uint32_t)EPOLLOUT) != 0) {
        FUZZ_CHECK(client->got < REPLIES_MAX);
        got = recv(source->fd, client->replies + client->got, REPLIES_MAX - client->got,
                   MSG_DONTWAIT);
        if (got > 0)
            client->got += (size_t)got;
    }
    client->dropped = got == 0 || (got == -1 && errno != EAGAIN);
    if (client->dropped || is_answered(client))
        patd_loop_stop(source->loop);
}

static void
connect_client(struct client *client, struct patd_loop *loop)
{
    client->source.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    client->source.ready = talk;
    client->source.expired = hang_up;
    client->source.destroy = stay;
    FUZZ_CHECK(connect(client->source.fd, (struct sockaddr *)&host.address, sizeof host.address) ==
               0);
    FUZZ_CHECK(patd_loop_add(loop, &client->source, EPOLLIN | EPOLLOUT) == PAT_OK);
}

static struct patd_manage *
open_server(struct patd_loop *loop)
{
    struct patd_listeners listeners = {.count = 1};
    struct patd_manage *manage = NULL;

    listeners.sockets[0].fd = dup(host.listening);
    listeners.sockets[0].protocol = PAT_PROTOCOL_MANAGE;
    FUZZ_CHECK(patd_manage_op_open(loop, world_context(), &listeners, -1, &manage) == PAT_OK);
    return manage;
}

void
manage_host_call(uint32_t uid, const char *messages, size_t len, size_t cut, bool follows,
                 struct manage_host_replies *ret)
{
    static char replies[REPLIES_MAX];
    struct client client = {.messages = messages,
                            .len = len,
                            .cut = cut < len ? cut : 0,
                            .replies = replies,
                            .follows = follows};
    struct patd_loop *loop = NULL;
    struct patd_manage *manage;

    host.peer = uid;
    FUZZ_CHECK(patd_loop_open(&loop) == PAT_OK);
    manage = open_server(loop);
    connect_client(&client, loop);
    patd_loop_run(loop, NULL, NULL);
    patd_loop_close(loop);
    patd_manage_op_free(manage);
    *ret = (struct manage_host_replies){
        .text = replies, .len = client.last, .dropped = client.dropped};
}

/* --- other things that happen --- */

void
manage_host_set_groups(const char *names)
{
    host.groups = names;
}

enum pat_class
manage_host_verify(const struct pat_request *request)
{
    static struct pat_verify_rows rows;
    const struct pat_peer root = {.uid = 0};
    struct pat_verify_outcome outcome;
    char dir[600];

    if (host.usage == NULL) {
        snprintf(dir, sizeof dir, "%s/uses", fuzz_directory());
        FUZZ_CHECK(pat_usage_open(dir, world_now, &host.usage) == PAT_OK);
    }
    pat_verify(world_context(), manage_host_store(), &root, request, host.groups, &rows, &outcome);
    pat_verify_note(world_context(), &root, request, &outcome);
    return outcome.answer.class;
}

void
manage_host_sweep(void)
{
    struct patd_loop *loop = NULL;
    struct patd_manage *manage;

    FUZZ_CHECK(patd_loop_open(&loop) == PAT_OK);
    manage = open_server(loop);
    for (int i = 0; i < SWEEP_TICKS; i++)
        patd_manage_op_tick(manage);
    patd_loop_close(loop);
    patd_manage_op_free(manage);
}

size_t
manage_host_created(void)
{
    return host.created_count;
}

const char *
manage_host_created_text(size_t index)
{
    return host.created[index];
}

void
manage_host_note_created(const char *text)
{
    if (host.created_count < MANAGE_HOST_CREATED)
        pat_text_clip(host.created[host.created_count++], sizeof host.created[0], text);
}
