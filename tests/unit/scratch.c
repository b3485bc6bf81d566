/* SPDX-License-Identifier: BSD-2-Clause */
/* Making files of all kinds, and being an ordinary user. */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/expect.h"
#include "tests/unit/scratch.h"

static char directory[4096];

int
scratch_enter(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(directory, sizeof directory, "%s/pat-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
    return mkdtemp(directory) == NULL || chdir(directory) == -1;
}

int
scratch_leave(void **state)
{
    static const char *const left[] = {"it",     "it.new",   "other",        "other.new",
                                       "victim", "inner/it", "inner/it.new", "inner"};

    (void)state;
    umask(022);
    chmod(".", 0700);
    chmod("inner", 0700);
    for (size_t i = 0; i < COUNT(left); i++)
        if (unlink(left[i]) == -1)
            rmdir(left[i]);
    return chdir("/") == -1 || rmdir(directory) == -1;
}

void
scratch_put(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    expect(path, "is made",
           fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) &&
               fchmod(fd, mode) == 0 && close(fd) == 0);
}

void
scratch_expect(const char *title, const char *path, const char *wanted)
{
    char text[256] = "";
    FILE *file = fopen(path, "r");

    expect(title, "is there", file != NULL);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    expect_text(title, text, wanted);
}

void
scratch_make(const char *title, enum scratch_thing thing, mode_t mode)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "it"};
    bool made = true;
    int fd;

    switch (thing) {
    case SCRATCH_FILE:
        scratch_put("it", "content", mode);
        break;
    case SCRATCH_LINK:
        scratch_put("other", "content", mode);
        made = symlink("other", "it") == 0;
        break;
    case SCRATCH_DANGLING:
        made = symlink("other", "it") == 0;
        break;
    case SCRATCH_HARD_LINK:
        scratch_put("other", "content", mode);
        made = link("other", "it") == 0;
        break;
    case SCRATCH_DIRECTORY:
        made = mkdir("it", 0700) == 0 && chmod("it", mode) == 0;
        break;
    case SCRATCH_FIFO:
        made = mkfifo("it", 0600) == 0 && chmod("it", mode) == 0;
        break;
    case SCRATCH_SOCKET:
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        made = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
               chmod("it", mode) == 0 && close(fd) == 0;
        break;
    case SCRATCH_NOTHING:
        break;
    }
    expect(title, "is made", made);
}

void
scratch_unmake(void)
{
    if (unlink("it") == -1)
        rmdir("it");
    unlink("other");
}

int
scratch_run(int (*group)(const char *name), const char *name)
{
    int failed = group(name), status = 1;
    char again[64];
    pid_t child;

    if (geteuid() != 0)
        return failed;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        if (setgroups(0, NULL) == -1 || setgid(SCRATCH_ORDINARY) == -1 ||
            setuid(SCRATCH_ORDINARY) == -1)
            _exit(1);
        snprintf(again, sizeof again, "%s, as an ordinary user", name);
        status = group(again) != 0;
        fflush(NULL);
        _exit(status);
    }
    return failed + (child == -1 || waitpid(child, &status, 0) != child || status != 0);
}
