/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The anchor's file:
 *
 *        0  slot 0     "patanch1", counter, mark, state of both halves, seal
 *     4096  slot 1     the same; the one with the higher counter counts
 *     8192  half 0     records: length, generation, lines, seal chained to the record before
 *     8192 + HALF      half 1
 *
 * Records fill one half; when it is full the other one is begun again, so that at least one half
 * of history is kept. A record is on disk before the slot that names it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/span.h"
#include "core/store/anchor.h"

#define FILE_NAME "anchor"
#define PATH_SIZE 4096
#define SLOT_SIZE 512
#define SLOT_STRIDE 4096
#define HALVES_AT (2 * SLOT_STRIDE)
#define HALF ((size_t)1024 * 1024)
#define FILE_SIZE (HALVES_AT + 2 * HALF)
#define RECORD_EXTRA (4 + 8 + PAT_DIGEST_LEN)

static const char magic[8] = "patanch1";
static const char slot_domain[] = "linux-pat anchor slot 1";
static const char record_domain[] = "linux-pat anchor record 1";

struct half {
    int64_t first; /* generation of the first record; 0: empty */
    uint32_t used; /* bytes */
    struct pat_digest chain;
};

struct state {
    uint64_t counter;
    struct pat_anchor_mark mark;
    int64_t lost;   /* the journal reaches back to this generation, and no further */
    uint8_t active; /* half */
    struct half halves[2];
};

struct pat_anchor {
    int fd;
    const struct pat_key *key;
    struct state state;
    _Atomic int64_t newest; /* generation of the state, for other threads */
    atomic_bool moving;
};

static enum pat_err
write_at(int fd, const void *bytes, size_t len, off_t at)
{
    const char *from = bytes;

    while (len > 0) {
        ssize_t done = pwrite(fd, from, len, at);

        if (done == -1 && errno == EINTR)
            continue;
        if (done <= 0)
            return pat_file_err(errno);
        from += done;
        at += done;
        len -= (size_t)done;
    }
    return PAT_OK;
}

static enum pat_err
read_at(int fd, void *bytes, size_t len, off_t at)
{
    char *to = bytes;

    while (len > 0) {
        ssize_t got = pread(fd, to, len, at);

        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return pat_file_err(errno);
        if (got == 0)
            return PAT_ERR_SEAL; /* cut */
        to += got;
        at += got;
        len -= (size_t)got;
    }
    return PAT_OK;
}

static void
seal_slot(const struct pat_key *key, const unsigned char *slot, size_t len, struct pat_digest *ret)
{
    unsigned char input[sizeof slot_domain + SLOT_SIZE];

    memcpy(input, slot_domain, sizeof slot_domain);
    memcpy(input + sizeof slot_domain, slot, len);
    pat_digest_bytes(key, input, sizeof slot_domain + len, ret);
}

static enum pat_err
write_slot(int fd, const struct pat_key *key, const struct state *state)
{
    unsigned char slot[SLOT_SIZE] = {0};
    struct pat_writer writer = pat_span_writer(slot, sizeof slot);
    struct pat_digest seal;
    enum pat_err err;

    pat_span_put_bytes(&writer, magic, sizeof magic);
    pat_span_put_u64(&writer, state->counter);
    pat_span_put_u64(&writer, (uint64_t)state->mark.generation);
    pat_span_put_bytes(&writer, state->mark.sum, sizeof state->mark.sum);
    pat_span_put_u64(&writer, (uint64_t)state->lost);
    pat_span_put_u8(&writer, state->active);
    for (int i = 0; i < 2; i++) {
        pat_span_put_u64(&writer, (uint64_t)state->halves[i].first);
        pat_span_put_u32(&writer, state->halves[i].used);
        pat_span_put_bytes(&writer, state->halves[i].chain.bytes, PAT_DIGEST_LEN);
    }
    seal_slot(key, slot, writer.len, &seal);
    pat_span_put_bytes(&writer, seal.bytes, sizeof seal.bytes);
    if (writer.failed)
        return PAT_ERR_INTERNAL;
    err = write_at(fd, slot, sizeof slot, (off_t)(state->counter % 2 * SLOT_STRIDE));
    if (err == PAT_OK && fdatasync(fd) == -1)
        err = pat_file_err(errno);
    return err;
}

static bool
read_slot(int fd, const struct pat_key *key, unsigned index, struct state *ret)
{
    unsigned char slot[SLOT_SIZE];
    struct pat_reader reader = pat_span_reader(slot, sizeof slot);
    const unsigned char *bytes;
    struct pat_digest expected, seal;

    if (read_at(fd, slot, sizeof slot, (off_t)index * SLOT_STRIDE) != PAT_OK)
        return false;
    bytes = pat_span_bytes(&reader, sizeof magic);
    if (memcmp(bytes, magic, sizeof magic) != 0)
        return false;
    ret->counter = pat_span_u64(&reader);
    ret->mark.generation = (int64_t)pat_span_u64(&reader);
    memcpy(ret->mark.sum, pat_span_bytes(&reader, sizeof ret->mark.sum), sizeof ret->mark.sum);
    ret->lost = (int64_t)pat_span_u64(&reader);
    ret->active = pat_span_u8(&reader);
    for (int i = 0; i < 2; i++) {
        ret->halves[i].first = (int64_t)pat_span_u64(&reader);
        ret->halves[i].used = pat_span_u32(&reader);
        memcpy(ret->halves[i].chain.bytes, pat_span_bytes(&reader, PAT_DIGEST_LEN), PAT_DIGEST_LEN);
    }
    seal_slot(key, slot, sizeof slot - reader.left, &expected);
    memcpy(seal.bytes, pat_span_bytes(&reader, sizeof seal.bytes), sizeof seal.bytes);
    return pat_digest_equal(&expected, &seal) && ret->counter % 2 == index && ret->active < 2 &&
           ret->halves[0].used <= HALF && ret->halves[1].used <= HALF;
}

enum pat_err
pat_anchor_create(const char *dir, const struct pat_key *key, const struct pat_anchor_mark *mark)
{
    /* Of what was before it knows nothing. */
    struct state state = {
        .counter = 0, .mark = *mark, .lost = mark->generation > 1 ? mark->generation : 0};
    char path[PATH_SIZE];
    enum pat_err err = pat_file_path(path, sizeof path, dir, FILE_NAME);
    int fd, failed;

    if (err != PAT_OK)
        return err;
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1)
        return pat_file_err(errno);
    failed = posix_fallocate(fd, 0, (off_t)FILE_SIZE);
    err = failed == 0 ? write_slot(fd, key, &state) : pat_file_err(failed);
    if (err == PAT_OK && fsync(fd) == -1)
        err = pat_file_err(errno);
    close(fd);
    return err == PAT_OK ? pat_file_sync_parent(path) : err;
}

static enum pat_err
read_state(struct pat_anchor *anchor)
{
    struct state slots[2];
    bool whole[2];

    for (unsigned i = 0; i < 2; i++)
        whole[i] = read_slot(anchor->fd, anchor->key, i, &slots[i]);
    if (!whole[0] && !whole[1])
        return PAT_ERR_SEAL;
    anchor->state = whole[1] && (!whole[0] || slots[1].counter > slots[0].counter) ? slots[1]
                                                                                   : slots[0];
    atomic_store(&anchor->newest, anchor->state.mark.generation);
    return PAT_OK;
}

enum pat_err
pat_anchor_open(const char *dir, const struct pat_key *key, struct pat_anchor **ret)
{
    struct pat_anchor *anchor = calloc(1, sizeof *anchor);
    char path[PATH_SIZE];
    struct stat status;
    enum pat_err err = pat_file_path(path, sizeof path, dir, FILE_NAME);

    if (anchor == NULL)
        return PAT_ERR_NOMEM;
    anchor->fd = -1;
    anchor->key = key;
    if (err == PAT_OK) {
        anchor->fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (anchor->fd == -1 || fstat(anchor->fd, &status) == -1)
            err = pat_file_err(errno);
        else if (!S_ISREG(status.st_mode) || status.st_uid != geteuid())
            err = PAT_ERR_DENIED;
        else
            err = read_state(anchor);
    }
    if (err != PAT_OK) {
        pat_anchor_close(anchor);
        return err;
    }
    *ret = anchor;
    return PAT_OK;
}

void
pat_anchor_close(struct pat_anchor *anchor)
{
    if (anchor == NULL)
        return;
    if (anchor->fd != -1)
        close(anchor->fd);
    free(anchor);
}

const struct pat_anchor_mark *
pat_anchor_mark(const struct pat_anchor *anchor)
{
    return &anchor->state.mark;
}

int64_t
pat_anchor_newest(const struct pat_anchor *anchor)
{
    return atomic_load(&anchor->newest);
}

bool
pat_anchor_is_moving(const struct pat_anchor *anchor)
{
    return atomic_load(&anchor->moving);
}

void
pat_anchor_set_moving(struct pat_anchor *anchor, bool moving)
{
    atomic_store(&anchor->moving, moving);
}

static void
seal_record(const struct pat_key *key, const struct pat_digest *before, const unsigned char *record,
            size_t len, struct pat_digest *ret)
{
    unsigned char input[sizeof record_domain + 2 * PAT_DIGEST_LEN];
    struct pat_digest content;

    pat_digest_bytes(key, record, len, &content);
    memcpy(input, record_domain, sizeof record_domain);
    memcpy(input + sizeof record_domain, before->bytes, PAT_DIGEST_LEN);
    memcpy(input + sizeof record_domain + PAT_DIGEST_LEN, content.bytes, PAT_DIGEST_LEN);
    pat_digest_bytes(key, input, sizeof input, ret);
}

static enum pat_err
append(struct pat_anchor *anchor, struct state *next, const char *lines, size_t len)
{
    struct half *half = &next->halves[next->active];
    size_t size = RECORD_EXTRA + len;
    struct pat_writer writer;
    struct pat_digest seal;
    unsigned char *record;
    enum pat_err err = PAT_OK;

    record = malloc(size);
    if (record == NULL)
        return PAT_ERR_NOMEM;
    writer = pat_span_writer(record, size);
    pat_span_put_u32(&writer, (uint32_t)len);
    pat_span_put_u64(&writer, (uint64_t)next->mark.generation);
    pat_span_put_bytes(&writer, lines, len);
    seal_record(anchor->key, &half->chain, record, writer.len, &seal);
    pat_span_put_bytes(&writer, seal.bytes, sizeof seal.bytes);
    err = write_at(anchor->fd, record, size, (off_t)(HALVES_AT + next->active * HALF + half->used));
    if (err == PAT_OK && fdatasync(anchor->fd) == -1)
        err = pat_file_err(errno);
    if (half->first == 0)
        half->first = next->mark.generation;
    half->used += (uint32_t)size;
    half->chain = seal;
    free(record);
    return err;
}

/*
 * Gives up the older half when the newer one has no room for size bytes. A slot says so before the
 * first byte is written over: a crash in between leaves a journal that is shorter, never a broken
 * one.
 */
static enum pat_err
turn(struct pat_anchor *anchor, size_t size)
{
    struct state next = anchor->state;
    const struct half *full = &next.halves[next.active];
    enum pat_err err;

    if (full->used + size <= HALF)
        return PAT_OK;
    next.counter++;
    next.active = (uint8_t)(1 - next.active);
    if (next.halves[next.active].used > 0)
        next.lost = full->first - 1;
    next.halves[next.active] = (struct half){.used = 0};
    err = write_slot(anchor->fd, anchor->key, &next);
    if (err == PAT_OK)
        anchor->state = next;
    return err;
}

enum pat_err
pat_anchor_advance(struct pat_anchor *anchor, const struct pat_anchor_mark *mark, const char *lines,
                   size_t len)
{
    struct state next;
    enum pat_err err = PAT_OK;

    if (len > PAT_ANCHOR_LINES_MAX || mark->generation <= anchor->state.mark.generation)
        return PAT_ERR_RANGE;
    if (len > 0)
        err = turn(anchor, RECORD_EXTRA + len);
    next = anchor->state;
    next.counter++;
    next.mark = *mark;
    if (err == PAT_OK && len > 0)
        err = append(anchor, &next, lines, len);
    if (err == PAT_OK)
        err = write_slot(anchor->fd, anchor->key, &next);
    if (err == PAT_OK) {
        anchor->state = next;
        atomic_store(&anchor->newest, next.mark.generation);
    }
    return err;
}

enum pat_err
pat_anchor_begin_again(struct pat_anchor *anchor, const struct pat_anchor_mark *mark)
{
    struct state next = {.counter = anchor->state.counter + 1,
                         .mark = *mark,
                         .lost = mark->generation,
                         .active = anchor->state.active};
    enum pat_err err;

    if (mark->generation <= anchor->state.mark.generation)
        return PAT_ERR_RANGE;
    err = write_slot(anchor->fd, anchor->key, &next);
    if (err == PAT_OK) {
        anchor->state = next;
        atomic_store(&anchor->newest, next.mark.generation);
    }
    return err;
}

int64_t
pat_anchor_reach(const struct pat_anchor *anchor)
{
    return anchor->state.lost;
}

static enum pat_err
each_line(char *lines, int64_t generation, pat_anchor_each *each, void *context)
{
    enum pat_err err = PAT_OK;
    char *rest = lines;
    char *line;

    while (err == PAT_OK && (line = strsep(&rest, "\n")) != NULL)
        if (*line != '\0')
            err = each(context, generation, line);
    return err;
}

/* bytes is the half's content; it is checked to its end before the first line is handed over. */
static enum pat_err
check_half(const struct pat_anchor *anchor, const struct half *half, const unsigned char *bytes)
{
    struct pat_reader reader = pat_span_reader(bytes, half->used);
    struct pat_digest chain = {{0}};

    while (reader.left > 0) {
        const unsigned char *record = reader.at;
        uint32_t len = pat_span_u32(&reader);
        struct pat_digest seal;
        const unsigned char *stored;

        pat_span_u64(&reader);
        pat_span_bytes(&reader, len);
        stored = pat_span_bytes(&reader, PAT_DIGEST_LEN);
        if (stored == NULL)
            return PAT_ERR_SEAL;
        seal_record(anchor->key, &chain, record, RECORD_EXTRA - PAT_DIGEST_LEN + len, &seal);
        memcpy(chain.bytes, stored, PAT_DIGEST_LEN);
        if (!pat_digest_equal(&chain, &seal))
            return PAT_ERR_SEAL;
    }
    return pat_digest_equal(&chain, &half->chain) ? PAT_OK : PAT_ERR_SEAL;
}

static enum pat_err
replay_half(struct pat_anchor *anchor, unsigned index, int64_t from, pat_anchor_each *each,
            void *context)
{
    const struct half *half = &anchor->state.halves[index];
    unsigned char *bytes = malloc((size_t)half->used + 1);
    struct pat_reader reader;
    enum pat_err err;

    if (bytes == NULL)
        return PAT_ERR_NOMEM;
    err = read_at(anchor->fd, bytes, half->used, (off_t)(HALVES_AT + index * HALF));
    if (err == PAT_OK)
        err = check_half(anchor, half, bytes);
    reader = pat_span_reader(bytes, half->used);
    while (err == PAT_OK && reader.left > 0) {
        uint32_t len = pat_span_u32(&reader);
        int64_t generation = (int64_t)pat_span_u64(&reader);
        char *lines = strndup((const char *)pat_span_bytes(&reader, len), len);

        pat_span_bytes(&reader, PAT_DIGEST_LEN);
        if (lines == NULL)
            err = PAT_ERR_NOMEM;
        else if (generation > from)
            err = each_line(lines, generation, each, context);
        free(lines);
    }
    free(bytes);
    return err;
}

enum pat_err
pat_anchor_replay(struct pat_anchor *anchor, int64_t from, pat_anchor_each *each, void *context)
{
    const struct state *state = &anchor->state;
    enum pat_err err;

    if (from < state->lost)
        return PAT_ERR_ROLLBACK;
    err = replay_half(anchor, 1U - state->active, from, each, context);
    return err == PAT_OK ? replay_half(anchor, state->active, from, each, context) : err;
}
