/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading, making and deriving keys. Only patd runs this, as the owner of the key directory. A key
 * is made together with an empty store or by a rotation, and never replaced or removed by this
 * room once somebody may have used it.
 */
#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/store/keyring.h"
#include "core/token/generate.h"

#define HEX_LEN (2 * PAT_KEY_LEN)
#define FILE_LEN (HEX_LEN + 1) /* hexadecimal digits and a newline */
#define PATH_SIZE 4096

static const char kdf_context[crypto_kdf_CONTEXTBYTES + 1] = "pat-seal";

struct verifier {
    int64_t number;
    struct pat_key key;
};

/*
 * Keys are only added while others read: a verifier is complete before the count that shows it, and
 * stays where it is until the end. So readers need no lock, and nothing of a key is freed early.
 */
struct pat_keyring {
    struct pat_key *derived; /* by use */
    struct verifier *verifiers[PAT_KEYRING_MAX];
    _Atomic size_t count;
};

static enum pat_err
write_key(const char *dir, const char *name)
{
    unsigned char bytes[PAT_KEY_LEN];
    char line[FILE_LEN + 1];
    char path[PATH_SIZE];
    enum pat_err err;

    pat_generate_bytes(bytes, sizeof bytes);
    sodium_bin2hex(line, sizeof line, bytes, sizeof bytes);
    line[HEX_LEN] = '\n';
    err = pat_file_path(path, sizeof path, dir, name);
    if (err == PAT_OK)
        err = pat_file_write(path, line, FILE_LEN, 1);
    pat_secret_wipe(bytes, sizeof bytes);
    pat_secret_wipe(line, sizeof line);
    return err;
}

/* PAT_ERR_NOT_FOUND is what a new directory gives. */
static enum pat_err
look_for(const char *dir, const char *name)
{
    char path[PATH_SIZE];
    struct stat status;
    enum pat_err err = pat_file_path(path, sizeof path, dir, name);

    if (err != PAT_OK)
        return err;
    return lstat(path, &status) == 0 ? PAT_ERR_EXISTS : pat_file_err(errno);
}

enum pat_err
pat_keyring_create(const char *dir)
{
    enum pat_err err = look_for(dir, "verifier.1");

    if (err == PAT_ERR_NOT_FOUND)
        err = write_key(dir, "seal.1");
    return err == PAT_OK ? write_key(dir, "verifier.1") : err;
}

static enum pat_err
read_key(const char *dir, const char *name, struct pat_key *ret)
{
    char line[FILE_LEN + 1];
    char path[PATH_SIZE];
    size_t len = 0, bytes = 0;
    enum pat_err err;

    err = pat_file_path(path, sizeof path, dir, name);
    if (err == PAT_OK)
        err = pat_file_read(path, line, FILE_LEN, &len);
    if (err == PAT_OK &&
        (len != FILE_LEN || line[HEX_LEN] != '\n' ||
         sodium_hex2bin(ret->bytes, sizeof ret->bytes, line, HEX_LEN, NULL, &bytes, NULL) != 0 ||
         bytes != PAT_KEY_LEN))
        err = PAT_ERR_KEY;
    pat_secret_wipe(line, sizeof line);
    return err;
}

static enum pat_err
read_seal(const char *dir, struct pat_keyring *keyring)
{
    struct pat_key master;
    enum pat_err err = read_key(dir, "seal.1", &master);

    for (uint64_t use = PAT_KEYRING_ROW; err == PAT_OK && use <= PAT_KEYRING_CHAIN; use++)
        if (crypto_kdf_derive_from_key(keyring->derived[use].bytes, PAT_KEY_LEN, use, kdf_context,
                                       master.bytes) != 0)
            err = PAT_ERR_INTERNAL;
    pat_secret_wipe(&master, sizeof master);
    return err;
}

static void
name_verifier(int64_t number, char ret[32])
{
    snprintf(ret, 32, "verifier.%lld", (long long)number);
}

static bool
is_verifier(const char *name, int64_t *ret_number)
{
    static const char prefix[] = "verifier.";

    return strncmp(name, prefix, strlen(prefix)) == 0 &&
           pat_text_number(name + strlen(prefix), 1, INT32_MAX, ret_number) == PAT_OK;
}

static enum pat_err
add_verifier(const char *dir, int64_t number, struct pat_keyring *keyring)
{
    size_t count = atomic_load(&keyring->count);
    struct verifier *verifier;
    char name[32];
    enum pat_err err;

    if (count == PAT_KEYRING_MAX)
        return PAT_ERR_RANGE;
    verifier = sodium_malloc(sizeof *verifier);
    if (verifier == NULL)
        return PAT_ERR_NOMEM;
    verifier->number = number;
    name_verifier(number, name);
    err = read_key(dir, name, &verifier->key);
    if (err != PAT_OK) {
        sodium_free(verifier);
        return err;
    }
    sodium_mprotect_readonly(verifier);
    keyring->verifiers[count] = verifier;
    atomic_store(&keyring->count, count + 1);
    return PAT_OK;
}

static enum pat_err
read_verifiers(const char *dir, struct pat_keyring *keyring)
{
    DIR *entries = opendir(dir);
    enum pat_err err = PAT_OK;
    struct dirent *entry;
    int64_t number;

    if (entries == NULL)
        return pat_file_err(errno);
    while (err == PAT_OK && (entry = readdir(entries)) != NULL)
        if (is_verifier(entry->d_name, &number))
            err = add_verifier(dir, number, keyring);
    closedir(entries);
    return err;
}

static struct pat_keyring *
new_keyring(void)
{
    struct pat_keyring *keyring = calloc(1, sizeof *keyring);

    if (keyring == NULL)
        return NULL;
    keyring->derived = sodium_allocarray(PAT_KEYRING_CHAIN + 1, sizeof *keyring->derived);
    if (keyring->derived == NULL) {
        free(keyring);
        return NULL;
    }
    return keyring;
}

enum pat_err
pat_keyring_open(const char *dir, struct pat_keyring **ret)
{
    struct pat_keyring *keyring = new_keyring();
    enum pat_err seal, verifiers;

    if (keyring == NULL)
        return PAT_ERR_NOMEM;
    seal = read_seal(dir, keyring);
    verifiers = read_verifiers(dir, keyring);
    if (seal == PAT_OK && verifiers == PAT_OK && atomic_load(&keyring->count) > 0) {
        sodium_mprotect_readonly(keyring->derived);
        *ret = keyring;
        return PAT_OK;
    }
    if (verifiers == PAT_OK && atomic_load(&keyring->count) == 0)
        verifiers = PAT_ERR_NOT_FOUND;
    pat_keyring_free(keyring);
    if (seal == PAT_ERR_NOT_FOUND && verifiers == PAT_ERR_NOT_FOUND)
        return PAT_ERR_NOT_FOUND;
    return seal == PAT_ERR_NOMEM || verifiers == PAT_ERR_NOMEM ? PAT_ERR_NOMEM : PAT_ERR_KEY;
}

void
pat_keyring_free(struct pat_keyring *keyring)
{
    if (keyring == NULL)
        return;
    for (size_t i = 0; i < atomic_load(&keyring->count); i++)
        sodium_free(keyring->verifiers[i]);
    sodium_free(keyring->derived);
    free(keyring);
}

/* --- rotation --- */

enum pat_err
pat_keyring_make(const struct pat_keyring *keyring, const char *dir, int64_t *ret_number)
{
    int64_t number = pat_keyring_newest(keyring) + 1;
    char name[32];
    enum pat_err err;

    if (atomic_load(&keyring->count) == PAT_KEYRING_MAX || number > INT32_MAX)
        return PAT_ERR_RANGE;
    name_verifier(number, name);
    err = write_key(dir, name);
    if (err == PAT_OK)
        *ret_number = number;
    return err;
}

enum pat_err
pat_keyring_add(struct pat_keyring *keyring, const char *dir, int64_t number)
{
    return add_verifier(dir, number, keyring);
}

void
pat_keyring_unmake(const char *dir, int64_t number)
{
    char name[32], path[PATH_SIZE];

    name_verifier(number, name);
    if (pat_file_path(path, sizeof path, dir, name) == PAT_OK)
        unlink(path);
}

/* --- looking --- */

const struct pat_key *
pat_keyring_verifier(const struct pat_keyring *keyring, int64_t number)
{
    size_t count = atomic_load(&keyring->count);

    for (size_t i = 0; i < count; i++)
        if (keyring->verifiers[i]->number == number)
            return &keyring->verifiers[i]->key;
    return NULL;
}

size_t
pat_keyring_numbers(const struct pat_keyring *keyring, int64_t ret[PAT_KEYRING_MAX])
{
    size_t count = atomic_load(&keyring->count);

    for (size_t i = 0; i < count; i++) {
        size_t at = i;

        for (; at > 0 && ret[at - 1] > keyring->verifiers[i]->number; at--)
            ret[at] = ret[at - 1];
        ret[at] = keyring->verifiers[i]->number;
    }
    return count;
}

int64_t
pat_keyring_newest(const struct pat_keyring *keyring)
{
    int64_t numbers[PAT_KEYRING_MAX];
    size_t count = pat_keyring_numbers(keyring, numbers);

    return count == 0 ? 0 : numbers[count - 1];
}

const struct pat_key *
pat_keyring_key(const struct pat_keyring *keyring, enum pat_keyring_use use)
{
    return &keyring->derived[use];
}
