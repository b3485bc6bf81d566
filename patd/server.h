/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accepting connections for one loop, within limits: a cap in all, a cap for each uid but 0, and
 * a descriptor in reserve. What a connection does then is its protocol's business.
 */
#ifndef PATD_SERVER_H
#define PATD_SERVER_H

#include "core/wire/peer.h"
#include "patd/listen.h"
#include "patd/loop.h"
#include "patd/places.h"

struct patd_server;

/* The beginning of every connection's struct. */
struct patd_connection {
    struct patd_source source; /* first: the loop hands it back */
    struct patd_server *server;
    struct pat_peer peer;
    struct patd_place place;
};

struct patd_server_args {
    struct patd_loop *loop;
    enum pat_config_protocol protocol;
    size_t total_max;
    size_t per_uid_max; /* does not bind uid 0 */
    /* Size of the protocol's struct, whose first member is a struct patd_connection. */
    size_t connection_size;
    /*
     * Sets ready, expired and a deadline, and has its descriptor watched; it may read at once, as
     * most clients speak as soon as they are connected. It may drop the connection.
     */
    void (*opened)(struct patd_connection *connection, void *context);
    /* Frees what the protocol added; the struct itself is freed behind it. */
    void (*closed)(struct patd_connection *connection);
    void *context;
};

/* Serves every listener of the protocol; takes over their descriptors. */
PAT_CHECKED enum pat_err patd_server_open(const struct patd_server_args *args,
                                          struct patd_listeners *listeners,
                                          struct patd_server **ret);
/* After its loop was closed. server may be NULL. */
void patd_server_free(struct patd_server *server);

/* Ends a connection. */
void patd_server_drop(struct patd_connection *connection);

/* A new one is idle: it is closed to make room for others, until it is not. */
void patd_server_set_idle(struct patd_connection *connection, bool idle);

size_t patd_server_count(const struct patd_server *server);

#endif
