/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is at the other end, and whom a client sends a secret to. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/wire/peer.h"
#include "tests/unit/support.h"

/* FEATURES C3. */
static void
peer_is_who_connected(void **state)
{
    struct pat_peer peer = {.uid = 7};
    int ends[2];

    (void)state;
    assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), errno);
    assert_ok(pat_peer_get(ends[0], &peer));
    assert_int_equal(peer.uid, getuid());
    assert_false(peer.login_uid.set);
    close(ends[0]);
    close(ends[1]);
}

static bool half_known; /* the kernel tells less of a peer than was asked for */

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);

int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    int status = __real_getsockopt(fd, level, name, value, len);

    if (half_known)
        *len = sizeof(pid_t);
    return status;
}

static void
who_is_half_known_is_nobody(void **state)
{
    struct pat_peer peer = {.uid = 0};
    int ends[2];

    (void)state;
    assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), errno);
    half_known = true;
    assert_err(pat_peer_get(ends[0], &peer), PAT_ERR_DENIED);
    half_known = false;
    assert_int_equal(peer.uid, UINT32_MAX);
    close(ends[0]);
    close(ends[1]);
}

static void
what_is_no_socket_is_nobody(void **state)
{
    struct pat_peer peer = {.uid = 0};
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int unconnected = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_err(pat_peer_get(file, &peer), PAT_ERR_DENIED);
    assert_int_equal(peer.uid, UINT32_MAX);
    peer.uid = 0;
    assert_err(pat_peer_get(unconnected, &peer), PAT_ERR_DENIED);
    assert_int_equal(peer.uid, UINT32_MAX);
    assert_err(pat_peer_get(-1, &peer), PAT_ERR_DENIED);
    close(file);
    close(unconnected);
}

/* SO_PEERCRED of a listener is who called listen(2). */
static int
listen_as(uid_t uid, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    pat_text_clip(address.sun_path, sizeof address.sun_path, path);
    assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof address), errno);
    assert_return_code(seteuid(uid), errno);
    assert_return_code(listen(fd, 4), errno);
    assert_return_code(seteuid(getuid()), errno);
    return fd;
}

static int
connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    pat_text_clip(address.sun_path, sizeof address.sun_path, path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
        return -1;
    return fd;
}

/* In a child of another uid, whatever path it believes in; its exit status is the error. */
static int
ask_as(uid_t uid, const char *path, const char *believed)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        int fd;

        if (setresuid(uid, uid, uid) == -1 || (fd = connect_to(path)) == -1)
            support_exit(99);
        support_exit((int)pat_peer_check_server(fd, believed));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/* As root: servers and clients of several uids. Anybody else is their own server. */
static void
servers_are_checked(void **state)
{
    char dir[SUPPORT_PATH_MAX], parent[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX];
    int server, client;

    (void)state;
    support_dir(dir);
    support_make_dir(dir, "sockets", parent);
    support_path(path, parent, "sock");
    server = listen_as(getuid(), path);
    client = connect_to(path);
    assert_ok(pat_peer_check_server(client, path)); /* root's or our own */
    assert_err(pat_peer_check_server(client, "sock"), PAT_ERR_DENIED);
    assert_ok(pat_peer_check_server(client, "/sock"));
    assert_err(pat_peer_check_server(server, path), PAT_OK);
    close(client);
    close(server);
}

struct child {
    const char *title;
    uid_t server, owner, client; /* of the server, of the socket's directory */
    enum pat_err wanted;
    const char *believed; /* the path that the client asks for; NULL: the server's */
};

static const struct child children[] = {
    {"the server is root", 0, 0, 1500, PAT_OK, NULL},
    {"the server is root in another's directory", 0, 1600, 1500, PAT_OK, NULL},
    {"the server owns the directory", 1600, 1600, 1500, PAT_OK, NULL},
    {"the server is the client", 1500, 0, 1500, PAT_OK, NULL},
    {"the server is a stranger in root's directory", 1600, 0, 1500, PAT_ERR_DENIED, NULL},
    {"the server is a stranger in the client's directory", 1600, 1500, 1500, PAT_ERR_DENIED, NULL},
    {"the server is a stranger to root", 1600, 0, 0, PAT_ERR_DENIED, NULL},
    {"the server is nobody", 65534, 65534, 1500, PAT_ERR_DENIED, NULL},
    {"the server owns another directory", 1600, 1600, 1500, PAT_ERR_DENIED, "/sock"},
    {"the directory is not there", 1600, 1600, 1500, PAT_ERR_DENIED, "/nonexistent/sock"},
    {"nor there to the server's own uid", 1500, 1500, 1500, PAT_OK, "/nonexistent/sock"},
};

/* Everybody may reach the socket; who may connect where is not what is tested. */
static void
server_of_a_uid(void **state)
{
    const struct child *one = *state;
    char dir[SUPPORT_PATH_MAX], parent[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX];
    int server;

    support_dir(dir);
    support_make_dir(dir, "sockets", parent);
    support_path(path, dir, "..");
    assert_return_code(chmod(path, 0711), errno);
    assert_return_code(chmod(dir, 0711), errno);
    assert_return_code(chmod(parent, 0711), errno);
    support_path(path, parent, "sock");
    server = listen_as(one->server, path);
    assert_return_code(chmod(path, 0666), errno);
    assert_return_code(chown(parent, one->owner, (gid_t)-1), errno);
    assert_int_equal(ask_as(one->client, path, one->believed != NULL ? one->believed : path),
                     one->wanted);
    close(server);
}

int
main(void)
{
    static struct support_list list;

    support_add(&list, "the peer is who connected", peer_is_who_connected, NULL);
    support_add(&list, "what is no socket is nobody", what_is_no_socket_is_nobody, NULL);
    support_add(&list, "who is half known is nobody", who_is_half_known_is_nobody, NULL);
    support_add(&list, "servers are checked", servers_are_checked, NULL);
    if (getuid() == 0)
        SUPPORT_TABLE(&list, children, server_of_a_uid);
    return support_run("peers", &list);
}
