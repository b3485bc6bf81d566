/* SPDX-License-Identifier: BSD-2-Clause */
/* Dovecot, as doveconf says, and Cyrus, as its cyrus.conf says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/drill/places.h"
#include "admin/host/process.h"
#include "admin/host/setting.h"
#include "admin/host/tool.h"
#include "core/base/text.h"

/* --- Dovecot --- */

struct dovecot {
    const char *protocol;
    bool offered;
    char listen[108];
    struct {
        char around[64];
        const char *scheme;
        char address[108], port[8];
    } listeners[2]; /* with STARTTLS, and within TLS */
};

static void
look_at_setting(void *context, const char *around, const char *name, const char *value)
{
    struct dovecot *dovecot = context;

    if (value == NULL)
        return;
    if (around[0] == '\0' && pat_text_equal(name, "protocols"))
        dovecot->offered = setting_lists(value, dovecot->protocol);
    else if (around[0] == '\0' && pat_text_equal(name, "listen"))
        pat_text_clip(dovecot->listen, sizeof dovecot->listen, value);
    for (size_t i = 0; i < 2; i++) {
        if (!pat_text_equal(around, dovecot->listeners[i].around))
            continue;
        if (pat_text_equal(name, "address"))
            pat_text_clip(dovecot->listeners[i].address, sizeof dovecot->listeners[i].address,
                          value);
        else if (pat_text_equal(name, "port") && !places_port(value, dovecot->listeners[i].port))
            dovecot->listeners[i].port[0] = '\0'; /* 0: it does not listen */
    }
}

/* Where a listener is: its own addresses, or those of all; the first of them that is one. */
static void
add_listener(const struct dovecot *dovecot, size_t which, struct places *places)
{
    const char *at = dovecot->listeners[which].address[0] == '\0'
                         ? dovecot->listen
                         : dovecot->listeners[which].address;
    char word[108], address[108];
    const char *from;
    size_t len = pat_text_word(&at, &from);

    if (dovecot->listeners[which].port[0] != '\0' &&
        pat_text_copy(word, sizeof word, from, len) == PAT_OK)
        places_add(places, dovecot->listeners[which].scheme, places_address(word, address),
                   dovecot->listeners[which].port, "");
}

enum places_end
places_dovecot(const char *protocol, struct places *ret, char why[PLACES_WHY])
{
    static const char *const argv[] = {"doveconf", "-a", NULL};
    struct dovecot dovecot = {.protocol = protocol};
    bool is_imap = pat_text_equal(protocol, "imap");
    struct tool_result result;

    for (size_t i = 0; i < 2; i++) {
        dovecot.listeners[i].scheme = is_imap ? (i == 0 ? "imap" : "imaps")
                                              : (i == 0 ? "pop3" : "pop3s");
        places_port(dovecot.listeners[i].scheme, dovecot.listeners[i].port);
        snprintf(dovecot.listeners[i].around, sizeof dovecot.listeners[i].around,
                 "service %s-login/inet_listener %s", protocol, dovecot.listeners[i].scheme);
    }
    if (tool_run(argv, TOOL_SECONDS, &result) != PAT_OK || !tool_succeeded(&result) ||
        !setting_nested(result.out, look_at_setting, &dovecot)) {
        snprintf(why, PLACES_WHY, "doveconf -a does not tell where it listens");
        tool_free(&result);
        return PLACES_UNKNOWN;
    }
    tool_free(&result);
    for (size_t i = 0; dovecot.offered && i < 2; i++)
        add_listener(&dovecot, i, ret);
    if (ret->count > 0)
        return PLACES_FOUND;
    snprintf(why, PLACES_WHY, "Dovecot offers no %s (doveconf protocols)",
             is_imap ? "IMAP" : "POP3");
    return PLACES_NONE;
}

/* --- Cyrus --- */

#define CYRUS_CONF "/etc/cyrus.conf"

static bool
take_file(void *context, const struct process *process)
{
    const char *file = places_option(process->arguments, "-M");

    if (file != NULL && file[0] == '/')
        pat_text_clip(context, 256, file);
    return false;
}

/* The value of name="..." or name=... in a line, or "". */
static void
take_attribute(const char *line, const char *name, char *ret, size_t size)
{
    const char *at = strstr(line, name), *end;

    ret[0] = '\0';
    if (at == NULL)
        return;
    at += strlen(name);
    end = *at == '"' ? strchr(++at, '"') : at + strcspn(at, " \t");
    if (end == NULL || pat_text_copy(ret, size, at, (size_t)(end - at)) != PAT_OK)
        ret[0] = '\0';
}

/* NAME cmd="imapd -s" listen="imaps" prefork=0. With -C it is of another imapd.conf. */
static void
add_service(struct places *places, const char *line, const char *protocol, const char *program)
{
    char command[160], listen[160], address[108], port[8], scheme[12];
    const char *base;
    size_t len, before;

    take_attribute(line, "cmd=", command, sizeof command);
    take_attribute(line, "listen=", listen, sizeof listen);
    len = strcspn(command, " \t");
    base = command + len;
    while (base > command && base[-1] != '/')
        base--;
    if ((size_t)(command + len - base) != strlen(program) ||
        strncmp(base, program, strlen(program)) != 0 || strstr(command, " -C") != NULL ||
        listen[0] == '/' || !places_split(listen, address, port))
        return;
    snprintf(scheme, sizeof scheme, "%s%s", protocol, strstr(command, " -s") != NULL ? "s" : "");
    before = places->count;
    places_add(places, scheme, address, port, "");
    if (!pat_text_equal(protocol, "sieve") || places->count == before)
        return;
    pat_text_clip(places->all[before].by, sizeof places->all[before].by, "STARTTLS");
    places_add(places, scheme, address, port, ""); /* and without */
}

enum places_end
places_cyrus(const char *protocol, struct places *ret, char why[PLACES_WHY])
{
    const char *program = pat_text_equal(protocol, "imap")   ? "imapd"
                          : pat_text_equal(protocol, "pop3") ? "pop3d"
                                                             : "timsieved";
    char file[256] = CYRUS_CONF, *text, *line, *rest = NULL;

    process_each("cyrmaster", take_file, file);
    text = places_read(file);
    if (text == NULL) {
        snprintf(why, PLACES_WHY, "%s cannot be read, and tells where it listens", file);
        return PLACES_UNKNOWN;
    }
    for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        if (line[strspn(line, " \t")] != '#')
            add_service(ret, line, protocol, program);
    free(text);
    if (ret->count > 0)
        return PLACES_FOUND;
    snprintf(why, PLACES_WHY, "%s starts no %s that listens", file, program);
    return PLACES_NONE;
}
