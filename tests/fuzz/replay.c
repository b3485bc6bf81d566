/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main() of a target without libFuzzer: runs every file that is named, and those of every directory
 * that is named, in the order of their names, and says how many there were. A file of corpus.py is
 * many inputs. Arguments that begin with - are libFuzzer's, and ignored.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

#define PATH_SIZE 4096

#pragma weak LLVMFuzzerInitialize

static const char magic[] = "PATFUZZ1\n";
static size_t count;

/* From memory of exactly the size: reading behind the end is an error. */
static void
run_bytes(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = fuzz_copy(bytes, len);

    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
    count++;
}

static void
run_corpus(const char *path, const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);

    while (input.left > 0) {
        size_t size = (size_t)fuzz_number(&input, 4);

        FUZZ_CHECK_TEXT(size <= input.left, path);
        run_bytes(input.at, size);
        input.at += size;
        input.left -= size;
    }
}

static void
run_file(const char *path)
{
    FILE *file = fopen(path, "rbe");
    struct stat status;
    uint8_t *bytes;
    size_t len;

    FUZZ_CHECK_TEXT(file != NULL && fstat(fileno(file), &status) == 0, path);
    len = (size_t)status.st_size;
    bytes = malloc(len == 0 ? 1 : len);
    FUZZ_CHECK_TEXT(bytes != NULL && fread(bytes, 1, len, file) == len, path);
    fclose(file);
    if (len >= sizeof magic - 1 && memcmp(bytes, magic, sizeof magic - 1) == 0)
        run_corpus(path, bytes + sizeof magic - 1, len - (sizeof magic - 1));
    else
        run_bytes(bytes, len);
    free(bytes);
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
run_directory(const char *directory)
{
    struct dirent **entries;
    int found = scandir(directory, &entries, is_visible, alphasort);
    char path[PATH_SIZE];

    FUZZ_CHECK_TEXT(found >= 0, directory);
    for (int i = 0; i < found; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        run_file(path);
        free(entries[i]);
    }
    free(entries);
}

int
main(int argc, char **argv)
{
    FILE *told = stdout; /* a target may mute itself */
    struct stat status;

    if (LLVMFuzzerInitialize != NULL)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            continue;
        FUZZ_CHECK_TEXT(stat(argv[i], &status) == 0, argv[i]);
        if (S_ISDIR(status.st_mode))
            run_directory(argv[i]);
        else
            run_file(argv[i]);
    }
    fprintf(told, "%zu inputs\n", count);
    return count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
