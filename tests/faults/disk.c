/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every file has its safe bytes and a list of what is pending; names likewise, by directory. A cut
 * is drawn from copies: the disk itself goes on.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/faults/disk.h"
#include "tests/faults/figures.h"
#include "tests/faults/steady.h"

#define SECTOR 512
#define BLOCK 4096

struct pending {
    const struct trace_op *op;
    size_t number; /* the order among all */
};

struct pendings {
    struct pending *list;
    size_t count, room;
};

struct file {
    unsigned char *bytes;
    size_t len, room;
    struct pendings writes;
};

struct disk {
    struct file *files; /* by number */
    size_t file_room;
    struct trace_name names[TRACE_NAMES];
    struct pendings name_ops;
    size_t number;
};

static void
pend(struct pendings *pendings, const struct trace_op *op, size_t number)
{
    if (pendings->count == pendings->room) {
        pendings->room = pendings->room == 0 ? 16 : 2 * pendings->room;
        pendings->list = realloc(pendings->list, pendings->room * sizeof *pendings->list);
        FIGURES_NEED(pendings->list != NULL);
    }
    pendings->list[pendings->count++] = (struct pending){.op = op, .number = number};
}

static struct file *
file_of(struct disk *disk, unsigned number)
{
    if (number >= disk->file_room) {
        size_t room = 2 * (size_t)number + 16;

        disk->files = realloc(disk->files, room * sizeof *disk->files);
        FIGURES_NEED(disk->files != NULL);
        memset(disk->files + disk->file_room, 0, (room - disk->file_room) * sizeof *disk->files);
        disk->file_room = room;
    }
    return &disk->files[number];
}

static void
resize(struct file *file, size_t len)
{
    if (len > file->room) {
        size_t room = 2 * len;

        file->bytes = realloc(file->bytes, room);
        FIGURES_NEED(file->bytes != NULL);
        file->room = room;
    }
    if (len > file->len)
        memset(file->bytes + file->len, 0, len - file->len);
    file->len = len;
}

static void
put(struct file *file, const struct trace_op *op)
{
    if (op->kind == TRACE_SIZE) {
        resize(file, op->at);
        return;
    }
    if (op->at + op->len > file->len)
        resize(file, op->at + op->len);
    memcpy(file->bytes + op->at, op->bytes, op->len);
}

/* --- names --- */

static void
set_name(struct trace_name names[TRACE_NAMES], const char *name, unsigned file)
{
    struct trace_name *free_one = NULL;

    for (size_t i = 0; i < TRACE_NAMES; i++) {
        if (names[i].file == 0) {
            free_one = free_one == NULL ? &names[i] : free_one;
        } else if (strcmp(names[i].name, name) == 0) {
            names[i].file = file;
            return;
        }
    }
    if (file == 0)
        return;
    FIGURES_NEED(free_one != NULL);
    memcpy(free_one->name, name, TRACE_NAME);
    free_one->file = file;
}

static void
put_name(struct trace_name names[TRACE_NAMES], const struct trace_op *op)
{
    if (op->kind == TRACE_RENAME)
        set_name(names, op->other, 0);
    set_name(names, op->name, op->kind == TRACE_UNLINK ? 0 : op->file);
}

static bool
is_in(const char *name, const char *directory)
{
    const char *slash = strrchr(name, '/');
    size_t len = strlen(directory);

    return slash != NULL && (size_t)(slash - name) == len && strncmp(name, directory, len) == 0;
}

static void
sync_names(struct disk *disk, const char *directory)
{
    size_t kept = 0;

    for (size_t i = 0; i < disk->name_ops.count; i++) {
        struct pending *pending = &disk->name_ops.list[i];

        if (is_in(pending->op->name, directory))
            put_name(disk->names, pending->op);
        else
            disk->name_ops.list[kept++] = *pending;
    }
    disk->name_ops.count = kept;
}

/* --- the disk --- */

struct disk *
disk_new(const struct trace *trace)
{
    struct disk *disk = calloc(1, sizeof *disk);

    FIGURES_NEED(disk != NULL);
    for (size_t i = 0; i < trace->base_count; i++) {
        struct file *file = file_of(disk, trace->base[i].file);

        resize(file, trace->base[i].len);
        if (file->len > 0)
            memcpy(file->bytes, trace->base[i].bytes, file->len);
    }
    memcpy(disk->names, trace->first, sizeof disk->names);
    return disk;
}

void
disk_free(struct disk *disk)
{
    for (size_t i = 0; i < disk->file_room; i++) {
        free(disk->files[i].bytes);
        free(disk->files[i].writes.list);
    }
    free(disk->files);
    free(disk->name_ops.list);
    free(disk);
}

void
disk_apply(struct disk *disk, const struct trace_op *op)
{
    struct file *file = op->file == 0 ? NULL : file_of(disk, op->file);

    switch (op->kind) {
    case TRACE_WRITE:
    case TRACE_SIZE:
        pend(&file->writes, op, disk->number++);
        break;
    case TRACE_SYNC:
        for (size_t i = 0; i < file->writes.count; i++)
            put(file, file->writes.list[i].op);
        file->writes.count = 0;
        break;
    case TRACE_SYNC_FAILED: /* the kernel forgets that it still had them to write */
        file->writes.count = 0;
        break;
    case TRACE_SYNC_NAMES:
        sync_names(disk, op->name);
        break;
    case TRACE_CREATE:
    case TRACE_RENAME:
    case TRACE_LINK:
    case TRACE_UNLINK:
        pend(&disk->name_ops, op, disk->number++);
        break;
    case TRACE_NOTE:
        break;
    }
}

/* --- the cut --- */

struct cut {
    enum disk_cut how;
    uint64_t *random;
    size_t end; /* DISK_IN_ORDER: what was pending from this on is lost */
};

static bool
is_kept(const struct cut *cut, const struct pending *pending)
{
    switch (cut->how) {
    case DISK_LOSES_ALL:
        return false;
    case DISK_KEEPS_ALL:
        return true;
    case DISK_IN_ORDER:
        return pending->number < cut->end;
    case DISK_SOME:
    case DISK_TORN:
    case DISK_CUTS:
        break;
    }
    return steady_below(cut->random, 2) == 0;
}

static void
put_torn(struct file *file, const struct trace_op *op, uint64_t *random)
{
    size_t noisy = steady_below(random, 16), sector = 0;

    for (size_t done = 0; done < op->len; sector++) {
        size_t step = SECTOR - (op->at + done) % SECTOR;
        struct trace_op piece = *op;

        if (step > op->len - done)
            step = op->len - done;
        piece.at += done;
        piece.bytes += done;
        piece.len = step;
        done += step;
        if (steady_below(random, 2) == 0)
            continue;
        put(file, &piece);
        if (sector == noisy)
            for (size_t i = 0; i < piece.len; i++)
                file->bytes[piece.at + i] = (unsigned char)steady_next(random);
    }
}

static void
make_directories(const char *root, const char *name)
{
    char path[TRACE_ROOT + 2 * TRACE_NAME];

    for (const char *at = strchr(name, '/'); at != NULL; at = strchr(at + 1, '/')) {
        snprintf(path, sizeof path, "%s/%.*s", root, (int)(at - name), name);
        mkdir(path, 0700);
    }
}

static void
write_sparse(const char *path, const struct file *file)
{
    static const unsigned char zeros[BLOCK];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t step;

    FIGURES_NEED(fd >= 0 && ftruncate(fd, (off_t)file->len) == 0);
    for (size_t at = 0; at < file->len; at += step) {
        step = file->len - at < BLOCK ? file->len - at : BLOCK;
        if (memcmp(file->bytes + at, zeros, step) != 0)
            FIGURES_NEED(pwrite(fd, file->bytes + at, step, (off_t)at) == (ssize_t)step);
    }
    FIGURES_NEED(close(fd) == 0);
}

static void
leave_file(const struct cut *cut, const struct file *from, const char *path)
{
    struct file left = {.len = 0};

    resize(&left, from->len);
    if (from->len > 0)
        memcpy(left.bytes, from->bytes, from->len);
    for (size_t i = 0; i < from->writes.count; i++) {
        const struct trace_op *op = from->writes.list[i].op;

        if (cut->how == DISK_TORN && op->kind == TRACE_WRITE)
            put_torn(&left, op, cut->random);
        else if (is_kept(cut, &from->writes.list[i]))
            put(&left, op);
    }
    write_sparse(path, &left);
    free(left.bytes);
}

/* A journal keeps the order of names; those of two directories may be in two of them. */
static void
cut_names(const struct cut *cut, const struct disk *disk, struct trace_name names[TRACE_NAMES])
{
    size_t ends[2] = {cut->end, cut->end};
    size_t count = disk->name_ops.count;

    memcpy(names, disk->names, sizeof disk->names);
    for (size_t i = 0; i < 2 && cut->how != DISK_IN_ORDER; i++)
        ends[i] = cut->how == DISK_LOSES_ALL   ? 0
                  : cut->how == DISK_KEEPS_ALL ? SIZE_MAX
                  : count == 0                 ? 0
                               : disk->name_ops.list[steady_below(cut->random, count)].number + 1 -
                                     steady_below(cut->random, 2);
    for (size_t i = 0; i < count; i++) {
        const struct pending *pending = &disk->name_ops.list[i];

        if (pending->number < ends[strncmp(pending->op->name, "keys/", 5) == 0])
            put_name(names, pending->op);
    }
}

void
disk_leave(const struct disk *disk, enum disk_cut cut, uint64_t *random, const char *root)
{
    struct cut drawn = {.how = cut, .random = random, .end = disk->number};
    struct trace_name names[TRACE_NAMES];
    char path[2 * TRACE_ROOT + TRACE_NAME];

    if (disk->number > 0)
        drawn.end = disk->number - steady_below(random, disk->number < 24 ? disk->number : 24);
    cut_names(&drawn, disk, names);
    disk_clear(root);
    for (size_t i = 0; i < TRACE_NAMES; i++) {
        if (names[i].file == 0)
            continue;
        make_directories(root, names[i].name);
        snprintf(path, sizeof path, "%s/%.63s", root, names[i].name);
        leave_file(&drawn, &disk->files[names[i].file], path);
    }
}

static int
remove_file(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    if (walk->level > 1)
        FIGURES_NEED((kind == FTW_DP ? rmdir(path) : unlink(path)) == 0);
    return 0;
}

void
disk_clear(const char *root)
{
    static const char *const directories[] = {"", "/state", "/keys"};
    char path[TRACE_ROOT + TRACE_NAME];

    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", root, directories[i]);
        mkdir(path, 0700);
    }
    FIGURES_NEED(nftw(root, remove_file, 8, FTW_PHYS | FTW_DEPTH) == 0);
}
