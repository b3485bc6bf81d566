/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM module that stands behind or before pam_pat.so and writes down what it finds there:
 *
 *     probe.so [file=PATH] [ask] [accept=PASSWORD] [keep] [stop]
 *
 * One line a call: the name of the call, then user=, rhost=, tty=, service=, authtok=,
 * oldauthtok= and the variables of the PAM environment, each escaped to one word. ask: get the
 * password from the user, as any module in front of us might have. accept: PAM_SUCCESS for that
 * password, else PAM_AUTH_ERR; without it PAM_IGNORE. keep: leave a copy of the password, so
 * that a search for copies can be seen to find one. stop: PAM_CRED_EXPIRED, which no module here
 * says by itself; behind "ignore=ignore" it shows that the module before it said PAM_IGNORE.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "tests/pam/printable.h"

#define EXPORT __attribute__((visibility("default")))

struct arguments {
    const char *file, *accept;
    bool ask, keep, stop;
};

static const struct {
    const char *name;
    int item;
} items[] = {
    {"user", PAM_USER},       {"rhost", PAM_RHOST},     {"tty", PAM_TTY},
    {"service", PAM_SERVICE}, {"authtok", PAM_AUTHTOK}, {"oldauthtok", PAM_OLDAUTHTOK},
};

static const char *
value_of(const char *argument, const char *name)
{
    size_t len = strlen(name);

    return strncmp(argument, name, len) == 0 ? argument + len : NULL;
}

static struct arguments
read_arguments(int argc, const char **argv)
{
    struct arguments arguments = {.file = NULL};

    for (int i = 0; i < argc; i++) {
        const char *file = value_of(argv[i], "file="), *accept = value_of(argv[i], "accept=");

        if (file != NULL)
            arguments.file = file;
        else if (accept != NULL)
            arguments.accept = accept;
        else if (strcmp(argv[i], "ask") == 0)
            arguments.ask = true;
        else if (strcmp(argv[i], "keep") == 0)
            arguments.keep = true;
        else if (strcmp(argv[i], "stop") == 0)
            arguments.stop = true;
        else
            abort();
    }
    return arguments;
}

static const char *
item(const pam_handle_t *pamh, int which)
{
    const void *text = NULL;

    return pam_get_item(pamh, which, &text) == PAM_SUCCESS ? text : NULL;
}

/* Appends " name=value", or " value" without a name. */
static void
append(char *line, size_t size, const char *name, const char *value)
{
    size_t len = strlen(line);

    if (name != NULL)
        len += (size_t)snprintf(line + len, size - len, " %s=", name);
    else
        len += (size_t)snprintf(line + len, size - len, " ");
    printable_write(line + len, size - len, value, 0);
}

static void
record(pam_handle_t *pamh, const char *call, const char *file)
{
    size_t size = (size_t)8 * PRINTABLE_MAX;
    char *line = calloc(1, size);
    char **variables = pam_getenvlist(pamh);
    int fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC);

    if (line == NULL || fd == -1)
        abort();
    snprintf(line, size, "%s", call);
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        append(line, size, items[i].name, item(pamh, items[i].item));
    for (char **at = variables; at != NULL && *at != NULL; at++) {
        append(line, size, NULL, *at);
        free(*at);
    }
    printable_line(fd, "%s\n", line);
    close(fd);
    free(variables);
    free(line);
}

static int
judge(pam_handle_t *pamh, const struct arguments *arguments)
{
    const char *password = item(pamh, PAM_AUTHTOK);

    if (arguments->stop)
        return PAM_CRED_EXPIRED;
    if (arguments->accept == NULL)
        return PAM_IGNORE;
    return password != NULL && strcmp(password, arguments->accept) == 0 ? PAM_SUCCESS
                                                                        : PAM_AUTH_ERR;
}

/* In a page of its own, which is no leak to a sanitizer. */
static void
keep(const char *password)
{
    const size_t size = 4096;
    char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        abort();
    snprintf(page, size, "%s", password);
}

EXPORT int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct arguments arguments = read_arguments(argc, argv);
    const char *password = NULL;

    (void)flags;
    if (arguments.ask && pam_get_authtok(pamh, PAM_AUTHTOK, &password, NULL) != PAM_SUCCESS)
        return PAM_AUTHTOK_ERR;
    if (arguments.keep && item(pamh, PAM_AUTHTOK) != NULL)
        keep(item(pamh, PAM_AUTHTOK));
    if (arguments.file != NULL)
        record(pamh, "authenticate", arguments.file);
    return judge(pamh, &arguments);
}

EXPORT int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct arguments arguments = read_arguments(argc, argv);

    (void)flags;
    if (arguments.file != NULL)
        record(pamh, "setcred", arguments.file);
    return PAM_IGNORE;
}

EXPORT int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct arguments arguments = read_arguments(argc, argv);

    (void)flags;
    if (arguments.file != NULL)
        record(pamh, "acct_mgmt", arguments.file);
    return arguments.stop ? PAM_CRED_EXPIRED : PAM_IGNORE;
}
