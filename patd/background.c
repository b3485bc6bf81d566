/* SPDX-License-Identifier: BSD-2-Clause */
/* The pipe between the two carries one byte: ready. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "patd/background.h"

static _Noreturn void
wait_for_child(int fd)
{
    char byte;

    _exit(read(fd, &byte, 1) == 1 ? 0 : 1);
}

bool
patd_background_enter(int *ret_parent)
{
    int pair[2];
    pid_t child;

    *ret_parent = -1;
    if (getenv("NOTIFY_SOCKET") != NULL || getenv("LISTEN_PID") != NULL)
        return true;
    if (pipe2(pair, O_CLOEXEC) == -1) {
        perror("patd: pipe");
        return false;
    }
    child = fork();
    if (child == -1) {
        perror("patd: fork");
        return false;
    }
    if (child != 0) {
        close(pair[1]);
        wait_for_child(pair[0]);
    }
    close(pair[0]);
    *ret_parent = pair[1];
    return setsid() != -1;
}

void
patd_background_ready(int parent)
{
    int null;

    if (parent == -1)
        return;
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; null != -1 && fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    if (null > STDERR_FILENO)
        close(null);
    if (chdir("/") == -1 || write(parent, "", 1) == -1)
        return; /* the parent is gone: nobody waits */
    close(parent);
}
