/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pat.conf(5): sections that come once, options that come once in each, and what config.c makes of
 * them. Lines are ini.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/diag.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/file.h"
#include "core/config/ini.h"

#define NAMES_MAX 16 /* more than any section has options */

struct reading {
    struct pat_config *config;
    bool has_patd;
    char names[NAMES_MAX][64]; /* set in this section */
    size_t name_count;
};

static enum pat_err
take_section(struct reading *reading, const struct pat_ini_item *item, struct pat_diag *diag)
{
    reading->name_count = 0;
    if (pat_text_equal(item->section, "patd") && reading->has_patd)
        return pat_diag_set(diag, PAT_ERR_EXISTS, item->line, 0, "patd: the section comes twice");
    reading->has_patd |= pat_text_equal(item->section, "patd");
    return pat_config_section(reading->config, item->section, item->instance, item->line, diag);
}

static enum pat_err
note_name(struct reading *reading, const struct pat_ini_item *item, struct pat_diag *diag)
{
    for (size_t i = 0; i < reading->name_count; i++)
        if (pat_text_equal(reading->names[i], item->name))
            return pat_diag_set(diag, PAT_ERR_EXISTS, item->line, 0,
                                "\"%s\" comes twice in this section", item->name);
    if (reading->name_count == NAMES_MAX ||
        pat_text_set(reading->names[reading->name_count], sizeof reading->names[0], item->name) !=
            PAT_OK)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, item->line, 0, "unknown option \"%.64s\"",
                            item->name);
    reading->name_count++;
    return PAT_OK;
}

static enum pat_err
take(void *context, const struct pat_ini_item *item, struct pat_diag *diag)
{
    struct reading *reading = context;
    enum pat_err err;

    if (item->name == NULL)
        return take_section(reading, item, diag);
    err = note_name(reading, item, diag);
    if (err != PAT_OK)
        return err;
    return pat_config_set(reading->config, item->section, item->instance, item->name, item->value,
                          item->line, diag);
}

static enum pat_err
parse(const char *text, size_t len, const struct pat_config_accounts *accounts,
      struct pat_config **ret, struct pat_diag *diag)
{
    static const struct pat_ini ini = {.take = take, .max = PAT_CONFIG_FILE_MAX};
    struct reading reading = {.config = pat_config_new()};
    enum pat_err err;

    if (reading.config == NULL)
        return pat_diag_set(diag, PAT_ERR_NOMEM, 0, 0, "out of memory");
    reading.config->accounts = accounts;
    err = pat_ini_read(text, len, &ini, &reading, diag);
    if (err == PAT_OK)
        err = pat_config_finish(reading.config, diag);
    reading.config->accounts = NULL;
    if (err == PAT_OK)
        *ret = reading.config;
    else
        pat_config_free(reading.config);
    return err;
}

enum pat_err
pat_config_file_parse(const char *text, size_t len, struct pat_config **ret, struct pat_diag *diag)
{
    return parse(text, len, NULL, ret, diag);
}

static enum pat_err
unreadable(enum pat_err err, struct pat_diag *diag)
{
    if (err == PAT_ERR_DENIED)
        return pat_diag_set(diag, err, 0, 0,
                            "must be a regular file that root or patd's user owns and that nobody "
                            "else may write");
    if (err == PAT_ERR_RANGE)
        return pat_diag_set(diag, err, 0, 0, "larger than 64 KiB");
    return pat_diag_set(diag, err, 0, 0, "%s",
                        err == PAT_ERR_NOT_FOUND ? "no such file" : pat_err_text(err));
}

enum pat_err
pat_config_file_load_by(const char *path, bool may_be_missing,
                        const struct pat_config_accounts *accounts, struct pat_config **ret,
                        struct pat_diag *diag)
{
    char *text = malloc(PAT_CONFIG_FILE_MAX);
    size_t len = 0;
    enum pat_err err;

    if (text == NULL)
        return pat_diag_set(diag, PAT_ERR_NOMEM, 0, 0, "out of memory");
    err = pat_file_read(path, text, PAT_CONFIG_FILE_MAX, &len);
    if (err == PAT_OK || (err == PAT_ERR_NOT_FOUND && may_be_missing))
        err = parse(text, len, accounts, ret, diag);
    else
        err = unreadable(err, diag);
    free(text);
    return err;
}

enum pat_err
pat_config_file_load(const char *path, bool may_be_missing, struct pat_config **ret,
                     struct pat_diag *diag)
{
    return pat_config_file_load_by(path, may_be_missing, NULL, ret, diag);
}

void
pat_config_file_say(const char *path, const struct pat_diag *diag, char *ret, size_t size)
{
    if (diag->line != 0)
        snprintf(ret, size, "%s:%u: %s", path, diag->line, diag->text);
    else
        snprintf(ret, size, "%s: %s", path, diag->text);
}
