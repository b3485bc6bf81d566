/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The linker puts the machine's clocks and randomness here, so that every run is the same. The
 * files are those of patd: what a kill leaves is what they hold while they are open.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/file.h"
#include "core/store/clock.h"
#include "tests/model/host.h"
#include "tests/model/place.h"

#define PATH 200
#define BOOT_BEGIN (INT64_C(86400) * PAT_SECOND)

struct place place;
bool place_synchronised;

/* What the machine's clocks say: microseconds since 1970, and since it began. */
static int64_t wall = PLACE_BEGIN, boot = BOOT_BEGIN;
static bool is_moved; /* in this sequence */

static struct {
    char dir[PATH - 60];
    const char *services;
    void (*make_world)(void);
    struct pat_context *memory, *disk; /* the second is open while it is the place */
} all;

/* --- the machine --- */

void __wrap_randombytes_buf(void *ret, size_t len);
int __wrap_clock_gettime(clockid_t which, struct timespec *ret);
int __real_clock_gettime(clockid_t which, struct timespec *ret);
int __wrap_adjtimex(struct timex *timex);

static _Atomic uint64_t random_state;

/* SplitMix64; racing threads share its numbers, but none twice. */
void
__wrap_randombytes_buf(void *ret, size_t len)
{
    unsigned char *bytes = ret;

    for (size_t i = 0; i < len; i++) {
        uint64_t mixed = atomic_fetch_add(&random_state, UINT64_C(0x9e3779b97f4a7c15));

        mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
        bytes[i] = (unsigned char)(mixed >> 56);
    }
}

int
__wrap_clock_gettime(clockid_t which, struct timespec *ret)
{
    int64_t at = which == CLOCK_REALTIME ? wall : boot;

    if (which != CLOCK_REALTIME && which != CLOCK_BOOTTIME)
        return __real_clock_gettime(which, ret);
    ret->tv_sec = (time_t)(at / PAT_SECOND);
    ret->tv_nsec = (long)(at % PAT_SECOND) * 1000;
    return 0;
}

int
__wrap_adjtimex(struct timex *timex)
{
    timex->status = place_synchronised ? 0 : STA_UNSYNC;
    return place_synchronised ? TIME_OK : TIME_ERROR;
}

static void
begin_time(void)
{
    wall = PLACE_BEGIN;
    boot = BOOT_BEGIN;
    place_synchronised = false;
}

void
place_move(int64_t span, int64_t set)
{
    wall += span + set;
    boot += span;
    is_moved = true;
}

/* --- files --- */

static void
path_of(const char *name, const char *part, char ret[PATH])
{
    HOST_NEED(snprintf(ret, PATH, "%s/%s%s%s", all.dir, name, part[0] == '\0' ? "" : "/", part) <
              PATH);
}

/* Without the holes, which the anchor is full of. */
static void
copy_file(const char *from, const char *to)
{
    static unsigned char block[65536], zeros[sizeof block];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    off_t at = 0;
    ssize_t got;

    HOST_NEED(in >= 0 && out >= 0);
    for (; (got = pread(in, block, sizeof block, at)) > 0; at += got)
        if (memcmp(block, zeros, (size_t)got) != 0)
            HOST_NEED(pwrite(out, block, (size_t)got, at) == got);
    HOST_NEED(got == 0 && ftruncate(out, at) == 0);
    close(in);
    close(out);
}

/* Calls each for every file of a part of a place: its own path, and the one in another place. */
static void
each_file(const char *name, const char *other, const char *part,
          void (*each)(const char *path, const char *other))
{
    char dir[PATH], away[PATH], path[2 * PATH], to[2 * PATH];
    DIR *entries;
    struct dirent *entry;

    path_of(name, part, dir);
    path_of(other, part, away);
    entries = opendir(dir);
    HOST_NEED(entries != NULL);
    while ((entry = readdir(entries)) != NULL) {
        snprintf(path, sizeof path, "%s/%.100s", dir, entry->d_name);
        snprintf(to, sizeof to, "%s/%.100s", away, entry->d_name);
        if (entry->d_name[0] != '.')
            each(path, to);
    }
    closedir(entries);
}

static void
drop_file(const char *path, const char *other)
{
    (void)other;
    HOST_NEED(unlink(path) == 0);
}

/* What SQLite keeps in shared memory is no file of the disk. */
static void
copy_one(const char *path, const char *other)
{
    if (strstr(path, "-shm") == NULL)
        copy_file(path, other);
}

static void
make_directories(const char *name)
{
    static const char *const parts[] = {"", "state", "keys"};
    char path[PATH];

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        path_of(name, parts[i], path);
        HOST_NEED(mkdir(path, 0700) == 0);
    }
}

static void
copy_place(const char *from, const char *to)
{
    static const char *const parts[] = {"state", "keys"};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        each_file(to, to, parts[i], drop_file);
        each_file(from, to, parts[i], copy_one);
    }
}

/* --- contexts --- */

static struct pat_context *
open_context(const char *name)
{
    struct pat_config *config = NULL;
    struct pat_context *context = NULL;
    struct pat_diag diag = {.text = ""};
    char text[4096], path[PATH];
    int len;

    path_of(name, "", path);
    len = snprintf(text, sizeof text,
                   "[patd]\nuser = root\noperators = 900\nstate_dir = %s/state\nkeys_dir = "
                   "%s/keys\n%s",
                   path, path, all.services);
    if (pat_config_file_parse(text, (size_t)len, &config, &diag) != PAT_OK ||
        pat_context_open(config, &context, &diag) != PAT_OK) {
        fprintf(stderr, "%s\n", diag.text);
        HOST_NEED(context != NULL);
    }
    return context;
}

static void
close_handles(void)
{
    pat_store_close(place.writer);
    if (place.reader != place.writer)
        pat_store_close(place.reader);
    place.writer = place.reader = NULL;
}

void
place_reopen(void)
{
    close_handles();
    HOST_NEED(pat_context_writer(place.context, &place.writer) == PAT_OK);
    HOST_NEED(pat_context_reader(place.context, &place.reader) == PAT_OK);
    pat_store_linger(place.reader); /* as patd's own */
}

static void
open_disk(void)
{
    all.disk = place.context = open_context("disk");
    place_reopen();
}

static void
close_disk(void)
{
    if (all.disk == NULL)
        return;
    close_handles();
    pat_context_close(all.disk);
    all.disk = NULL;
}

static void
open_memory(void)
{
    const struct pat_store_args args = {.ops = &pat_memory_ops,
                                        .place = "",
                                        .mode = PAT_STORE_CREATE,
                                        .keyring = pat_context_keyring(all.memory)};

    place.context = all.memory;
    HOST_NEED(pat_store_open(&args, &place.writer) == PAT_OK);
    place.reader = place.writer;
    if (is_moved)
        place_accept(); /* a file is written: not without need */
    is_moved = false;
    all.make_world();
}

void
place_open(const char *dir, const char *services, void (*make_world)(void))
{
    static const char *const names[] = {"memory", "disk", "golden", "killed"};

    HOST_NEED(strlen(dir) < sizeof all.dir);
    pat_text_clip(all.dir, sizeof all.dir, dir);
    all.services = services;
    all.make_world = make_world;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        make_directories(names[i]);
    all.memory = open_context("memory");
}

void
place_close(void)
{
    if (all.disk == NULL)
        close_handles();
    close_disk();
    pat_context_close(all.memory);
}

/* Made once, and copied then. */
static void
begin_disk(void)
{
    static bool is_made;

    if (!is_made) {
        open_disk();
        all.make_world();
        close_disk();
        copy_place("disk", "golden");
        is_made = true;
    }
    copy_place("golden", "disk");
    open_disk();
}

void
place_begin(bool on_disk, uint64_t seed)
{
    if (all.disk == NULL)
        close_handles();
    close_disk();
    begin_time();
    atomic_store(&random_state, seed);
    if (on_disk)
        begin_disk();
    else
        open_memory();
    atomic_store(&random_state, seed);
}

/* --- what happens to it --- */

static struct pat_clock_reading
reading(void)
{
    struct pat_clock_reading now;

    HOST_NEED(pat_clock_read(&now) == PAT_OK);
    return now;
}

void
place_minute(void)
{
    const struct pat_clock_reading now = reading();

    HOST_NEED(pat_clock_save(pat_context_clock(place.context), &now) == PAT_OK);
}

void
place_accept(void)
{
    const struct pat_clock_reading now = reading();

    HOST_NEED(pat_clock_accept(pat_context_clock(place.context), &now) == PAT_OK);
}

void
place_restart(bool in_order)
{
    HOST_NEED(all.disk != NULL);
    if (!in_order)
        copy_place("disk", "killed");
    close_disk();
    if (!in_order)
        copy_place("killed", "disk");
    open_disk();
}
