/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Letters are put together from what others typed: names of tokens, contacts of users.
 *
 * SECURITY: nothing of that reaches a header but an address of a few harmless characters, which no
 * mail program takes for an option, a program, a file or a second address.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/letter.h"
#include "core/base/text.h"

#define LOCAL_MAX 64
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* --- to whom --- */

/* A word of a mailbox: begins like a name, and holds no character that programs act on. */
static bool
is_local(const char *text, size_t len)
{
    return len >= 1 && len <= LOCAL_MAX && strchr(LETTERS "_", text[0]) != NULL &&
           strspn(text, LETTERS "._+=~'-") >= len && text[len - 1] != '.' &&
           memmem(text, len, "..", 2) == NULL;
}

/* Labels of letters, digits and inner dashes. */
static bool
is_domain(const char *text)
{
    for (;;) {
        size_t len = strspn(text, LETTERS "-");

        if (len == 0 || len > 63 || text[0] == '-' || text[len - 1] == '-')
            return false;
        if (text[len] == '\0')
            return true;
        if (text[len] != '.')
            return false;
        text += len + 1;
    }
}

static bool
is_address(const char *text)
{
    const char *at = strchr(text, '@');

    return at != NULL && strlen(text) <= LETTER_ADDRESS_MAX &&
           is_local(text, (size_t)(at - text)) && is_domain(at + 1);
}

bool
letter_address(json_t *notice, char ret[LETTER_ADDRESS_MAX + 1])
{
    const char *contact = ask_text(notice, "contact"), *account = ask_text(notice, "account");
    const char *realm = ask_text(notice, "realm");
    const char *user = ask_text(json_object_get(notice, "token"), "user");
    char address[LETTER_ADDRESS_MAX + 2];

    snprintf(address, sizeof address, "%s@%s", user, realm);
    if (is_address(contact))
        pat_text_clip(ret, LETTER_ADDRESS_MAX + 1, contact);
    else if (is_local(account, strlen(account)))
        pat_text_clip(ret, LETTER_ADDRESS_MAX + 1, account);
    else if (account[0] == '\0' && is_address(address))
        pat_text_clip(ret, LETTER_ADDRESS_MAX + 1, address);
    else
        ret[0] = '\0';
    return ret[0] != '\0';
}

/* --- what --- */

static void
write_left(int64_t left, char *ret, size_t size)
{
    int64_t hours = (left + HOUR / 2) / HOUR, days = (left + DAY / 2) / DAY;

    if (hours < 1)
        snprintf(ret, size, "less than an hour");
    else if (hours < 24)
        snprintf(ret, size, "%lld hour%s", (long long)hours, hours == 1 ? "" : "s");
    else
        snprintf(ret, size, "%lld day%s", (long long)days, days == 1 ? "" : "s");
}

/* A name is one line, whatever it was made of. */
static void
write_name(const char *name, char *ret, size_t size)
{
    pat_text_clip(ret, size, name);
    for (; *ret != '\0'; ret++)
        if ((unsigned char)*ret < 0x20 || *ret == 0x7f)
            *ret = '?';
}

char *
letter_new(json_t *notice, const char *address, const char *until, int64_t left)
{
    static const char form[] =
        "To: %s\n"
        "Subject: Token %s expires in %s\n"
        "MIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=UTF-8\n"
        "Content-Transfer-Encoding: 8bit\n"
        "Auto-Submitted: auto-generated\n"
        "\n"
        "The personal access token\n"
        "\n"
        "    %s   %s   (tenant %s)\n"
        "\n"
        "expires in %s: %s.\n"
        "\n"
        "If it is still needed, give it a successor, and put the new secret where\n"
        "the old one is used:\n"
        "\n"
        "    patctl rotate %s\n"
        "\n"
        "If it is not, nothing has to be done.\n";
    json_t *token = json_object_get(notice, "token");
    const char *id = ask_text(token, "id");
    char name[512], time[40];
    char *letter = NULL;

    write_left(left, time, sizeof time);
    write_name(ask_text(token, "name"), name, sizeof name);
    if (asprintf(&letter, form, address, id, time, id, name, ask_text(token, "tenant"), time, until,
                 id) == -1)
        return NULL;
    return letter;
}
