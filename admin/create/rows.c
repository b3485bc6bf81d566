/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading lists of tokens to be made. Nothing is made here: the file is read to its end first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/create/rows.h"
#include "admin/tell.h"
#include "core/base/text.h"

#define PROBLEMS_TOLD 20
#define COLUMNS_MAX 6
#define CELL_MAX 4096

static const char *const names[COLUMNS_MAX] = {"user",   "name",    "description",
                                               "scopes", "expires", "addresses"};

struct reading {
    const struct patctl *patctl;
    const char *file;
    int64_t line;
    int64_t problems;
    bool json;
    const char *columns[COLUMNS_MAX]; /* of CSV; none: the line of names is still to come */
    size_t column_count;
    json_t *rows;
};

void
rows_tell(const struct patctl *patctl, const char *source, int64_t line, int64_t problem,
          const char *what)
{
    if (problem < PROBLEMS_TOLD)
        tell_failure(patctl, EXIT_USAGE, "rows", "", "%s:%lld: %s", source, (long long)line, what);
}

static void
wrong(struct reading *reading, const char *what)
{
    rows_tell(reading->patctl, reading->file, reading->line, reading->problems++, what);
}

/* SECURITY: a token that stands in the wrong place is not shown, whatever it is glued to. */
static const char *
repeatable(const char *word)
{
    return strcasestr(word, "pat_") == NULL ? word : "pat_...";
}

static const char *
known_name(const char *text)
{
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        if (pat_text_equal(names[i], text))
            return names[i];
    return NULL;
}

static void
keep_row(json_t *rows, json_t *row)
{
    size_t len = json_dumpb(row, NULL, 0, JSON_COMPACT);
    char *text = malloc(len);

    if (text == NULL)
        abort();
    json_dumpb(row, text, len, JSON_COMPACT);
    json_array_append_new(rows, json_stringn(text, len));
    free(text);
    json_decref(row);
}

json_t *
rows_at(const json_t *rows, size_t index)
{
    return json_loads(json_string_value(json_array_get(rows, index)), 0, NULL);
}

static void
add_row(struct reading *reading, json_t *row)
{
    size_t points;

    for (size_t i = 0; i < COLUMNS_MAX; i++)
        if (pat_text_points(ask_text(row, names[i]), &points) != PAT_OK) {
            wrong(reading, "it holds characters that people cannot read");
            json_decref(row);
            return;
        }
    if (json_array_size(reading->rows) == ROWS_MAX)
        wrong(reading, "that are more than 100000 rows");
    json_object_set_new(row, "line", json_integer(reading->line));
    keep_row(reading->rows, row);
}

/* --- CSV --- */

/* The next cell, unquoted; moves *at behind its comma, or to NULL behind the last. */
static bool
next_cell(const char **at, char ret[CELL_MAX])
{
    const char *text = *at;
    bool quoted = *text == '"';
    size_t len = 0;

    text += quoted;
    while (*text != '\0' && (quoted || *text != ',')) {
        if (quoted && *text == '"' && *++text != '"')
            break;
        ret[len] = '\0';
        if (len + 1 == CELL_MAX)
            return false;
        ret[len++] = *text++;
    }
    ret[len] = '\0';
    if ((quoted && text[-1] != '"') || (*text != '\0' && *text != ','))
        return false;
    *at = *text == ',' ? text + 1 : NULL;
    return true;
}

static void
read_names(struct reading *reading, const char *text)
{
    char cell[CELL_MAX], what[200];
    size_t count = 0;

    while (text != NULL) {
        const char *name = next_cell(&text, cell) ? known_name(cell) : NULL;

        for (size_t i = 0; i < count; i++)
            name = name == reading->columns[i] ? NULL : name;
        if (name == NULL) {
            snprintf(what, sizeof what,
                     "the first line names the columns, of user, name, description, scopes, "
                     "expires and addresses; not \"%.40s\"",
                     repeatable(cell));
            wrong(reading, what);
            return;
        }
        reading->columns[count++] = name;
    }
    reading->column_count = count;
}

static void
read_csv(struct reading *reading, const char *text)
{
    json_t *row = json_object();
    char cell[CELL_MAX];
    size_t count = 0;
    bool good = true;

    for (; good && text != NULL; count++) {
        good = next_cell(&text, cell) && count < reading->column_count;
        if (good && cell[0] != '\0')
            ask_set_text(row, reading->columns[count], cell);
    }
    if (good && count == reading->column_count) {
        add_row(reading, row);
        return;
    }
    wrong(reading, good || count > reading->column_count
                       ? "it has not as many columns as the first line"
                       : "its quotes are wrong");
    json_decref(row);
}

/* --- JSON --- */

/* A text, or an array of words as a list; NULL for anything else. */
static json_t *
as_text(json_t *value)
{
    char list[CELL_MAX] = "";
    size_t index, used = 0;
    json_t *word;

    if (json_is_string(value))
        return json_incref(value);
    if (!json_is_array(value))
        return NULL;
    json_array_foreach(value, index, word)
    {
        const char *text = json_string_value(word);

        if (text == NULL || text[0] == '\0' || strpbrk(text, " ,\t") != NULL ||
            used + strlen(text) + 2 > sizeof list)
            return NULL;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used == 0 ? "" : ",",
                                 text);
    }
    return json_string(list);
}

static void
read_json(struct reading *reading, const char *text)
{
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *row = json_object(), *value;
    const char *name;
    char what[120] = "";

    if (!json_is_object(object))
        pat_text_clip(what, sizeof what, "it is no JSON object");
    json_object_foreach(object, name, value)
    {
        json_t *cell = json_is_null(value) ? json_string("") : as_text(value);

        if (known_name(name) == NULL)
            snprintf(what, sizeof what, "there is no \"%.40s\"", repeatable(name));
        else if (cell == NULL)
            snprintf(what, sizeof what, "%s is neither a text nor an array of words", name);
        if (json_string_length(cell) > 0)
            json_object_set(row, name, cell);
        json_decref(cell);
    }
    json_decref(object);
    if (what[0] == '\0') {
        add_row(reading, row);
        return;
    }
    wrong(reading, what);
    json_decref(row);
}

/* --- the file --- */

static void
read_line(struct reading *reading, char *line, size_t len)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *text = line;

    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        line[--len] = '\0';
    if (strlen(line) != len) {
        wrong(reading, "it holds a NUL");
        return;
    }
    if (reading->line == 1 && strncmp(text, mark, strlen(mark)) == 0)
        text += strlen(mark);
    if (text[strspn(text, " \t")] == '\0')
        return;
    if (reading->column_count == 0 && text[strspn(text, " \t")] == '{')
        reading->json = true;
    if (reading->json)
        read_json(reading, text);
    else if (reading->column_count == 0)
        read_names(reading, text);
    else
        read_csv(reading, text);
}

static int
read_all(struct reading *reading, FILE *stream)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int status = EXIT_DONE;

    while ((reading->json || reading->column_count > 0 || reading->problems == 0) &&
           json_array_size(reading->rows) <= ROWS_MAX &&
           (len = getline(&line, &size, stream)) != -1) {
        reading->line++;
        read_line(reading, line, (size_t)len);
    }
    if (ferror(stream))
        status = tell_failure(reading->patctl, EXIT_USAGE, "rows", "", "%s: %s", reading->file,
                              strerror(errno));
    free(line);
    return status;
}

static int
check_all(const struct reading *reading)
{
    if (reading->problems > PROBLEMS_TOLD)
        return tell_failure(reading->patctl, EXIT_USAGE, "rows", "", "%lld lines are wrong",
                            (long long)reading->problems);
    if (reading->problems > 0)
        return EXIT_USAGE;
    if (json_array_size(reading->rows) == 0)
        return tell_failure(reading->patctl, EXIT_USAGE, "rows", "", "%s: there is no row in it",
                            reading->file);
    return EXIT_DONE;
}

int
rows_read(const struct patctl *patctl, const char *file, json_t **ret)
{
    struct reading reading = {.patctl = patctl, .file = file, .rows = json_array()};
    bool standard = pat_text_equal(file, "-");
    FILE *stream = standard ? stdin : fopen(file, "re");
    int status;

    if (stream == NULL) {
        json_decref(reading.rows);
        return tell_failure(patctl, EXIT_USAGE, "rows", "", "%s: %s", file, strerror(errno));
    }
    status = read_all(&reading, stream);
    if (!standard)
        fclose(stream);
    if (status == EXIT_DONE)
        status = check_all(&reading);
    if (status == EXIT_DONE)
        *ret = reading.rows;
    else
        json_decref(reading.rows);
    return status;
}

/* --- numbers --- */

int
rows_number(const struct patctl *patctl, int64_t count, const char *name_template, json_t **ret)
{
    const char *at = strstr(name_template, "{n}");
    size_t len = strlen("{n}");
    char name[CELL_MAX];

    if (at == NULL) {
        at = strstr(name_template, "%d");
        len = strlen("%d");
    }
    if (at == NULL || strstr(at + len, "{n}") != NULL || strstr(at + len, "%d") != NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage", "like \"printer {n}\"",
                            "--name-template needs one {n} or %%d, for the number");
    *ret = json_array();
    for (int64_t n = 1; n <= count; n++) {
        json_t *row = json_object();

        snprintf(name, sizeof name, "%.*s%lld%s", (int)(at - name_template), name_template,
                 (long long)n, at + len);
        ask_set_text(row, "name", name);
        ask_set(row, "line", json_integer(n));
        keep_row(*ret, row);
    }
    return EXIT_DONE;
}

static const char *
cell_or(json_t *row, const char *name, const char *common)
{
    const char *text = json_string_value(json_object_get(row, name));

    return text == NULL ? common : text;
}

void
rows_wish(json_t *row, const struct wish *common, struct wish *ret)
{
    *ret = *common;
    ret->user = cell_or(row, "user", common->user);
    ret->name = cell_or(row, "name", common->name);
    ret->description = cell_or(row, "description", common->description);
    ret->scopes = cell_or(row, "scopes", common->scopes);
    ret->expires = cell_or(row, "expires", common->expires);
    ret->addresses = cell_or(row, "addresses", common->addresses);
}
