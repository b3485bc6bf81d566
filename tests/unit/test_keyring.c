/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys in their files: what is made, what is read, and what is refused rather than guessed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/store/keyring.h"
#include "tests/unit/support.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER_HEX "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void
made_keys_are_read(void **state)
{
    static const char *const names[] = {"seal.1", "verifier.1"};
    struct pat_keyring *keyring = NULL, *again = NULL;
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX];
    struct stat status;

    (void)state;
    support_dir(dir);
    assert_err(pat_keyring_open(dir, &keyring), PAT_ERR_NOT_FOUND);
    assert_ok(pat_keyring_create(dir));
    assert_ok(pat_keyring_open(dir, &keyring));
    assert_ok(pat_keyring_open(dir, &again));
    for (size_t i = 0; i < COUNT(names); i++) {
        support_path(path, dir, names[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        assert_int_equal(status.st_size, 2 * PAT_KEY_LEN + 1);
    }
    assert_int_equal(pat_keyring_newest(keyring), 1);
    assert_non_null(pat_keyring_verifier(keyring, 1));
    assert_memory_equal(pat_keyring_verifier(keyring, 1), pat_keyring_verifier(again, 1),
                        sizeof(struct pat_key));
    for (int64_t number = -1; number < 5; number++)
        assert_int_equal(pat_keyring_verifier(keyring, number) != NULL, number == 1);
    pat_keyring_free(keyring);
    pat_keyring_free(again);
    pat_keyring_free(NULL);
}

/* Whoever learns one key learns none of the others. */
static void
every_use_has_its_key(void **state)
{
    struct pat_keyring *keyrings[2];
    const struct pat_key *keys[2 * (PAT_KEYRING_CHAIN + 1)];
    char dir[SUPPORT_PATH_MAX];
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(keyrings); i++) {
        support_dir(dir);
        assert_ok(pat_keyring_create(dir));
        assert_ok(pat_keyring_open(dir, &keyrings[i]));
        keys[count++] = pat_keyring_verifier(keyrings[i], 1);
        for (unsigned use = PAT_KEYRING_ROW; use <= PAT_KEYRING_CHAIN; use++)
            keys[count++] = pat_keyring_key(keyrings[i], (enum pat_keyring_use)use);
    }
    assert_int_equal(count, COUNT(keys));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(keys[i], keys[j], sizeof *keys[i]);
    for (size_t i = 0; i < COUNT(keyrings); i++)
        pat_keyring_free(keyrings[i]);
}

/* Derived keys are fixed by the file: an update must not change what was sealed. */
static void
derivation_is_fixed(void **state)
{
    /* BLAKE2b-256 of nothing under the seal key, with the use as salt and "pat-seal" */
    static const unsigned char derived[][4] = {[PAT_KEYRING_ROW] = {0xdc, 0x7c, 0xac, 0x0b},
                                               [PAT_KEYRING_SUM] = {0xc3, 0x9f, 0xee, 0xe3},
                                               [PAT_KEYRING_ANCHOR] = {0x95, 0x6d, 0x50, 0x07},
                                               [PAT_KEYRING_CLOCK] = {0xf4, 0x91, 0x64, 0x00},
                                               [PAT_KEYRING_CHAIN] = {0x94, 0xe7, 0x06, 0xbd}};
    struct pat_keyring *keyring;
    char dir[SUPPORT_PATH_MAX];

    (void)state;
    support_dir(dir);
    support_write(dir, "seal.1", HEX "\n", 65);
    support_write(dir, "verifier.7", OTHER_HEX "\n", 65);
    assert_ok(pat_keyring_open(dir, &keyring));
    assert_int_equal(pat_keyring_newest(keyring), 7);
    assert_int_equal(pat_keyring_verifier(keyring, 7)->bytes[0], 0xff);
    assert_int_equal(pat_keyring_verifier(keyring, 7)->bytes[31], 0xff);
    for (unsigned use = PAT_KEYRING_ROW; use <= PAT_KEYRING_CHAIN; use++)
        assert_memory_equal(pat_keyring_key(keyring, (enum pat_keyring_use)use)->bytes,
                            derived[use], sizeof derived[use]);
    pat_keyring_free(keyring);
}

static const struct file_case {
    const char *title;
    const char *name; /* beside a sound seal.1 and verifier.1; NULL: none */
    const char *text; /* NULL: the file is removed */
    enum pat_err err;
    int64_t newest;
} files[] = {
    {"nothing else", NULL, "", PAT_OK, 1},
    {"a second verifier", "verifier.2", OTHER_HEX "\n", PAT_OK, 2},
    {"the highest number", "verifier.2147483647", OTHER_HEX "\n", PAT_OK, 2147483647},
    {"a number that is too high", "verifier.2147483648", "junk", PAT_OK, 1},
    {"number zero", "verifier.0", "junk", PAT_OK, 1},
    {"a negative number", "verifier.-1", "junk", PAT_OK, 1},
    {"a leading zero", "verifier.02", "junk", PAT_OK, 1},
    {"a backup copy", "verifier.1.bak", "junk", PAT_OK, 1},
    {"no number", "verifier.", "junk", PAT_OK, 1},
    {"an editor's copy", "verifier.1~", "junk", PAT_OK, 1},
    {"another file", "README", "junk", PAT_OK, 1},
    {"no seal", "seal.1", NULL, PAT_ERR_KEY, 0},
    {"no verifier", "verifier.1", NULL, PAT_ERR_KEY, 0},
    {"a seal of another number", "seal.2", "junk", PAT_OK, 1},
    {"an empty seal", "seal.1", "", PAT_ERR_KEY, 0},
    {"an empty verifier", "verifier.1", "", PAT_ERR_KEY, 0},
    {"a seal without its newline", "seal.1", HEX, PAT_ERR_KEY, 0},
    {"a seal with two newlines", "seal.1", HEX "\n\n", PAT_ERR_KEY, 0},
    {"a seal with a carriage return", "seal.1", HEX "\r\n", PAT_ERR_KEY, 0},
    {"a seal that is too long", "seal.1", HEX "00\n", PAT_ERR_KEY, 0},
    {"a seal that is too short", "seal.1", "0011\n", PAT_ERR_KEY, 0},
    {"a seal with a space", "seal.1",
     " 0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", PAT_ERR_KEY, 0},
    {"a seal with a wrong digit", "seal.1",
     "g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", PAT_ERR_KEY, 0},
    {"a verifier with a wrong last digit", "verifier.1",
     "00112233445566778899aabbccddeeff00112233445566778899aabbccddeef.\n", PAT_ERR_KEY, 0},
    {"a second verifier that is damaged", "verifier.2", "junk\n", PAT_ERR_KEY, 0},
};

static void
read_files(void **state)
{
    const struct file_case *one = *state;
    struct pat_keyring *keyring = NULL;
    char dir[SUPPORT_PATH_MAX];

    support_dir(dir);
    support_write(dir, "seal.1", HEX "\n", 65);
    support_write(dir, "verifier.1", HEX "\n", 65);
    if (one->text == NULL)
        support_remove(dir, one->name);
    else if (one->name != NULL)
        support_write(dir, one->name, one->text, strlen(one->text));
    assert_err(pat_keyring_open(dir, &keyring), one->err);
    if (one->err == PAT_OK)
        assert_int_equal(pat_keyring_newest(keyring), one->newest);
    else
        assert_null(keyring);
    pat_keyring_free(keyring);
}

/* The first keys are made beside nothing: a key that is there may be of a store that is there. */
static void
keys_are_never_replaced(void **state)
{
    static const char *const names[] = {"seal.1", "verifier.1"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        char dir[SUPPORT_PATH_MAX];
        unsigned char *bytes;
        size_t len;

        support_dir(dir);
        support_write(dir, names[i], HEX "\n", 65);
        assert_err(pat_keyring_create(dir), PAT_ERR_EXISTS);
        bytes = support_read(dir, names[i], &len);
        assert_int_equal(len, 65);
        assert_memory_equal(bytes, HEX "\n", 65);
        free(bytes);
        assert_false(support_exists(dir, names[1 - i])); /* and nothing was put beside it */
    }
}

static void
foreign_files_are_no_keys(void **state)
{
    static const mode_t modes[] = {0620, 0602, 0666};
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX], target[SUPPORT_PATH_MAX];
    struct pat_keyring *keyring = NULL;

    (void)state;
    support_dir(dir);
    assert_ok(pat_keyring_create(dir));
    support_path(path, dir, "seal.1");
    for (size_t i = 0; i < COUNT(modes); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_err(pat_keyring_open(dir, &keyring), PAT_ERR_KEY);
    }
    assert_int_equal(chmod(path, 0600), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
        assert_err(pat_keyring_open(dir, &keyring), PAT_ERR_KEY);
        assert_int_equal(chown(path, 0, (gid_t)-1), 0);
    }
    support_path(target, dir, "elsewhere");
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    assert_err(pat_keyring_open(dir, &keyring), PAT_ERR_KEY);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_err(pat_keyring_open(dir, &keyring), PAT_ERR_KEY);
    support_path(path, dir, "none");
    assert_err(pat_keyring_open(path, &keyring), PAT_ERR_NOT_FOUND);
    assert_null(keyring);
}

static void
not_more_than_64_verifiers(void **state)
{
    struct pat_keyring *keyring = NULL;
    char dir[SUPPORT_PATH_MAX], name[32];

    (void)state;
    support_dir(dir);
    support_write(dir, "seal.1", HEX "\n", 65);
    for (int number = 1; number <= 64; number++) {
        snprintf(name, sizeof name, "verifier.%d", number);
        support_write(dir, name, OTHER_HEX "\n", 65);
    }
    assert_ok(pat_keyring_open(dir, &keyring));
    for (int64_t number = 1; number <= 64; number++)
        assert_non_null(pat_keyring_verifier(keyring, number));
    pat_keyring_free(keyring);
    support_write(dir, "verifier.65", OTHER_HEX "\n", 65);
    assert_err(pat_keyring_open(dir, &keyring), PAT_ERR_KEY);
}

int
main(void)
{
    static struct support_list list;

    support_add(&list, "made keys are read", made_keys_are_read, NULL);
    support_add(&list, "every use has its key", every_use_has_its_key, NULL);
    support_add(&list, "derivation is fixed", derivation_is_fixed, NULL);
    SUPPORT_TABLE(&list, files, read_files);
    support_add(&list, "keys are never replaced", keys_are_never_replaced, NULL);
    support_add(&list, "foreign files are no keys", foreign_files_are_no_keys, NULL);
    support_add(&list, "not more than 64 verifiers", not_more_than_64_verifiers, NULL);
    return support_run("keyring", &list);
}
