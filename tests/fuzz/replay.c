/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main() of a target without libFuzzer: runs every file that is named, and those of every directory
 * that is named, in the order of their names, and says how many there were. Arguments that begin
 * with - are libFuzzer's, and ignored.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

#define PATH_SIZE 4096

#pragma weak LLVMFuzzerInitialize

static size_t count;

static void
run_file(const char *path)
{
    FILE *file = fopen(path, "rbe");
    struct stat status;
    uint8_t *bytes;
    size_t len;

    FUZZ_CHECK_TEXT(file != NULL && fstat(fileno(file), &status) == 0, path);
    len = (size_t)status.st_size;
    bytes = malloc(len == 0 ? 1 : len); /* no byte more: reading behind the end is an error */
    FUZZ_CHECK_TEXT(bytes != NULL && fread(bytes, 1, len, file) == len, path);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, len);
    free(bytes);
    count++;
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
