/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file's text through libinih. It cuts long lines, forgives repetition and tells its handler
 * no line numbers: so the text is judged line by line first, and the reader that feeds it counts
 * lines and watches for section headers.
 */
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/diag.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/file.h"

#define LINE_MAX_BYTES 190 /* Debian's libinih cuts at about 195 */
#define NAMES_MAX 16       /* more than any section has options */

struct parse {
    const char *at; /* the rest of the text, NUL-terminated */
    unsigned line;
    struct pat_config *config;
    struct pat_diag *diag;
    enum pat_err err;
    bool has_patd;
    char header[LINE_MAX_BYTES + 1]; /* "service sshd" */
    char section[64];                /* "service" */
    char instance[64];               /* "sshd" */
    char names[NAMES_MAX][64];       /* set in this section */
    size_t name_count;
};

/* --- before libinih --- */

static enum pat_err
check_line(const char *line, size_t len, unsigned number, struct pat_diag *diag)
{
    char copy[LINE_MAX_BYTES + 1];
    size_t points;

    if (len > LINE_MAX_BYTES)
        return pat_diag_set(diag, PAT_ERR_RANGE, number, 0, "longer than %d bytes", LINE_MAX_BYTES);
    if (len > 0 && line[len - 1] == '\r')
        return pat_diag_set(diag, PAT_ERR_SYNTAX, number, (unsigned)len,
                            "ends with a carriage return");
    for (size_t i = 0; i < len; i++)
        copy[i] = line[i] == '\t' ? ' ' : line[i];
    copy[len] = '\0';
    if (pat_text_points(copy, &points) != PAT_OK)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, number, 0, "not readable UTF-8 text");
    if (copy[0] == ' ' && copy[strspn(copy, " ")] != '\0')
        return pat_diag_set(diag, PAT_ERR_SYNTAX, number, 1, "begins with white space");
    return PAT_OK;
}

static enum pat_err
check_text(const char *text, size_t len, struct pat_diag *diag)
{
    const char *end = text + len;
    unsigned number = 1;
    enum pat_err err = PAT_OK;

    if (len > PAT_CONFIG_FILE_MAX)
        return pat_diag_set(diag, PAT_ERR_RANGE, 0, 0, "larger than 64 KiB");
    if (memchr(text, '\0', len) != NULL)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, 0, 0, "holds a NUL byte");
    for (const char *line = text; err == PAT_OK && line < end; number++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = (size_t)((newline == NULL ? end : newline) - line);

        err = check_line(line, line_len, number, diag);
        line += line_len + 1;
    }
    return err;
}

/* --- with libinih --- */

static enum pat_err
enter_section(struct parse *parse, const char *line, size_t len)
{
    const char *end = memchr(line, ']', len);
    const char *instance, *rest;
    size_t word;

    parse->name_count = 0;
    if (end == NULL)
        return PAT_OK; /* libinih reports it */
    rest = end + 1 + strspn(end + 1, " \t");
    if (rest < line + len && *rest != ';' && *rest != '#') /* libinih would skip it */
        return pat_diag_set(parse->diag, PAT_ERR_SYNTAX, parse->line, (unsigned)(rest - line) + 1,
                            "text behind the section's name");
    if (pat_text_copy(parse->header, sizeof parse->header, line + 1, (size_t)(end - line) - 1) !=
        PAT_OK)
        return PAT_ERR_RANGE;
    word = strcspn(parse->header, " ");
    instance = parse->header + word + strspn(parse->header + word, " ");
    if (pat_text_copy(parse->section, sizeof parse->section, parse->header, word) != PAT_OK ||
        pat_text_set(parse->instance, sizeof parse->instance, instance) != PAT_OK)
        return pat_diag_set(parse->diag, PAT_ERR_RANGE, parse->line, 0, "section name too long");
    if (pat_text_equal(parse->section, "patd") && parse->has_patd)
        return pat_diag_set(parse->diag, PAT_ERR_EXISTS, parse->line, 0,
                            "patd: the section comes twice");
    parse->has_patd |= pat_text_equal(parse->section, "patd");
    return pat_config_section(parse->config, parse->section, parse->instance, parse->line,
                              parse->diag);
}

static char *
next_line(char *ret, int size, void *stream)
{
    struct parse *parse = stream;
    size_t len = strcspn(parse->at, "\n");

    if (*parse->at == '\0' || parse->err != PAT_OK)
        return NULL;
    parse->line++;
    if (len + 2 > (size_t)size) {
        parse->err = pat_diag_set(parse->diag, PAT_ERR_RANGE, parse->line, 0, "too long");
        return NULL;
    }
    if (*parse->at == '[') {
        parse->err = enter_section(parse, parse->at, len);
        if (parse->err != PAT_OK)
            return NULL;
    }
    memcpy(ret, parse->at, len);
    ret[len] = '\n';
    ret[len + 1] = '\0';
    parse->at += len + (parse->at[len] == '\n');
    return ret;
}

static enum pat_err
note_name(struct parse *parse, const char *name)
{
    for (size_t i = 0; i < parse->name_count; i++)
        if (pat_text_equal(parse->names[i], name))
            return pat_diag_set(parse->diag, PAT_ERR_EXISTS, parse->line, 0,
                                "\"%s\" comes twice in this section", name);
    if (parse->name_count == NAMES_MAX ||
        pat_text_set(parse->names[parse->name_count], sizeof parse->names[0], name) != PAT_OK)
        return pat_diag_set(parse->diag, PAT_ERR_SYNTAX, parse->line, 0, "unknown option \"%.64s\"",
                            name);
    parse->name_count++;
    return PAT_OK;
}

static int
take_option(void *user, const char *header, const char *name, const char *value)
{
    struct parse *parse = user;

    if (parse->err != PAT_OK)
        return 0;
    if (parse->section[0] == '\0')
        parse->err = pat_diag_set(parse->diag, PAT_ERR_SYNTAX, parse->line, 0,
                                  "\"%.64s\" stands before the first section", name);
    else if (strncmp(header, parse->header, strlen(header)) != 0)
        parse->err = pat_diag_set(parse->diag, PAT_ERR_SYNTAX, parse->line, 0,
                                  "section name too long");
    if (parse->err == PAT_OK)
        parse->err = note_name(parse, name);
    if (parse->err == PAT_OK)
        parse->err = pat_config_set(parse->config, parse->section, parse->instance, name, value,
                                    parse->line, parse->diag);
    return parse->err == PAT_OK;
}

enum pat_err
pat_config_file_parse(const char *text, size_t len, struct pat_config **ret, struct pat_diag *diag)
{
    struct parse parse = {.diag = diag, .config = pat_config_new()};
    char *copy = strndup(text, len);
    int error_line;

    parse.at = copy;
    if (copy == NULL || parse.config == NULL)
        parse.err = pat_diag_set(diag, PAT_ERR_NOMEM, 0, 0, "out of memory");
    else
        parse.err = check_text(text, len, diag);
    if (parse.err == PAT_OK) {
        error_line = ini_parse_stream(next_line, &parse, take_option, &parse);
        if (parse.err == PAT_OK && error_line != 0)
            parse.err = pat_diag_set(diag, PAT_ERR_SYNTAX,
                                     error_line < 0 ? 0 : (unsigned)error_line, 0,
                                     "neither [section] nor name = value");
    }
    if (parse.err == PAT_OK)
        parse.err = pat_config_finish(parse.config, diag);
    free(copy);
    if (parse.err == PAT_OK)
        *ret = parse.config;
    else
        pat_config_free(parse.config);
    return parse.err;
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
pat_config_file_load(const char *path, bool may_be_missing, struct pat_config **ret,
                     struct pat_diag *diag)
{
    char *text = malloc(PAT_CONFIG_FILE_MAX);
    size_t len = 0;
    enum pat_err err;

    if (text == NULL)
        return pat_diag_set(diag, PAT_ERR_NOMEM, 0, 0, "out of memory");
    err = pat_file_read(path, text, PAT_CONFIG_FILE_MAX, &len);
    if (err == PAT_OK || (err == PAT_ERR_NOT_FOUND && may_be_missing))
        err = pat_config_file_parse(text, len, ret, diag);
    else
        err = unreadable(err, diag);
    free(text);
    return err;
}
