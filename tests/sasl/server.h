/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A SASL server without a network: libsasl2 with callbacks that tell what they are asked. What an
 * application gets from libsasl is printed, a line a thing; see tests/sasl/README.
 */
#ifndef TESTS_SASL_SERVER_H
#define TESTS_SASL_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include <sasl/sasl.h>

#define SERVER_MESSAGE_MAX 8192
#define SERVER_STEPS_MAX 6

struct server_message {
    bool none; /* NULL, unlike an empty message */
    unsigned len;
    char *bytes; /* of exactly len, so that a sanitizer sees a read behind the end */
};

/* One whole authentication, and how it must end. */
struct server_exchange {
    int code;
    char user[256]; /* for code 0 */
    char mech[32];
    struct server_message steps[SERVER_STEPS_MAX];
    size_t count;
};

/* What the next sasl_server_init() and sasl_server_new() get. */
void server_set_path(const char *path);
void server_set_option(const char *name, const char *value);
void server_set_service(const char *name);
void server_set_realm(const char *name);
void server_set_remote(const char *text);
void server_set_version(const char *text); /* what libsasl2 says of itself */
/* From then on passwords are asked of a callback, which knows this one and prints each it sees. */
void server_set_password(const char *user, const struct server_message *password);

void server_init(void);
void server_done(void);
sasl_conn_t *server_new(void);

/* "-" is an empty message, "none" none at all, else hexadecimal digits. To be freed. */
struct server_message server_read_message(const char *text);
void server_free_message(struct server_message *message);

/* All steps on the connection; prints each when told to. The last code. */
int server_run(sasl_conn_t *conn, const struct server_exchange *exchange, bool loud);
void server_print_identity(sasl_conn_t *conn);
void server_print_text(const char *key, const char *bytes, size_t len);

/* Callbacks print nothing while it is quiet, and count what should not have been. */
void server_quiet(bool quiet);
unsigned long server_tokens_seen(void); /* by the callback for passwords */

#endif
