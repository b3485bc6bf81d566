/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/store/anchor.c. First an anchor is written to, as patd does, and read back; then its file is
 * damaged. A damaged file is refused, or answers with what it held after the last write or the one
 * before (a torn write), whole: never with a changed line, and never with one missing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/store/anchor.h"
#include "tests/fuzz/fuzz.h"

#define WRITES_MAX 7
#define LINE_SIZE 1024
#define BIG ((size_t)700 * 1024) /* two of them do not fit in one half */
#define BIG_KIND 0xf8            /* of the byte that says what a write is */
#define HALF ((off_t)1024 * 1024)
#define HALVES_AT ((off_t)8192)
#define SLOT_LEN 217 /* bytes of a slot that mean something */

/* One write to the anchor. */
struct write {
    int64_t generation;
    char line[LINE_SIZE]; /* the first line; empty: no lines */
    size_t lines;         /* how often it was written */
    struct pat_anchor_mark mark;
};

static const struct pat_key key = {{'k', 'e', 'y'}};
static char dir[600], path[700];
static struct write writes[WRITES_MAX + 1]; /* the first is the anchor's beginning */
static size_t write_count;
static unsigned char beginning[HALVES_AT]; /* of an anchor that nothing was written to */

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const struct pat_anchor_mark mark = {.generation = 1};
    int fd;

    (void)argc;
    (void)argv;
    snprintf(dir, sizeof dir, "%s", fuzz_directory());
    snprintf(path, sizeof path, "%s/anchor", dir);
    FUZZ_CHECK(pat_anchor_create(dir, &key, &mark) == PAT_OK);
    FUZZ_CHECK(pat_anchor_create(dir, &key, &mark) == PAT_ERR_EXISTS);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    FUZZ_CHECK(pread(fd, beginning, sizeof beginning, 0) == (ssize_t)sizeof beginning);
    close(fd);
    return 0;
}

/* What stood in the halves before stays there, as it does when patd begins a half again. */
static void
begin_again(void)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    FUZZ_CHECK(fd != -1 && ftruncate(fd, HALVES_AT + 2 * HALF) == 0);
    FUZZ_CHECK(pwrite(fd, beginning, sizeof beginning, 0) == (ssize_t)sizeof beginning);
    close(fd);
    memset(writes, 0, sizeof writes);
    writes[0].generation = writes[0].mark.generation = 1;
}

/* --- writing --- */

static char *
make_lines(const struct write *write)
{
    size_t len = strlen(write->line) + 1;
    char *lines = malloc(write->lines * len + 1);

    FUZZ_CHECK(lines != NULL);
    for (size_t i = 0; i < write->lines; i++) {
        memcpy(lines + i * len, write->line, len - 1);
        lines[i * len + len - 1] = '\n';
    }
    lines[write->lines * len] = '\0';
    return lines;
}

static void
plan_write(struct fuzz_input *input, struct write *write, int64_t before)
{
    uint8_t kind = fuzz_byte(input);
    char text[64];

    memset(write, 0, sizeof *write);
    write->generation = before + 1 + fuzz_byte(input) % 3;
    write->mark.generation = write->generation;
    memset(write->mark.sum, kind, sizeof write->mark.sum);
    if (kind % 4 == 0)
        return;
    fuzz_text(input, text, sizeof text);
    for (char *at = text; *at != '\0'; at++)
        *at = (char)(0x20 + (unsigned char)*at % 0x5f);
    write->lines = kind >= BIG_KIND ? BIG / LINE_SIZE : kind % 4;
    snprintf(write->line, sizeof write->line, "g%lld %s%*s", (long long)write->generation, text,
             kind >= BIG_KIND ? LINE_SIZE - 100 : 1, "x");
}

static void
write_some(struct fuzz_input *input, struct pat_anchor *anchor)
{
    size_t wanted = fuzz_pick(input, WRITES_MAX + 1);

    for (write_count = 1; write_count <= wanted; write_count++) {
        struct write *write = &writes[write_count];
        char *lines;

        plan_write(input, write, writes[write_count - 1].generation);
        lines = make_lines(write);
        FUZZ_CHECK(pat_anchor_advance(anchor, &write->mark, lines, strlen(lines)) == PAT_OK);
        /* A mark that does not move forward is refused, and changes nothing. */
        FUZZ_CHECK(pat_anchor_advance(anchor, &write->mark, lines, strlen(lines)) == PAT_ERR_RANGE);
        free(lines);
    }
}

/* --- reading --- */

struct reading {
    int64_t from;
    size_t last; /* the write that the mark tells of */
    size_t at;   /* the write whose lines come now */
    size_t lines;
};

/* The next write that has lines; behind the last one: last + 1. */
static size_t
next_with_lines(const struct reading *reading, size_t at)
{
    while (at <= reading->last && (writes[at].lines == 0 || writes[at].generation <= reading->from))
        at++;
    return at;
}

static enum pat_err
take_line(void *context, int64_t generation, const char *line)
{
    struct reading *reading = context;

    FUZZ_CHECK(reading->at <= reading->last);
    FUZZ_CHECK(generation == writes[reading->at].generation);
    FUZZ_CHECK(strcmp(line, writes[reading->at].line) == 0);
    if (++reading->lines == writes[reading->at].lines) {
        reading->lines = 0;
        reading->at = next_with_lines(reading, reading->at + 1);
    }
    return PAT_OK;
}

/* Replays as of the write that the mark tells of; all or nothing. */
static enum pat_err
replay(struct pat_anchor *anchor, size_t last, int64_t from)
{
    struct reading reading = {.from = from, .last = last};
    enum pat_err err;

    reading.at = next_with_lines(&reading, 0);
    err = pat_anchor_replay(anchor, from, take_line, &reading);
    if (err == PAT_OK)
        FUZZ_CHECK(reading.at == last + 1 && reading.lines == 0);
    else
        FUZZ_CHECK(err == PAT_ERR_ROLLBACK || err == PAT_ERR_SEAL);
    return err;
}

static bool
has_mark(const struct pat_anchor *anchor, size_t index)
{
    return memcmp(pat_anchor_mark(anchor), &writes[index].mark, sizeof writes[index].mark) == 0;
}

static void
check_whole(void)
{
    struct pat_anchor *anchor = NULL;
    size_t last = write_count - 1;
    enum pat_err before = PAT_ERR_ROLLBACK;

    FUZZ_CHECK(pat_anchor_open(dir, &key, &anchor) == PAT_OK);
    FUZZ_CHECK(has_mark(anchor, last));
    for (size_t i = 0; i <= last; i += i + 2 < last && last > 3 ? 2 : 1) {
        enum pat_err err = replay(anchor, last, writes[i].generation);

        /* What is too old stays so, and the last write is always there. */
        FUZZ_CHECK(err == PAT_OK || (err == PAT_ERR_ROLLBACK && before != PAT_OK));
        FUZZ_CHECK(err == PAT_OK || i + 1 < last);
        before = err;
    }
    pat_anchor_close(anchor);
}

/* --- damage --- */

/* How much of either half the newest write uses, before anything is damaged. */
static void
read_lengths(int fd, size_t ret[2])
{
    unsigned char slots[2][SLOT_LEN];
    const unsigned char *newest;

    for (int i = 0; i < 2; i++)
        FUZZ_CHECK(pread(fd, slots[i], SLOT_LEN, 4096 * i) == SLOT_LEN);
    newest = memcmp(slots[1] + 8, slots[0] + 8, 8) > 0 ? slots[1] : slots[0];
    for (int i = 0; i < 2; i++) {
        struct fuzz_input used = fuzz_input(newest + 97 + 44 * i + 8, 4);

        ret[i] = (size_t)fuzz_number(&used, 4);
        FUZZ_CHECK(ret[i] <= (size_t)HALF);
    }
}

static size_t
read_records(int fd, const size_t lengths[2], unsigned char bytes[2 * HALF])
{
    for (int i = 0; i < 2; i++) {
        FUZZ_CHECK(pread(fd, bytes, lengths[i], HALVES_AT + HALF * i) == (ssize_t)lengths[i]);
        bytes += lengths[i];
    }
    return lengths[0] + lengths[1];
}

static off_t
pick_place(struct fuzz_input *input)
{
    off_t at = (off_t)fuzz_number(input, 2);

    switch (fuzz_pick(input, 6)) {
    case 0:
    case 1:
        return at % SLOT_LEN;
    case 2:
        return 4096 + at % SLOT_LEN;
    case 3:
        return HALVES_AT + at % 512;
    case 4:
        return HALVES_AT + HALF + at % 512;
    default:
        return HALVES_AT + at * 16;
    }
}

static void
damage(struct fuzz_input *input, int fd)
{
    size_t count = 1 + fuzz_pick(input, 4);

    for (size_t i = 0; i < count; i++) {
        off_t at = pick_place(input);
        uint8_t change = fuzz_byte(input), byte = 0;

        if (change == 0xff) {
            FUZZ_CHECK(ftruncate(fd, at) == 0);
            return;
        }
        if (pread(fd, &byte, 1, at) != 1)
            continue;
        byte ^= change;
        FUZZ_CHECK(pwrite(fd, &byte, 1, at) == 1);
    }
}

static enum pat_err
take_after(void *context, int64_t generation, const char *line)
{
    FUZZ_CHECK(generation == writes[write_count - 1].generation + 1);
    FUZZ_CHECK(strcmp(line, "after") == 0);
    ++*(size_t *)context;
    return PAT_OK;
}

/* Life goes on behind a torn write: the next one is there, and nothing is left of the torn one. */
static void
go_on(struct pat_anchor *anchor)
{
    const struct pat_anchor_mark next = {.generation = writes[write_count - 1].generation + 1};
    int64_t before = pat_anchor_mark(anchor)->generation;
    struct pat_anchor *again = NULL;
    size_t lines = 0;

    FUZZ_CHECK(pat_anchor_advance(anchor, &next, "after\n", 6) == PAT_OK);
    FUZZ_CHECK(pat_anchor_open(dir, &key, &again) == PAT_OK);
    FUZZ_CHECK(memcmp(pat_anchor_mark(again), &next, sizeof next) == 0);
    FUZZ_CHECK(pat_anchor_replay(again, before, take_after, &lines) == PAT_OK && lines == 1);
    pat_anchor_close(again);
}

static void
check_damaged(const unsigned char *before, const size_t lengths[2])
{
    static unsigned char after[2 * HALF];
    struct pat_anchor *anchor = NULL;
    enum pat_err err = pat_anchor_open(dir, &key, &anchor);
    size_t last = write_count - 1;
    struct stat status;

    FUZZ_CHECK(err == PAT_OK || err == PAT_ERR_SEAL);
    if (err != PAT_OK)
        return;
    if (!has_mark(anchor, last)) {
        FUZZ_CHECK(last > 0 && has_mark(anchor, last - 1));
        last--;
    }
    err = replay(anchor, last, 0);
    FUZZ_CHECK(stat(path, &status) == 0);
    if (last == write_count - 1 && status.st_size >= HALVES_AT + 2 * HALF) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        size_t len = read_records(fd, lengths, after);

        if (memcmp(before, after, len) != 0)
            FUZZ_CHECK(err != PAT_OK);
        close(fd);
    }
    if (err == PAT_OK)
        go_on(anchor);
    pat_anchor_close(anchor);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static unsigned char records[2 * HALF];
    struct fuzz_input input = fuzz_input(bytes, len);
    struct pat_anchor *anchor = NULL;
    size_t lengths[2];
    int fd;

    begin_again();
    FUZZ_CHECK(pat_anchor_open(dir, &key, &anchor) == PAT_OK);
    write_some(&input, anchor);
    pat_anchor_close(anchor);
    check_whole();
    fd = open(path, O_RDWR | O_CLOEXEC);
    FUZZ_CHECK(fd != -1);
    read_lengths(fd, lengths);
    read_records(fd, lengths, records);
    damage(&input, fd);
    close(fd);
    check_damaged(records, lengths);
    return 0;
}
