/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts itself into the sandbox of a process of patd, and does one thing:
 *
 *     sandbox_try patd|groups|none STATE KEYS CONFIG -            says what holds
 *     sandbox_try patd|groups|none STATE KEYS CONFIG DEED [PATH]  does DEED, says "done" or the
 * error
 *
 * With "none" it stays outside. What ends the process is seen by who started it.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "patd/sandbox.h"

#define PAGE 4096

typedef long deed(const char *path);

/* --- files --- */

static long
read_file(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC);
}

static long
write_file(const char *path)
{
    return open(path, O_WRONLY | O_CLOEXEC);
}

static long
make_file(const char *path)
{
    return open(path, O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC, 0600);
}

static long
make_dir(const char *path)
{
    return mkdir(path, 0700);
}

static long
list_dir(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static long
remove_file(const char *path)
{
    return unlink(path);
}

static long
make_link(const char *path)
{
    return symlink("/etc/passwd", path);
}

static long
make_fifo(const char *path)
{
    return mkfifo(path, 0600);
}

/* From a directory to the one above, as a backup gets its name. */
static long
move_up(const char *path)
{
    char from[PAGE], to[PAGE];

    snprintf(from, sizeof from, "%s/moved", path);
    snprintf(to, sizeof to, "%s.moved", path);
    return mkdir(path, 0700) == -1 || make_file(from) == -1 ? -1 : rename(from, to);
}

static long
change_mode(const char *path)
{
    return chmod(path, 0777);
}

/* --- programs and processes --- */

static long
run_program(const char *path)
{
    char *const words[] = {(char[]){"true"}, NULL};

    return execve(path, words, NULL);
}

static long
start_process(const char *path)
{
    pid_t child = fork();

    (void)path;
    if (child == 0)
        _exit(0);
    if (child > 0 && waitpid(child, NULL, 0) == -1)
        return 0; /* it was started, and may not even be waited for */
    return child;
}

static void *
do_nothing(void *argument)
{
    return argument;
}

static long
start_thread(const char *path)
{
    pthread_t thread;

    (void)path;
    errno = pthread_create(&thread, NULL, do_nothing, NULL);
    return errno == 0 ? pthread_join(thread, NULL) : -1;
}

static long
new_namespace(const char *path)
{
    (void)path;
    return unshare(CLONE_NEWUSER);
}

/* A process in namespaces of its own, by the call that threads are made with. */
static long
clone_namespace(const char *path)
{
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

    (void)path;
    if (child == 0)
        _exit(0);
    return child;
}

static long
trace_parent(const char *path)
{
    (void)path;
    return ptrace(PTRACE_SEIZE, getppid(), 0, 0);
}

static long
signal_parent(const char *path)
{
    (void)path;
    return kill(getppid(), 0);
}

static long
become(const char *path)
{
    (void)path;
    return syscall(SYS_setuid, 0);
}

static long
be_dumped(const char *path)
{
    (void)path;
    return prctl(PR_SET_DUMPABLE, 1);
}

static long
filter_again(const char *path)
{
    (void)path;
    return syscall(SYS_seccomp, 2, 0, &(unsigned){0x80000000});
}

static long
old_numbers(const char *path)
{
    (void)path;
    return syscall(0x40000000 + SYS_getpid);
}

/* --- memory --- */

static long
map_code(const char *path)
{
    (void)path;
    return mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? -1
               : 0;
}

static long
make_code(const char *path)
{
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)path;
    return page == MAP_FAILED ? -1 : mprotect(page, PAGE, PROT_READ | PROT_EXEC);
}

static long
load_library(const char *path)
{
    void *library = dlopen(path, RTLD_NOW);

    if (library == NULL)
        errno = EACCES;
    return library == NULL ? -1 : 0;
}

static long
get_memory(const char *path)
{
    (void)path;
    for (size_t i = 0; i < 64; i++) {
        char *block = malloc((size_t)1 << (10 + i % 14));

        if (block == NULL)
            return -1;
        memset(block, 1, (size_t)1 << 10);
        free(block);
    }
    return 0;
}

/* --- sockets --- */

static long
unix_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return fd == -1 ? -1 : connect(fd, (struct sockaddr *)&address, sizeof address);
}

/* A socket of the abstract name space, which who started this program listens on. */
static long
abstract_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path + 1, path, len);
    return fd == -1 ? -1
                    : connect(fd, (struct sockaddr *)&address,
                              (socklen_t)(sizeof address.sun_family + 1 + len));
}

static long
network_socket(const char *path)
{
    (void)path;
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long
raw_socket(const char *path)
{
    (void)path;
    return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
}

static long
look_up(const char *path)
{
    return getpwnam(path) == NULL ? -1 : 0;
}

static const struct {
    const char *name;
    deed *deed;
} deeds[] = {
    {"read", read_file},
    {"write", write_file},
    {"make", make_file},
    {"make-dir", make_dir},
    {"list", list_dir},
    {"remove", remove_file},
    {"make-link", make_link},
    {"make-fifo", make_fifo},
    {"move", move_up},
    {"change-mode", change_mode},
    {"run", run_program},
    {"fork", start_process},
    {"thread", start_thread},
    {"namespace", new_namespace},
    {"clone-namespace", clone_namespace},
    {"trace", trace_parent},
    {"signal", signal_parent},
    {"become", become},
    {"be-dumped", be_dumped},
    {"filter-again", filter_again},
    {"old-numbers", old_numbers},
    {"map-code", map_code},
    {"make-code", make_code},
    {"load", load_library},
    {"memory", get_memory},
    {"unix", unix_socket},
    {"abstract", abstract_socket},
    {"network", network_socket},
    {"netlink", raw_socket},
    {"look-up", look_up},
};

static int
act(const char *name, const char *path)
{
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        if (strcmp(deeds[i].name, name) != 0)
            continue;
        errno = 0;
        puts(deeds[i].deed(path) == -1 ? strerrorname_np(errno) : "done");
        return 0;
    }
    return 2;
}

int
main(int argc, char **argv)
{
    const struct rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};
    struct patd_sandbox_places places = {.config = argc > 4 ? argv[4] : ""};
    struct patd_sandbox sandbox = {.active = ""};

    if (argc < 6)
        return 2;
    snprintf(places.state_dir, sizeof places.state_dir, "%s", argv[2]);
    snprintf(places.keys_dir, sizeof places.keys_dir, "%s", argv[3]);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || prctl(PR_SET_DUMPABLE, 0) == -1 ||
        setrlimit(RLIMIT_CORE, &no_core) == -1)
        return 2;
    if (strcmp(argv[1], "patd") == 0)
        patd_sandbox_enter(PATD_SANDBOX_PATD, &places, &sandbox);
    else if (strcmp(argv[1], "groups") == 0)
        patd_sandbox_enter(PATD_SANDBOX_GROUPS, &places, &sandbox);
    if (strcmp(argv[5], "-") != 0)
        return act(argv[5], argc > 6 ? argv[6] : "");
    printf("%s\n%s\n", sandbox.active, sandbox.inactive);
    return 0;
}
