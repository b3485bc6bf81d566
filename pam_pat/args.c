/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments by table. The words come from root's own files, but a typing error is as bad. */
#include <stddef.h>
#include <string.h>

#include "core/pat.h"
#include "pam_pat/args.h"

enum type { TEXT, FLAG };

static const struct row {
    const char *name;
    enum type type;
    size_t offset;
} rows[] = {
#define PAM_OPTION(name, type, member, meaning) {#name, type, offsetof(struct pat_args, member)},
#include "core/config/options.def"
};

static const struct row *
find(const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strlen(rows[i].name) == len && strncmp(rows[i].name, word, len) == 0)
            return &rows[i];
    return NULL;
}

static bool
set(const char *word, struct pat_args *args)
{
    size_t len = strcspn(word, "=");
    const struct row *row = find(word, len);
    bool has_value = word[len] == '=' && word[len + 1] != '\0';
    char *member;

    if (row == NULL)
        return false;
    member = (char *)args + row->offset;
    switch (row->type) {
    case TEXT:
        if (has_value)
            *(const char **)(void *)member = word + len + 1;
        return has_value;
    case FLAG:
        *(bool *)member = true;
        return word[len] == '\0';
    }
    return false;
}

enum pat_err
pat_args_read(int argc, const char **argv, struct pat_args *ret, const char **ret_wrong)
{
    struct pat_args args = {.socket = PAT_RUNTIME_DIR PAT_VERIFY_SOCKET};

    for (int i = 0; i < argc; i++)
        if (!set(argv[i], &args)) {
            *ret_wrong = argv[i];
            return PAT_ERR_SYNTAX;
        }
    *ret = args;
    return PAT_OK;
}
