/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damage: a database that was cut, mixed up, overwritten, put beside the files of another one, or
 * given a schema that lies; and rows that were moved between users and tenants. Whoever can write
 * the database but has no key lets nobody in. What a row says otherwise is found by the check of
 * the whole store, also where it is the row of yesterday.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/faults/answers.h"
#include "tests/faults/damage.h"
#include "tests/faults/disk.h"
#include "tests/faults/figures.h"
#include "tests/faults/steady.h"

#define PAGE 4096

static const struct size {
    size_t cuts, swaps, zeros; /* every so-manieth */
    int random;                /* stores with random bytes in them */
    size_t splices;            /* every so-manieth */
} sizes[] = {
    {.cuts = 5, .swaps = 11, .zeros = 13, .random = 60, .splices = 41},
    {.cuts = 1, .swaps = 1, .zeros = 1, .random = 5000, .splices = 1},
};

static char base[HOST_PATH], older[HOST_PATH], other[HOST_PATH], work[HOST_PATH];
static uint64_t numbers;

static struct {
    unsigned long cases, refuses;
    struct answers answers;
} count;

static void
try(const char *what)
{
    damage_try(work, what, &count.answers, &count.refuses);
    count.cases++;
}

/* --- the file --- */

static int
open_database(size_t *ret_len)
{
    char path[2 * HOST_PATH];
    struct stat status;
    int fd;

    snprintf(path, sizeof path, "%s/state/pat.db", work);
    fd = open(path, O_RDWR | O_CLOEXEC);
    FIGURES_NEED(fd >= 0 && fstat(fd, &status) == 0);
    *ret_len = (size_t)status.st_size;
    return fd;
}

static void
cut_file(const struct size *size)
{
    char what[64];
    size_t len = SIZE_MAX;

    for (size_t at = 0; at < len; at += size->cuts * PAGE / 2) {
        int fd;

        host_copy(base, work);
        fd = open_database(&len);
        FIGURES_NEED(ftruncate(fd, (off_t)at) == 0 && close(fd) == 0);
        snprintf(what, sizeof what, "cut to %zu bytes", at);
        try(what);
    }
}

static void
swap_pages(const struct size *size)
{
    unsigned char a[PAGE], b[PAGE];
    size_t pages = 2, number = 0;
    char what[64];

    for (size_t i = 0; i < pages; i++)
        for (size_t j = i + 1; j < pages; j++) {
            size_t len;
            int fd;

            if (number++ % size->swaps != 0 && number > 1)
                continue;
            host_copy(base, work);
            fd = open_database(&len);
            pages = len / PAGE;
            FIGURES_NEED(pread(fd, a, PAGE, (off_t)(i * PAGE)) == PAGE &&
                         pread(fd, b, PAGE, (off_t)(j * PAGE)) == PAGE &&
                         pwrite(fd, a, PAGE, (off_t)(j * PAGE)) == PAGE &&
                         pwrite(fd, b, PAGE, (off_t)(i * PAGE)) == PAGE && close(fd) == 0);
            snprintf(what, sizeof what, "pages %zu and %zu exchanged", i + 1, j + 1);
            try(what);
        }
}

static void
clear_ranges(const struct size *size)
{
    static const size_t widths[] = {16, 512, PAGE, 3 * PAGE};
    static const unsigned char zeros[3 * PAGE];
    char what[64];

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        size_t len = SIZE_MAX;

        for (size_t at = 0; at + widths[i] <= len;
             at += (widths[i] < 512 ? 512 : widths[i]) * size->zeros) {
            int fd;

            host_copy(base, work);
            fd = open_database(&len);
            FIGURES_NEED(pwrite(fd, zeros, widths[i], (off_t)at) == (ssize_t)widths[i] &&
                         ftruncate(fd, (off_t)len) == 0 && close(fd) == 0);
            snprintf(what, sizeof what, "%zu zeros at %zu", widths[i], at);
            try(what);
        }
    }
}

static void
scatter(const struct size *size)
{
    char what[64];

    for (int i = 0; i < size->random; i++) {
        size_t len, holes = 1 + steady_below(&numbers, 8);
        int fd;

        host_copy(base, work);
        fd = open_database(&len);
        for (size_t hole = 0; hole < holes; hole++) {
            unsigned char bytes[64];
            size_t width = 1 + steady_below(&numbers, sizeof bytes);
            size_t at = steady_below(&numbers, len - width);

            for (size_t j = 0; j < width; j++)
                bytes[j] = (unsigned char)steady_next(&numbers);
            FIGURES_NEED(pwrite(fd, bytes, width, (off_t)at) == (ssize_t)width);
        }
        close(fd);
        snprintf(what, sizeof what, "random bytes, number %d", i);
        try(what);
    }
}

/* --- files of another moment, or another store --- */

static void
put_file(const char *from, const char *name, const char *to_name)
{
    char source[2 * HOST_PATH], target[2 * HOST_PATH];

    snprintf(source, sizeof source, "%s/state/%s", from, name);
    snprintf(target, sizeof target, "%s/state/%s", work, to_name);
    host_copy_file(source, target);
}

static void
put_noise(const char *name, size_t len)
{
    char path[2 * HOST_PATH];
    FILE *file;

    snprintf(path, sizeof path, "%s/state/%s", work, name);
    file = fopen(path, "we");
    FIGURES_NEED(file != NULL);
    for (size_t i = 0; i < len; i++)
        fputc((int)(steady_next(&numbers) & 0xff), file);
    FIGURES_NEED(fclose(file) == 0);
}

/* older, base and other were left as a crash leaves them: with their log beside the database. */
static void
mix_files(void)
{
    host_copy(base, work);
    put_file(older, "pat.db-wal", "pat.db-wal");
    try("the log of an earlier moment");
    host_copy(base, work);
    put_file(older, "pat.db", "pat.db");
    try("the database of an earlier moment under its log");
    host_copy(older, work);
    put_file(base, "pat.db-wal", "pat.db-wal");
    try("the log of a later moment");
    host_copy(base, work);
    put_file(older, "pat.db", "pat.db");
    put_file(older, "pat.db-wal", "pat.db-wal");
    try("database and log of an earlier moment");
    host_copy(base, work);
    put_file(other, "pat.db-wal", "pat.db-wal");
    try("the log of another store");
    host_copy(base, work);
    put_file(other, "pat.db", "pat.db");
    put_file(other, "pat.db-wal", "pat.db-wal");
    try("another store");
    host_copy(base, work);
    put_file(other, "pat.db", "pat.db-journal");
    try("a rollback journal that is none");
    for (int i = 0; i < 20; i++) {
        host_copy(base, work);
        put_noise("pat.db-shm", 32768);
        try("shared memory full of noise");
        host_copy(base, work);
        put_noise("pat.db-wal", 1 + steady_below(&numbers, 20000));
        try("a log full of noise");
        host_copy(base, work);
        put_noise("pat.db-journal", 1 + steady_below(&numbers, 20000));
        try("a rollback journal full of noise");
        host_copy(base, work);
        put_noise("usage.db", 1 + steady_below(&numbers, 20000));
        try("uses full of noise");
    }
}

/* --- the whole --- */

/* A copy as a crash leaves it: what was committed stands in the log. */
static void
copy_running(struct world *world, const char *from, const char *to)
{
    FIGURES_NEED(deeds_open(world, from) == PAT_OK);
    FIGURES_NEED(deeds_do(world, &deeds[3]) == PAT_OK && deeds_do(world, &deeds[3]) == PAT_OK);
    host_copy(from, to);
    host_close(&world->host);
}

int
main(void)
{
    const struct deeds_start_with with = {.seed = figures_seed(1)};
    const struct deeds_start_with another = {.seed = with.seed + 1};
    const struct size *size = &sizes[figures_full()];
    char first[HOST_PATH], yesterday[HOST_PATH];
    struct world world;
    unsigned long file_cases;

    numbers = with.seed;
    host_place("first", first);
    host_place("base", base);
    host_place("older", older);
    host_place("other", other);
    host_place("work", work);
    deeds_begin(&world, first, &another);
    host_close(&world.host);
    copy_running(&world, first, other);
    disk_clear(first);
    deeds_begin(&world, first, &with);
    requests_make(&world);
    answers_learn(&world.host);
    host_close(&world.host);
    host_place("yesterday", yesterday);
    host_copy(first, yesterday);
    copy_running(&world, first, older);
    copy_running(&world, first, base);
    mix_files();
    host_copy(first, base); /* everything in the database, nothing in its log */
    cut_file(size);
    swap_pages(size);
    clear_ranges(size);
    scatter(size);
    file_cases = count.cases;
    support_figure("damage, files: %lu stores, %lu questions: %lu answered as before, %lu "
                   "stores refused to answer, nobody in who may not",
                   file_cases, count.answers.asked, count.answers.same, count.refuses);
    damage_schema(base, work);
    damage_rows(base, yesterday, work, size->splices);
    return figures_end();
}
