/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patd/server: whom a server of 56 places lets in, by uid. Clients are real and connect to a
 * real socket; who they are is said here, in the place of pat_peer_get().
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/text.h"
#include "patd/server.h"
#include "tests/unit/support.h"

#define TOTAL 56
#define PER_UID 3
#define CLIENTS 64
#define NOBODY UINT32_MAX

static struct patd_loop *loop;
static struct patd_server *server;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static uint32_t next_uid;
static uint32_t watched;             /* the events that a listener waits for */
static struct patd_connection *last; /* that was opened */
static int clients[CLIENTS];
static size_t client_count;

static bool add_fails;
static uint32_t added; /* the events that what was added last waits for */

enum pat_err __real_patd_loop_add(struct patd_loop *to, struct patd_source *source,
                                  uint32_t events);
enum pat_err __wrap_patd_loop_add(struct patd_loop *to, struct patd_source *source,
                                  uint32_t events);
enum pat_err __wrap_pat_peer_get(int fd, struct pat_peer *ret);
enum pat_err __wrap_patd_loop_watch(struct patd_source *source, uint32_t events);

enum pat_err
__wrap_pat_peer_get(int fd, struct pat_peer *ret)
{
    (void)fd;
    *ret = (struct pat_peer){.uid = next_uid};
    return next_uid == NOBODY ? PAT_ERR_DENIED : PAT_OK;
}

enum pat_err
__wrap_patd_loop_add(struct patd_loop *to, struct patd_source *source, uint32_t events)
{
    added = events;
    if (!add_fails)
        return __real_patd_loop_add(to, source, events);
    return PAT_ERR_NOMEM;
}

enum pat_err
__wrap_patd_loop_watch(struct patd_source *source, uint32_t events)
{
    (void)source;
    watched = events;
    return PAT_OK;
}

static void
opened(struct patd_connection *connection, void *context)
{
    assert_ptr_equal(context, &loop);
    assert_int_equal(connection->peer.uid, next_uid);
    assert_int_equal(added, 0); /* its protocol says what it waits for */
    last = connection;
}

static void
closed(struct patd_connection *connection)
{
    (void)connection;
}

static void
start(void)
{
    const struct patd_server_args args = {.protocol = PAT_PROTOCOL_VERIFY,
                                          .total_max = TOTAL,
                                          .per_uid_max = PER_UID,
                                          .connection_size = sizeof(struct patd_connection),
                                          .opened = opened,
                                          .closed = closed,
                                          .context = &loop};
    struct patd_server_args with_loop = args;
    struct patd_listeners listeners = {.count = 1, .sockets = {{.protocol = PAT_PROTOCOL_VERIFY}}};
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX];
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    support_dir(dir);
    support_path(path, dir, "sock");
    pat_text_clip(address.sun_path, sizeof address.sun_path, path);
    assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof address), errno);
    assert_return_code(listen(fd, CLIENTS), errno);
    listeners.sockets[0].fd = fd;
    assert_ok(patd_loop_open(&loop));
    with_loop.loop = loop;
    watched = EPOLLIN;
    client_count = 0;
    assert_ok(patd_server_open(&with_loop, &listeners, &server));
    assert_int_equal(listeners.count, 0);
    support_log_collect();
}

static void
stop(void)
{
    patd_loop_close(loop);
    patd_server_free(server);
    while (client_count > 0)
        close(clients[--client_count]);
}

static bool
hung_up(int client)
{
    char byte;

    return recv(client, &byte, 1, MSG_DONTWAIT) != -1 || errno != EAGAIN;
}

/* Somebody of this uid connects, and the server looks at its socket; NULL when it did not let in.
 */
static struct patd_connection *
connect_as(uint32_t uid)
{
    struct patd_source *listener = patd_loop_first(loop);
    int client = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    assert_true(client_count < CLIENTS);
    clients[client_count++] = client;
    assert_return_code(connect(client, (struct sockaddr *)&address, sizeof address), errno);
    next_uid = uid;
    last = NULL;
    listener->ready(listener, EPOLLIN);
    if (last != NULL)
        assert_false(hung_up(client));
    return last;
}

/* The same, and it goes on to work. */
static void
work_as(uint32_t uid, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct patd_connection *connection = connect_as(uid);

        assert_non_null(connection);
        patd_server_set_idle(connection, false);
    }
}

static void
expect_refused(uint32_t uid, const char *why)
{
    size_t before = patd_server_count(server), told = support_log_count("refused");

    assert_null(connect_as(uid));
    assert_true(hung_up(clients[client_count - 1]));
    assert_int_equal(patd_server_count(server), before);
    assert_int_equal(support_log_count("refused"), told + 1);
    assert_string_equal(support_log_value("refused", "error"), why);
    assert_int_equal(watched, EPOLLIN);
}

static void
a_uid_has_its_share(void **state)
{
    (void)state;
    start();
    work_as(1000, PER_UID);
    expect_refused(1000, "too many connections of this uid");
    assert_string_equal(support_log_value("refused", "peer_uid"), "1000");
    work_as(1001, 1);
    patd_server_drop((struct patd_connection *)last);
    assert_int_equal(patd_server_count(server), PER_UID);
    work_as(0, PER_UID + 2); /* whom it does not bind */
    assert_int_equal(patd_server_count(server), 2 * PER_UID + 2);
    stop();
}

/* Idle ones of its own do not count less: who holds its share waits for itself. */
static void
idle_ones_are_of_the_share(void **state)
{
    (void)state;
    start();
    for (size_t i = 0; i < PER_UID; i++)
        assert_non_null(connect_as(1000));
    expect_refused(1000, "too many connections of this uid");
    stop();
}

static void
the_last_places_are_roots(void **state)
{
    (void)state;
    start();
    for (uint32_t i = 0; i < TOTAL - TOTAL / 8; i++)
        work_as(1000 + i, 1);
    expect_refused(2000, "too many connections");
    assert_string_equal(support_log_value("refused", "peer_uid"), "2000");
    work_as(0, TOTAL / 8);
    assert_int_equal(patd_server_count(server), TOTAL);
    assert_int_equal(support_log_count("refused"), 1);
    stop();
}

/* Every place is at work: whoever comes waits, and the server does not even look. */
static void
a_full_server_waits(void **state)
{
    (void)state;
    start();
    work_as(0, TOTAL);
    assert_null(connect_as(0));
    assert_false(hung_up(clients[client_count - 1]));
    assert_int_equal(watched, 0);
    assert_string_equal(support_log_value("refused", "peer_uid"), "4294967295");
    assert_int_equal(support_log_count("refused"), 1);
    assert_string_equal(support_log_value("refused", "error"), "too many connections");
    stop();
}

static void
who_is_idle_makes_room(void **state)
{
    struct patd_connection *idle, *second;

    (void)state;
    start();
    assert_non_null(idle = connect_as(1000));
    assert_non_null(second = connect_as(1001));
    work_as(0, TOTAL - 2);
    assert_non_null(connect_as(0));
    assert_int_equal(patd_server_count(server), TOTAL);
    assert_true(idle->source.removed);
    assert_false(second->source.removed);
    assert_true(hung_up(clients[0]));
    assert_false(hung_up(clients[1]));
    assert_int_equal(support_log_count("refused"), 0);
    stop();
}

/* Within the places that are everybody's, too; but root's own are not given to others there. */
static void
root_is_spared_for_others(void **state)
{
    struct patd_connection *idle;

    (void)state;
    start();
    work_as(0, TOTAL - TOTAL / 8 - 1);
    assert_non_null(idle = connect_as(1000));
    assert_non_null(connect_as(1001));
    assert_true(idle->source.removed);
    patd_server_set_idle(last, false);
    stop();
    start();
    work_as(0, TOTAL - TOTAL / 8 - 1);
    assert_non_null(idle = connect_as(0));
    expect_refused(1001, "too many connections");
    assert_false(idle->source.removed);
    work_as(0, 1);
    assert_false(idle->source.removed);
    stop();
}

/* Where all that is left are root's own, the one that is idle for longest goes. */
static void
root_makes_room_for_root(void **state)
{
    struct patd_connection *idle;

    (void)state;
    start();
    work_as(0, TOTAL - 1);
    assert_non_null(idle = connect_as(0));
    assert_non_null(connect_as(0));
    assert_true(idle->source.removed);
    assert_int_equal(patd_server_count(server), TOTAL);
    stop();
}

/* Who cannot be served is not kept, and holds no place. */
static void
a_loop_that_is_full(void **state)
{
    (void)state;
    start();
    watched = 0x1000;
    work_as(1000, 1);
    assert_int_equal(watched, 0x1000); /* it is served at once, and watched later */
    add_fails = true;
    assert_null(connect_as(1001));
    add_fails = false;
    assert_true(hung_up(clients[client_count - 1]));
    assert_int_equal(patd_server_count(server), 1);
    stop();
}

static void
nobody_is_not_let_in(void **state)
{
    (void)state;
    start();
    expect_refused(NOBODY, "a peer without usable credentials");
    assert_string_equal(support_log_value("refused", "peer_uid"), "4294967295");
    work_as(1000, 1);
    stop();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uid_has_its_share),       cmocka_unit_test(idle_ones_are_of_the_share),
        cmocka_unit_test(the_last_places_are_roots), cmocka_unit_test(a_full_server_waits),
        cmocka_unit_test(who_is_idle_makes_room),    cmocka_unit_test(root_is_spared_for_others),
        cmocka_unit_test(root_makes_room_for_root),  cmocka_unit_test(a_loop_that_is_full),
        cmocka_unit_test(nobody_is_not_let_in),
    };
    struct support_list list = {.count = COUNT(tests)};

    memcpy(list.tests, tests, sizeof tests);
    return support_run("server", &list);
}
