/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A window that moves over the bytes. What is read may hold secrets that nobody else has seen: the
 * window is wiped, and nothing of it is kept.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/seek.h"
#include "core/base/secret.h"

#define WINDOW 65536
#define BEGIN "pat_"
#define DIGITS "0123456789abcdefghjkmnpqrstvwxyz"
#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define BODY (PAT_ID_LEN + PAT_TOKEN_SECRET_LEN + PAT_TOKEN_CHECK_LEN)
/* The longest token, and what stands behind it. */
#define NEEDED (PAT_TOKEN_MAX + 1)

struct window {
    seek_each *each;
    void *context;
    int64_t line;   /* of the first byte that was not counted */
    size_t len;     /* bytes in it */
    size_t counted; /* bytes of them whose lines are counted */
    size_t before;  /* 1: the first byte is there only as the one before the next */
    char bytes[WINDOW + 1];
};

static bool
is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The length of what the expression matches at a place, or 0. */
static size_t
match(const struct window *window, size_t at)
{
    const char *text = window->bytes + at, *body;
    size_t tenant = strspn(text + strlen(BEGIN), LOWER), len;

    if (at > 0 && is_word(text[-1]))
        return 0;
    body = text + strlen(BEGIN) + tenant;
    if (tenant < 1 || tenant > PAT_TENANT_MAX || strncmp(body, "_1", 2) != 0)
        return 0;
    body += 2;
    if (strspn(body, DIGITS) != BODY || body[BODY - PAT_TOKEN_CHECK_LEN] > '3')
        return 0;
    len = (size_t)(body - text) + BODY;
    return at + len < window->len && is_word(text[len]) ? 0 : len;
}

static void
count_lines(struct window *window, size_t until)
{
    for (; window->counted < until; window->counted++)
        window->line += window->bytes[window->counted] == '\n' ? 1 : 0;
}

static void
look_at(struct window *window, size_t at)
{
    size_t len = match(window, at);
    struct pat_token token;

    if (len == 0 || pat_token_read(window->bytes + at, len, &token) != PAT_SHAPE_TOKEN)
        return;
    count_lines(window, at);
    window->each(window->context, window->line, &token);
    pat_token_clear(&token);
}

/* Looks at every place before until, and forgets what stands before it, but for one byte. */
static void
look(struct window *window, size_t until)
{
    size_t at = window->before;
    const char *found;

    while (at < until &&
           (found = memmem(window->bytes + at, window->len - at, BEGIN, strlen(BEGIN))) != NULL &&
           (size_t)(found - window->bytes) < until) {
        at = (size_t)(found - window->bytes);
        look_at(window, at);
        at++;
    }
    if (until == 0)
        return;
    count_lines(window, until);
    memmove(window->bytes, window->bytes + until - 1, window->len - (until - 1));
    window->len -= until - 1;
    window->counted = 1;
    window->before = 1;
}

static bool
fill(struct window *window, int fd)
{
    ssize_t got;

    do {
        got = read(fd, window->bytes + window->len, WINDOW - window->len);
        if (got > 0) {
            window->len += (size_t)got;
            window->bytes[window->len] = '\0';
            if (window->len > NEEDED)
                look(window, window->len - NEEDED);
        }
    } while (got > 0 || (got == -1 && errno == EINTR));
    window->bytes[window->len] = '\0';
    look(window, window->len);
    return got == 0;
}

bool
seek_tokens(int fd, seek_each *each, void *context)
{
    struct window *window = calloc(1, sizeof *window);
    bool whole = false;
    int error = ENOMEM;

    if (window != NULL) {
        window->each = each;
        window->context = context;
        window->line = 1;
        whole = fill(window, fd);
        error = errno;
        pat_secret_wipe(window, sizeof *window);
    }
    free(window);
    errno = error;
    return whole;
}
