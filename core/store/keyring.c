/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading, making and deriving keys. Only patd runs this, as the owner of the key directory. A key
 * is made once, together with an empty store, and never replaced by this room.
 */
#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/store/keyring.h"
#include "core/token/generate.h"

#define VERIFIERS_MAX 64
#define HEX_LEN (2 * PAT_KEY_LEN)
#define FILE_LEN (HEX_LEN + 1) /* hexadecimal digits and a newline */
#define PATH_SIZE 4096

static const char kdf_context[crypto_kdf_CONTEXTBYTES + 1] = "pat-seal";

struct pat_keyring {
    struct pat_key derived[PAT_KEYRING_CHAIN + 1];
    struct {
        int64_t number;
        struct pat_key key;
    } verifiers[VERIFIERS_MAX];
    size_t count;
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

static bool
is_verifier(const char *name, int64_t *ret_number)
{
    static const char prefix[] = "verifier.";

    return strncmp(name, prefix, strlen(prefix)) == 0 &&
           pat_text_number(name + strlen(prefix), 1, INT32_MAX, ret_number) == PAT_OK;
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
    while (err == PAT_OK && (entry = readdir(entries)) != NULL) {
        if (!is_verifier(entry->d_name, &number))
            continue;
        if (keyring->count == VERIFIERS_MAX) {
            err = PAT_ERR_RANGE;
            break;
        }
        keyring->verifiers[keyring->count].number = number;
        err = read_key(dir, entry->d_name, &keyring->verifiers[keyring->count].key);
        keyring->count += err == PAT_OK ? 1 : 0;
    }
    closedir(entries);
    return err;
}

enum pat_err
pat_keyring_open(const char *dir, struct pat_keyring **ret)
{
    struct pat_keyring *keyring = sodium_malloc(sizeof *keyring);
    enum pat_err seal, verifiers;

    if (keyring == NULL)
        return PAT_ERR_NOMEM;
    memset(keyring, 0, sizeof *keyring);
    seal = read_seal(dir, keyring);
    verifiers = read_verifiers(dir, keyring);
    if (seal == PAT_OK && verifiers == PAT_OK && keyring->count > 0) {
        sodium_mprotect_readonly(keyring);
        *ret = keyring;
        return PAT_OK;
    }
    if (verifiers == PAT_OK && keyring->count == 0)
        verifiers = PAT_ERR_NOT_FOUND;
    pat_keyring_free(keyring);
    if (seal == PAT_ERR_NOT_FOUND && verifiers == PAT_ERR_NOT_FOUND)
        return PAT_ERR_NOT_FOUND;
    return seal == PAT_ERR_NOMEM || verifiers == PAT_ERR_NOMEM ? PAT_ERR_NOMEM : PAT_ERR_KEY;
}

void
pat_keyring_free(struct pat_keyring *keyring)
{
    sodium_free(keyring);
}

const struct pat_key *
pat_keyring_verifier(const struct pat_keyring *keyring, int64_t number)
{
    for (size_t i = 0; i < keyring->count; i++)
        if (keyring->verifiers[i].number == number)
            return &keyring->verifiers[i].key;
    return NULL;
}

int64_t
pat_keyring_newest(const struct pat_keyring *keyring)
{
    int64_t newest = 0;

    for (size_t i = 0; i < keyring->count; i++)
        if (keyring->verifiers[i].number > newest)
            newest = keyring->verifiers[i].number;
    return newest;
}

const struct pat_key *
pat_keyring_key(const struct pat_keyring *keyring, enum pat_keyring_use use)
{
    return &keyring->derived[use];
}
