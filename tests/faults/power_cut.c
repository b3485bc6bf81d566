/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power cuts of real file systems. A host works on ext4 and on XFS, each in a file behind a loop
 * device; in the midst of it the file system is shut down without its log being flushed, mounted
 * again, and what it answers is compared with what had been acknowledged.
 *
 * It needs root and loop devices, and minutes: only with PAT_FULL=1. What is not possible on a
 * machine is said in the line of figures.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/faults/deeds.h"
#include "tests/faults/disk.h"
#include "tests/faults/figures.h"
#include "tests/faults/steady.h"
#include "tests/faults/vfs.h"

#define CUTS 100
#define CUTS_WITH_LESS 12 /* with synchronous=NORMAL, when something must be lost */
#define IMAGE_SIZE ((off_t)320 * 1024 * 1024)
#define SHUT_DOWN _IOR('X', 125, uint32_t) /* of both: XFS_IOC_GOINGDOWN, EXT4_IOC_SHUTDOWN */
#define WITHOUT_FLUSH 2U

extern char **environ;

static const struct kind {
    const char *type;
    const char *make[6]; /* and the name of the file behind it */
} kinds[] = {
    {"ext4", {"mkfs.ext4", "-q", "-F"}},
    {"xfs", {"mkfs.xfs", "-q", "-f"}},
};

/* --- what the process that works has been told --- */

static struct shared {
    struct ledger pages[2];
    _Atomic size_t count;
    _Atomic unsigned long acknowledged;
} * shared;

static void
note(const struct ledger *ledger)
{
    size_t count = atomic_load(&shared->count);

    shared->pages[(count + 1) % 2] = *ledger;
    atomic_store(&shared->count, count + 1);
}

/* --- the file system --- */

struct system {
    const struct kind *kind;
    char image[HOST_PATH], mounted[HOST_PATH], dir[HOST_PATH + 8];
    char device[32];
};

static bool
run(const char *const *words)
{
    char *argv[8] = {NULL};
    int status = -1;
    pid_t child;

    for (int i = 0; words[i] != NULL && i < 7; i++)
        argv[i] = (char *)(uintptr_t)words[i];
    return posix_spawnp(&child, argv[0], NULL, NULL, argv, environ) == 0 &&
           waitpid(child, &status, 0) == child && status == 0;
}

/* A free loop device in front of the image; it goes with the last mount. */
static bool
attach(struct system *system)
{
    struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR};
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int number = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
    int image = open(system->image, O_RDWR | O_CLOEXEC), device;
    bool attached;

    snprintf(system->device, sizeof system->device, "/dev/loop%d", number);
    device = number < 0 ? -1 : open(system->device, O_RDWR | O_CLOEXEC);
    attached = image >= 0 && device >= 0 && ioctl(device, LOOP_SET_FD, image) == 0 &&
               ioctl(device, LOOP_SET_STATUS64, &info) == 0 &&
               mount(system->device, system->mounted, system->kind->type, 0, NULL) == 0;
    close(control);
    close(image);
    close(device);
    return attached;
}

static bool
make(struct system *system, const struct kind *kind)
{
    const char *words[8] = {NULL};
    int count = 0, fd;

    *system = (struct system){.kind = kind};
    snprintf(system->image, sizeof system->image, "%.80s/image", host_directory());
    snprintf(system->mounted, sizeof system->mounted, "%.80s/mounted", host_directory());
    snprintf(system->dir, sizeof system->dir, "%s/host", system->mounted);
    if (mkdir(system->mounted, 0700) == -1 && errno != EEXIST)
        return false;
    unlink(system->image);
    fd = open(system->image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, IMAGE_SIZE) == -1)
        return false;
    close(fd);
    for (; kind->make[count] != NULL; count++)
        words[count] = kind->make[count];
    words[count] = system->image;
    return run(words) && attach(system);
}

/* --- a cut --- */

static void
work(const struct system *system, uint64_t seed)
{
    const struct deeds_start_with with = {.seed = seed, .note = note};
    int fd = open(system->mounted, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct world world;

    disk_clear(system->dir); /* its directories are there before patd is */
    FIGURES_NEED(fd >= 0 && syncfs(fd) == 0 && close(fd) == 0);
    deeds_begin(&world, system->dir, &with);
    atomic_store(&shared->acknowledged, 1);
    while (world.ledger.count + 8 < LEDGER_MAX) {
        const struct deed *deed = &deeds[steady_below(&world.random, deeds_count)];

        if (!deed->turns_time && deeds_do(&world, deed) == PAT_OK)
            atomic_fetch_add(&shared->acknowledged, 1);
    }
    pause();
}

static void
wait_for_work(uint64_t *random)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    struct timespec more = {.tv_nsec = (long)(20 + steady_below(random, 300)) * 1000000};

    while (atomic_load(&shared->acknowledged) == 0)
        nanosleep(&moment, NULL);
    nanosleep(&more, NULL);
}

/* False when the file system cannot be shut down, or mounted again. */
static bool
cut(struct system *system, uint64_t seed, uint64_t *random)
{
    uint32_t how = WITHOUT_FLUSH;
    int fd, status;
    pid_t child;
    bool done;

    atomic_store(&shared->acknowledged, 0);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        work(system, seed);
        _exit(0);
    }
    wait_for_work(random);
    /* Stopped first: nobody may be told anything by a file system that is on its way down. */
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    fd = open(system->mounted, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    done = fd >= 0 && ioctl(fd, SHUT_DOWN, &how) == 0;
    close(fd);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return done && umount(system->mounted) == 0 && attach(system);
}

static bool
holds(const struct system *system, char why[LEDGER_WHY])
{
    const struct ledger *ledger = &shared->pages[atomic_load(&shared->count) % 2];
    struct host host;
    enum ledger_verdict verdict;

    steady_now = ledger->now;
    if (host_open(&host, system->dir) != PAT_OK) {
        snprintf(why, LEDGER_WHY, "it does not start");
        return false;
    }
    verdict = ledger_check(ledger, &host, why);
    host_close(&host);
    return verdict == LEDGER_HOLDS;
}

/* --- the whole --- */

static bool
cut_often(struct system *system, int cuts, uint64_t seed, unsigned long *ret_told, int *ret_wrong)
{
    char why[LEDGER_WHY] = "";
    uint64_t random = seed;

    for (int i = 0; i < cuts; i++) {
        if (!cut(system, seed + (unsigned)i, &random))
            return false;
        *ret_told += atomic_load(&shared->acknowledged);
        if (holds(system, why))
            continue;
        ++*ret_wrong;
        if (vfs_synchronous == NULL)
            figures_found("%s, cut %d: %s", system->kind->type, i, why);
    }
    return true;
}

static void
try_kind(const struct kind *kind, uint64_t seed)
{
    unsigned long told = 0, less_told = 0;
    int wrong = 0, less_wrong = 0;
    struct system system;
    bool done;

    if (!make(&system, kind)) {
        support_figure("power cut, %s: not possible here: no %s, or no loop device that it can be "
                       "mounted from",
                       kind->type, kind->make[0]);
        return;
    }
    done = cut_often(&system, CUTS, seed, &told, &wrong);
    vfs_synchronous = "NORMAL";
    done = done && cut_often(&system, CUTS_WITH_LESS, seed, &less_told, &less_wrong);
    vfs_synchronous = NULL;
    umount(system.mounted);
    if (!done) {
        support_figure("power cut, %s: not possible here: it cannot be shut down and mounted again",
                       kind->type);
        return;
    }
    support_figure(
        "power cut, %s: %d cuts, %lu changes acknowledged: %d lost or revived something; "
        "with synchronous=NORMAL %d of %d",
        kind->type, CUTS, told, wrong, less_wrong, CUTS_WITH_LESS);
    if (less_wrong == 0)
        figures_found("%s: the test does not see what is lost", kind->type);
}

int
main(void)
{
    uint64_t seed = figures_seed(1);

    if (!figures_full()) {
        support_figure("power cut, file systems: 0 cuts, it is part of the full size alone");
        return 0;
    }
    if (geteuid() != 0 || unshare(CLONE_NEWNS) == -1 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1) {
        support_figure(
            "power cut, file systems: not possible here: it needs root, to mount file systems");
        return 0;
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    FIGURES_NEED(shared != MAP_FAILED);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        try_kind(&kinds[i], seed);
    return figures_end();
}
