/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of a service, put together as libpam does: "include" and "@include" in place,
 * "substack" one level deeper, "other" for the types of which the service has no line. It only
 * reads, and what it does not understand it refuses: whoever judges a stack, or edits it, must have
 * all of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/host/pam_stack_internal.h"
#include "core/base/text.h"

#define ANY_TYPE PAM_STACK_TYPES

const char *const pam_stack_types[PAM_STACK_TYPES] = {"auth", "account", "password", "session"};
const char *const pam_stack_directories[] = {"/etc/pam.d", "/usr/lib/pam.d", NULL};

struct reader {
    const char *const *directories;
    struct pam_stack *stack;
    struct pam_stack_fault *fault;
};

/* A file that is being read, and how it was come by. */
struct place {
    const char *file;
    unsigned line, top_line;
    unsigned depth, level;
    size_t wanted; /* only lines of this type; ANY_TYPE */
};

static enum pat_err complain(const struct reader *reader, const struct place *place,
                             enum pat_err err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static enum pat_err
complain(const struct reader *reader, const struct place *place, enum pat_err err,
         const char *format, ...)
{
    va_list arguments;

    pat_text_clip(reader->fault->file, sizeof reader->fault->file, place->file);
    reader->fault->line = place->line;
    va_start(arguments, format);
    vsnprintf(reader->fault->text, sizeof reader->fault->text, format, arguments);
    va_end(arguments);
    return err;
}

/* Remembers a path for as long as the stack lives. */
static enum pat_err
keep_path(struct pam_stack *stack, const char *path, const char **ret)
{
    char **files;

    for (size_t i = 0; i < stack->file_count; i++) {
        if (pat_text_equal(stack->files[i], path)) {
            *ret = stack->files[i];
            return PAT_OK;
        }
    }
    files = realloc(stack->files, (stack->file_count + 1) * sizeof *files);
    if (files == NULL)
        return PAT_ERR_NOMEM;
    stack->files = files;
    files[stack->file_count] = strdup(path);
    if (files[stack->file_count] == NULL)
        return PAT_ERR_NOMEM;
    *ret = files[stack->file_count++];
    return PAT_OK;
}

/* The first of the directories that has it; PAT_ERR_NOT_FOUND. */
static enum pat_err
open_file(const struct reader *reader, const char *name, char path[PATH_MAX], int *ret_fd)
{
    for (size_t i = 0; reader->directories[i] != NULL; i++) {
        int len = name[0] == '/' ? snprintf(path, PATH_MAX, "%s", name)
                                 : snprintf(path, PATH_MAX, "%s/%s", reader->directories[i], name);

        if (len >= PATH_MAX)
            return PAT_ERR_RANGE;
        *ret_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (*ret_fd >= 0)
            return PAT_OK;
        if (errno != ENOENT && errno != ENOTDIR)
            return PAT_ERR_IO;
    }
    return PAT_ERR_NOT_FOUND;
}

/* All of a regular file as text, to be freed. */
static enum pat_err
read_text(int fd, char **ret)
{
    char *text = malloc(PAM_STACK_FILE_MAX + 1);
    enum pat_err err = text == NULL ? PAT_ERR_NOMEM : PAT_OK;
    size_t len = 0;
    ssize_t more = 1;
    struct stat status;

    if (err == PAT_OK && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)))
        err = PAT_ERR_IO;
    while (err == PAT_OK && more > 0) {
        more = read(fd, text + len, PAM_STACK_FILE_MAX + 1 - len);
        if (more < 0 && errno != EINTR)
            err = PAT_ERR_IO;
        else if (more > 0 && (len += (size_t)more) > PAM_STACK_FILE_MAX)
            err = PAT_ERR_RANGE;
        else if (more < 0)
            more = 1;
    }
    if (err == PAT_OK) {
        text[len] = '\0';
        if (strlen(text) != len)
            err = PAT_ERR_SYNTAX;
    }
    if (err == PAT_OK)
        *ret = text;
    else
        free(text);
    return err;
}

/* The rest of a line with single blanks; a word in brackets keeps them. */
static char *
join_words(const char *rest)
{
    char *joined = malloc(strlen(rest) + 1), *to = joined;

    for (const char *at = rest; joined != NULL && *at != '\0';) {
        bool bracketed = *at == '[';
        size_t blanks = strspn(at, " \t"), len;

        if (blanks > 0) {
            at += blanks;
            if (to > joined && *at != '\0')
                *to++ = ' ';
            continue;
        }
        len = strcspn(at, bracketed ? "]" : " \t");
        len += bracketed && at[len] == ']';
        memcpy(to, at, len);
        to += len;
        at += len;
    }
    if (joined != NULL)
        *to = '\0';
    return joined;
}

static enum pat_err read_file(const struct reader *reader, const char *name,
                              const struct place *from, const struct place *place);

/* Adds an empty line; its texts are NULL until they are set. */
static enum pat_err
add_line(const struct reader *reader, const struct place *place, enum pam_stack_type type,
         struct pam_stack_line **ret)
{
    struct pam_stack *stack = reader->stack;
    struct pam_stack_line *lines, *line;

    if (stack->count == PAM_STACK_LINES_MAX)
        return complain(reader, place, PAT_ERR_RANGE, "the stack has more than %d lines",
                        PAM_STACK_LINES_MAX);
    lines = realloc(stack->lines, (stack->count + 1) * sizeof *lines);
    if (lines == NULL)
        return PAT_ERR_NOMEM;
    stack->lines = lines;
    line = &lines[stack->count++];
    *line = (struct pam_stack_line){.type = type,
                                    .level = place->level,
                                    .depth = place->depth,
                                    .file = place->file,
                                    .line = place->line,
                                    .top_line = place->depth == 0 ? place->line : place->top_line};
    *ret = line;
    return PAT_OK;
}

/* What stands behind the control of an include or a substack. */
static enum pat_err
include_file(const struct reader *reader, const struct place *place, enum pam_stack_type type,
             char *rest, bool is_substack)
{
    struct place inner = {.depth = place->depth + 1,
                          .level = place->level + is_substack,
                          .top_line = place->depth == 0 ? place->line : place->top_line,
                          .wanted = type};
    struct pam_stack_line *head;
    bool bracketed;
    char *name = pam_line_word(&rest, &bracketed);
    enum pat_err err;

    if (name == NULL || *name == '\0' || rest[strspn(rest, " \t")] != '\0')
        return complain(reader, place, PAT_ERR_SYNTAX, "an include takes one file");
    if (is_substack) {
        err = add_line(reader, place, type, &head);
        if (err != PAT_OK)
            return err;
        head->kind = PAM_STACK_SUBSTACK;
        head->control = strdup("substack");
        head->module = strdup(name);
        head->arguments = strdup("");
        if (head->control == NULL || head->module == NULL || head->arguments == NULL)
            return PAT_ERR_NOMEM;
    }
    return read_file(reader, name, place, &inner);
}

static enum pat_err
read_module(const struct reader *reader, const struct place *place, struct pam_stack_line *line,
            char *rest)
{
    bool bracketed;
    char *module = pam_line_word(&rest, &bracketed);

    if (module == NULL || *module == '\0')
        return complain(reader, place, PAT_ERR_SYNTAX, "it names no module");
    line->module = strdup(module);
    line->arguments = join_words(rest);
    return line->module == NULL || line->arguments == NULL ? PAT_ERR_NOMEM : PAT_OK;
}

static size_t
find_type(const char *word)
{
    size_t type = 0;

    while (type < PAM_STACK_TYPES && strcasecmp(word, pam_stack_types[type]) != 0)
        type++;
    return type;
}

/* A line with a type: "auth required pam_unix.so". */
static enum pat_err
read_typed(const struct reader *reader, const struct place *place, char *text)
{
    bool bracketed = false, in_control = false;
    char *rest = text, *word = pam_line_word(&rest, &bracketed), *control;
    bool quiet = word != NULL && word[0] == '-';
    size_t type = word == NULL ? PAM_STACK_TYPES : find_type(word + quiet);
    struct pam_stack_line *line;
    const char *wrong = NULL;
    enum pat_err err;

    if (type == PAM_STACK_TYPES)
        return complain(reader, place, PAT_ERR_SYNTAX, "it begins with no known type");
    if (place->wanted != ANY_TYPE && place->wanted != type)
        return PAT_OK;
    control = pam_line_word(&rest, &in_control);
    if (control == NULL)
        return complain(reader, place, PAT_ERR_SYNTAX, "it has no control");
    if (strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0)
        return include_file(reader, place, (enum pam_stack_type)type, rest,
                            strcasecmp(control, "substack") == 0);
    err = add_line(reader, place, (enum pam_stack_type)type, &line);
    if (err != PAT_OK)
        return err;
    line->quiet = quiet;
    if (in_control)
        wrong = pam_line_actions(control, line->actions);
    else if (!pam_line_control(control, line->actions))
        wrong = "its control is an unknown word";
    if (wrong != NULL)
        return complain(reader, place, PAT_ERR_SYNTAX, "%s", wrong);
    if (asprintf(&line->control, in_control ? "[%s]" : "%s", control) < 0) {
        line->control = NULL;
        return PAT_ERR_NOMEM;
    }
    return read_module(reader, place, line, rest);
}

/* "@include file": all types, in place. */
static enum pat_err
read_at_include(const struct reader *reader, const struct place *place, char *text)
{
    struct place inner = {.depth = place->depth + 1,
                          .level = place->level,
                          .top_line = place->depth == 0 ? place->line : place->top_line,
                          .wanted = place->wanted};
    bool bracketed;
    char *rest = text, *word = pam_line_word(&rest, &bracketed);
    char *name = pam_line_word(&rest, &bracketed);

    if (strcasecmp(word, "@include") != 0)
        return complain(reader, place, PAT_ERR_SYNTAX, "it begins with an unknown word");
    if (name == NULL || *name == '\0' || rest[strspn(rest, " \t")] != '\0')
        return complain(reader, place, PAT_ERR_SYNTAX, "an include takes one file");
    return read_file(reader, name, place, &inner);
}

static enum pat_err
read_lines(const struct reader *reader, struct place *place, const char *text)
{
    char line[PAM_STACK_LINE_MAX + 1];
    const char *at = text;
    unsigned number = 0;
    enum pat_err err = PAT_OK;

    while (err == PAT_OK && *at != '\0') {
        const char *wrong = pam_line_take(&at, &number, line, &place->line);

        if (wrong != NULL)
            err = complain(reader, place, PAT_ERR_SYNTAX, "%s", wrong);
        else if (line[0] == '@')
            err = read_at_include(reader, place, line);
        else if (line[0] != '\0')
            err = read_typed(reader, place, line);
    }
    return err;
}

/* from is what included it; NULL for the service itself, whose absence is the caller's matter. */
static enum pat_err
read_file(const struct reader *reader, const char *name, const struct place *from,
          const struct place *place)
{
    struct place here = *place;
    char path[PATH_MAX] = "", *text = NULL;
    enum pat_err err;
    int fd = -1;

    if (place->depth >= PAM_STACK_DEPTH_MAX)
        return complain(reader, from, PAT_ERR_RANGE, "files are included too deeply");
    err = open_file(reader, name, path, &fd);
    if (err == PAT_ERR_NOT_FOUND && from != NULL)
        return complain(reader, from, PAT_ERR_SYNTAX, "it includes %.100s, which is not there",
                        name);
    if (err == PAT_OK)
        err = keep_path(reader->stack, path, &here.file);
    if (err == PAT_OK)
        err = read_text(fd, &text);
    if (err == PAT_OK)
        err = read_lines(reader, &here, text);
    else if (err != PAT_ERR_NOT_FOUND && err != PAT_ERR_NOMEM) {
        here.file = path;
        here.line = 0;
        complain(reader, &here, err,
                 err == PAT_ERR_RANGE    ? "it is too long"
                 : err == PAT_ERR_SYNTAX ? "it holds a NUL"
                                         : "it cannot be read");
    }
    free(text);
    if (fd >= 0)
        close(fd);
    return err;
}

/* The types of which the service has no line are taken from "other". */
static enum pat_err
fall_back(const struct reader *reader)
{
    struct pam_stack *stack = reader->stack;
    enum pat_err err = PAT_OK;

    for (size_t type = 0; type < PAM_STACK_TYPES && err == PAT_OK; type++) {
        struct place place = {.wanted = type};

        stack->is_other[type] = pam_stack_next(stack, (enum pam_stack_type)type, NULL) == NULL;
        if (stack->is_other[type])
            err = read_file(reader, "other", NULL, &place);
        if (err == PAT_ERR_NOT_FOUND && stack->file != NULL)
            err = PAT_OK;
    }
    return err;
}

enum pat_err
pam_stack_read(const char *const directories[], const char *service, struct pam_stack *ret,
               struct pam_stack_fault *fault)
{
    struct reader reader = {directories, ret, fault};
    struct place place = {.wanted = ANY_TYPE};
    enum pat_err err;

    memset(ret, 0, sizeof *ret);
    memset(fault, 0, sizeof *fault);
    err = read_file(&reader, service, NULL, &place);
    if (err == PAT_OK)
        ret->file = ret->files[0];
    if (err == PAT_OK || err == PAT_ERR_NOT_FOUND)
        err = fall_back(&reader);
    if (err != PAT_OK)
        pam_stack_free(ret);
    return err;
}

void
pam_stack_free(struct pam_stack *stack)
{
    for (size_t i = 0; i < stack->count; i++) {
        free(stack->lines[i].control);
        free(stack->lines[i].module);
        free(stack->lines[i].arguments);
    }
    for (size_t i = 0; i < stack->file_count; i++)
        free(stack->files[i]);
    free(stack->lines);
    free(stack->files);
    memset(stack, 0, sizeof *stack);
}
