/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loop and server are made anew for every call, as a loop that was stopped stays so; they are made
 * and given back while nothing fails. What the kernel would say of a peer is said here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/wire/varlink.h"
#include "patd/manage_op.h"
#include "tests/faults/figures.h"
#include "tests/faults/line.h"

#define REPLIES_MAX ((size_t)1024 * 1024)
#define SECONDS 60 /* longer than anything takes that is not hung */

static struct {
    struct sockaddr_un address;
    int listening;
    struct host *host; /* that is served */
    uint32_t uid;
    bool ending; /* the server is given back, but not the host's handle */
} line;

/* --- in the place of the real ones --- */

enum pat_err __wrap_pat_peer_get(int fd, struct pat_peer *ret);
void __wrap_pat_peer_login_find(int fd, struct pat_peer *peer);
enum pat_err __wrap_pat_context_writer(struct pat_context *context, struct pat_store **ret);
enum pat_err __real_pat_context_writer(struct pat_context *context, struct pat_store **ret);
void __wrap_pat_store_close(struct pat_store *store);
void __real_pat_store_close(struct pat_store *store);

enum pat_err
__wrap_pat_peer_get(int fd, struct pat_peer *ret)
{
    (void)fd;
    *ret = (struct pat_peer){.uid = line.uid};
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
    enum pat_err err = PAT_OK;

    if (line.host == NULL)
        return __real_pat_context_writer(context, ret);
    if (line.host->writer == NULL)
        err = __real_pat_context_writer(context, &line.host->writer);
    if (err == PAT_OK)
        *ret = line.host->writer;
    return err;
}

void
__wrap_pat_store_close(struct pat_store *store)
{
    bool is_writer = line.host != NULL && store != NULL && store == line.host->writer;

    if (is_writer && line.ending)
        return;
    if (is_writer)
        line.host->writer = NULL;
    __real_pat_store_close(store);
}

/* --- the client --- */

static struct {
    struct patd_source source; /* first */
    char replies[REPLIES_MAX];
    size_t got, wanted; /* so many final replies */
    struct line_replies told;
} client;

void
line_start(void)
{
    line.address.sun_family = AF_UNIX;
    FIGURES_NEED(snprintf(line.address.sun_path, sizeof line.address.sun_path, "%s/line",
                          host_directory()) < (int)sizeof line.address.sun_path);
    line.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    FIGURES_NEED(
        line.listening >= 0 &&
        bind(line.listening, (const struct sockaddr *)&line.address, sizeof line.address) == 0 &&
        listen(line.listening, 4) == 0);
    pat_varlink_start();
}

/* Counts final replies, those without "continues", and looks at the last one. */
static bool
is_answered(void)
{
    const char *at = client.replies, *end;
    size_t finals = 0;

    for (; (end = memchr(at, '\0', client.got - (size_t)(at - client.replies))) != NULL;
         at = end + 1) {
        static const char more[] = ",\"continues\":true}", error[] = "{\"error\":";
        size_t len = (size_t)(end - at);

        if (len > sizeof more && memcmp(end - (sizeof more - 1), more, sizeof more - 1) == 0)
            continue;
        finals++;
        client.told.an_error = strncmp(at, error, sizeof error - 1) == 0;
    }
    client.told.len = (size_t)(at - client.replies);
    client.told.ended = finals == client.wanted;
    return client.told.ended;
}

static void
talk(struct patd_source *source, uint32_t events)
{
    ssize_t got;

    (void)events;
    FIGURES_NEED(client.got < sizeof client.replies);
    got = recv(source->fd, client.replies + client.got, sizeof client.replies - client.got,
               MSG_DONTWAIT);
    if (got == -1 && errno == EAGAIN)
        return;
    client.got += got > 0 ? (size_t)got : 0;
    if (is_answered() || got <= 0)
        patd_loop_stop(source->loop);
}

static void
stay(struct patd_source *source)
{
    (void)source;
}

static void
connect_client(struct patd_loop *loop, const char *messages, size_t len)
{
    memset(&client.source, 0, sizeof client.source);
    client.told = (struct line_replies){.text = client.replies};
    client.got = client.wanted = 0;
    for (size_t i = 0; i < len; i++)
        client.wanted += messages[i] == '\0';
    client.source.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    client.source.ready = talk;
    client.source.destroy = stay;
    FIGURES_NEED(client.source.fd >= 0 &&
                 connect(client.source.fd, (const struct sockaddr *)&line.address,
                         sizeof line.address) == 0 &&
                 send(client.source.fd, messages, len, MSG_NOSIGNAL) == (ssize_t)len &&
                 patd_loop_add(loop, &client.source, EPOLLIN) == PAT_OK);
}

/* --- a call --- */

void
line_call(struct host *host, uint32_t uid, const char *messages, size_t len,
          const struct fault_plan *plan, struct line_replies *ret)
{
    struct patd_listeners listeners = {.count = 1};
    struct patd_loop *loop = NULL;
    struct patd_manage *manage = NULL;

    line.host = host;
    line.uid = uid;
    listeners.sockets[0].fd = dup(line.listening);
    listeners.sockets[0].protocol = PAT_PROTOCOL_MANAGE;
    FIGURES_NEED(patd_loop_open(&loop) == PAT_OK &&
                 patd_manage_op_open(loop, host->context, &listeners, -1, &manage) == PAT_OK);
    connect_client(loop, messages, len);
    alarm(SECONDS);
    if (plan != NULL)
        fault_arm(plan);
    patd_loop_run(loop, NULL, NULL);
    fault_disarm();
    alarm(0);
    patd_loop_close(loop);
    line.ending = true;
    patd_manage_op_free(manage);
    line.ending = false;
    line.host = NULL;
    *ret = client.told;
}
