/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client side of the manage socket: one connection, calls one after the other. Requests and
 * replies may hold tokens: buffers are wiped.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/claim.h"
#include "admin/tell.h"
#include "core/base/diag.h"
#include "core/base/paths.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/file.h"
#include "core/wire/peer.h"
#include "core/wire/varlink.h"

#define REPLY_MAX ((size_t)16 * 1024 * 1024)
#define SECONDS_TO_WAIT 120
#define HURRY 400000 /* microseconds, when nobody would want to wait */

struct ask {
    int fd; /* -1: not connected */
    bool patient;
    bool shut; /* nothing more can be asked on this connection */
    char path[PAT_CONFIG_PATH_MAX + 32];
    char *in;
    size_t in_len, in_size;
};

struct ask *
ask_new(void)
{
    struct ask *ask = calloc(1, sizeof *ask);

    if (ask != NULL)
        ask->fd = -1;
    return ask;
}

void
ask_free(struct ask *ask)
{
    if (ask == NULL)
        return;
    if (ask->fd != -1)
        close(ask->fd);
    pat_varlink_free(ask->in, ask->in_size);
    free(ask);
}

const char *
ask_path(const struct patctl *patctl)
{
    return patctl->ask->path;
}

/* --- connecting --- */

static int
find_socket(const struct patctl *patctl, struct ask *ask)
{
    const struct globals *globals = &patctl->globals;
    const char *file = globals->config == NULL ? PAT_CONFIG_FILE : globals->config;
    struct pat_config *config = NULL;
    struct pat_diag diag;

    if (globals->socket != NULL) {
        if (pat_text_set(ask->path, sizeof ask->path, globals->socket) == PAT_OK)
            return EXIT_DONE;
        return tell_failure(patctl, EXIT_USAGE, "usage", "", "--socket: the path is too long");
    }
    if (pat_config_file_load(file, globals->config == NULL, &config, &diag) != PAT_OK) {
        char line[32] = "";

        if (diag.line != 0)
            snprintf(line, sizeof line, "line %u: ", diag.line);
        return tell_failure(patctl, EXIT_UNAVAILABLE, "config",
                            "--socket PATH asks a patd without its configuration", "%s: %s%s", file,
                            line, diag.text);
    }
    snprintf(ask->path, sizeof ask->path, "%s%s", config->runtime_dir, PAT_MANAGE_SOCKET);
    pat_config_free(config);
    return EXIT_DONE;
}

static int
no_connection(const struct patctl *patctl, const char *why)
{
    return tell_failure(patctl, EXIT_UNAVAILABLE, "daemon",
                        "start it: systemctl start patd, or run patd(8)",
                        "patd does not answer on %s: %s", patctl->ask->path, why);
}

static int
connect_to_patd(const struct patctl *patctl)
{
    bool hurry = patctl->silent && patctl->patience == 0;
    const struct timeval wait = {.tv_sec = patctl->patience != 0 ? patctl->patience
                                           : hurry               ? 0
                                                                 : SECONDS_TO_WAIT,
                                 .tv_usec = hurry ? HURRY : 0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct ask *ask = patctl->ask;
    int status = find_socket(patctl, ask);

    if (status != EXIT_DONE)
        return status;
    if (pat_text_set(address.sun_path, sizeof address.sun_path, ask->path) != PAT_OK)
        return no_connection(patctl, "the path is too long");
    ask->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (ask->fd == -1 || setsockopt(ask->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == -1 ||
        setsockopt(ask->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == -1 ||
        connect(ask->fd, (struct sockaddr *)&address, sizeof address) == -1)
        return no_connection(patctl, strerror(errno));
    if (pat_peer_check_server(ask->fd, ask->path) != PAT_OK)
        return no_connection(patctl, "whoever listens there is neither root nor patd");
    return EXIT_DONE;
}

/* --- messages --- */

static int
send_all(const struct patctl *patctl, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(patctl->ask->fd, bytes, len, MSG_NOSIGNAL);

        if (sent == -1 && errno == EINTR)
            continue;
        if (sent == -1)
            return no_connection(patctl, strerror(errno));
        bytes += sent;
        len -= (size_t)sent;
    }
    return EXIT_DONE;
}

static bool
make_room(struct ask *ask)
{
    size_t size = ask->in_size == 0 ? 65536 : 2 * ask->in_size;
    char *in;

    if (ask->in_len < ask->in_size)
        return true;
    in = size > REPLY_MAX ? NULL : malloc(size);
    if (in == NULL)
        return false;
    if (ask->in_len > 0)
        memcpy(in, ask->in, ask->in_len);
    pat_varlink_free(ask->in, ask->in_size);
    ask->in = in;
    ask->in_size = size;
    return true;
}

/* The next reply as JSON; NULL after telling why there is none. */
static json_t *
receive(const struct patctl *patctl, int *ret_status)
{
    struct ask *ask = patctl->ask;
    json_t *reply;
    size_t len;
    char *end;

    while (ask->in_len == 0 || (end = memchr(ask->in, '\0', ask->in_len)) == NULL) {
        ssize_t got;

        if (!make_room(ask)) {
            *ret_status = no_connection(patctl, "the reply is too large");
            return NULL;
        }
        got = recv(ask->fd, ask->in + ask->in_len, ask->in_size - ask->in_len, 0);
        if (got == -1 && (errno == EINTR || (errno == EAGAIN && ask->patient)))
            continue;
        if (got <= 0) {
            *ret_status = no_connection(patctl, got == 0          ? "it closed the connection"
                                                : errno == EAGAIN ? "no reply in time"
                                                                  : strerror(errno));
            return NULL;
        }
        ask->in_len += (size_t)got;
    }
    len = (size_t)(end - ask->in) + 1;
    reply = pat_varlink_load(ask->in, len - 1, 0);
    memmove(ask->in, ask->in + len, ask->in_len - len);
    ask->in_len -= len;
    pat_secret_wipe(ask->in + ask->in_len, len);
    if (reply == NULL)
        *ret_status = no_connection(patctl, "its reply is not JSON");
    return reply;
}

/* --- errors --- */

static const struct {
    const char *error;
    int status;
} errors[] = {
    {PAT_VARLINK_INTERFACE ".Invalid", EXIT_USAGE},
    {PAT_VARLINK_INTERFACE ".NotFound", EXIT_NOT_FOUND},
    {PAT_VARLINK_INTERFACE ".NotPermitted", EXIT_DENIED},
    {PAT_VARLINK_INTERFACE ".Conflict", EXIT_CONFLICT},
    {PAT_VARLINK_INTERFACE ".Limit", EXIT_CONFLICT},
    {PAT_VARLINK_INTERFACE ".Policy", EXIT_CONFLICT},
    {PAT_VARLINK_INTERFACE ".Unavailable", EXIT_UNAVAILABLE},
};

static int
tell_error(const struct patctl *patctl, const char *error, json_t *parameters)
{
    const char *parameter = ask_text(parameters, "parameter");
    int status = EXIT_INTERNAL;

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (pat_text_equal(errors[i].error, error))
            status = errors[i].status;
    if (ask_text(parameters, "message")[0] != '\0')
        return tell_failure(patctl, status, ask_text(parameters, "id"),
                            ask_text(parameters, "hint"), "%s", ask_text(parameters, "message"));
    if (parameter[0] != '\0')
        return tell_failure(patctl, EXIT_USAGE, "parameter",
                            pat_text_equal(parameter, "policy")
                                ? "a scope, a network or a number of the tenant's rules is wrong"
                                : "",
                            "patd does not take this value: %s", parameter);
    return tell_failure(patctl, status, "protocol", "patctl and patd may be of different versions",
                        "patd answers %s", error);
}

/* --- calls --- */

/* While somebody thought about an answer patd may have closed the connection. */
static void
drop_stale(struct ask *ask)
{
    struct pollfd connection = {.fd = ask->fd, .events = POLLIN | POLLRDHUP};

    if (ask->fd == -1 || (!ask->shut && poll(&connection, 1, 0) <= 0))
        return;
    close(ask->fd);
    ask->fd = -1;
    ask->in_len = 0;
    ask->shut = false;
}

static int
begin(struct patctl *patctl, const char *method, json_t *parameters, bool more)
{
    char name[128];
    size_t len = 0;
    char *message;
    int status = EXIT_DONE;

    snprintf(name, sizeof name, PAT_VARLINK_INTERFACE ".%s", method);
    message = pat_varlink_call(name, parameters, more, &len);
    if (message == NULL)
        return tell_failure(patctl, EXIT_INTERNAL, "memory", "",
                            "out of memory, or text that is not UTF-8");
    if (len > PAT_VARLINK_REQUEST_MAX)
        status = tell_failure(patctl, EXIT_USAGE, "usage", "", "the request is too large");
    drop_stale(patctl->ask);
    if (status == EXIT_DONE && patctl->ask->fd == -1)
        status = connect_to_patd(patctl);
    if (status == EXIT_DONE)
        status = send_all(patctl, message, len);
    pat_varlink_free(message, len);
    return status;
}

/* Reads one reply; *ret_parameters is new. *ret_more: others follow. */
static int
take_reply(struct patctl *patctl, json_t **ret_parameters, bool *ret_more)
{
    int status = EXIT_INTERNAL;
    json_t *reply = receive(patctl, &status);
    const char *error;

    if (reply == NULL)
        return status;
    error = json_string_value(json_object_get(reply, "error"));
    *ret_parameters = json_incref(json_object_get(reply, "parameters"));
    *ret_more = json_is_true(json_object_get(reply, "continues"));
    status = EXIT_DONE;
    if (error != NULL) {
        status = tell_error(patctl, error, *ret_parameters);
        json_decref(*ret_parameters);
        *ret_parameters = NULL;
    }
    json_decref(reply);
    return status;
}

int
ask_once(struct patctl *patctl, const char *method, json_t *parameters, json_t **ret)
{
    bool more;
    int status = begin(patctl, method, parameters, false);

    return status == EXIT_DONE ? take_reply(patctl, ret, &more) : status;
}

int
ask_each(struct patctl *patctl, const char *method, json_t *parameters, ask_each_entry *each,
         void *context, json_t **ret_last)
{
    int status = begin(patctl, method, parameters, true);
    json_t *entry = NULL;
    bool more = true;

    while (status == EXIT_DONE && more) {
        json_decref(entry);
        entry = NULL;
        status = take_reply(patctl, &entry, &more);
        if (status == EXIT_DONE && more && !each(context, entry)) {
            close(patctl->ask->fd); /* the rest is not wanted */
            patctl->ask->fd = -1;
            patctl->ask->in_len = 0;
            break;
        }
    }
    if (ret_last != NULL && status == EXIT_DONE)
        *ret_last = entry;
    else
        json_decref(entry);
    return status;
}

void
ask_no_more(struct patctl *patctl)
{
    patctl->ask->shut = patctl->ask->shut || shutdown(patctl->ask->fd, SHUT_WR) == 0;
}

void
ask_be_patient(struct patctl *patctl)
{
    patctl->ask->patient = true;
}

bool
ask_has_more(const struct patctl *patctl)
{
    struct pollfd connection = {.fd = patctl->ask->fd, .events = POLLIN};

    return patctl->ask->in_len > 0 || poll(&connection, 1, 0) > 0;
}

/* --- parameters --- */

void
ask_set(json_t *parameters, const char *name, json_t *value)
{
    if (json_object_set_new(parameters, name, value) != 0)
        json_object_clear(parameters); /* the call then fails for what is missing */
}

void
ask_set_text(json_t *parameters, const char *name, const char *text)
{
    if (text != NULL)
        ask_set(parameters, name, json_string(text));
}

void
ask_set_list(json_t *parameters, const char *name, const char *list)
{
    json_t *array;
    const char *word;
    size_t len;

    if (list == NULL)
        return;
    array = json_array();
    while ((len = pat_text_word(&list, &word)) != 0)
        if (json_array_append_new(array, json_stringn(word, len)) != 0)
            break;
    ask_set(parameters, name, array);
}

json_t *
ask_parameters(const struct patctl *patctl)
{
    json_t *parameters = json_object();

    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    ask_set(parameters, "claim", claim_new());
    return parameters;
}

const char *
ask_text(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

int64_t
ask_number(json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}
