/* SPDX-License-Identifier: BSD-2-Clause */
/* sshd, Postfix and OpenLDAP, and what all who look for places need. */
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/drill/places.h"
#include "admin/host/process.h"
#include "admin/host/tool.h"
#include "core/base/text.h"

void
places_add(struct places *places, const char *scheme, const char *address, const char *port,
           const char *name)
{
    struct place *place = &places->all[places->count];

    if (places->count < PLACES_MAX &&
        pat_text_set(place->scheme, sizeof place->scheme, scheme) == PAT_OK &&
        pat_text_set(place->address, sizeof place->address, address) == PAT_OK &&
        pat_text_set(place->port, sizeof place->port, port) == PAT_OK &&
        pat_text_set(place->name, sizeof place->name, name) == PAT_OK)
        places->count++;
}

const char *
places_address(const char *listen, char ret[108])
{
    size_t len = strlen(listen);

    if (listen[0] == '\0' || pat_text_equal(listen, "*") || pat_text_equal(listen, "0.0.0.0") ||
        pat_text_equal(listen, "localhost"))
        listen = "127.0.0.1";
    else if (listen[0] == '[' && len > 2 && listen[len - 1] == ']' &&
             pat_text_copy(ret, 108, listen + 1, len - 2) == PAT_OK)
        listen = ret;
    if (pat_text_equal(listen, "::"))
        listen = "::1";
    if (listen != ret)
        pat_text_clip(ret, 108, listen);
    return ret;
}

bool
places_port(const char *text, char ret[8])
{
    const struct servent *known;
    int64_t number;

    if (pat_text_number(text, 1, 65535, &number) != PAT_OK) {
        known = getservbyname(text, "tcp");
        if (known == NULL)
            return false;
        number = ((known->s_port & 0xff) << 8) | ((known->s_port >> 8) & 0xff);
    }
    snprintf(ret, 8, "%d", (int)number);
    return true;
}

bool
places_split(const char *listen, char address[108], char port[8])
{
    const char *colon = strrchr(listen, ':');
    char before[108] = "";

    if (colon != NULL &&
        pat_text_copy(before, sizeof before, listen, (size_t)(colon - listen)) != PAT_OK)
        return false;
    places_address(before, address);
    return places_port(colon == NULL ? listen : colon + 1, port);
}

char *
places_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat status;
    char *text = NULL;
    ssize_t len = -1;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        text = malloc(PLACES_FILE_MAX);
    if (text != NULL)
        len = read(fd, text, PLACES_FILE_MAX - 1);
    close(fd);
    if (len < 0) {
        free(text);
        return NULL;
    }
    text[len] = '\0';
    return text;
}

const char *
places_option(const char *arguments, const char *option)
{
    size_t len = strlen(option);
    bool is_long = option[0] == '-' && option[1] == '-';

    if (*arguments == '\0')
        return NULL;
    for (const char *word = arguments + strlen(arguments) + 1; *word != '\0';
         word += strlen(word) + 1) {
        const char *next = word + strlen(word) + 1;

        if (strncmp(word, option, len) != 0)
            continue;
        if (word[len] == '\0')
            return *next == '\0' ? NULL : next;
        if (is_long && word[len] == '=')
            return word + len + 1;
        if (!is_long)
            return word + len;
    }
    return NULL;
}

/* --- sshd --- */

/* "listenaddress [::]:22", in this order or another. */
enum places_end
places_sshd(const char *protocol, struct places *ret, char why[PLACES_WHY])
{
    static const char *const argv[] = {"sshd", "-T", NULL};
    const char *method = "password";
    char address[108], port[8];
    struct tool_result result;
    char *line, *rest = NULL;

    (void)protocol;
    (void)why;
    if (tool_run(argv, TOOL_SECONDS, &result) == PAT_OK && tool_succeeded(&result))
        for (line = strtok_r(result.out, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            if (pat_text_equal(line, "passwordauthentication no"))
                method = "keyboard-interactive";
            else if (strncmp(line, "listenaddress ", 14) == 0 &&
                     places_split(line + 14, address, port))
                places_add(ret, "ssh", address, port, "");
        }
    tool_free(&result);
    if (ret->count == 0)
        places_add(ret, "ssh", "127.0.0.1", "22", "");
    for (size_t i = 0; i < ret->count; i++)
        pat_text_clip(ret->all[i].by, sizeof ret->all[i].by, method);
    return PLACES_FOUND;
}

/* --- Postfix --- */

/* "smtp inet n - y - - smtpd -o ...": of "postconf -M", which has an entry on each line. */
static void
add_smtpd(struct places *places, char *line, bool want_25)
{
    char *rest = NULL, *listen = strtok_r(line, " \t", &rest), *word;
    char address[108], port[8];
    bool smtpd = false, wrapped = false;
    int number = 1;

    for (; (word = strtok_r(NULL, " \t", &rest)) != NULL; number++) {
        if (number == 1 && !pat_text_equal(word, "inet"))
            return;
        if (number == 7)
            smtpd = pat_text_equal(word, "smtpd");
        wrapped = wrapped || pat_text_equal(word, "smtpd_tls_wrappermode=yes");
    }
    if (smtpd && places_split(listen, address, port) && pat_text_equal(port, "25") == want_25)
        places_add(places, wrapped ? "smtps" : "smtp", address, port, "");
}

static void
add_smtpds(struct places *places, const char *text, bool want_25)
{
    char line[512];

    for (; *text != '\0'; text += *text == '\n') {
        size_t len = strcspn(text, "\n");

        if (pat_text_copy(line, sizeof line, text, len) == PAT_OK)
            add_smtpd(places, line, want_25);
        text += len;
    }
}

/* Port 25 last: it is for other servers, and may take no logins. */
enum places_end
places_postfix(const char *protocol, struct places *ret, char why[PLACES_WHY])
{
    static const char *const argv[] = {"postconf", "-M", NULL};
    struct tool_result result;

    (void)protocol;
    if (tool_run(argv, TOOL_SECONDS, &result) != PAT_OK || !tool_succeeded(&result)) {
        places_add(ret, "smtp", "127.0.0.1", "587", "");
        places_add(ret, "smtps", "127.0.0.1", "465", "");
        places_add(ret, "smtp", "127.0.0.1", "25", "");
    } else {
        add_smtpds(ret, result.out, false);
        add_smtpds(ret, result.out, true);
    }
    tool_free(&result);
    if (ret->count > 0)
        return PLACES_FOUND;
    snprintf(why, PLACES_WHY, "master.cf has no smtpd that listens (postconf -M)");
    return PLACES_NONE;
}

/* --- OpenLDAP --- */

/* A URL of slapd's -h: "ldap://192.0.2.1:389/", "ldapi:///". */
static void
add_ldap(struct places *places, const char *url, size_t len)
{
    char text[160], address[108], port[8], *at, *end;

    if (pat_text_copy(text, sizeof text, url, len) != PAT_OK || (at = strstr(text, "://")) == NULL)
        return;
    *at = '\0';
    at += 3;
    end = strchr(at, '/');
    if (end != NULL)
        *end = '\0';
    if (pat_text_equal(text, "ldapi")) /* the path's '%2F' is what the client takes, too */
        places_add(places, text, at, "", "");
    else if (at[strcspn(at, ":")] == ':' && at[strlen(at) - 1] != ']' &&
             places_split(at, address, port))
        places_add(places, text, address, port, "");
    else
        places_add(places, text, places_address(at, address),
                   pat_text_equal(text, "ldaps") ? "636" : "389", "");
}

static bool
look_at_slapd(void *context, const struct process *process)
{
    const char *at = places_option(process->arguments, "-h"), *url;
    size_t len;

    while (at != NULL && (len = pat_text_word(&at, &url)) != 0)
        add_ldap(context, url, len);
    return false;
}

enum places_end
places_slapd(const char *protocol, struct places *ret, char why[PLACES_WHY])
{
    (void)protocol;
    (void)why;
    process_each("slapd", look_at_slapd, ret);
    if (ret->count == 0) {
        places_add(ret, "ldap", "127.0.0.1", "389", "");
        places_add(ret, "ldaps", "127.0.0.1", "636", "");
        places_add(ret, "ldapi", "", "", "");
    }
    return PLACES_FOUND;
}
