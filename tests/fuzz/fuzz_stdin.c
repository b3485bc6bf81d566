/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What patctl reads from standard input: a token, bytes that tokens are looked for in, rows of
 * tokens to be made, ids of tokens to be revoked, and logged heads. They come in pieces of any
 * size. Tokens are found as a second and plainer search finds them; what is taken is what stood
 * there; and no secret is printed, whatever is wrong with a line.
 *
 * Input: what reads, sizes of pieces; then what stands on standard input, where a byte 0x10 to 0x1f
 * of the first kind stands for a token of world.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/commands/revoke_pick.h"
#include "admin/create/rows.h"
#include "admin/out/out.h"
#include "admin/seek.h"
#include "admin/terminal/prompt.h"
#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/world.h"

#define TEXT_SIZE 20000
#define OUTPUT_SIZE ((size_t)256 * 1024)
#define FOUND_MAX 400
#define TOKEN_MARK 0x10
#define PIECES 4

ssize_t __wrap_read(int fd, void *bytes, size_t len);
ssize_t __real_read(int fd, void *bytes, size_t len);
ssize_t __wrap___read_chk(int fd, void *bytes, size_t len, size_t size);
int __wrap_ask_once(struct patctl *patctl, const char *method, json_t *parameters, json_t **ret);
int __wrap_ask_each(struct patctl *patctl, const char *method, json_t *parameters,
                    ask_each_entry *each, void *context, json_t **ret_last);

static char text[TEXT_SIZE + 1], output[OUTPUT_SIZE];
static char others[TEXT_SIZE + 1]; /* the text, with nothing in place of tokens */
static size_t text_len;
static struct patctl patctl;

/* --- standard input as a descriptor --- */

static struct {
    bool running;
    size_t at;
    uint8_t pieces[PIECES];
    size_t turn;
} given;

ssize_t
__wrap_read(int fd, void *bytes, size_t len)
{
    size_t piece;

    if (fd != STDIN_FILENO || !given.running)
        return __real_read(fd, bytes, len);
    piece = given.pieces[given.turn++ % PIECES];
    piece = piece == 0 ? len : piece * piece;
    piece = piece < len ? piece : len;
    piece = piece < text_len - given.at ? piece : text_len - given.at;
    memcpy(bytes, text + given.at, piece);
    given.at += piece;
    return (ssize_t)piece;
}

ssize_t
__wrap___read_chk(int fd, void *bytes, size_t len, size_t size)
{
    FUZZ_CHECK(len <= size);
    return __wrap_read(fd, bytes, len);
}

/* --- a patd that knows everybody --- */

static size_t asked_count;

static bool
stands_as_line(const char *word)
{
    size_t len = strlen(word);

    for (const char *at = text;
         (at = memmem(at, text_len - (size_t)(at - text), word, len)) != NULL; at++) {
        const char *end = at + len;

        if ((at == text || strchr(" \t\n", at[-1]) != NULL) &&
            (end == text + text_len || *end == '\0' || strchr(" \t\r\n", *end) != NULL))
            return true;
    }
    return false;
}

int
__wrap_ask_once(struct patctl *asker, const char *method, json_t *parameters, json_t **ret)
{
    json_t *ids = json_object_get(parameters, "tokens"), *id, *revoked = json_array();
    size_t index;

    (void)asker;
    FUZZ_CHECK(strcmp(method, "Revoke") == 0 && json_array_size(ids) <= REVOKE_PIECE);
    json_array_foreach(ids, index, id)
    {
        FUZZ_CHECK(strlen(json_string_value(id)) == PAT_ID_LEN);
        FUZZ_CHECK_TEXT(stands_as_line(json_string_value(id)), json_string_value(id));
        json_array_append_new(
            revoked, json_pack("{s:O, s:s, s:s}", "id", id, "tenant", "acme", "user", "bob"));
        asked_count++;
    }
    *ret = json_pack("{s:o, s:[]}", "revoked", revoked, "skipped");
    json_decref(parameters);
    return EXIT_DONE;
}

/* The heads that were read; with none, the chains. */
int
__wrap_ask_each(struct patctl *asker, const char *method, json_t *parameters, ask_each_entry *each,
                void *context, json_t **ret_last)
{
    json_t *heads = json_object_get(parameters, "heads"), *head, *entry;
    size_t index;

    (void)asker;
    FUZZ_CHECK(strcmp(method, "LogVerify") == 0 && json_array_size(heads) <= 500);
    json_array_foreach(heads, index, head)
    {
        const char *link = json_string_value(json_object_get(head, "link"));

        FUZZ_CHECK(json_integer_value(json_object_get(head, "seq")) >= 1);
        FUZZ_CHECK(strlen(link) == 64 && strspn(link, "0123456789abcdef") == 64);
        FUZZ_CHECK(memmem(text, text_len, link, 64) != NULL);
        FUZZ_CHECK(json_string_length(json_object_get(head, "tenant")) < 32);
    }
    entry = json_pack("{s:s, s:i, s:n, s:i}", "tenant", "acme", "head", 5, "bad", "checked", 5);
    FUZZ_CHECK(entry != NULL && each(context, entry));
    json_decref(entry);
    json_decref(parameters);
    if (ret_last != NULL)
        *ret_last = NULL;
    return EXIT_DONE;
}

/* --- a token --- */

static void
read_token(void)
{
    const char *newline = memchr(text, '\n', text_len);
    size_t len = newline == NULL ? text_len : (size_t)(newline - text);
    struct pat_secret secret;
    int status;

    memset(&secret, 0xaa, sizeof secret);
    status = prompt_token(&patctl, NULL, &secret);
    if (status == EXIT_DONE) {
        FUZZ_CHECK(secret.len > 0 && secret.len <= len);
        FUZZ_CHECK(secret.len == len || secret.len == PAT_SECRET_MAX);
        FUZZ_CHECK(memcmp(secret.bytes, text, secret.len) == 0);
    } else {
        FUZZ_CHECK(status == EXIT_USAGE && len == 0 && secret.len == 0);
        FUZZ_CHECK(fuzz_is_zero(secret.bytes, sizeof secret.bytes));
    }
    pat_secret_clear(&secret);
}

/* --- tokens in bytes --- */

struct found {
    size_t count;
    struct {
        int64_t line;
        struct pat_token token;
    } at[FOUND_MAX];
};

static void
keep_found(void *context, int64_t line, const struct pat_token *token)
{
    struct found *found = context;

    FUZZ_CHECK(found->count < FOUND_MAX);
    found->at[found->count].line = line;
    found->at[found->count++].token = *token;
}

static bool
is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* A token begins here and ends at the end of a word, in the letters that patctl prints. */
static bool
begins_token(size_t at, struct pat_token *ret)
{
    char written[PAT_TOKEN_MAX + 1];
    size_t len = 0;

    if (at > 0 && is_word(text[at - 1]))
        return false;
    while (at + len < text_len && is_word(text[at + len]))
        len++;
    if (len > PAT_TOKEN_MAX || pat_token_read(text + at, len, ret) != PAT_SHAPE_TOKEN)
        return false;
    pat_token_write(ret, written);
    return strlen(written) == len && memcmp(written, text + at, len) == 0;
}

static void
look_for_tokens(void)
{
    static struct found found;
    struct pat_token token;
    size_t count = 0;
    int64_t line = 1;

    found.count = 0;
    FUZZ_CHECK(seek_tokens(STDIN_FILENO, keep_found, &found));
    for (size_t at = 0; at < text_len; at++) {
        if (text[at] == 'p' && begins_token(at, &token)) {
            FUZZ_CHECK(count < found.count && found.at[count].line == line);
            FUZZ_CHECK(memcmp(&found.at[count].token, &token, sizeof token) == 0);
            count++;
        }
        line += text[at] == '\n';
    }
    FUZZ_CHECK(found.count == count);
}

/* --- rows, ids, heads --- */

static void
read_rows(void)
{
    json_t *rows = NULL, *row;
    int status = rows_read(&patctl, "-", &rows);
    json_int_t before = 0, line;

    FUZZ_CHECK(status == EXIT_DONE || status == EXIT_USAGE);
    FUZZ_CHECK((status == EXIT_DONE) == (json_array_size(rows) > 0));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const struct wish common = {.name = "common"};
        struct wish wish;

        row = rows_at(rows, i);
        FUZZ_CHECK(json_is_object(row));
        line = json_integer_value(json_object_get(row, "line"));
        FUZZ_CHECK(line > before);
        before = line;
        rows_wish(row, &common, &wish);
        FUZZ_CHECK(wish.name != NULL && wish.name[0] != '\0');
        json_decref(row);
    }
    json_decref(rows);
}

static void
read_ids(void)
{
    struct revoking revoking = {.patctl = &patctl,
                                .ids = json_array(),
                                .preview = json_array(),
                                .users = json_object(),
                                .skipped = json_array(),
                                .dead = json_array()};
    int status;

    asked_count = 0;
    status = cmd_revoke_pick_file(&revoking, "-");
    FUZZ_CHECK(status == EXIT_DONE || status == EXIT_USAGE);
    FUZZ_CHECK((status == EXIT_DONE) == (asked_count > 0));
    FUZZ_CHECK(revoking.count == (int64_t)asked_count);
    FUZZ_CHECK(json_array_size(revoking.ids) == asked_count);
    json_decref(revoking.ids);
    json_decref(revoking.preview);
    json_decref(revoking.users);
    json_decref(revoking.skipped);
    json_decref(revoking.dead);
}

static void
read_heads(void)
{
    static struct cmd_line line;
    int status;

    line.cmd = cmd_find("log");
    FUZZ_CHECK(line.cmd != NULL);
    for (size_t i = 0; line.cmd->options[i].name != NULL; i++) {
        line.given[i] = strcmp(line.cmd->options[i].name, "heads") == 0;
        pat_text_clip(line.values[i], CMD_VALUE_MAX, line.given[i] ? "-" : "");
    }
    status = cmd_log_verify(&patctl, &line);
    FUZZ_CHECK(status == EXIT_DONE || status == EXIT_USAGE);
}

/* --- the whole --- */

static void
make_text(struct fuzz_input *input)
{
    char token[PAT_TOKEN_MAX + 1];

    size_t kept = 0;

    text_len = 0;
    while (input->left > 0 && text_len + PAT_TOKEN_MAX < TEXT_SIZE) {
        uint8_t c = fuzz_byte(input);

        if (c >= TOKEN_MARK && c < 2 * TOKEN_MARK) {
            world_token_text(c - TOKEN_MARK, token);
            memcpy(text + text_len, token, strlen(token));
            text_len += strlen(token);
        } else {
            text[text_len++] = (char)c;
            others[kept++] = c == '\0' ? ' ' : (char)c;
        }
    }
    text[text_len] = others[kept] = '\0';
}

/* Half a secret is too much of it; but who typed the digits by themselves typed no token. */
static void
check_output(void)
{
    for (size_t i = 0; i < TOKEN_MARK; i++) {
        struct pat_token token;

        world_token(i, &token);
        token.secret[13] = '\0';
        FUZZ_CHECK_TEXT(
            strstr(output, token.secret) == NULL || strstr(others, token.secret) != NULL, output);
    }
}

static void
read_something(size_t reader)
{
    static void (*const readers[])(void) = {read_token, look_for_tokens, read_rows, read_ids,
                                            read_heads};
    FILE *in = stdin, *out = stdout, *err = stderr;
    FILE *captured = fmemopen(output, sizeof output, "w");
    FILE *bytes = fmemopen(text, text_len == 0 ? 1 : text_len, "r");

    FUZZ_CHECK(captured != NULL && bytes != NULL);
    if (text_len == 0)
        FUZZ_CHECK(fgetc(bytes) != EOF);
    output[0] = '\0';
    stdin = bytes;
    stdout = stderr = captured;
    given.running = true;
    readers[reader]();
    given.running = false;
    stdin = in;
    stdout = out;
    stderr = err;
    FUZZ_CHECK(fclose(captured) == 0 && fclose(bytes) == 0);
    check_output();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)argc;
    (void)argv;
    FUZZ_CHECK(nothing != -1 && dup2(nothing, STDIN_FILENO) == STDIN_FILENO);
    close(nothing);
    patctl.command = "fuzz";
    patctl.globals.no_input = true;
    patctl.out = out_new(&patctl, WORLD_NOW);
    FUZZ_CHECK(patctl.out != NULL);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);
    size_t reader = fuzz_pick(&input, 5);

    patctl.globals.json = (fuzz_byte(&input) & 1) != 0;
    memset(&given, 0, sizeof given);
    for (size_t i = 0; i < PIECES; i++)
        given.pieces[i] = fuzz_byte(&input);
    make_text(&input);
    read_something(reader);
    return 0;
}
