/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A text of settings through libinih. It cuts long lines, forgives repetition and tells its handler
 * no line numbers: so every line is judged before it gets to see it, by the reader that feeds it,
 * which counts lines and watches for section headers.
 */
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/ini.h"

struct parse {
    const char *at; /* the rest of the text, NUL-terminated */
    unsigned line;
    const struct pat_ini *ini;
    void *context;
    struct pat_diag *diag;
    enum pat_err err; /* the first fault */
    bool stop;
    bool skip;                           /* this section was not taken */
    char header[PAT_INI_LINE_MAX + 1];   /* "service sshd" */
    char section[64];                    /* "service" */
    char instance[PAT_INI_LINE_MAX + 1]; /* "sshd" */
};

static void
note_fault(struct parse *parse, const struct pat_diag *found)
{
    if (parse->err == PAT_OK) {
        parse->err = found->code;
        *parse->diag = *found;
    }
    if (parse->ini->fault == NULL || !parse->ini->fault(parse->context, found))
        parse->stop = true;
}

/* --- before libinih --- */

static enum pat_err
check_form(const char *line, unsigned number, struct pat_diag *diag)
{
    size_t blank = strspn(line, " ");

    if (strncmp(line, "\xef\xbb\xbf", 3) == 0)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, number, 1, "begins with a byte order mark");
    if (blank > 0 && line[blank] != '\0')
        return pat_diag_set(diag, PAT_ERR_SYNTAX, number, 1, "begins with white space");
    if (line[blank] == '\0' || line[0] == '#' || line[0] == ';' ||
        (line[0] == '[' ? strchr(line, ']') != NULL : strpbrk(line, "=:") != NULL))
        return PAT_OK;
    return pat_diag_set(diag, PAT_ERR_SYNTAX, number, 0, "neither [section] nor name = value");
}

static enum pat_err
check_line(const char *line, size_t len, unsigned number, struct pat_diag *diag)
{
    char copy[PAT_INI_LINE_MAX + 1];
    size_t points;

    if (len > PAT_INI_LINE_MAX)
        return pat_diag_set(diag, PAT_ERR_RANGE, number, 0, "longer than %d bytes",
                            PAT_INI_LINE_MAX);
    if (len > 0 && line[len - 1] == '\r')
        return pat_diag_set(diag, PAT_ERR_SYNTAX, number, (unsigned)len,
                            "ends with a carriage return");
    for (size_t i = 0; i < len; i++)
        copy[i] = line[i] == '\t' ? ' ' : line[i];
    copy[len] = '\0';
    if (pat_text_points(copy, &points) != PAT_OK)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, number, 0, "not readable UTF-8 text");
    return check_form(copy, number, diag);
}

static enum pat_err
check_text(const char *text, size_t len, const struct pat_ini *ini, struct pat_diag *diag)
{
    if (len > ini->max)
        return pat_diag_set(diag, PAT_ERR_RANGE, 0, 0, "larger than %zu KiB", ini->max / 1024);
    if (memchr(text, '\0', len) != NULL)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, 0, 0, "holds a NUL byte");
    return PAT_OK;
}

/* --- with libinih --- */

static enum pat_err
enter_section(struct parse *parse, const char *line, size_t len, struct pat_diag *diag)
{
    const char *end = memchr(line, ']', len);
    const char *instance, *rest;
    const struct pat_ini_item item = {
        .section = parse->section, .instance = parse->instance, .line = parse->line};
    size_t word;

    if (end == NULL)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, parse->line, 0, "the section does not end");
    rest = end + 1 + strspn(end + 1, " \t");
    if (rest < line + len && *rest != ';' && *rest != '#') /* libinih would skip it */
        return pat_diag_set(diag, PAT_ERR_SYNTAX, parse->line, (unsigned)(rest - line) + 1,
                            "text behind the section's name");
    if (pat_text_copy(parse->header, sizeof parse->header, line + 1, (size_t)(end - line) - 1) !=
        PAT_OK)
        return pat_diag_set(diag, PAT_ERR_RANGE, parse->line, 0, "section name too long");
    word = strcspn(parse->header, " ");
    instance = parse->header + word + strspn(parse->header + word, " ");
    if (pat_text_copy(parse->section, sizeof parse->section, parse->header, word) != PAT_OK ||
        pat_text_set(parse->instance, sizeof parse->instance, instance) != PAT_OK)
        return pat_diag_set(diag, PAT_ERR_RANGE, parse->line, 0, "section name too long");
    return parse->ini->take(parse->context, &item, diag);
}

/* True when libinih may see the line. */
static bool
judge_line(struct parse *parse, const char *line, size_t len)
{
    struct pat_diag found = {.text = ""};
    enum pat_err err = check_line(line, len, parse->line, &found);

    if (*line == '[') {
        if (err == PAT_OK)
            err = enter_section(parse, line, len, &found);
        parse->skip = err != PAT_OK;
    }
    if (err != PAT_OK)
        note_fault(parse, &found);
    return err == PAT_OK;
}

static char *
next_line(char *ret, int size, void *stream)
{
    struct parse *parse = stream;
    size_t len = strcspn(parse->at, "\n"), seen;
    struct pat_diag found = {.text = ""};

    if (*parse->at == '\0' || parse->stop)
        return NULL;
    parse->line++;
    seen = judge_line(parse, parse->at, len) ? len : 0;
    if (parse->stop)
        return NULL;
    if (seen + 2 > (size_t)size) {
        pat_diag_set(&found, PAT_ERR_RANGE, parse->line, 0, "too long");
        note_fault(parse, &found);
        return NULL;
    }
    memcpy(ret, parse->at, seen);
    ret[seen] = '\n';
    ret[seen + 1] = '\0';
    parse->at += len + (parse->at[len] == '\n');
    return ret;
}

static enum pat_err
take_option(struct parse *parse, const char *header, const char *name, const char *value,
            struct pat_diag *diag)
{
    const struct pat_ini_item item = {.section = parse->section,
                                      .instance = parse->instance,
                                      .name = name,
                                      .value = value,
                                      .line = parse->line};

    if (parse->section[0] == '\0')
        return pat_diag_set(diag, PAT_ERR_SYNTAX, parse->line, 0,
                            "\"%.64s\" stands before the first section", name);
    if (strncmp(header, parse->header, strlen(header)) != 0)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, parse->line, 0, "section name too long");
    return parse->ini->take(parse->context, &item, diag);
}

static int
handle(void *user, const char *header, const char *name, const char *value)
{
    struct parse *parse = user;
    struct pat_diag found = {.text = ""};

    if (!parse->stop && !parse->skip && take_option(parse, header, name, value, &found) != PAT_OK)
        note_fault(parse, &found);
    return 1;
}

/* What only libinih stumbles over: a sign of equality within a comment. */
static void
note_line(struct parse *parse, int line)
{
    struct pat_diag found = {.text = ""};

    pat_diag_set(&found, PAT_ERR_SYNTAX, line < 0 ? 0 : (unsigned)line, 0,
                 "neither [section] nor name = value");
    note_fault(parse, &found);
}

enum pat_err
pat_ini_read(const char *text, size_t len, const struct pat_ini *ini, void *context,
             struct pat_diag *diag)
{
    struct parse parse = {.ini = ini, .context = context, .diag = diag};
    struct pat_diag found = {.text = ""};
    char *copy = NULL;
    int error_line;

    if (check_text(text, len, ini, &found) != PAT_OK) {
        note_fault(&parse, &found);
        return parse.err;
    }
    copy = strndup(text, len);
    if (copy == NULL) {
        pat_diag_set(&found, PAT_ERR_NOMEM, 0, 0, "out of memory");
        note_fault(&parse, &found);
        return parse.err;
    }
    parse.at = copy;
    error_line = ini_parse_stream(next_line, &parse, handle, &parse);
    if (error_line != 0 && !parse.stop)
        note_line(&parse, error_line);
    free(copy);
    return parse.err;
}
