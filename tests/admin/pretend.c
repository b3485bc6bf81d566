/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A preloaded library that makes a world for the screens of doc/screens:
 *
 *     PRETEND_HOST    the name of this host
 *     PRETEND_PASSWD  a file like /etc/passwd: the accounts of this host
 *     PRETEND_PEER    for patd: a file with two words, the uid of whoever calls, and the id of the
 *                     next token
 *
 * What is not set stays as it is, but for accounts: there are none then.
 */
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define SO_PEERPIDFD_NUMBER 77
#define ID_LEN 8

EXPORT int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict len);
EXPORT int gethostname(char *name, size_t len);
EXPORT struct passwd *getpwnam(const char *name);
EXPORT int getentropy(void *buf, size_t size);
EXPORT void randombytes_buf(void *buf, size_t size);

static FILE *
open_named(const char *variable)
{
    const char *path = getenv(variable);

    return path == NULL ? NULL : fopen(path, "re");
}

static bool
read_peer(unsigned *uid, char id[ID_LEN + 1])
{
    FILE *file = open_named("PRETEND_PEER");
    bool read = file != NULL && fscanf(file, "%u %8s", uid, id) == 2;

    if (file != NULL)
        fclose(file);
    return read;
}

/* There are no pidfds here: they would tell who logged in. */
int
getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict len)
{
    long status = syscall(SYS_getsockopt, fd, level, name, value, len);
    struct ucred *credentials = value;
    char id[ID_LEN + 1];
    unsigned uid;

    if (level != SOL_SOCKET || !read_peer(&uid, id))
        return (int)status;
    if (name == SO_PEERCRED && status == 0 && *len == sizeof *credentials)
        credentials->uid = uid;
    if (name != SO_PEERPIDFD_NUMBER)
        return (int)status;
    errno = ENOPROTOOPT;
    return -1;
}

int
gethostname(char *name, size_t len)
{
    const char *host = getenv("PRETEND_HOST");

    snprintf(name, len, "%s", host == NULL ? "localhost" : host);
    return 0;
}

struct passwd *
getpwnam(const char *name)
{
    static char line[256];
    static struct passwd account;
    struct passwd *entry = NULL, *ret = NULL;
    FILE *file = open_named("PRETEND_PASSWD");

    while (file != NULL && ret == NULL &&
           fgetpwent_r(file, &account, line, sizeof line, &entry) == 0)
        ret = strcmp(entry->pw_name, name) == 0 ? entry : NULL;
    if (file != NULL)
        fclose(file);
    return ret;
}

/* The only six bytes that patctl asks for name a batch. */
int
getentropy(void *buf, size_t size)
{
    static const unsigned char batch[] = {0x3f, 0x6a, 0x12, 0xc0, 0x9d, 0x7e};

    if (size == sizeof batch)
        memcpy(buf, batch, sizeof batch);
    else
        while (size > 0 && getrandom(buf, size, 0) != (ssize_t)size)
            continue;
    return 0;
}

/* The digits of an id are the low five bits of as many bytes. */
void
randombytes_buf(void *buf, size_t size)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    unsigned char *bytes = buf;
    char id[ID_LEN + 1];
    unsigned uid;

    while (size > 0 && getrandom(buf, size, 0) != (ssize_t)size)
        continue;
    if (size != ID_LEN || !read_peer(&uid, id) || strlen(id) != ID_LEN)
        return;
    for (size_t i = 0; i < ID_LEN; i++)
        bytes[i] = (unsigned char)(strchr(digits, id[i]) - digits);
}
