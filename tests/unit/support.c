/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of the unit tests. A helper that fails ends the test it is called in. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/token/generate.h"
#include "tests/unit/support.h"

/* --- lists of tests --- */

void
support_add(struct support_list *list, const char *title, CMUnitTestFunction test,
            const void *state)
{
    if (list->count == SUPPORT_TESTS_MAX)
        abort();
    list->tests[list->count++] = (struct CMUnitTest){
        .name = title, .test_func = test, .initial_state = (void *)(uintptr_t)state};
}

static char root[SUPPORT_PATH_MAX];

static int
remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int
remove_root(void **state)
{
    (void)state;
    if (root[0] != '\0')
        nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    root[0] = '\0';
    return 0;
}

static int
start_generator(void **state)
{
    (void)state;
    return pat_generate_start() == PAT_OK ? 0 : -1;
}

int
support_run(const char *group, const struct support_list *list)
{
    return _cmocka_run_group_tests(group, list->tests, list->count, start_generator, remove_root);
}

/* --- mistakes of a caller --- */

#define ABORTED 86

/* Of a build that counts coverage; else it is not there. */
__attribute__((weak)) void __gcov_dump(void);

void
support_exit(int status)
{
    if (__gcov_dump != NULL)
        __gcov_dump();
    _exit(status);
}

static void
note_abort(int number)
{
    (void)number;
    support_exit(ABORTED);
}

bool
support_aborts(void (*call)(const void *argument), const void *argument)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        signal(SIGABRT, note_abort);
        call(argument);
        support_exit(0);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == ABORTED;
}

/* --- files --- */

void
support_dir(char ret[SUPPORT_PATH_MAX])
{
    static unsigned number;
    const char *parent = getenv("TMPDIR");

    if (root[0] == '\0') {
        if (parent == NULL || strlen(parent) > 40)
            parent = "/tmp";
        snprintf(root, sizeof root, "%s/pat-XXXXXX", parent);
        assert_non_null(mkdtemp(root));
    }
    snprintf(ret, SUPPORT_PATH_MAX, "%.50s/%u", root, number++);
    assert_int_equal(mkdir(ret, 0700), 0);
}

void
support_path(char ret[SUPPORT_PATH_MAX], const char *dir, const char *name)
{
    assert_in_range(snprintf(ret, SUPPORT_PATH_MAX, "%s/%s", dir, name), 1, SUPPORT_PATH_MAX - 1);
}

void
support_make_dir(const char *dir, const char *name, char ret[SUPPORT_PATH_MAX])
{
    support_path(ret, dir, name);
    assert_int_equal(mkdir(ret, 0700), 0);
}

bool
support_exists(const char *dir, const char *name)
{
    char path[SUPPORT_PATH_MAX];

    support_path(path, dir, name);
    return access(path, F_OK) == 0;
}

unsigned char *
support_read(const char *dir, const char *name, size_t *ret_len)
{
    char path[SUPPORT_PATH_MAX];
    struct stat status;
    unsigned char *bytes;
    int fd;

    support_path(path, dir, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_return_code(fd, errno);
    assert_return_code(fstat(fd, &status), errno);
    *ret_len = (size_t)status.st_size;
    bytes = malloc(*ret_len + 1);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, *ret_len), status.st_size);
    bytes[*ret_len] = '\0';
    close(fd);
    return bytes;
}

void
support_write(const char *dir, const char *name, const void *bytes, size_t len)
{
    char path[SUPPORT_PATH_MAX];
    int fd;

    support_path(path, dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_return_code(fd, errno);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

void
support_copy(const char *from_dir, const char *to_dir, const char *name)
{
    size_t len;
    unsigned char *bytes = support_read(from_dir, name, &len);

    support_write(to_dir, name, bytes, len);
    free(bytes);
}

void
support_remove(const char *dir, const char *name)
{
    char path[SUPPORT_PATH_MAX];

    support_path(path, dir, name);
    assert_return_code(unlink(path), errno);
}

/* --- random numbers --- */

uint64_t
support_next(struct support_random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * UINT64_C(2685821657736338717);
}

uint64_t
support_below(struct support_random *random, uint64_t below)
{
    return (support_next(random) >> 16) % below;
}

void
support_bytes(struct support_random *random, void *ret, size_t len)
{
    unsigned char *bytes = ret;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)(support_next(random) >> 32);
}

/* --- rows --- */

static void
fill_field(union pat_row *row, const struct pat_field *field, unsigned number)
{
    void *at = pat_row_field(row, field);

    switch (field->type) {
    case PAT_FIELD_TEXT:
        snprintf(at, field->size, "%.10s%u", field->name, number);
        break;
    case PAT_FIELD_INT32:
        *(int32_t *)at = 1;
        break;
    case PAT_FIELD_INT64:
        *(int64_t *)at = (int64_t)number + 1;
        break;
    case PAT_FIELD_BOOL:
        *(bool *)at = number % 2 == 1;
        break;
    case PAT_FIELD_OPTIONAL:
        *(struct pat_optional *)at = (struct pat_optional){.set = true, .at = (int64_t)number * 7};
        break;
    case PAT_FIELD_BYTES:
        memset(at, (int)(number % 250) + 1, field->size);
        break;
    }
}

/* What the constraints of the schema want. */
static void
make_legal(enum pat_row_kind kind, unsigned number, union pat_row *ret)
{
    if (kind == PAT_ROW_HEAD || kind == PAT_ROW_TENANT)
        snprintf(ret->tenant.tenant, sizeof ret->tenant.tenant, "t%u", number);
    else if (kind == PAT_ROW_SCOPE)
        ret->scope.tenant[0] = '\0';
    else if (kind != PAT_ROW_HOST)
        pat_text_clip(ret->user.tenant, sizeof ret->user.tenant, "acme");
    if (kind != PAT_ROW_TOKEN)
        return;
    snprintf(ret->token.id, sizeof ret->token.id, "%08u", number);
    pat_text_clip(ret->token.user, sizeof ret->token.user, "user0");
    ret->token.successor[0] = '\0';
    ret->token.ended = (struct pat_optional){.set = false};
}

void
support_row(enum pat_row_kind kind, unsigned number, union pat_row *ret)
{
    const struct pat_row_type *type = pat_row_type(kind);

    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < type->count; i++)
        fill_field(ret, &type->fields[i], number);
    make_legal(kind, number, ret);
    if (type->sealed)
        *pat_row_version(kind, ret) = 0;
}

bool
support_row_equal(enum pat_row_kind kind, const void *a, const void *b)
{
    const struct pat_row_type *type = pat_row_type(kind);

    for (size_t i = 0; i < type->count; i++) {
        const struct pat_field *field = &type->fields[i];
        const void *one = pat_row_field_const(a, field);
        const void *two = pat_row_field_const(b, field);
        const struct pat_optional *first = one, *second = two;
        bool same = field->type == PAT_FIELD_TEXT ? strcmp(one, two) == 0
                    : field->type == PAT_FIELD_OPTIONAL
                        ? first->set == second->set && (!first->set || first->at == second->at)
                        : memcmp(one, two, field->size) == 0;

        if (!same) {
            print_error("field %s differs\n", field->name);
            return false;
        }
    }
    return true;
}

void
support_row_alter(void *record, const struct pat_field *field)
{
    char *at = pat_row_field(record, field);

    switch (field->type) {
    case PAT_FIELD_TEXT:
        at[0] = (char)(at[0] == 'x' ? 'y' : 'x');
        break;
    case PAT_FIELD_INT32:
        ++*(int32_t *)(void *)at;
        break;
    case PAT_FIELD_INT64:
        ++*(int64_t *)(void *)at;
        break;
    case PAT_FIELD_BOOL:
        *(bool *)at = !*(bool *)at;
        break;
    case PAT_FIELD_OPTIONAL:
        ++((struct pat_optional *)(void *)at)->at;
        break;
    case PAT_FIELD_BYTES:
        at[field->size - 1] = (char)(at[field->size - 1] ^ 1);
        break;
    }
}

const struct pat_field *
support_field(enum pat_row_kind kind, const char *name)
{
    const struct pat_row_type *type = pat_row_type(kind);

    for (size_t i = 0; i < type->count; i++)
        if (pat_text_equal(type->fields[i].name, name))
            return &type->fields[i];
    fail_msg("no field %s", name);
    return NULL;
}

/* --- stores --- */

void
support_store_make(struct support_store *ret, const struct pat_store_ops *ops)
{
    const struct pat_anchor_mark empty = {.generation = 1};
    struct pat_store_args args = {.ops = ops, .mode = PAT_STORE_CREATE};

    memset(ret, 0, sizeof *ret);
    support_dir(ret->dir);
    assert_ok(pat_keyring_create(ret->dir));
    assert_ok(pat_keyring_open(ret->dir, &ret->keyring));
    assert_ok(
        pat_anchor_create(ret->dir, pat_keyring_key(ret->keyring, PAT_KEYRING_ANCHOR), &empty));
    assert_ok(
        pat_anchor_open(ret->dir, pat_keyring_key(ret->keyring, PAT_KEYRING_ANCHOR), &ret->anchor));
    args.place = ret->dir;
    args.keyring = ret->keyring;
    args.anchor = ret->anchor;
    assert_ok(pat_store_open(&args, &ret->store));
}

void
support_store_close(struct support_store *at)
{
    pat_store_close(at->store);
    pat_anchor_close(at->anchor);
    pat_keyring_free(at->keyring);
    at->store = NULL;
    at->anchor = NULL;
    at->keyring = NULL;
}

enum pat_err
support_store_reopen(struct support_store *at, const struct pat_store_ops *ops)
{
    struct pat_store_args args = {.ops = ops, .place = at->dir, .mode = PAT_STORE_WRITE};
    enum pat_err err = pat_keyring_open(at->dir, &at->keyring);

    if (err == PAT_OK)
        err = pat_anchor_open(at->dir, pat_keyring_key(at->keyring, PAT_KEYRING_ANCHOR),
                              &at->anchor);
    args.keyring = at->keyring;
    args.anchor = at->anchor;
    return err == PAT_OK ? pat_store_open(&args, &at->store) : err;
}

void
support_store_put(struct pat_store *store, enum pat_row_kind kind, void *record)
{
    assert_ok(pat_store_begin(store, true));
    assert_ok(pat_store_put(store, kind, record));
    assert_ok(pat_store_commit(store));
}

/* --- log lines --- */

#define LINES_MAX 256

static struct {
    char event[32];
    char key[32];
    char value[256];
} logged[LINES_MAX];
static size_t logged_count;

static void
note(const char *event, const char *key, const char *value)
{
    if (logged_count == LINES_MAX)
        return;
    pat_text_clip(logged[logged_count].event, sizeof logged[0].event, event);
    pat_text_clip(logged[logged_count].key, sizeof logged[0].key, key);
    pat_text_clip(logged[logged_count].value, sizeof logged[0].value, value);
    logged_count++;
}

static void
collect_event(void *context, int priority, const char *event, const struct pat_log_field *fields,
              size_t count)
{
    (void)context;
    (void)priority;
    note(event, "", "");
    for (size_t i = 0; i < count; i++)
        if (fields[i].value != NULL)
            note(event, fields[i].key, fields[i].value);
}

void
support_log_collect(void)
{
    logged_count = 0;
    pat_log_set_sink(collect_event, NULL);
}

size_t
support_log_count(const char *event)
{
    size_t count = 0;

    for (size_t i = 0; i < logged_count; i++)
        count += pat_text_equal(logged[i].event, event) && logged[i].key[0] == '\0';
    return count;
}

const char *
support_log_value(const char *event, const char *key)
{
    for (size_t i = logged_count; i > 0; i--)
        if (pat_text_equal(logged[i - 1].event, event) && pat_text_equal(logged[i - 1].key, key))
            return logged[i - 1].value;
    return NULL;
}
