/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk that fails at each write and each sync of the anchor and of a small file, takes half of a
 * write, or is interrupted. What was acknowledged is whole and synced; what was not changes nothing
 * that anybody was told (SECURITY.md, R24).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/store/anchor.h"
#include "tests/unit/support.h"

/* --- the disk, as --wrap of the linker hands it over --- */

static const struct fault {
    const char *title;
    bool of_sync; /* else of a write */
    int error;    /* errno; 0: half of it is written, without an error */
    enum pat_err err;
} faults[] = {
    {"a write fails", false, EIO, PAT_ERR_IO},
    {"a write finds no room", false, ENOSPC, PAT_ERR_FULL},
    {"a write is interrupted", false, EINTR, PAT_OK},
    {"half is written", false, 0, PAT_OK},
    {"a sync fails", true, EIO, PAT_ERR_IO},
};

static struct {
    const struct fault *fault; /* NULL: none */
    int at, seen;              /* the so-manieth of its calls */
    int unsynced;              /* a descriptor; -1: all is synced */
} disk;

int __real_fdatasync(int fd);
int __real_fsync(int fd);
ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __real_write(int fd, const void *bytes, size_t len);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);

static bool
strikes(bool is_sync)
{
    return disk.fault != NULL && disk.fault->of_sync == is_sync && ++disk.seen == disk.at;
}

static int
sync_one(int fd)
{
    if (strikes(true)) {
        errno = disk.fault->error;
        return -1;
    }
    if (disk.unsynced == fd)
        disk.unsynced = -1;
    return 0;
}

int
__wrap_fdatasync(int fd)
{
    return sync_one(fd);
}

int
__wrap_fsync(int fd)
{
    return sync_one(fd);
}

/* How much of a write is taken; 0, and errno, when it fails. */
static size_t
taken(size_t len)
{
    if (!strikes(false))
        return len;
    errno = disk.fault->error;
    return disk.fault->error == 0 ? len / 2 : 0;
}

ssize_t
__wrap_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    len = taken(len);
    if (len == 0)
        return -1;
    disk.unsynced = fd;
    return __real_pwrite(fd, bytes, len, at);
}

/* Also of whatever else writes: only a file's is a fault's. */
ssize_t
__wrap_write(int fd, const void *bytes, size_t len)
{
    if (fd > STDERR_FILENO) {
        len = taken(len);
        if (len == 0)
            return -1;
        disk.unsynced = fd;
    }
    return __real_write(fd, bytes, len);
}

/* --- the deeds --- */

static const struct pat_key key = {"a key of thirty-two random bytes"};
static const struct pat_anchor_mark before = {.generation = 1}, after = {.generation = 2};
static const char content[] = "of a small file";

struct rig {
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX], anchor_path[SUPPORT_PATH_MAX];
    struct pat_anchor *anchor;
    char *lines; /* of which the second turns the journal to its other half */
};

static void
have_anchor(struct rig *rig)
{
    assert_ok(pat_anchor_create(rig->dir, &key, &before));
    assert_ok(pat_anchor_open(rig->dir, &key, &rig->anchor));
}

static enum pat_err
create(struct rig *rig)
{
    return pat_anchor_create(rig->dir, &key, &before);
}

static enum pat_err
advance(struct rig *rig)
{
    return pat_anchor_advance(rig->anchor, &after, NULL, 0);
}

static enum pat_err
advance_with_a_line(struct rig *rig)
{
    return pat_anchor_advance(rig->anchor, &after, "line\n", 5);
}

static void
have_full_half(struct rig *rig)
{
    const struct pat_anchor_mark zero = {.generation = 0};

    if (rig->lines == NULL)
        rig->lines = malloc(PAT_ANCHOR_LINES_MAX);
    assert_non_null(rig->lines);
    memset(rig->lines, '\n', PAT_ANCHOR_LINES_MAX);
    assert_ok(pat_anchor_create(rig->dir, &key, &zero));
    assert_ok(pat_anchor_open(rig->dir, &key, &rig->anchor));
    assert_ok(pat_anchor_advance(rig->anchor, &before, rig->lines, PAT_ANCHOR_LINES_MAX));
}

static enum pat_err
advance_by_turning(struct rig *rig)
{
    memcpy(rig->lines, "line\n", 5);
    return pat_anchor_advance(rig->anchor, &after, rig->lines, PAT_ANCHOR_LINES_MAX / 8);
}

static enum pat_err
begin_again(struct rig *rig)
{
    return pat_anchor_begin_again(rig->anchor, &after);
}

static void
have_file(struct rig *rig)
{
    assert_ok(pat_file_write(rig->path, "before", 6, false));
}

static enum pat_err
write_file(struct rig *rig)
{
    return pat_file_write(rig->path, content, strlen(content), false);
}

/* --- what is there afterwards --- */

static enum pat_err
count_line(void *context, int64_t generation, const char *line)
{
    assert_int_equal(generation, after.generation);
    assert_string_equal(line, "line");
    ++*(int *)context;
    return PAT_OK;
}

/* As it runs, and opened again: the old mark or the new one, and its line with it. */
static void
expect_anchor(struct rig *rig, bool done, int lines)
{
    int64_t running = rig->anchor == NULL ? 0 : pat_anchor_mark(rig->anchor)->generation;
    int64_t found, from;
    int count = 0;

    if (rig->anchor != NULL)
        assert_int_equal(running, done ? after.generation : before.generation);
    pat_anchor_close(rig->anchor);
    rig->anchor = NULL;
    assert_ok(pat_anchor_open(rig->dir, &key, &rig->anchor));
    found = pat_anchor_mark(rig->anchor)->generation;
    assert_true(done ? found == (running == 0 ? before : after).generation : found >= running);
    from = pat_anchor_reach(rig->anchor);
    if (from < before.generation)
        from = before.generation;
    assert_ok(pat_anchor_replay(rig->anchor, from, count_line, &count));
    assert_int_equal(count, found == after.generation ? lines : 0);
}

static void
expect_created(struct rig *rig, bool done)
{
    if (done)
        expect_anchor(rig, done, 0);
}

static void
expect_advanced(struct rig *rig, bool done)
{
    expect_anchor(rig, done, 0);
}

static void
expect_line(struct rig *rig, bool done)
{
    expect_anchor(rig, done, 1);
}

static void
expect_file(struct rig *rig, bool done)
{
    char text[64] = "";
    size_t len;

    assert_ok(pat_file_read(rig->path, text, sizeof text - 1, &len));
    if (done || len != 6) /* the last sync is that of its name, which it has by then */
        expect_text("the file", text, content);
    else
        expect_text("the file", text, "before");
}

static const struct deed {
    const char *title;
    void (*prepare)(struct rig *rig); /* or NULL */
    enum pat_err (*run)(struct rig *rig);
    void (*expect)(struct rig *rig, bool done);
    int writes, syncs; /* how many there are, when nothing fails */
} deeds[] = {
    {"an anchor is made", NULL, create, expect_created, 1, 3},
    {"its mark moves", have_anchor, advance, expect_advanced, 1, 1},
    {"its mark moves, with a line", have_anchor, advance_with_a_line, expect_line, 2, 2},
    {"its journal turns", have_full_half, advance_by_turning, expect_line, 3, 3},
    {"its journal begins again", have_anchor, begin_again, expect_advanced, 1, 1},
    {"a file is replaced", have_file, write_file, expect_file, 1, 2},
};

/* False when the fault had nothing to strike. */
static bool
run_deed(struct rig *rig, const struct deed *deed, const struct fault *fault, int at)
{
    enum pat_err err;
    bool struck;

    if (deed->prepare != NULL)
        deed->prepare(rig);
    disk.fault = fault;
    disk.at = at;
    disk.seen = 0;
    disk.unsynced = -1;
    err = deed->run(rig);
    disk.fault = NULL;
    struck = disk.seen >= at;
    expect_err(fault->title, err, struck ? fault->err : PAT_OK);
    if (err == PAT_OK)
        expect_number("a descriptor that was not synced", disk.unsynced, -1);
    deed->expect(rig, err == PAT_OK);
    pat_anchor_close(rig->anchor);
    rig->anchor = NULL;
    unlink(rig->path);
    unlink(rig->anchor_path);
    return struck;
}

static void
run_case(void **state)
{
    const struct deed *deed = *state;
    struct rig rig = {.anchor = NULL};

    support_dir(rig.dir);
    support_path(rig.path, rig.dir, "file");
    support_path(rig.anchor_path, rig.dir, "anchor");
    for (size_t i = 0; i < COUNT(faults); i++) {
        int at = 1;

        while (run_deed(&rig, deed, &faults[i], at))
            at++;
        expect_number(faults[i].title, at - 1, faults[i].of_sync ? deed->syncs : deed->writes);
    }
    free(rig.lines);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, deeds, run_case);
    return support_run("a disk that fails", &list);
}
