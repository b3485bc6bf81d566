/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * curl, for whatever it speaks: a protocol is a row. It tells its dialogue, of which only what the
 * server said is ever looked at: its own lines have the token.
 */
#include <stdio.h>
#include <string.h>

#include "admin/drill/clients.h"
#include "core/base/secret.h"
#include "core/base/text.h"

#define TEXT_MAX 32768
#define CURL_DENIED 67

#define MAIL "ssl\nlogin-options = \"AUTH=PLAIN\"\nrequest = \"NOOP\"\n"

/* RFC 2449, and Cyrus without a mailbox. */
#define POP3_INSIDE                                                                                \
    {                                                                                              \
        "[LOGIN-DELAY]", "[IN-USE]", "Unable to locate maildrop"                                   \
    }

struct protocol {
    const char *scheme;
    const char *path;      /* behind the URL's port */
    const char *options;   /* lines of a configuration */
    const char *inside[3]; /* what a server says to whom it knows, and cannot serve */
    const char *trouble;   /* what it says when it could not ask */
};

static const struct protocol protocols[] = {
    {"smtp", "", MAIL, {NULL}, "454 "},
    {"smtps", "", MAIL, {NULL}, "454 "},
    {"imap", "", MAIL, {NULL}, "UNAVAILABLE"},
    {"imaps", "", MAIL, {NULL}, "UNAVAILABLE"},
    {"pop3", "", MAIL "head\n", POP3_INSIDE, "[SYS/"},
    {"pop3s", "", MAIL "head\n", POP3_INSIDE, "[SYS/"},
    {"ftp", "/", "ssl\nhead\n", {"cannot change directory"}, "500 "},
    {"ftps", "/", "head\n", {"cannot change directory"}, "500 "},
    {"http", "", "head\nbasic\npath-as-is\n", {NULL}, NULL},
    {"https", "", "head\nbasic\npath-as-is\n", {NULL}, NULL},
};

static bool
is_http(const struct place *place)
{
    return strncmp(place->scheme, "http", 4) == 0;
}

static bool
make_config(const struct login *login, const struct place *place, const struct protocol *protocol,
            char *ret, size_t size)
{
    char url[256], user[512] = "", connect[160] = "";
    const char *at;
    int len;

    clients_url(place, url, sizeof url);
    if (is_http(place)) {
        at = strstr(url, "://") + 3;
        snprintf(connect, sizeof connect, "connect-to = \"::%s\"\n", at);
        snprintf(url, sizeof url, "%s://%s:%s%s", place->scheme, place->host, place->port,
                 place->name);
    }
    if (strpbrk(url, "\"\\\r\n") != NULL || strpbrk(connect, "\\\r") != NULL)
        return false;
    if (login != NULL)
        snprintf(user, sizeof user, "user = \"%s:%s\"\n", login->name, login->token);
    len = snprintf(ret, size,
                   "url = \"%s%s\"\n%s%s%sinsecure\nsilent\nshow-error\nverbose\nnoproxy = \"*\"\n"
                   "max-time = %d\n",
                   url, protocol->path, connect, user, protocol->options, ATTEMPT_SECONDS - 1);
    pat_secret_wipe(user, sizeof user);
    return len > 0 && (size_t)len < size;
}

/* The last line of the server, "< 535 5.7.8 Error", or of HTTP its last status line; or "". */
static void
take_answer(const char *text, bool http, char ret[RUN_SAID_MAX])
{
    const char *line = text, *last = "";
    size_t len;

    while (line != NULL && *line != '\0') {
        if (line[0] == '<' && line[1] == ' ' && (!http || strncmp(line + 2, "HTTP/", 5) == 0))
            last = line + 2;
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    len = strcspn(last, "\r\n");
    if (pat_text_copy(ret, RUN_SAID_MAX, last, len) != PAT_OK)
        pat_text_clip(ret, RUN_SAID_MAX, "an answer that is too long");
}

/* "curl: (7) Failed to connect": its last word, where no server spoke. */
static void
take_complaint(const char *text, char ret[RUN_SAID_MAX])
{
    const char *at = NULL, *next = text;

    while ((next = strstr(next, "curl: (")) != NULL)
        at = next++;
    if (at == NULL || pat_text_copy(ret, RUN_SAID_MAX, at, strcspn(at, "\r\n")) != PAT_OK)
        pat_text_clip(ret, RUN_SAID_MAX, "curl got no answer");
}

/* Runs it; its exit status, or -1, and what the server said at last. login NULL: nobody. */
static enum run_end
run_curl(const struct login *login, const struct place *place, const struct protocol *protocol,
         struct interrupt *interrupt, int *ret_status, char said[RUN_SAID_MAX])
{
    static const char *const argv[] = {"curl", "-q", "-K", "-", NULL};
    char config[1536], text[TEXT_MAX] = "", ignored[RUN_SAID_MAX];
    const struct run run = {.argv = argv,
                            .input = config,
                            .text = text,
                            .text_size = sizeof text,
                            .seconds = ATTEMPT_SECONDS,
                            .interrupt = interrupt};
    enum run_end end = RUN_FAILED;

    said[0] = '\0';
    *ret_status = -1;
    if (make_config(login, place, protocol, config, sizeof config)) {
        end = run_client(&run, ret_status, ignored);
        take_answer(text, is_http(place), said);
        if (said[0] == '\0')
            take_complaint(text, said);
    }
    pat_secret_wipe(config, sizeof config);
    pat_secret_wipe(text, sizeof text);
    return end;
}

/* "HTTP/1.1 401 Unauthorized": 401; 0 without one. */
static int
http_status(const char *said)
{
    const char *at = strchr(said, ' ');
    char digits[4];
    int64_t number;

    if (strncmp(said, "HTTP/", 5) != 0 || at == NULL ||
        pat_text_copy(digits, sizeof digits, at + 1, strcspn(at + 1, " ")) != PAT_OK ||
        pat_text_number(digits, 100, 999, &number) != PAT_OK)
        return 0;
    return (int)number;
}

/* Whoever is let in may be sent on, or find nothing there: it is 401 that keeps one out. */
static enum attempt
judge_http(enum run_end end, char said[RUN_SAID_MAX])
{
    int status = http_status(said);

    return clients_judge(end, status >= 200 && status < 500 && status != 401, status == 401, said);
}

/* A page that asks nobody proves nothing. */
static bool
asks_for_a_password(const struct login *login, const struct place *place,
                    const struct protocol *protocol, enum attempt *ret, char said[RUN_SAID_MAX])
{
    char answer[RUN_SAID_MAX];
    int status;
    enum run_end end = run_curl(NULL, place, protocol, login->interrupt, &status, answer);

    *ret = judge_http(end, answer);
    if (*ret == ATTEMPT_REFUSED)
        return true;
    if (*ret == ATTEMPT_ACCEPTED)
        *ret = ATTEMPT_FAILED;
    snprintf(said, RUN_SAID_MAX, "%.120s without a password: %.200s", place->name, answer);
    return false;
}

enum attempt
client_curl(const struct login *login, const struct place *place, bool first,
            char said[RUN_SAID_MAX])
{
    const struct protocol *protocol = protocols;
    enum attempt attempt;
    enum run_end end;
    int status;

    while (!pat_text_equal(protocol->scheme, place->scheme)) /* places have no other */
        protocol++;
    if (first && is_http(place) && !asks_for_a_password(login, place, protocol, &attempt, said))
        return attempt;
    end = run_curl(login, place, protocol, login->interrupt, &status, said);
    if (is_http(place))
        return judge_http(end, said);
    for (size_t i = 0; status != 0 && i < 3; i++)
        if (protocol->inside[i] != NULL && strstr(said, protocol->inside[i]) != NULL)
            return clients_judge(end, true, false, said);
    if (status != 0 && protocol->trouble != NULL && strstr(said, protocol->trouble) != NULL)
        return clients_judge(end, false, false, said);
    return clients_judge(end, status == 0, status == CURL_DENIED, said);
}
