/* SPDX-License-Identifier: BSD-2-Clause */
/* One trace at a time. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/faults/figures.h"
#include "tests/faults/trace.h"

static struct trace *running;

/* --- names --- */

static const char *
below(const char *path)
{
    size_t len = strlen(running->root);

    return strncmp(path, running->root, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

static struct trace_name *
find(const char *name)
{
    for (size_t i = 0; i < TRACE_NAMES; i++)
        if (running->names[i].file != 0 && strcmp(running->names[i].name, name) == 0)
            return &running->names[i];
    return NULL;
}

static void
set_name(const char *name, unsigned file)
{
    struct trace_name *at = find(name);

    for (size_t i = 0; at == NULL && i < TRACE_NAMES; i++)
        if (running->names[i].file == 0)
            at = &running->names[i];
    FIGURES_NEED(at != NULL && strlen(name) < TRACE_NAME);
    snprintf(at->name, sizeof at->name, "%s", name);
    at->file = file;
}

/* --- the beginning and the end --- */

static int
take_file(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    struct trace_base *base = &running->base[running->base_count];
    FILE *file;

    (void)walk;
    if (kind != FTW_F || strstr(path, "-shm") != NULL)
        return 0;
    FIGURES_NEED(running->base_count < TRACE_NAMES);
    base->file = ++running->files;
    base->len = (size_t)status->st_size;
    base->bytes = malloc(base->len + 1);
    file = fopen(path, "re");
    FIGURES_NEED(base->bytes != NULL && file != NULL &&
                 fread(base->bytes, 1, base->len, file) == base->len);
    fclose(file);
    set_name(below(path), base->file);
    running->base_count++;
    return 0;
}

void
trace_begin(struct trace *trace, const char *root)
{
    memset(trace, 0, sizeof *trace);
    snprintf(trace->root, sizeof trace->root, "%s", root);
    running = trace;
    FIGURES_NEED(nftw(root, take_file, 8, FTW_PHYS) == 0);
    memcpy(trace->first, trace->names, sizeof trace->first);
}

void
trace_end(void)
{
    running = NULL;
}

void
trace_free(struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++)
        free(trace->ops[i].bytes);
    for (size_t i = 0; i < trace->base_count; i++)
        free(trace->base[i].bytes);
    free(trace->ops);
    memset(trace, 0, sizeof *trace);
}

/* --- noting --- */

static struct trace_op *
add(enum trace_kind kind, unsigned file)
{
    struct trace_op *op;

    if (running->count == running->room) {
        running->room = running->room == 0 ? 1024 : 2 * running->room;
        running->ops = realloc(running->ops, running->room * sizeof *running->ops);
        FIGURES_NEED(running->ops != NULL);
    }
    op = &running->ops[running->count++];
    memset(op, 0, sizeof *op);
    op->kind = kind;
    op->file = file;
    return op;
}

bool
trace_is_on(const char *path)
{
    return running != NULL && below(path) != NULL;
}

void
trace_note(size_t number)
{
    if (running != NULL)
        add(TRACE_NOTE, 0)->at = number;
}

unsigned
trace_open(const char *path, bool created)
{
    const struct trace_name *known;
    struct trace_op *op;

    if (!trace_is_on(path))
        return 0;
    known = find(below(path));
    if (known != NULL)
        return known->file;
    FIGURES_NEED(created);
    op = add(TRACE_CREATE, ++running->files);
    snprintf(op->name, sizeof op->name, "%s", below(path));
    set_name(op->name, op->file);
    return op->file;
}

void
trace_write(unsigned file, size_t at, const void *bytes, size_t len)
{
    struct trace_op *op;

    if (running == NULL || file == 0 || len == 0)
        return;
    op = add(TRACE_WRITE, file);
    op->at = at;
    op->len = len;
    op->bytes = malloc(len);
    FIGURES_NEED(op->bytes != NULL);
    memcpy(op->bytes, bytes, len);
}

void
trace_size(unsigned file, size_t size)
{
    if (running != NULL && file != 0)
        add(TRACE_SIZE, file)->at = size;
}

void
trace_sync(unsigned file, bool failed)
{
    if (running != NULL && file != 0)
        add(failed ? TRACE_SYNC_FAILED : TRACE_SYNC, file);
}

void
trace_sync_names(const char *directory)
{
    struct trace_op *op;

    if (!trace_is_on(directory))
        return;
    op = add(TRACE_SYNC_NAMES, 0);
    snprintf(op->name, sizeof op->name, "%s", below(directory));
}

void
trace_name(enum trace_kind kind, const char *path, const char *was)
{
    struct trace_name *from;
    struct trace_op *op;

    if (!trace_is_on(path))
        return;
    from = find(below(kind == TRACE_UNLINK ? path : was));
    if (from == NULL)
        return; /* what SQLite shares between connections is not kept over a power cut */
    op = add(kind, from->file);
    snprintf(op->name, sizeof op->name, "%s", below(path));
    if (kind != TRACE_UNLINK) {
        snprintf(op->other, sizeof op->other, "%s", below(was));
        set_name(op->name, op->file);
    }
    if (kind != TRACE_LINK)
        from->file = 0;
}
