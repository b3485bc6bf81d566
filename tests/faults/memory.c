/* SPDX-License-Identifier: BSD-2-Clause */
/* Our own are remembered by their address: what a library allocated is none of them. */
#include <errno.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/faults/fault.h"
#include "tests/faults/figures.h"
#include "tests/faults/memory.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *before, size_t size);
void __real_free(void *memory);
void *__real_sodium_malloc(size_t size);
void *__real_sodium_allocarray(size_t count, size_t size);
void __real_sodium_free(void *memory);
FILE *__real_fopen(const char *path, const char *mode);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *before, size_t size);
void __wrap_free(void *memory);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);
void *__wrap_sodium_malloc(size_t size);
void *__wrap_sodium_allocarray(size_t count, size_t size);
void __wrap_sodium_free(void *memory);
FILE *__wrap_fopen(const char *path, const char *mode);

#define SLOTS (1U << 17)

static uintptr_t slots[SLOTS];
static long own, others;

/* --- what is ours --- */

static size_t
slot_of(const void *memory)
{
    return (size_t)((uintptr_t)memory * UINT64_C(0x9e3779b97f4a7c15) >> 47) % SLOTS;
}

static void *
keep(void *memory)
{
    size_t at = slot_of(memory);

    if (memory == NULL)
        return NULL;
    while (slots[at] != 0)
        at = (at + 1) % SLOTS;
    slots[at] = (uintptr_t)memory;
    own++;
    FIGURES_NEED(own < SLOTS / 2);
    return memory;
}

/* Those behind a gap that are looked for from before it move into it. */
static void
close_gap(size_t gap)
{
    for (size_t at = (gap + 1) % SLOTS; slots[at] != 0; at = (at + 1) % SLOTS) {
        size_t first = slot_of((const void *)slots[at]);

        if ((at - first) % SLOTS < (at - gap) % SLOTS)
            continue;
        slots[gap] = slots[at];
        gap = at;
    }
    slots[gap] = 0;
}

static void
let_go(const void *memory)
{
    size_t at = slot_of(memory);

    while (memory != NULL && slots[at] != 0 && slots[at] != (uintptr_t)memory)
        at = (at + 1) % SLOTS;
    if (memory == NULL || slots[at] == 0)
        return;
    close_gap(at);
    own--;
}

static bool
fails(void)
{
    if (!fault_strikes(FAULT_MEMORY))
        return false;
    errno = ENOMEM;
    return true;
}

void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : keep(__real_malloc(size));
}

void *
__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : keep(__real_calloc(count, size));
}

void *
__wrap_realloc(void *before, size_t size)
{
    void *after;

    if (fails())
        return NULL;
    let_go(before);
    after = __real_realloc(before, size);
    return after == NULL ? (void)keep(before), NULL : keep(after);
}

void
__wrap_free(void *memory)
{
    let_go(memory);
    __real_free(memory);
}

char *
__wrap_strndup(const char *text, size_t len)
{
    size_t used = strnlen(text, len);
    char *copy = __wrap_malloc(used + 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, text, used);
    copy[used] = '\0';
    return copy;
}

char *
__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

/* It has a buffer. */
FILE *
__wrap_fopen(const char *path, const char *mode)
{
    return fails() ? NULL : __real_fopen(path, mode);
}

/* --- libsodium's --- */

void *
__wrap_sodium_malloc(size_t size)
{
    return fails() ? NULL : keep(__real_sodium_malloc(size));
}

void *
__wrap_sodium_allocarray(size_t count, size_t size)
{
    return fails() ? NULL : keep(__real_sodium_allocarray(count, size));
}

void
__wrap_sodium_free(void *memory)
{
    let_go(memory);
    __real_sodium_free(memory);
}

/* --- SQLite's --- */

static sqlite3_mem_methods usual;

static void *
sqlite_malloc(int size)
{
    void *memory = fails() ? NULL : usual.xMalloc(size);

    others += memory != NULL;
    return memory;
}

static void
sqlite_free(void *memory)
{
    others -= memory != NULL;
    usual.xFree(memory);
}

static void *
sqlite_realloc(void *before, int size)
{
    return fails() ? NULL : usual.xRealloc(before, size);
}

void
memory_start(void)
{
    sqlite3_mem_methods methods;

    FIGURES_NEED(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual) == SQLITE_OK);
    methods = usual;
    methods.xMalloc = sqlite_malloc;
    methods.xFree = sqlite_free;
    methods.xRealloc = sqlite_realloc;
    /* Without the small memory that each connection keeps for itself: every one is asked for. */
    FIGURES_NEED(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK &&
                 sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK &&
                 sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK &&
                 sqlite3_initialize() == SQLITE_OK);
}

long
memory_own(void)
{
    return own;
}

long
memory_all(void)
{
    return own + others;
}
