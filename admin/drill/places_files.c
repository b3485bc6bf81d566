/* SPDX-License-Identifier: BSD-2-Clause */
/* vsftpd, svnserve and memcached, which no tool asks: what their processes were started with. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/drill/places.h"
#include "admin/host/process.h"
#include "admin/host/setting.h"
#include "core/base/text.h"

/* The arguments of the one process that answers true; "" when none does. */
struct found {
    bool (*is_it)(const char *arguments);
    char arguments[PROCESS_ARGUMENTS_MAX];
};

static bool
take_arguments(void *context, const struct process *process)
{
    struct found *found = context;

    if (process->arguments[0] == '\0' ||
        (found->is_it != NULL && !found->is_it(process->arguments)))
        return true;
    memcpy(found->arguments, process->arguments, sizeof found->arguments);
    return false;
}

static bool
find_process(const char *name, struct found *found)
{
    process_each(name, take_arguments, found);
    return found->arguments[0] != '\0';
}

static enum places_end
does_not_run(const char *name, char why[PLACES_WHY])
{
    snprintf(why, PLACES_WHY, "no %s runs, or none that waits for clients by itself", name);
    return PLACES_UNKNOWN;
}

/* --- vsftpd --- */

struct vsftpd {
    char listen[8], listen6[8], address[108], port[8], implicit[8], service[32];
};

static void
set_vsftpd(struct vsftpd *vsftpd, const char *name, const char *value)
{
    const struct {
        const char *name;
        char *value;
        size_t size;
    } settings[] = {
        {"listen", vsftpd->listen, sizeof vsftpd->listen},
        {"listen_ipv6", vsftpd->listen6, sizeof vsftpd->listen6},
        {"listen_address", vsftpd->address, sizeof vsftpd->address},
        {"listen_address6", vsftpd->address, sizeof vsftpd->address},
        {"listen_port", vsftpd->port, sizeof vsftpd->port},
        {"implicit_ssl", vsftpd->implicit, sizeof vsftpd->implicit},
        {"pam_service_name", vsftpd->service, sizeof vsftpd->service},
    };

    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (pat_text_equal(settings[i].name, name))
            pat_text_clip(settings[i].value, settings[i].size, value);
}

static bool
take_vsftpd_line(void *context, const char *name, const char *value, unsigned line)
{
    (void)line;
    set_vsftpd(context, name, value);
    return true;
}

/* Files, and settings as "-oname=value", in their order; without a file there is a usual one. */
static bool
read_vsftpd(const char *arguments, struct vsftpd *ret)
{
    bool found = false;

    for (const char *word = arguments + strlen(arguments) + 1;; word += strlen(word) + 1) {
        const char *path = *word == '\0' && !found ? "/etc/vsftpd.conf" : word;
        char *text, name[32];

        if (strncmp(word, "-o", 2) == 0 && strchr(word, '=') != NULL &&
            pat_text_copy(name, sizeof name, word + 2, strcspn(word + 2, "=")) == PAT_OK) {
            set_vsftpd(ret, name, strchr(word, '=') + 1);
        } else if (path[0] == '/' && (text = places_read(path)) != NULL) {
            setting_each(text, '=', take_vsftpd_line, ret);
            free(text);
            found = true;
        }
        if (*word == '\0')
            return found;
    }
}

enum places_end
places_vsftpd(const char *protocol, struct places *ret, char why[PLACES_WHY])
{
    struct vsftpd vsftpd = {.port = "21", .service = "ftp"};
    struct found found = {.is_it = NULL};
    bool six;

    (void)protocol;
    if (!find_process("vsftpd", &found))
        return does_not_run("vsftpd", why);
    if (!read_vsftpd(found.arguments, &vsftpd)) {
        snprintf(why, PLACES_WHY, "vsftpd's configuration cannot be read");
        return PLACES_UNKNOWN;
    }
    if (!pat_text_equal(vsftpd.service, "vsftpd")) {
        snprintf(why, PLACES_WHY, "vsftpd asks PAM as %s: pam_service_name=vsftpd", vsftpd.service);
        return PLACES_UNKNOWN;
    }
    six = setting_is_on(vsftpd.listen6) && !setting_is_on(vsftpd.listen);
    if (vsftpd.address[0] == '\0') /* "::" takes IPv4, too */
        pat_text_clip(vsftpd.address, sizeof vsftpd.address, "127.0.0.1");
    places_add(ret, setting_is_on(vsftpd.implicit) ? "ftps" : "ftp",
               places_address(vsftpd.address, vsftpd.address), vsftpd.port, "");
    if (six && pat_text_equal(vsftpd.address, "127.0.0.1"))
        places_add(ret, ret->all[0].scheme, "::1", vsftpd.port, "");
    return PLACES_FOUND;
}

/* --- memcached --- */

static bool
is_with_sasl(const char *arguments)
{
    const char *word = arguments + strlen(arguments) + 1;

    for (; *word != '\0'; word += strlen(word) + 1)
        if (pat_text_equal(word, "-S") || pat_text_equal(word, "--enable-sasl"))
            return true;
    return false;
}

static bool
has_word(const char *arguments, const char *one, const char *other)
{
    for (const char *word = arguments; *word != '\0'; word += strlen(word) + 1)
        if (pat_text_equal(word, one) || pat_text_equal(word, other))
            return true;
    return false;
}

enum places_end
places_memcached(const char *protocol, struct places *ret, char why[PLACES_WHY])
{
    struct found found = {.is_it = is_with_sasl};
    const char *socket, *port, *listen, *colon, *first;
    char one[108] = "", address[108], number[8];

    (void)protocol;
    if (!find_process("memcached", &found))
        return does_not_run("memcached -S", why);
    socket = places_option(found.arguments, "-s");
    socket = socket == NULL ? places_option(found.arguments, "--unix-socket") : socket;
    if (socket != NULL) {
        places_add(ret, "unix", socket, "", "");
        return PLACES_FOUND;
    }
    port = places_option(found.arguments, "-p");
    port = port == NULL ? places_option(found.arguments, "--port") : port;
    listen = places_option(found.arguments, "-l");
    listen = listen == NULL ? places_option(found.arguments, "--listen") : listen;
    if (listen != NULL && pat_text_copy(one, sizeof one, listen, strcspn(listen, ",")) != PAT_OK)
        one[0] = '\0';
    colon = strchr(one, ':');
    first = colon != NULL && strchr(colon + 1, ':') == NULL ? colon + 1 : port;
    if (colon != NULL && first == colon + 1)
        one[colon - one] = '\0';
    if (!places_port(first == NULL ? "11211" : first, number))
        return does_not_run("memcached with a port", why);
    places_add(ret, has_word(found.arguments, "-Z", "--enable-ssl") ? "tls" : "tcp",
               places_address(one, address), number, "");
    return PLACES_FOUND;
}

/* --- svnserve --- */

#define USUAL_IN_NAMES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+"

static bool
is_daemon(const char *arguments)
{
    return has_word(arguments, "-d", "--daemon");
}

static bool
uses_sasl(const char *directory)
{
    char path[512], value[16], *text;
    bool found;

    snprintf(path, sizeof path, "%.400s/conf/svnserve.conf", directory);
    text = places_read(path);
    if (text == NULL)
        return false;
    found = setting_find(text, '=', "use-sasl", value, sizeof value, NULL) && setting_is_on(value);
    free(text);
    return found;
}

/* Repositories that are the root or in it; those deeper down are not looked for. */
static void
add_repositories(struct places *places, const char *root, const char *address, const char *port)
{
    DIR *directory = opendir(root);
    struct dirent *entry;
    char path[512];

    if (uses_sasl(root))
        places_add(places, "svn", address, port, "");
    while (directory != NULL && places->count < PLACES_MAX &&
           (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.' || entry->d_name[strspn(entry->d_name, USUAL_IN_NAMES)] != '\0')
            continue;
        snprintf(path, sizeof path, "%.255s/%s", root, entry->d_name);
        if (uses_sasl(path))
            places_add(places, "svn", address, port, entry->d_name);
    }
    if (directory != NULL)
        closedir(directory);
}

enum places_end
places_svnserve(const char *protocol, struct places *ret, char why[PLACES_WHY])
{
    struct found found = {.is_it = is_daemon};
    const char *root, *port, *host;
    char address[108], number[8];

    (void)protocol;
    if (!find_process("svnserve", &found))
        return does_not_run("svnserve -d", why);
    root = places_option(found.arguments, "-r");
    root = root == NULL ? places_option(found.arguments, "--root") : root;
    port = places_option(found.arguments, "--listen-port");
    host = places_option(found.arguments, "--listen-host");
    if (root == NULL || root[0] != '/') {
        snprintf(why, PLACES_WHY, "svnserve runs without -r, so no repository is known");
        return PLACES_UNKNOWN;
    }
    if (places_port(port == NULL ? "3690" : port, number))
        add_repositories(ret, root, places_address(host == NULL ? "" : host, address), number);
    if (ret->count > 0)
        return PLACES_FOUND;
    snprintf(why, PLACES_WHY, "no repository in %.200s has use-sasl in conf/svnserve.conf", root);
    return PLACES_UNKNOWN;
}
