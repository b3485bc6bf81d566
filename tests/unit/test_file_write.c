/* SPDX-License-Identifier: BSD-2-Clause */
/* core/base/file: written whole or not at all. Run by root, also as an ordinary user. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "tests/unit/expect.h"
#include "tests/unit/scratch.h"

/* What stands at the place before, and at the place of the temporary file. */
static void
writing(void **state)
{
    static const struct {
        const char *title;
        enum scratch_thing before;
        bool left_over; /* by a crash: a link at the temporary's place */
        mode_t mask;
        int exclusive;
        enum pat_err err;
    } cases[] = {
        {"a new file", SCRATCH_NOTHING, false, 022, 0, PAT_OK},
        {"a new file, no umask", SCRATCH_NOTHING, false, 0, 0, PAT_OK},
        {"a new file, a strict umask", SCRATCH_NOTHING, false, 077, 0, PAT_OK},
        {"a file is replaced", SCRATCH_FILE, false, 022, 0, PAT_OK},
        {"a link is replaced, not followed", SCRATCH_LINK, false, 022, 0, PAT_OK},
        {"one of two hard links is replaced", SCRATCH_HARD_LINK, false, 022, 0, PAT_OK},
        {"a SCRATCH_FIFO is replaced", SCRATCH_FIFO, false, 022, 0, PAT_OK},
        {"a left-over is not followed", SCRATCH_FILE, true, 022, 0, PAT_OK},
        {"exclusively", SCRATCH_NOTHING, false, 0, 1, PAT_OK},
        {"exclusively, a left-over is not followed", SCRATCH_NOTHING, true, 022, 1, PAT_OK},
        {"exclusively, a file", SCRATCH_FILE, false, 022, 1, PAT_ERR_EXISTS},
        {"exclusively, a link to nothing", SCRATCH_DANGLING, false, 022, 1, PAT_ERR_EXISTS},
        {"exclusively, a link", SCRATCH_LINK, false, 022, 1, PAT_ERR_EXISTS},
        {"exclusively, a directory", SCRATCH_DIRECTORY, false, 022, 1, PAT_ERR_EXISTS},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stat status;

        umask(022);
        scratch_make(cases[i].title, cases[i].before, 0644);
        scratch_put("victim", "victim", 0644);
        if (cases[i].left_over)
            expect(cases[i].title, "link", symlink("victim", "it.new") == 0);
        umask(cases[i].mask);
        expect_err(cases[i].title, pat_file_write("it", "news\0!", 6, cases[i].exclusive),
                   cases[i].err);
        expect(cases[i].title, "leaves no temporary file",
               lstat("it.new", &status) == -1 && errno == ENOENT);
        if (cases[i].err == PAT_OK) {
            expect("the file", "is of mode 0600",
                   lstat("it", &status) == 0 && status.st_mode == (S_IFREG | 0600) &&
                       status.st_uid == geteuid() && status.st_nlink == 1 && status.st_size == 6);
            scratch_expect(cases[i].title, "it", "news");
        }
        if (access("other", F_OK) == 0)
            scratch_expect(cases[i].title, "other", "content");
        if (cases[i].err != PAT_OK && cases[i].before == SCRATCH_FILE)
            scratch_expect(cases[i].title, "it", "content");
        scratch_expect(cases[i].title, "victim", "victim");
        unlink("victim");
        scratch_unmake();
    }
}

static void
writing_nothing_and_much(void **state)
{
    static char much[300000], back[300001];
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < sizeof much; i++)
        much[i] = (char)(i * 31 >> 3);
    expect_err("nothing", pat_file_write("it", "", 0, 0), PAT_OK);
    expect_err("nothing", pat_file_read("it", back, sizeof back, &len), PAT_OK);
    expect_number("nothing", (int64_t)len, 0);
    expect_err("much", pat_file_write("it", much, sizeof much, 0), PAT_OK);
    expect_err("much", pat_file_read("it", back, sizeof back, &len), PAT_OK);
    expect_number("much", (int64_t)len, sizeof much);
    expect_bytes("much", back, much, sizeof much);
}

/* A disk that takes only a part: the file stays as it was. */
static void
writing_fails(void **state)
{
    static const char much[8192] = "much";
    struct rlimit limit, before;
    struct stat status;

    (void)state;
    scratch_put("it", "content", 0600);
    expect("limit", "is read", getrlimit(RLIMIT_FSIZE, &before) == 0);
    limit = (struct rlimit){4096, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    expect("limit", "is set", setrlimit(RLIMIT_FSIZE, &limit) == 0);
    for (int exclusive = 0; exclusive <= 1; exclusive++) {
        enum pat_err err = pat_file_write(exclusive ? "other" : "it", much, sizeof much, exclusive);

        expect_err("too large", err, PAT_ERR_IO);
        expect("the temporary file", "is gone", lstat("it.new", &status) == -1);
        expect("the other temporary file", "is gone", lstat("other.new", &status) == -1);
    }
    expect("limit", "is lifted", setrlimit(RLIMIT_FSIZE, &before) == 0);
    scratch_expect("a file that could not be written", "it", "content");
    expect("a file that could not be made", "is not there", access("other", F_OK) == -1);
}

static void
writing_elsewhere(void **state)
{
    char path[5000];

    (void)state;
    expect_err("no directory", pat_file_write("inner/it", "x", 1, 0), PAT_ERR_NOT_FOUND);
    expect("inner", "is made", mkdir("inner", 0700) == 0);
    expect_err("in a directory", pat_file_write("inner/it", "x", 1, 0), PAT_OK);
    scratch_expect("in a directory", "inner/it", "x");
    expect("inner", "is closed", chmod("inner", 0500) == 0);
    expect_err("a directory that is not writable", pat_file_write("inner/it", "y", 1, 0),
               geteuid() == 0 ? PAT_OK : PAT_ERR_DENIED);
    scratch_expect("a directory that is not writable", "inner/it", geteuid() == 0 ? "y" : "x");
    expect("a directory in the way", "is made", mkdir("it", 0700) == 0);
    expect("a directory in the way", "is not replaced",
           pat_file_write("it", "x", 1, 0) != PAT_OK && access("it.new", F_OK) == -1);
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    expect_err("a path of 4,999 bytes", pat_file_write(path, "x", 1, 0), PAT_ERR_RANGE);
}

static void
parents(void **state)
{
    static const struct {
        const char *title, *path;
        enum pat_err err;
    } cases[] = {
        {"in this directory", "it", PAT_OK},
        {"in an inner directory", "inner/it", PAT_OK},
        {"in the root directory", "/it", PAT_OK},
        {"in no directory", "nowhere/it", PAT_ERR_NOT_FOUND},
        {"in a file", "it/it", PAT_ERR_IO},
    };

    (void)state;
    scratch_put("it", "", 0600);
    expect("inner", "is made", mkdir("inner", 0700) == 0);
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_err(cases[i].title, pat_file_sync_parent(cases[i].path), cases[i].err);
    if (geteuid() == 0)
        return;
    expect("this directory", "is closed", chmod(".", 0300) == 0);
    expect_err("this directory cannot be read", pat_file_sync_parent("it"), PAT_ERR_DENIED);
    expect_err("the root directory is another", pat_file_sync_parent("/it"), PAT_OK);
    expect("this directory", "is opened", chmod(".", 0700) == 0);
}

static int
all_of_writing(const char *name)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(writing),       IN_SCRATCH(writing_nothing_and_much),
        IN_SCRATCH(writing_fails), IN_SCRATCH(writing_elsewhere),
        IN_SCRATCH(parents),
    };

    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    return scratch_run(all_of_writing, "file: writing");
}
