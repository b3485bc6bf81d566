/* SPDX-License-Identifier: BSD-2-Clause */
/* What the module calls but libpam. */
#undef _FORTIFY_SOURCE /* the headers would define what is defined here */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/wire/wire.h"
#include "tests/fuzz/pam_world.h"
#include "tests/fuzz/world.h"

#define SOCKET 0x100000
#define LIMIT 3000 /* milliseconds of a question, PAT_CLIENT_SECONDS */
#define OWN_UID 4711U
#define DIRECTORY_UID 990U
#define NONCE_AT 4
#define CLASS_AT 20
#define FIELDS_AT 24
#define UID_TAG 5

struct pam_world pam_world;
static struct timeval wait_limit;

/* --- faults --- */

bool
pam_world_strikes(void)
{
    if (!pam_world.armed)
        return false;
    pam_world.calls++;
    for (size_t i = 0; i < PAM_WORLD_FAULTS; i++)
        if (pam_world.faults[i] == pam_world.calls) {
            pam_world.struck++;
            return true;
        }
    return false;
}

void
pam_world_arm(void)
{
    pam_world.delayed = pam_world.spoke_early = false;
    pam_world.was_asked = pam_world.accepted = pam_world.has_uid = false;
    pam_world.typed[0] = '\0';
    pam_world.began = pam_world.now;
    pam_world.armed = true;
}

void
pam_world_disarm(void)
{
    pam_world.armed = false;
    FUZZ_CHECK(pam_world.sockets == 0);
    FUZZ_CHECK(pam_world.now - pam_world.began <= LIMIT + 100);
}

bool
pam_world_is_secret(const char *text)
{
    for (size_t i = 0; i < WORLD_TOKENS; i++) {
        struct pat_token token;

        world_token(i, &token);
        if (strcasestr(text, token.secret) != NULL &&
            strcasestr(pam_world.line, token.secret) == NULL)
            return true;
    }
    return false;
}

/* --- memory --- */

void *__wrap_malloc(size_t size);
void *__real_malloc(size_t size);
char *__wrap_strdup(const char *text);
char *__real_strdup(const char *text);
void __wrap_free(void *at);
void __real_free(void *at);

void *
__wrap_malloc(size_t size)
{
    return pam_world_strikes() ? NULL : __real_malloc(size);
}

char *
__wrap_strdup(const char *text)
{
    return pam_world_strikes() ? NULL : __real_strdup(text);
}

/* What the module gives back holds no secret any more. */
void
__wrap_free(void *at)
{
    if (pam_world.armed && at != NULL && pam_world.was_asked) {
        FUZZ_CHECK(memmem(at, malloc_usable_size(at), pam_world.asked.token.bytes,
                          pam_world.asked.token.len) == NULL);
    }
    __real_free(at);
}

/* --- the socket --- */

int __wrap_socket(int family, int type, int protocol);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t len, int flags);
ssize_t __wrap___recv_chk(int fd, void *bytes, size_t len, size_t size, int flags);
int __wrap_close(int fd);
int __real_close(int fd);
int __wrap_stat(const char *path, struct stat *ret);
int __real_stat(const char *path, struct stat *ret);
uid_t __wrap_geteuid(void);
uid_t __real_geteuid(void);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);
int __wrap_nanosleep(const struct timespec *span, struct timespec *left);
int64_t __wrap_pat_monotonic_milliseconds(void);

static struct {
    uint32_t server; /* the uid at the other end */
    bool has_directory, is_trusted;
} patd;

static int
fail(int error_number)
{
    errno = error_number;
    return -1;
}

int
__wrap_socket(int family, int type, int protocol)
{
    FUZZ_CHECK(family == AF_UNIX && protocol == 0 && (type & SOCK_CLOEXEC) != 0);
    if (pam_world_strikes())
        return fail(EMFILE);
    pam_world.sockets++;
    FUZZ_CHECK(pam_world.sockets == 1);
    return SOCKET;
}

int
__wrap_close(int fd)
{
    if (fd != SOCKET)
        return __real_close(fd);
    FUZZ_CHECK(pam_world.sockets == 1);
    pam_world.sockets = 0;
    return 0;
}

int
__wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    FUZZ_CHECK(fd == SOCKET && level == SOL_SOCKET && len == sizeof wait_limit);
    FUZZ_CHECK(name == SO_SNDTIMEO || name == SO_RCVTIMEO);
    memcpy(&wait_limit, value, sizeof wait_limit);
    FUZZ_CHECK(wait_limit.tv_sec * 1000 + wait_limit.tv_usec / 1000 <= LIMIT);
    FUZZ_CHECK(wait_limit.tv_sec > 0 || wait_limit.tv_usec > 0); /* zero waits for ever */
    return pam_world_strikes() ? fail(ENOMEM) : 0;
}

/* The time of a call that may wait. */
static int
time_out(void)
{
    pam_world.now += wait_limit.tv_sec * 1000 + wait_limit.tv_usec / 1000;
    return fail(EAGAIN);
}

int
__wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    static const int errnos[] = {0, 0, 0, 0, 0, 0, 0, ENOENT, ECONNREFUSED, EACCES, EINTR, EAGAIN};
    static const uint32_t servers[] = {0, 0, 0, 0, OWN_UID, DIRECTORY_UID, 1500, 65534, UINT32_MAX};
    int error_number = errnos[fuzz_pick(pam_world.input, sizeof errnos / sizeof errnos[0])];
    uint8_t who = fuzz_byte(pam_world.input);

    FUZZ_CHECK(fd == SOCKET && address->sa_family == AF_UNIX && len > sizeof(sa_family_t));
    patd.server = servers[(who & 127) % (sizeof servers / sizeof servers[0])];
    patd.has_directory = (who & 128) == 0;
    patd.is_trusted = patd.server == 0 || patd.server == OWN_UID ||
                      (patd.server == DIRECTORY_UID && patd.has_directory);
    pam_world.now += 1;
    if (error_number == EAGAIN)
        return time_out();
    return error_number == 0 ? 0 : fail(error_number);
}

int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    struct ucred credentials = {.pid = 1, .uid = patd.server};

    FUZZ_CHECK(fd == SOCKET && level == SOL_SOCKET && name == SO_PEERCRED);
    if (pam_world_strikes()) {
        patd.is_trusted = false;
        return fail(EPERM);
    }
    FUZZ_CHECK(*len == sizeof credentials);
    memcpy(value, &credentials, sizeof credentials);
    return 0;
}

int
__wrap_stat(const char *path, struct stat *ret)
{
    if (!pam_world.armed)
        return __real_stat(path, ret);
    if (!patd.has_directory)
        return fail(ENOENT);
    memset(ret, 0, sizeof *ret);
    ret->st_uid = DIRECTORY_UID;
    return 0;
}

uid_t
__wrap_geteuid(void)
{
    return pam_world.armed ? OWN_UID : __real_geteuid();
}

/* --- patd --- */

ssize_t
__wrap_send(int fd, const void *bytes, size_t len, int flags)
{
    FUZZ_CHECK(fd == SOCKET && flags == (MSG_NOSIGNAL | MSG_DONTWAIT));
    FUZZ_CHECK(patd.is_trusted); /* a secret leaves only for whom it is meant */
    FUZZ_CHECK(pat_wire_get_request(bytes, len, &pam_world.asked) == PAT_OK);
    pam_world.was_asked = true;
    return pam_world_strikes() ? fail(EPIPE) : (ssize_t)len;
}

static size_t
write_acceptance(struct fuzz_input *input, unsigned char ret[PAT_WIRE_MAX])
{
    static const uint32_t uids[] = {1500, 1500, 1500, 0, 1501, 990};
    struct pat_answer answer = {.class = PAT_CLASS_ACCEPTED};
    uint8_t more = fuzz_byte(input);

    memcpy(answer.nonce, pam_world.asked.nonce, sizeof answer.nonce);
    snprintf(answer.id, sizeof answer.id, "tk000000");
    snprintf(answer.tenant, sizeof answer.tenant, "acme");
    snprintf(answer.user, sizeof answer.user, "alice");
    snprintf(answer.scopes, sizeof answer.scopes, "%s", (more & 16) != 0 ? "ssh:login" : "");
    answer.has_uid = (more & 1) == 0;
    answer.uid = answer.has_uid ? uids[(more >> 5) % 6] : 0;
    answer.has_end = (more & 2) != 0;
    answer.seconds_left = answer.has_end ? (uint32_t)fuzz_number(input, 3) : 0;
    answer.is_replaced = answer.has_end && (more & 4) != 0;
    return pat_wire_put_answer(&answer, ret);
}

/* What is sent back: *ret_errno instead where something fails. */
static size_t
write_answer(struct fuzz_input *input, unsigned char ret[PAT_WIRE_MAX], int *ret_errno)
{
    static const enum pat_class classes[] = {PAT_CLASS_REFUSED, PAT_CLASS_OTHER,
                                             PAT_CLASS_UNAVAILABLE, PAT_CLASS_NOT_PERMITTED};
    static const int errnos[] = {EAGAIN, EINTR, ECONNRESET, EIO};
    struct pat_answer other = {.class = classes[0]};
    size_t len = write_acceptance(input, ret), at;

    switch (fuzz_pick(input, 12)) {
    case 0: /* of another question */
        ret[NONCE_AT + fuzz_byte(input) % PAT_NONCE_LEN] ^= (unsigned char)(1 +
                                                                            fuzz_byte(input) % 255);
        return len;
    case 1:
        other.class = classes[fuzz_pick(input, 4)];
        memcpy(other.nonce, pam_world.asked.nonce, sizeof other.nonce);
        return pat_wire_put_answer(&other, ret);
    case 2: /* anything */
        len = input->left < 200 ? input->left : 200;
        memcpy(ret, input->at, len);
        return len;
    case 3:
    case 4:
        at = fuzz_number(input, 2) % len;
        ret[at] = fuzz_byte(input);
        return len;
    case 5:
        return fuzz_byte(input) % len;
    case 6:
        *ret_errno = errnos[fuzz_pick(input, 4)];
        return 0;
    case 7:
        return PAT_WIRE_MAX + 1;
    default:
        return len;
    }
}

/* Whether these bytes accept the question, read here once more. */
static void
judge(const unsigned char *bytes, size_t len)
{
    static const unsigned char accepted[] = {0x5a, 0xc3, 0x96, 0x3c};

    pam_world.accepted = patd.is_trusted && len >= FIELDS_AT && len <= PAT_WIRE_MAX &&
                         bytes[0] == 1 && bytes[1] == 2 &&
                         (size_t)(bytes[2] << 8 | bytes[3]) == len &&
                         memcmp(bytes + NONCE_AT, pam_world.asked.nonce, PAT_NONCE_LEN) == 0 &&
                         memcmp(bytes + CLASS_AT, accepted, sizeof accepted) == 0;
    pam_world.has_uid = false;
    for (size_t at = FIELDS_AT; pam_world.accepted && at + 3 <= len;
         at += 3U + (size_t)(bytes[at + 1] << 8 | bytes[at + 2])) {
        struct fuzz_input uid = fuzz_input(bytes + at + 3, len - at - 3);

        if (bytes[at] == UID_TAG) {
            pam_world.has_uid = true;
            pam_world.uid = (uint32_t)fuzz_number(&uid, 4);
        }
    }
}

ssize_t
__wrap_recv(int fd, void *bytes, size_t len, int flags)
{
    unsigned char packet[PAT_WIRE_MAX + 1];
    int error_number = 0;
    size_t got;

    FUZZ_CHECK(fd == SOCKET && flags == MSG_TRUNC && len == PAT_WIRE_MAX);
    pam_world.now += 1;
    memset(packet, 0, sizeof packet);
    got = write_answer(pam_world.input, packet, &error_number);
    if (error_number == EAGAIN)
        return time_out();
    if (error_number == EINTR)
        pam_world.now += 400; /* signals do not come without an end */
    if (error_number != 0)
        return fail(error_number);
    memcpy(bytes, packet, got < len ? got : len);
    judge(packet, got);
    return (ssize_t)got;
}

ssize_t
__wrap___recv_chk(int fd, void *bytes, size_t len, size_t size, int flags)
{
    FUZZ_CHECK(len <= size);
    return __wrap_recv(fd, bytes, len, flags);
}

ssize_t
__wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
    FUZZ_CHECK(flags == GRND_NONBLOCK);
    if (pam_world_strikes())
        return fail(EAGAIN);
    memset(bytes, ++pam_world.nonce, len);
    return (ssize_t)len;
}

int
__wrap_nanosleep(const struct timespec *span, struct timespec *left)
{
    (void)left;
    pam_world.now += span->tv_sec * 1000 + span->tv_nsec / 1000000;
    return 0;
}

int64_t
__wrap_pat_monotonic_milliseconds(void)
{
    return pam_world.now;
}
