/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/base/file: which files are trusted. Run by root, the tests run as an ordinary user, too, and
 * with owners of all kinds.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "tests/unit/expect.h"
#include "tests/unit/scratch.h"

/* The same outcome for root and for others, except where a mode keeps only others out. */
static void
trust(void **state)
{
    static const struct {
        const char *title;
        enum scratch_thing thing;
        mode_t mode;
        enum pat_err err, as_root;
    } cases[] = {
        {"mode 0600", SCRATCH_FILE, 0600, PAT_OK, PAT_OK},
        {"mode 0400", SCRATCH_FILE, 0400, PAT_OK, PAT_OK},
        {"mode 0640", SCRATCH_FILE, 0640, PAT_OK, PAT_OK},
        {"mode 0644", SCRATCH_FILE, 0644, PAT_OK, PAT_OK},
        {"mode 0755", SCRATCH_FILE, 0755, PAT_OK, PAT_OK},
        {"the group may write", SCRATCH_FILE, 0620, PAT_ERR_DENIED, PAT_ERR_DENIED},
        {"the group may write and read", SCRATCH_FILE, 0660, PAT_ERR_DENIED, PAT_ERR_DENIED},
        {"others may write", SCRATCH_FILE, 0602, PAT_ERR_DENIED, PAT_ERR_DENIED},
        {"everyone may do everything", SCRATCH_FILE, 0777, PAT_ERR_DENIED, PAT_ERR_DENIED},
        {"nobody may read", SCRATCH_FILE, 0, PAT_ERR_DENIED, PAT_OK},
        {"the owner may not read", SCRATCH_FILE, 0200, PAT_ERR_DENIED, PAT_OK},
        {"a link to a file", SCRATCH_LINK, 0600, PAT_ERR_DENIED, PAT_ERR_DENIED},
        {"a link to nothing", SCRATCH_DANGLING, 0600, PAT_ERR_DENIED, PAT_ERR_DENIED},
        {"a hard link", SCRATCH_HARD_LINK, 0600, PAT_OK, PAT_OK},
        {"a directory", SCRATCH_DIRECTORY, 0700, PAT_ERR_DENIED, PAT_ERR_DENIED},
        {"a SCRATCH_FIFO does not make us wait", SCRATCH_FIFO, 0600, PAT_ERR_DENIED,
         PAT_ERR_DENIED},
        {"a socket", SCRATCH_SOCKET, 0600, PAT_ERR_DENIED, PAT_ERR_DENIED},
        {"nothing", SCRATCH_NOTHING, 0, PAT_ERR_NOT_FOUND, PAT_ERR_NOT_FOUND},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum pat_err wanted = geteuid() == 0 ? cases[i].as_root : cases[i].err;
        char bytes[64];
        size_t len = 777;

        scratch_make(cases[i].title, cases[i].thing, cases[i].mode);
        expect_err(cases[i].title, pat_file_read("it", bytes, sizeof bytes, &len), wanted);
        expect_number(cases[i].title, (int64_t)len, wanted == PAT_OK ? 7 : 777);
        if (wanted == PAT_OK)
            expect_bytes(cases[i].title, bytes, "content", 7);
        scratch_unmake();
    }
}

static void
other_places(void **state)
{
    char bytes[64];
    size_t len;

    (void)state;
    expect_err("a device", pat_file_read("/dev/null", bytes, sizeof bytes, &len), PAT_ERR_DENIED);
    expect_err("no directory", pat_file_read("inner/it", bytes, sizeof bytes, &len),
               PAT_ERR_NOT_FOUND);
    expect_err("an empty name", pat_file_read("", bytes, sizeof bytes, &len), PAT_ERR_NOT_FOUND);
    expect_err("a file of root", pat_file_read("/proc/version", bytes, sizeof bytes, &len),
               PAT_ERR_RANGE);
}

/* Only root can make files of others. */
static void
owners(void **state)
{
    static const struct {
        const char *title;
        uid_t owner, reader;
        gid_t group;
        enum pat_err err;
    } cases[] = {
        {"root's, read by root", 0, 0, 0, PAT_OK},
        {"root's, of another group", 0, 0, SCRATCH_STRANGER, PAT_OK},
        {"a stranger's, read by root", SCRATCH_STRANGER, 0, 0, PAT_ERR_DENIED},
        {"root's, read by a user", 0, SCRATCH_ORDINARY, 0, PAT_OK},
        {"the user's own", SCRATCH_ORDINARY, SCRATCH_ORDINARY, 0, PAT_OK},
        {"a stranger's, read by a user", SCRATCH_STRANGER, SCRATCH_ORDINARY, 0, PAT_ERR_DENIED},
    };

    (void)state;
    expect("the directory", "is opened for others", chmod(".", 0755) == 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char bytes[64];
        size_t len = 777;
        enum pat_err err;

        scratch_put("it", "content", 0644);
        expect("it", "changes hands", chown("it", cases[i].owner, cases[i].group) == 0);
        expect(cases[i].title, "reader", seteuid(cases[i].reader) == 0);
        err = pat_file_read("it", bytes, sizeof bytes, &len);
        expect("back to root", "works", seteuid(0) == 0);
        expect_err(cases[i].title, err, cases[i].err);
        expect_number(cases[i].title, (int64_t)len, err == PAT_OK ? 7 : 777);
        unlink("it");
    }
}

static void
reading_bounds(void **state)
{
    static const struct {
        const char *title, *content;
        size_t size;
        enum pat_err err;
    } cases[] = {
        {"nothing", "", 16, PAT_OK},
        {"nothing into nothing", "", 0, PAT_OK},
        {"something into nothing", "a", 0, PAT_ERR_RANGE},
        {"one less than fits", "123456789012345", 16, PAT_OK},
        {"what fits", "1234567890123456", 16, PAT_OK},
        {"one more than fits", "12345678901234567", 16, PAT_ERR_RANGE},
        {"far more than fits", "12345678901234567890123456789012", 4, PAT_ERR_RANGE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t whole = strlen(cases[i].content), len = 777;
        char bytes[64];

        memset(bytes, '#', sizeof bytes);
        scratch_put("it", cases[i].content, 0600);
        expect_err(cases[i].title, pat_file_read("it", bytes, cases[i].size, &len), cases[i].err);
        expect_number(cases[i].title, (int64_t)len, cases[i].err == PAT_OK ? (int64_t)whole : 777);
        if (cases[i].err == PAT_OK)
            expect_bytes(cases[i].title, bytes, cases[i].content, whole);
        expect_filled(cases[i].title, bytes + cases[i].size, '#', sizeof bytes - cases[i].size);
    }
}

static void
paths(void **state)
{
    static const struct {
        const char *title;
        size_t size;
        enum pat_err err;
    } cases[] = {
        {"one more than needed", 10, PAT_OK},
        {"as many as needed", 9, PAT_OK},
        {"one too few", 8, PAT_ERR_RANGE},
        {"one", 1, PAT_ERR_RANGE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[16];

        memset(path, '#', sizeof path);
        expect_err(cases[i].title, pat_file_path(path, cases[i].size, "/run", "pat"), cases[i].err);
        if (cases[i].err == PAT_OK)
            expect_text(cases[i].title, path, "/run/pat");
        expect_filled(cases[i].title, path + cases[i].size, '#', sizeof path - cases[i].size);
    }
}

static void
error_numbers(void **state)
{
    static const struct {
        const char *title;
        int number;
        enum pat_err err;
    } cases[] = {
        {"ENOENT", ENOENT, PAT_ERR_NOT_FOUND},
        {"EEXIST", EEXIST, PAT_ERR_EXISTS},
        {"ENOSPC", ENOSPC, PAT_ERR_FULL},
        {"EDQUOT", EDQUOT, PAT_ERR_FULL},
        {"EACCES", EACCES, PAT_ERR_DENIED},
        {"EPERM", EPERM, PAT_ERR_DENIED},
        {"ELOOP", ELOOP, PAT_ERR_DENIED},
        {"ENOMEM", ENOMEM, PAT_ERR_NOMEM},
        {"EIO", EIO, PAT_ERR_IO},
        {"EROFS", EROFS, PAT_ERR_IO},
        {"EMFILE", EMFILE, PAT_ERR_IO},
        {"no error at all", 0, PAT_ERR_IO},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_err(cases[i].title, pat_file_err(cases[i].number), cases[i].err);
}

static int
reading(const char *name)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(trust),       IN_SCRATCH(other_places),        IN_SCRATCH(reading_bounds),
        cmocka_unit_test(paths), cmocka_unit_test(error_numbers),
    };

    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    const struct CMUnitTest of_others[] = {IN_SCRATCH(owners)};
    int failed = scratch_run(reading, "file: reading");

    if (geteuid() == 0)
        failed += cmocka_run_group_tests_name("file: owners", of_others, NULL, NULL);
    return failed;
}
