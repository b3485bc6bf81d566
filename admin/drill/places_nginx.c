/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nginx, as "nginx -T" prints all files of its configuration: the pages behind auth_pam of our
 * service. What is not understood is passed over: whoever tries a page first sees that it asks.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/drill/places.h"
#include "admin/host/tool.h"
#include "core/base/text.h"

#define FILES_MAX 128
#define WORDS_MAX 8
#define WORD_MAX 256
#define DEPTH_MAX 12 /* of blocks and of files in files */
#define SERVICE "nginx"

struct conf {
    size_t count;
    struct {
        const char *name, *text, *end;
    } files[FILES_MAX];
    struct places *places;
};

/* What a block says, or has from the one around it. */
struct block {
    bool on, internal;
    char service[32];
    char host[64];
    char listen[2][64]; /* the first that is plain, and the first within TLS */
};

struct directive {
    size_t count;
    char words[WORDS_MAX][WORD_MAX];
    const char *body, *body_end; /* NULL: it ends with ';' */
};

/* --- directives --- */

static const char *
skip_blank(const char *at, const char *end)
{
    while (at < end && strchr(" \t\r\n#", *at) != NULL)
        if (*at++ == '#')
            while (at < end && *at != '\n')
                at++;
    return at;
}

/* One word, without its quotes; what is too long is cut, and fits nothing then. */
static const char *
take_word(const char *at, const char *end, char ret[WORD_MAX])
{
    char quote = '\0';
    size_t len = 0;

    if (*at == '"' || *at == '\'')
        quote = *at++;
    while (at < end && (quote != '\0' ? *at != quote : strchr(" \t\r\n;{", *at) == NULL)) {
        if (at + 1 < end && (*at == '\\' || (at[0] == '$' && at[1] == '{')))
            at++; /* the next one stands for itself, or begins the name of a variable */
        if (len < WORD_MAX - 1)
            ret[len++] = *at;
        at++;
    }
    ret[len] = '\0';
    return quote != '\0' && at < end ? at + 1 : at;
}

/* Behind the '}' that ends a block. */
static const char *
skip_body(const char *at, const char *end)
{
    char word[WORD_MAX];
    int depth = 1;

    while ((at = skip_blank(at, end)) < end && depth > 0) {
        if (*at == '{' || *at == '}')
            depth += *at++ == '{' ? 1 : -1;
        else if (*at == ';')
            at++;
        else
            at = take_word(at, end, word);
    }
    return at;
}

/* False at the end of the block. */
static bool
next_directive(const char **at, const char *end, struct directive *ret)
{
    char extra[WORD_MAX];

    *ret = (struct directive){.count = 0};
    for (*at = skip_blank(*at, end); *at < end; *at = skip_blank(*at, end)) {
        if (**at == '}')
            return false;
        if (**at == ';') {
            ++*at;
            return true;
        }
        if (**at == '{') {
            ret->body = ++*at;
            *at = skip_body(*at, end);
            ret->body_end = *at;
            return true;
        }
        *at = take_word(*at, end, ret->count < WORDS_MAX ? ret->words[ret->count++] : extra);
    }
    return false;
}

/* --- blocks --- */

typedef void each_directive(struct conf *conf, const struct directive *directive, void *context,
                            int depth);

static void walk(struct conf *conf, const char *at, const char *end, each_directive *each,
                 void *context, int depth);

/* Relative to the directory of the first file, as nginx has it; with '*' in it, or without. */
static void
walk_included(struct conf *conf, const char *wanted, each_directive *each, void *context, int depth)
{
    const char *main_file = conf->files[0].name;
    size_t len = strrchr(main_file, '/') == NULL ? 0
                                                 : (size_t)(strrchr(main_file, '/') - main_file);
    char pattern[2 * WORD_MAX];

    snprintf(pattern, sizeof pattern, "%.*s%s%s", wanted[0] == '/' ? 0 : (int)len, main_file,
             wanted[0] == '/' ? "" : "/", wanted);
    for (size_t i = 1; i < conf->count; i++)
        if (fnmatch(pattern, conf->files[i].name, FNM_PATHNAME) == 0)
            walk(conf, conf->files[i].text, conf->files[i].end, each, context, depth + 1);
}

/* Each directive of a block itself, those of included files in their places. */
static void
walk(struct conf *conf, const char *at, const char *end, each_directive *each, void *context,
     int depth)
{
    struct directive directive;

    while (depth < DEPTH_MAX && next_directive(&at, end, &directive)) {
        if (directive.count == 2 && pat_text_equal(directive.words[0], "include"))
            walk_included(conf, directive.words[1], each, context, depth);
        else if (directive.count > 0)
            each(conf, &directive, context, depth);
    }
}

static bool
has_word(const struct directive *directive, const char *word)
{
    for (size_t i = 1; i < directive->count; i++)
        if (pat_text_equal(directive->words[i], word))
            return true;
    return false;
}

/* What holds for all of a block, wherever in it that stands. */
static void
take_setting(struct conf *conf, const struct directive *directive, void *context, int depth)
{
    const char *name = directive->words[0], *value = directive->words[1];
    struct block *block = context;
    bool ssl;

    (void)conf;
    (void)depth;
    if (directive->body != NULL)
        return;
    if (pat_text_equal(name, "internal"))
        block->internal = true;
    if (directive->count < 2)
        return;
    if (pat_text_equal(name, "auth_pam")) {
        block->on = !pat_text_equal(value, "off");
    } else if (pat_text_equal(name, "auth_pam_service_name")) {
        pat_text_clip(block->service, sizeof block->service, value);
    } else if (pat_text_equal(name, "server_name")) {
        if (value[0] != '_' && strpbrk(value, "*~\"\\$") == NULL && value[0] != '.')
            pat_text_clip(block->host, sizeof block->host, value);
    } else if (pat_text_equal(name, "listen") && !has_word(directive, "proxy_protocol") &&
               !has_word(directive, "quic") && strncmp(value, "unix:", 5) != 0) {
        ssl = has_word(directive, "ssl");
        if (block->listen[ssl][0] == '\0')
            pat_text_clip(block->listen[ssl], sizeof block->listen[ssl], value);
    }
}

/* A page of a server, wherever that listens. */
static void
add_page(struct conf *conf, const struct block *block, const char *path)
{
    char address[108], port[8];

    if (!block->on || block->internal || !pat_text_equal(block->service, SERVICE) ||
        path[0] != '/' || strpbrk(path, "\"\\ ") != NULL)
        return;
    for (int ssl = 1; ssl >= 0; ssl--) {
        const char *listen = block->listen[ssl];
        size_t before = conf->places->count;

        if (listen[0] == '\0')
            continue;
        if (!places_split(listen, address, port)) { /* an address alone */
            pat_text_clip(port, sizeof port, "80");
            places_address(listen, address);
        }
        places_add(conf->places, ssl ? "https" : "http", address, port, path);
        if (conf->places->count > before)
            pat_text_clip(conf->places->all[before].host, sizeof conf->places->all[before].host,
                          block->host[0] == '\0' ? "localhost" : block->host);
    }
}

/* Blocks within: servers, and locations that are a path or begin with one. */
static void
take_block(struct conf *conf, const struct directive *directive, void *context, int depth)
{
    const char *name = directive->words[0], *path = directive->words[directive->count - 1];
    const struct block *around = context;
    struct block block = *around;
    bool is_server = pat_text_equal(name, "server");
    bool is_location = pat_text_equal(name, "location") && directive->count > 1;

    if (directive->body == NULL || (!is_server && !is_location && !pat_text_equal(name, "http")))
        return;
    block.internal = false;
    walk(conf, directive->body, directive->body_end, take_setting, &block, depth + 1);
    if (is_server && block.listen[0][0] == '\0' && block.listen[1][0] == '\0')
        pat_text_clip(block.listen[0], sizeof block.listen[0], "80");
    if (is_location && (directive->count == 2 || pat_text_equal(directive->words[1], "=") ||
                        pat_text_equal(directive->words[1], "^~")))
        add_page(conf, &block, path);
    walk(conf, directive->body, directive->body_end, take_block, &block, depth + 1);
    if (is_server)
        add_page(conf, &block, "/");
}

/* --- the whole --- */

/* "# configuration file /etc/nginx/nginx.conf:" stands above each file. */
static void
find_files(char *text, struct conf *conf)
{
    static const char mark[] = "# configuration file ";
    char *at = strncmp(text, mark, strlen(mark)) == 0 ? text : NULL, *line_end;

    while (at != NULL && conf->count < FILES_MAX && (line_end = strchr(at, '\n')) != NULL &&
           line_end[-1] == ':') {
        char *next = line_end;

        line_end[-1] = '\0';
        conf->files[conf->count].name = at + strlen(mark);
        conf->files[conf->count].text = line_end + 1;
        do
            next = strstr(next + 1, mark);
        while (next != NULL && next[-1] != '\n');
        conf->files[conf->count].end = next != NULL ? next : line_end + strlen(line_end);
        conf->count++;
        at = next;
    }
}

enum places_end
places_nginx(const char *protocol, struct places *ret, char why[PLACES_WHY])
{
    static const char *const argv[] = {"nginx", "-T", NULL};
    struct block block = {.service = SERVICE}; /* the module's own default */
    struct conf conf = {.places = ret};
    struct tool_result result;

    (void)protocol;
    if (tool_run(argv, TOOL_SECONDS, &result) != PAT_OK || !tool_succeeded(&result)) {
        tool_tell(&result, "nginx -T", why, PLACES_WHY);
        tool_free(&result);
        return PLACES_UNKNOWN;
    }
    find_files(result.out, &conf);
    if (conf.count > 0)
        walk(&conf, conf.files[0].text, conf.files[0].end, take_block, &block, 0);
    tool_free(&result);
    if (ret->count > 0)
        return PLACES_FOUND;
    snprintf(why, PLACES_WHY,
             "no page of a server has auth_pam with auth_pam_service_name " SERVICE
             " (nginx -T), or its path is an expression");
    return PLACES_UNKNOWN;
}
