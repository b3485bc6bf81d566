/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking inputs apart, failing loudly, and a place for files. */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

static FILE *loud; /* standard error as it was, when the code under test was muted */
static char directory[512];

void
fuzz_fail(const char *file, int line, const char *condition, const char *text)
{
    FILE *stream = loud == NULL ? stderr : loud;

    fprintf(stream, "\n%s:%d: does not hold: %s%s%s\n", file, line, condition,
            text[0] == '\0' ? "" : ": ", text);
    fflush(stream);
    abort();
}

struct fuzz_input
fuzz_input(const uint8_t *bytes, size_t len)
{
    return (struct fuzz_input){.at = bytes, .left = len};
}

uint8_t
fuzz_byte(struct fuzz_input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

uint64_t
fuzz_number(struct fuzz_input *input, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value = value << 8 | fuzz_byte(input);
    return value;
}

size_t
fuzz_pick(struct fuzz_input *input, size_t count)
{
    return fuzz_byte(input) % count;
}

void
fuzz_text(struct fuzz_input *input, char *ret, size_t size)
{
    size_t len = fuzz_byte(input);
    size_t kept = 0;

    for (size_t i = 0; i < len && input->left > 0; i++) {
        char c = (char)fuzz_byte(input);

        if (c != '\0' && kept + 1 < size)
            ret[kept++] = c;
    }
    ret[kept] = '\0';
}

void
fuzz_line(struct fuzz_input *input, char *ret, size_t size)
{
    size_t kept = 0;

    while (input->left > 0) {
        char c = (char)fuzz_byte(input);

        if (c == '\n')
            break;
        if (c != '\0' && kept + 1 < size)
            ret[kept++] = c;
    }
    ret[kept] = '\0';
}

bool
fuzz_is_zero(const void *at, size_t len)
{
    const unsigned char *bytes = at;
    unsigned char any = 0;

    for (size_t i = 0; i < len; i++)
        any |= bytes[i];
    return any == 0;
}

void *
fuzz_copy(const void *bytes, size_t len)
{
    void *copy = malloc(len == 0 ? 1 : len);

    FUZZ_CHECK(copy != NULL);
    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

char *
fuzz_string(const uint8_t *bytes, size_t len)
{
    size_t kept = strnlen((const char *)bytes, len);
    char *copy = malloc(kept + 1);

    FUZZ_CHECK(copy != NULL);
    if (kept > 0)
        memcpy(copy, bytes, kept);
    copy[kept] = '\0';
    return copy;
}

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static void
remove_directory(void)
{
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
fuzz_directory(void)
{
    const char *parent = getenv("TMPDIR");

    if (directory[0] != '\0')
        return directory;
    snprintf(directory, sizeof directory, "%s/pat-fuzz.XXXXXX",
             parent == NULL || parent[0] == '\0' ? "/tmp" : parent);
    FUZZ_CHECK(mkdtemp(directory) != NULL);
    FUZZ_CHECK(atexit(remove_directory) == 0);
    return directory;
}

/* libFuzzer and the sanitizers hold the streams and descriptors they began with. */
void
fuzz_mute(void)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
    FILE *nowhere = fopen("/dev/null", "we");

    loud = fd == -1 ? NULL : fdopen(fd, "w");
    FUZZ_CHECK(nowhere != NULL && loud != NULL);
    stderr = nowhere;
    stdout = nowhere;
}
