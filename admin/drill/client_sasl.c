/* SPDX-License-Identifier: BSD-2-Clause */
/* ManageSieve (RFC 5804) and memcached's binary protocol, as far as a login with PLAIN goes. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "admin/drill/clients.h"
#include "admin/drill/talk.h"
#include "core/base/secret.h"
#include "core/base/text.h"

#define PLAIN_MAX 384
#define LINE_MAX_HERE 1024

/* RFC 4616: nobody else, the name, the token; how many bytes. */
static size_t
make_plain(const struct login *login, char ret[PLAIN_MAX])
{
    int len = snprintf(ret, PLAIN_MAX, "%c%s%c%s", 0, login->name, 0, login->token);

    return len > 0 && len < PLAIN_MAX ? (size_t)len : 0;
}

static enum attempt
no_answer(const struct login *login, const char *what, char said[RUN_SAID_MAX])
{
    if (interrupt_came(login->interrupt))
        return ATTEMPT_INTERRUPTED;
    snprintf(said, RUN_SAID_MAX, "%s", what);
    return ATTEMPT_FAILED;
}

/* --- ManageSieve --- */

/* RFC 4648, with its padding. */
static void
write_base64(const char *bytes, size_t len, char *ret)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)(unsigned char)bytes[i] << 16;

        group |= i + 1 < len ? (uint32_t)(unsigned char)bytes[i + 1] << 8 : 0;
        group |= i + 2 < len ? (unsigned char)bytes[i + 2] : 0;
        *ret++ = digits[group >> 18];
        *ret++ = digits[group >> 12 & 63];
        *ret++ = i + 1 < len ? digits[group >> 6 & 63] : '=';
        *ret++ = i + 2 < len ? digits[group & 63] : '=';
    }
    *ret = '\0';
}

/* What it offers, up to the OK behind it. */
static bool
read_offer(struct talk *talk, bool *ret_starttls, bool *ret_plain)
{
    char line[LINE_MAX_HERE];

    *ret_starttls = *ret_plain = false;
    while (talk_line(talk, line, sizeof line)) {
        if (strncmp(line, "OK", 2) == 0)
            return true;
        if (strncmp(line, "\"STARTTLS\"", 10) == 0)
            *ret_starttls = true;
        else if (strncmp(line, "\"SASL\"", 6) == 0)
            *ret_plain = strstr(line, "PLAIN") != NULL;
    }
    return false;
}

static enum attempt
authenticate(struct talk *talk, const struct login *login, char said[RUN_SAID_MAX])
{
    char plain[PLAIN_MAX], text[PLAIN_MAX * 4 / 3 + 4], line[LINE_MAX_HERE];
    size_t len = make_plain(login, plain);
    bool sent;

    write_base64(plain, len, text);
    snprintf(line, sizeof line, "AUTHENTICATE \"PLAIN\" \"%s\"\r\n", text);
    sent = talk_send(talk, line, strlen(line));
    pat_secret_wipe(plain, sizeof plain);
    pat_secret_wipe(text, sizeof text);
    pat_secret_wipe(line, sizeof line);
    while (sent && talk_line(talk, line, sizeof line)) {
        if (strncmp(line, "OK", 2) == 0)
            return ATTEMPT_ACCEPTED;
        if (strncmp(line, "NO", 2) != 0 && strncmp(line, "BYE", 3) != 0)
            continue;
        pat_text_clip(said, RUN_SAID_MAX, line);
        return line[0] == 'N' && strstr(line, "TRYLATER") == NULL ? ATTEMPT_REFUSED
                                                                  : ATTEMPT_FAILED;
    }
    return no_answer(login, "timsieved does not answer", said);
}

/* Whether it has STARTTLS, asked once: openssl would wait for it. */
static bool
has_starttls(const struct login *login, const struct place *place)
{
    bool starttls = false, plain;
    struct talk talk;

    if (talk_begin(&talk, place, TALK_CLEAR, ATTEMPT_SECONDS, login->interrupt))
        (void)read_offer(&talk, &starttls, &plain);
    talk_end(&talk);
    return starttls;
}

enum attempt
client_sieve(const struct login *login, const struct place *place, bool first,
             char said[RUN_SAID_MAX])
{
    enum talk_tls tls = place->by[0] == '\0' ? TALK_CLEAR : TALK_SIEVE;
    bool starttls, plain = false;
    enum attempt attempt;
    struct talk talk;

    said[0] = '\0';
    if (first && tls == TALK_SIEVE && !has_starttls(login, place))
        return no_answer(login, "timsieved does not answer, or has no STARTTLS", said);
    if (!talk_begin(&talk, place, tls, ATTEMPT_SECONDS, login->interrupt) ||
        !read_offer(&talk, &starttls, &plain))
        attempt = no_answer(login, "timsieved does not answer, or openssl is missing", said);
    else if (!plain)
        attempt = no_answer(login, "timsieved offers no PLAIN", said);
    else
        attempt = authenticate(&talk, login, said);
    talk_end(&talk);
    return attempt;
}

/* --- memcached --- */

#define HEAD 24
#define MAGIC_REQUEST 0x80
#define MAGIC_ANSWER 0x81
#define SASL_AUTH 0x21
#define STATUS_DENIED 0x20
static const char mechanism[] = "PLAIN";

/* Request and answer have a head of 24 bytes each: magic, opcode, lengths, status. */
static int
ask_memcached(struct talk *talk, const char *plain, size_t len)
{
    size_t key = strlen(mechanism), body = key + len;
    unsigned char packet[HEAD + sizeof mechanism + PLAIN_MAX] = {MAGIC_REQUEST, SASL_AUTH};
    unsigned char answer[HEAD];
    bool answered;

    packet[3] = (unsigned char)key;
    packet[10] = (unsigned char)(body >> 8);
    packet[11] = (unsigned char)body;
    memcpy(packet + HEAD, mechanism, key);
    memcpy(packet + HEAD + key, plain, len);
    answered = talk_send(talk, packet, HEAD + body) && talk_take(talk, answer, sizeof answer) &&
               answer[0] == MAGIC_ANSWER;
    pat_secret_wipe(packet, sizeof packet);
    return answered ? answer[6] << 8 | answer[7] : -1;
}

enum attempt
client_memcached(const struct login *login, const struct place *place, bool first,
                 char said[RUN_SAID_MAX])
{
    enum talk_tls tls = pat_text_equal(place->scheme, "tls") ? TALK_TLS : TALK_CLEAR;
    char plain[PLAIN_MAX];
    size_t len = make_plain(login, plain);
    struct talk talk;
    int status = -1;

    (void)first;
    said[0] = '\0';
    if (talk_begin(&talk, place, tls, ATTEMPT_SECONDS, login->interrupt))
        status = ask_memcached(&talk, plain, len);
    talk_end(&talk);
    pat_secret_wipe(plain, sizeof plain);
    if (status < 0)
        return no_answer(login, "memcached does not answer", said);
    if (status != 0)
        snprintf(said, RUN_SAID_MAX, "memcached answers with status 0x%02x", (unsigned)status);
    return status == 0               ? ATTEMPT_ACCEPTED
           : status == STATUS_DENIED ? ATTEMPT_REFUSED
                                     : ATTEMPT_FAILED;
}
