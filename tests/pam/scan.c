/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory is read where it lies, byte by byte against the hidden needle: a copy of it, in a buffer
 * or in a register that is spilled, would be a find of our own making.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/pam/printable.h"
#include "tests/pam/scan.h"

#define MASK 0xa5
#define BEHIND_SECRET 7 /* the check digits */
#define MAPPING_MAX ((uintptr_t)64 << 20)

struct mapping {
    uintptr_t begin, end;
    bool readable;
    char name[128];
};

void
scan_prepare(struct scan *scan, const char *token, size_t len)
{
    const volatile char *secret = token + len - BEHIND_SECRET - SCAN_NEEDLE;

    if (len < 48)
        abort();
    for (size_t i = 0; i < SCAN_NEEDLE; i++)
        scan->hidden[i] = (unsigned char)(secret[i] ^ MASK);
}

__attribute__((no_sanitize("address", "undefined"))) static bool
begins_at(const struct scan *scan, const volatile unsigned char *at, size_t from)
{
    for (size_t i = 0; i < SCAN_WINDOW; i++)
        if ((at[i] ^ MASK) != scan->hidden[from + i])
            return false;
    return true;
}

__attribute__((no_sanitize("address", "undefined"))) static bool
holds_window(const struct scan *scan, const volatile unsigned char *at)
{
    for (size_t from = 0; from + SCAN_WINDOW <= SCAN_NEEDLE; from++)
        if (begins_at(scan, at, from))
            return true;
    return false;
}

static size_t
scan_mapping(const struct scan *scan, const struct mapping *mapping, int out)
{
    const unsigned char *end = (const unsigned char *)mapping->end - SCAN_WINDOW;
    size_t found = 0;

    for (const unsigned char *at = (const unsigned char *)mapping->begin; at <= end; at++)
        if (holds_window(scan, at)) {
            printable_line(out, "found at %p in %s\n", (const void *)at, mapping->name);
            found++;
            at += SCAN_NEEDLE - 1;
        }
    return found;
}

/* "begin-end perms offset dev inode name" */
static bool
read_mapping(const char *line, struct mapping *ret)
{
    char *at = NULL;
    const char *name = strpbrk(line, "/[");

    ret->begin = strtoul(line, &at, 16);
    if (*at != '-')
        return false;
    ret->end = strtoul(at + 1, &at, 16);
    ret->readable = at[0] == ' ' && at[1] == 'r';
    snprintf(ret->name, sizeof ret->name, "%s", name == NULL ? "memory" : name);
    ret->name[strcspn(ret->name, "\n")] = '\0';
    return true;
}

size_t
scan_memory(const struct scan *scan, int out)
{
    static struct mapping mappings[512];
    size_t count = 0, found = 0;
    FILE *file = fopen("/proc/self/maps", "re");
    char line[512];

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (count == sizeof mappings / sizeof mappings[0] ||
            !read_mapping(line, &mappings[count++]))
            abort();
    if (file == NULL || count == 0)
        abort();
    fclose(file);
    for (size_t i = 0; i < count; i++)
        if (mappings[i].readable && mappings[i].end - mappings[i].begin <= MAPPING_MAX &&
            strncmp(mappings[i].name, "[v", 2) != 0)
            found += scan_mapping(scan, &mappings[i], out);
    return found;
}
