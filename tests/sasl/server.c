/* SPDX-License-Identifier: BSD-2-Clause */
/* libsasl2's server side and its callbacks. */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sasl/server.h"

#define OPTIONS_MAX 32

struct pair {
    char *name;
    char *value;
};

static struct pair options[OPTIONS_MAX];
static struct pair passwords[OPTIONS_MAX];
static size_t options_count, passwords_count;
static char *path, *service, *realm, *remote;
static int version[3]; /* all 0: the real one */
static atomic_bool is_quiet;
static atomic_ulong tokens_seen;

static char *
copy(const char *text)
{
    char *result = strdup(text);

    if (result == NULL)
        abort();
    return result;
}

static void
replace(char **at, const char *text)
{
    free(*at);
    *at = text == NULL ? NULL : copy(text);
}

void
server_set_path(const char *text)
{
    replace(&path, text);
}

void
server_set_service(const char *name)
{
    replace(&service, name);
}

void
server_set_realm(const char *name)
{
    replace(&realm, name);
}

void
server_set_remote(const char *text)
{
    replace(&remote, text);
}

void
server_set_version(const char *text)
{
    if (sscanf(text, "%d.%d.%d", &version[0], &version[1], &version[2]) != 3)
        abort();
}

static void
set_pair(struct pair *pairs, size_t *count, const char *name, const char *value)
{
    size_t i = 0;

    while (i < *count && strcmp(pairs[i].name, name) != 0)
        i++;
    if (i == OPTIONS_MAX)
        abort();
    if (i == *count)
        pairs[(*count)++].name = copy(name);
    replace(&pairs[i].value, value);
}

void
server_set_option(const char *name, const char *value)
{
    set_pair(options, &options_count, name, value);
}

void
server_set_password(const char *user, const struct server_message *password)
{
    char text[SERVER_MESSAGE_MAX + 1] = "";

    memcpy(text, password->bytes, password->len);
    set_pair(passwords, &passwords_count, user, text);
}

void
server_quiet(bool quiet)
{
    atomic_store(&is_quiet, quiet);
}

unsigned long
server_tokens_seen(void)
{
    return atomic_load(&tokens_seen);
}

/* --- printing --- */

void
server_print_text(const char *key, const char *bytes, size_t len)
{
    printf("%s ", key);
    for (size_t i = 0; i < len; i++)
        printf("%02x", (unsigned char)bytes[i]);
    putchar('\n');
}

void
server_print_identity(sasl_conn_t *conn)
{
    static const struct {
        const char *key;
        int property;
    } rows[] = {{"user", SASL_USERNAME}, {"authid", SASL_AUTHUSER}, {"mech", SASL_MECHNAME}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const void *value = NULL;

        if (sasl_getprop(conn, rows[i].property, &value) == SASL_OK && value != NULL)
            server_print_text(rows[i].key, value, strlen(value));
    }
}

/* --- callbacks --- */

static int
get_option(void *context, const char *plugin, const char *name, const char **ret, unsigned *ret_len)
{
    (void)context;
    (void)plugin;
    for (size_t i = 0; i < options_count; i++) {
        if (strcmp(options[i].name, name) != 0)
            continue;
        *ret = options[i].value;
        if (ret_len != NULL)
            *ret_len = (unsigned)strlen(options[i].value);
        return SASL_OK;
    }
    return SASL_FAIL;
}

static int
get_path(void *context, const char **ret)
{
    (void)context;
    *ret = path;
    return SASL_OK;
}

/* What servers log by default; debugging and passwords are not for them. */
static int
take_log(void *context, int level, const char *message)
{
    (void)context;
    if (level <= SASL_LOG_NOTE && !atomic_load(&is_quiet)) {
        printf("log %d ", level);
        server_print_text("", message, strlen(message));
    }
    return SASL_OK;
}

/*
 * Where libsasl logs while there is no connection: plugins that complain about their options. Takes
 * the place of libc's.
 */
void __syslog_chk(int priority, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4), visibility("default")));

void
__syslog_chk(int priority, int flag, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    (void)flag;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (atomic_load(&is_quiet))
        return;
    printf("syslog %d ", priority & 7);
    server_print_text("", text, strlen(text));
}

/* Takes the place of libsasl2's own. */
void __attribute__((visibility("default")))
sasl_version_info(const char **implementation, const char **text, int *major, int *minor, int *step,
                  int *patch)
{
    int packed;

    sasl_version(implementation, &packed);
    if (version[0] == 0) {
        version[0] = packed >> 24 & 0xff;
        version[1] = packed >> 16 & 0xff;
        version[2] = packed & 0xffff;
    }
    if (text != NULL || patch != NULL)
        abort(); /* nobody here asks */
    *major = version[0];
    *minor = version[1];
    *step = version[2];
}

static int
check_password(sasl_conn_t *conn, void *context, const char *user, const char *password,
               unsigned len, struct propctx *properties)
{
    (void)conn;
    (void)context;
    (void)properties;
    if (len >= 4 && strncasecmp(password, "pat_", 4) == 0)
        atomic_fetch_add(&tokens_seen, 1);
    if (!atomic_load(&is_quiet)) {
        server_print_text("checkpass-user", user, strlen(user));
        server_print_text("checkpass", password, len);
    }
    for (size_t i = 0; i < passwords_count; i++)
        if (strcmp(passwords[i].name, user) == 0 && strlen(passwords[i].value) == len &&
            memcmp(passwords[i].value, password, len) == 0)
            return SASL_OK;
    return SASL_BADAUTH;
}

#define CALLBACK(id, function)                                                                     \
    {                                                                                              \
        id, (int (*)(void))(void *)(function), NULL                                                \
    }
#define CALLBACKS                                                                                  \
    CALLBACK(SASL_CB_GETOPT, get_option), CALLBACK(SASL_CB_GETPATH, get_path),                     \
        CALLBACK(SASL_CB_LOG, take_log)

static const sasl_callback_t callbacks[] = {CALLBACKS, {SASL_CB_LIST_END, NULL, NULL}};
static const sasl_callback_t callbacks_with_passwords[] = {
    CALLBACKS,
    CALLBACK(SASL_CB_SERVER_USERDB_CHECKPASS, check_password),
    {SASL_CB_LIST_END, NULL, NULL}};

/* --- mutexes of libsasl2 --- */

static void *
new_mutex(void)
{
    pthread_mutex_t *mutex = malloc(sizeof *mutex);

    if (mutex != NULL)
        pthread_mutex_init(mutex, NULL);
    return mutex;
}

static int
lock_mutex(void *mutex)
{
    return pthread_mutex_lock(mutex);
}

static int
unlock_mutex(void *mutex)
{
    return pthread_mutex_unlock(mutex);
}

static void
free_mutex(void *mutex)
{
    pthread_mutex_destroy(mutex);
    free(mutex);
}

/* --- life --- */

void
server_init(void)
{
    sasl_set_mutex(new_mutex, lock_mutex, unlock_mutex, free_mutex);
    if (!atomic_load(&is_quiet))
        printf("init %d\n", sasl_server_init(callbacks, "driver"));
    else if (sasl_server_init(callbacks, "driver") != SASL_OK)
        abort();
}

void
server_done(void)
{
    sasl_done();
}

sasl_conn_t *
server_new(void)
{
    sasl_conn_t *conn = NULL;
    int code = sasl_server_new(service == NULL ? "imap" : service, "host.example", realm, NULL,
                               remote, passwords_count == 0 ? NULL : callbacks_with_passwords, 0,
                               &conn);

    if (code != SASL_OK)
        printf("new %d\n", code);
    return conn;
}

/* --- messages --- */

struct server_message
server_read_message(const char *text)
{
    struct server_message message = {.none = strcmp(text, "none") == 0};
    size_t len = message.none || strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;
    unsigned value;

    message.len = (unsigned)len;
    message.bytes = malloc(len == 0 ? 1 : len);
    if (message.bytes == NULL)
        abort();
    for (size_t i = 0; i < len; i++) {
        if (sscanf(text + 2 * i, "%2x", &value) != 1)
            abort();
        message.bytes[i] = (char)value;
    }
    return message;
}

void
server_free_message(struct server_message *message)
{
    free(message->bytes);
    message->bytes = NULL;
}

static void
print_step(sasl_conn_t *conn, int code, const char *out, unsigned out_len)
{
    printf("code %d\n", code);
    if (out != NULL)
        server_print_text("out", out, out_len);
    if (code != SASL_OK && code != SASL_CONTINUE)
        server_print_text("error", sasl_errdetail(conn), strlen(sasl_errdetail(conn)));
}

int
server_run(sasl_conn_t *conn, const struct server_exchange *exchange, bool loud)
{
    int code = SASL_CONTINUE;

    for (size_t i = 0; i < exchange->count; i++) {
        const struct server_message *message = &exchange->steps[i];
        const char *in = message->none ? NULL : message->bytes;
        const char *out = NULL;
        unsigned out_len = 0;

        code = i == 0 && exchange->mech[0] != '\0'
                   ? sasl_server_start(conn, exchange->mech, in, message->len, &out, &out_len)
                   : sasl_server_step(conn, in, message->len, &out, &out_len);
        if (loud)
            print_step(conn, code, out, out_len);
        /* A start that failed may leave libsasl without a mechanism to step. */
        if (i == 0 && exchange->mech[0] != '\0' && code != SASL_OK && code != SASL_CONTINUE)
            break;
    }
    return code;
}
