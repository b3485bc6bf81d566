/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process did to the files below a directory, in order: by SQLite through vfs.c, and by our
 * own code through files.c. disk.c makes of it what a power cut would have left.
 */
#ifndef TESTS_FAULTS_TRACE_H
#define TESTS_FAULTS_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#define TRACE_NAME 64
#define TRACE_NAMES 64
#define TRACE_ROOT 128

enum trace_kind {
    TRACE_CREATE, /* name, file */
    TRACE_WRITE,  /* file, at, len, bytes */
    TRACE_SIZE,   /* file, at: it is as long as that now */
    TRACE_SYNC,   /* file */
    TRACE_SYNC_FAILED,
    TRACE_SYNC_NAMES, /* name: of the directory */
    TRACE_RENAME,     /* name, other: what it was called */
    TRACE_LINK,       /* name, other */
    TRACE_UNLINK,     /* name */
    TRACE_NOTE,       /* at: a number of the test's own */
};

struct trace_op {
    enum trace_kind kind;
    unsigned file; /* its number, for as long as anybody has it open */
    size_t at, len;
    unsigned char *bytes;
    char name[TRACE_NAME], other[TRACE_NAME]; /* from the root on */
};

/* Names that a number has; files that were there at the beginning have their bytes. */
struct trace_name {
    char name[TRACE_NAME];
    unsigned file; /* 0: the name is free */
};

struct trace_base {
    unsigned file;
    unsigned char *bytes;
    size_t len;
};

struct trace {
    char root[TRACE_ROOT];
    struct trace_op *ops;
    size_t count, room;
    struct trace_name names[TRACE_NAMES], first[TRACE_NAMES]; /* now, and at the beginning */
    struct trace_base base[TRACE_NAMES];
    size_t base_count;
    unsigned files;
};

/* From now on, what is done below root is noted. What is there counts as safe on the disk. */
void trace_begin(struct trace *trace, const char *root);
void trace_end(void);
void trace_free(struct trace *trace);

void trace_note(size_t number);

/* For files.c and vfs.c. A file of number 0 is not below the root, and nothing is noted of it. */
bool trace_is_on(const char *path);
unsigned trace_open(const char *path, bool created);
void trace_write(unsigned file, size_t at, const void *bytes, size_t len);
void trace_size(unsigned file, size_t size);
void trace_sync(unsigned file, bool failed);
void trace_sync_names(const char *directory);
void trace_name(enum trace_kind kind, const char *path, const char *was);

#endif
