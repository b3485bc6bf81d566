/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may have a connection. Peers are known by their credentials only; one that the kernel cannot
 * name is closed at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/log.h"
#include "patd/server.h"

#define CROWD 64
#define CROWD_ACCEPTS 16

struct listener {
    struct patd_source source; /* first */
    struct patd_server *server;
};

struct patd_server {
    struct patd_server_args args;
    struct listener *listeners[PATD_LISTENERS_MAX];
    size_t listener_count;
    bool paused; /* full of connections that are at work: newcomers wait in the backlog */
    struct patd_places places;
    int reserve; /* given up to accept and close when descriptors run out */
};

static void
set_paused(struct patd_server *server, bool paused)
{
    server->paused = paused;
    for (size_t i = 0; i < server->listener_count; i++)
        if (patd_loop_watch(&server->listeners[i]->source, paused ? 0 : EPOLLIN) != PAT_OK)
            PAT_LOG(LOG_ERR, "failure", {"doing", "pausing a listener"});
}

static void
free_connection(struct patd_source *source)
{
    struct patd_connection *connection = (struct patd_connection *)source;
    struct patd_server *server = connection->server;

    server->args.closed(connection);
    patd_places_leave(&connection->place); /* a loop that closes has dropped nobody */
    free(connection);
    if (server->paused)
        set_paused(server, false);
}

void
patd_server_drop(struct patd_connection *connection)
{
    patd_places_leave(&connection->place);
    patd_loop_remove(&connection->source);
}

void
patd_server_set_idle(struct patd_connection *connection, bool idle)
{
    patd_places_set_idle(&connection->place, idle);
}

size_t
patd_server_count(const struct patd_server *server)
{
    return server->places.count;
}

static bool
drop_idle(struct patd_server *server, bool spare_root)
{
    struct patd_place *place = patd_places_idle(&server->places, spare_root);

    if (place == NULL)
        return false;
    patd_server_drop(
        (struct patd_connection *)((char *)place - offsetof(struct patd_connection, place)));
    return true;
}

static void
log_refused(uint32_t uid, const char *why)
{
    char number[16];

    snprintf(number, sizeof number, "%u", uid);
    PAT_LOG(LOG_WARNING, "refused", {"peer_uid", number}, {"error", why});
}

/* Makes room for one more; false when every connection is at work. */
static bool
make_room(struct patd_server *server)
{
    if (server->places.count < server->args.total_max || drop_idle(server, false))
        return true;
    log_refused(UINT32_MAX, "too many connections");
    set_paused(server, true);
    return false;
}

/* The last places are root's: sshd and whoever has to revoke get in, however many others come. */
static bool
may_connect(struct patd_server *server, uint32_t uid)
{
    size_t places = server->args.total_max - server->args.total_max / 8;

    if (uid == 0)
        return true;
    if (patd_places_of_uid(&server->places, uid) >= server->args.per_uid_max)
        log_refused(uid, "too many connections of this uid");
    else if (server->places.count >= places && !drop_idle(server, true))
        log_refused(uid, "too many connections");
    else
        return true;
    return false;
}

static struct patd_connection *
new_connection(struct patd_server *server, int fd, const struct pat_peer *peer)
{
    struct patd_connection *connection = calloc(1, server->args.connection_size);

    if (connection == NULL)
        return NULL;
    connection->source.fd = fd;
    connection->source.destroy = free_connection;
    connection->server = server;
    connection->peer = *peer;
    if (patd_places_take(&server->places, peer->uid, &connection->place) != PAT_OK) {
        free(connection);
        return NULL;
    }
    return connection;
}

static void
welcome(struct patd_server *server, int fd)
{
    struct patd_connection *connection;
    struct pat_peer peer;

    if (pat_peer_get(fd, &peer) != PAT_OK) {
        log_refused(UINT32_MAX, "a peer without usable credentials");
        close(fd);
        return;
    }
    connection = may_connect(server, peer.uid) ? new_connection(server, fd, &peer) : NULL;
    if (connection == NULL) {
        close(fd);
    } else if (patd_loop_add(server->args.loop, &connection->source, 0) != PAT_OK) {
        patd_places_leave(&connection->place);
        free(connection);
        close(fd);
    } else {
        server->args.opened(connection, server->args.context);
    }
}

/* Without descriptors the waiting client is let in for a moment, so that it is told at once. */
static void
turn_one_away(struct patd_server *server, int listening)
{
    int fd;

    close(server->reserve);
    fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    if (fd != -1)
        close(fd);
    server->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    log_refused(UINT32_MAX, "out of descriptors");
    if (server->reserve == -1 && server->places.count > 0)
        set_paused(server, true); /* until a connection ends, and its descriptor is free */
}

static bool
accept_one(struct patd_server *server, int listening)
{
    int fd;

    if (!make_room(server))
        return false;
    fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd != -1)
        welcome(server, fd);
    else if (errno == EMFILE || errno == ENFILE)
        turn_one_away(server, listening);
    return fd != -1;
}

/*
 * One a round, as whether a second waits would cost a call more than it saves; in a crowd more, as
 * a round serves many others, and whoever asks honestly waits behind who came before.
 */
static void
accept_some(struct patd_source *source, uint32_t events)
{
    struct patd_server *server = ((struct listener *)source)->server;
    int left = server->places.count < CROWD ? 1 : CROWD_ACCEPTS;

    (void)events;
    while (left-- > 0 && accept_one(server, source->fd))
        continue;
}

static void
free_listener(struct patd_source *source)
{
    struct listener *listener = (struct listener *)source;

    if (listener->server != NULL)
        listener->server->listener_count = 0; /* all of them end together */
    free(source);
}

/* The loop frees them later than the server. */
static void
abandon_listeners(struct patd_server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        server->listeners[i]->server = NULL;
        patd_loop_remove(&server->listeners[i]->source);
    }
    server->listener_count = 0;
}

static enum pat_err
add_listener(struct patd_server *server, int fd)
{
    struct listener *listener = calloc(1, sizeof *listener);
    enum pat_err err;

    if (listener == NULL)
        return PAT_ERR_NOMEM;
    listener->source.fd = fd;
    listener->source.ready = accept_some;
    listener->source.destroy = free_listener;
    listener->server = server;
    err = patd_loop_add(server->args.loop, &listener->source, EPOLLIN);
    if (err == PAT_OK)
        server->listeners[server->listener_count++] = listener;
    else
        free(listener);
    return err;
}

enum pat_err
patd_server_open(const struct patd_server_args *args, struct patd_listeners *listeners,
                 struct patd_server **ret)
{
    struct patd_server *server = calloc(1, sizeof *server);
    enum pat_err err = PAT_OK;

    if (server == NULL)
        return PAT_ERR_NOMEM;
    server->args = *args;
    patd_places_init(&server->places);
    server->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; err == PAT_OK && i < listeners->count; i++) {
        if (listeners->sockets[i].protocol != args->protocol)
            continue;
        err = add_listener(server, listeners->sockets[i].fd);
        if (err == PAT_OK) { /* it is the loop's now */
            listeners->sockets[i] = listeners->sockets[--listeners->count];
            i--;
        }
    }
    if (err != PAT_OK || server->reserve == -1) {
        abandon_listeners(server);
        patd_server_free(server);
        return err == PAT_OK ? PAT_ERR_IO : err;
    }
    *ret = server;
    return PAT_OK;
}

void
patd_server_free(struct patd_server *server)
{
    if (server == NULL)
        return;
    if (server->reserve != -1)
        close(server->reserve);
    free(server);
}
