/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One screen, its keys and the signals meanwhile. What is shown is known to whoever calls; this
 * room sees that it is gone afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "admin/out/out.h"
#include "admin/terminal/screen.h"
#include "core/base/monotonic.h"
#include "core/base/secret.h"
#include "core/base/text.h"

#define ENTER "\033[?1049h\033[H\033[J"
#define LEAVE "\033[H\033[J\033[?1049l"
#define CONTROL(letter) ((letter)&0x1f)
#define DELETE 0x7f
#define ESCAPE 0x1b

/* --- opening --- */

/* Terminals that cannot move their cursor, or nobody knows. */
static bool
moves_cursor(void)
{
    static const char *const plain[] = {"", "dumb", "unknown", "network", "dialup", "emacs"};
    const char *term = getenv("TERM");

    for (size_t i = 0; term != NULL && i < sizeof plain / sizeof plain[0]; i++)
        if (pat_text_equal(plain[i], term))
            return false;
    return term != NULL;
}

static bool
wants_color(const struct globals *globals)
{
    const char *no_color = getenv("NO_COLOR");

    return (no_color == NULL || no_color[0] == '\0') &&
           (globals->color == NULL || !pat_text_equal(globals->color, "never"));
}

static void
measure(struct screen *screen)
{
    struct winsize size;

    screen->columns = 80;
    screen->rows = 24;
    if (ioctl(screen->tty, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        screen->columns = size.ws_col;
        screen->rows = size.ws_row;
    }
}

bool
screen_open(const struct patctl *patctl, struct screen *ret)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};
    sigset_t waiting;

    *ret = (struct screen){.hides = moves_cursor(),
                           .utf8 = out_is_utf8(patctl->out),
                           .color = wants_color(&patctl->globals)};
    ret->tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (ret->tty == -1)
        return false;
    sigemptyset(&waiting);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaddset(&waiting, numbers[i]);
    ret->signals = signalfd(-1, &waiting, SFD_CLOEXEC | SFD_NONBLOCK);
    if (ret->signals == -1) {
        close(ret->tty);
        return false;
    }
    sigprocmask(SIG_BLOCK, &waiting, &ret->mask);
    measure(ret);
    return true;
}

void
screen_close(struct screen *screen)
{
    struct signalfd_siginfo forgotten;

    while (read(screen->signals, &forgotten, sizeof forgotten) > 0)
        continue;
    close(screen->signals);
    close(screen->tty);
    sigprocmask(SIG_SETMASK, &screen->mask, NULL);
}

/* --- showing --- */

void
screen_write(const struct screen *screen, const char *text)
{
    size_t len = strlen(text);

    while (len > 0) {
        ssize_t written = write(screen->tty, text, len);

        if (written <= 0)
            return; /* the terminal is gone: reading from it tells so */
        text += written;
        len -= (size_t)written;
    }
}

void
screen_move(const struct screen *screen, int row)
{
    if (screen->hides)
        dprintf(screen->tty, "\033[%d;1H", row);
}

/* SECURITY: line by line: some terminals keep what is cleared as a whole in their scroll-back. */
static void
erase(const struct screen *screen)
{
    for (int row = 1; row <= screen->rows; row++)
        dprintf(screen->tty, "\033[%d;1H\033[2K", row);
}

void
screen_clear(struct screen *screen)
{
    if (!screen->hides)
        return;
    erase(screen);
    measure(screen);
    erase(screen);
    screen_write(screen, "\033[H");
}

void
screen_show(struct screen *screen, int64_t lifetime)
{
    struct termios keys;

    screen->deadline = pat_monotonic_microseconds() + lifetime;
    if (!screen->hides || screen->shown)
        return;
    screen->shown = true;
    if (tcgetattr(screen->tty, &screen->saved) == 0) {
        keys = screen->saved;
        keys.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ECHONL | IEXTEN);
        keys.c_iflag |= ICRNL;
        keys.c_cc[VMIN] = 1;
        keys.c_cc[VTIME] = 0;
        keys.c_cc[VSUSP] = _POSIX_VDISABLE; /* nobody walks away from a secret on the screen */
        tcsetattr(screen->tty, TCSAFLUSH, &keys);
    }
    screen_write(screen, ENTER);
}

void
screen_hide(struct screen *screen)
{
    if (!screen->shown)
        return;
    screen->shown = false;
    screen_clear(screen);
    screen_write(screen, LEAVE);
    tcsetattr(screen->tty, TCSAFLUSH, &screen->saved);
}

/* --- keys --- */

static enum screen_event
take_signal(struct screen *screen)
{
    struct signalfd_siginfo taken;

    if (read(screen->signals, &taken, sizeof taken) != sizeof taken)
        return SCREEN_LINE;
    if (taken.ssi_signo == SIGWINCH)
        return SCREEN_RESIZED;
    return taken.ssi_signo == SIGHUP ? SCREEN_GONE : SCREEN_INTERRUPTED;
}

/* Waits until the terminal can be read, which is SCREEN_LINE here. */
static enum screen_event
await(struct screen *screen)
{
    struct pollfd fds[] = {{.fd = screen->signals, .events = POLLIN},
                           {.fd = screen->tty, .events = POLLIN}};

    for (;;) {
        int64_t left = screen->deadline - pat_monotonic_microseconds();
        enum screen_event event;

        if (left <= 0)
            return SCREEN_LATE;
        if (poll(fds, 2, left > 3600000000 ? 3600000 : (int)(left / 1000) + 1) == -1)
            return SCREEN_GONE;
        event = (fds[0].revents & POLLIN) != 0 ? take_signal(screen) : SCREEN_LINE;
        if (event != SCREEN_LINE || fds[1].revents != 0)
            return event;
    }
}

/* One byte of the terminal; SCREEN_LINE when there is one. */
static enum screen_event
next_byte(struct screen *screen, char *ret)
{
    enum screen_event event = await(screen);

    if (event != SCREEN_LINE)
        return event;
    return read(screen->tty, ret, 1) == 1 ? SCREEN_LINE : SCREEN_GONE;
}

/* What an arrow or another function key sends behind its escape is no text. */
static enum screen_event
skip_sequence(struct screen *screen)
{
    struct pollfd tty = {.fd = screen->tty, .events = POLLIN};
    enum screen_event event = SCREEN_LINE;
    char c = 0;

    while (event == SCREEN_LINE && poll(&tty, 1, 20) == 1) {
        event = next_byte(screen, &c);
        if (c >= 0x40 && c <= 0x7e && c != '[' && c != 'O')
            break;
    }
    return event;
}

/* Takes a character of UTF-8 off the end. */
static void
rub_out(char *text)
{
    size_t len = strlen(text);

    while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
        len--;
    if (len > 0)
        text[len - 1] = '\0';
}

static void
redraw_line(const struct screen *screen, const char *prompt, const char *text)
{
    size_t room = (size_t)screen->columns - 1, used = out_width(prompt);

    while (used < room && used + out_width(text) > room && *text != '\0')
        text++;
    while (((unsigned char)*text & 0xc0) == 0x80)
        text++;
    screen_write(screen, "\r\033[K");
    screen_write(screen, prompt);
    screen_write(screen, text);
}

/* True when the line is complete. */
static bool
edit(char c, const char *keys, char *text, size_t size)
{
    size_t len = strlen(text);

    if (c == '\n')
        return true;
    if (c == DELETE || c == CONTROL('H'))
        rub_out(text);
    else if (c == CONTROL('U') || c == CONTROL('W'))
        text[0] = '\0';
    else if ((unsigned char)c >= ' ' && len + 1 < size) {
        text[len] = c;
        text[len + 1] = '\0';
        return len == 0 && strchr(keys, c) != NULL;
    }
    return false;
}

static enum screen_event
read_keys(struct screen *screen, const char *prompt, const char *keys, char *ret, size_t size)
{
    enum screen_event event = SCREEN_LINE;
    bool complete = false;
    char c = 0;

    while (event == SCREEN_LINE && !complete) {
        redraw_line(screen, prompt, ret);
        event = next_byte(screen, &c);
        if (event != SCREEN_LINE)
            break;
        if (c == CONTROL('D') && ret[0] == '\0')
            event = SCREEN_END;
        else if (c == ESCAPE)
            event = skip_sequence(screen);
        else
            complete = edit(c, keys, ret, size);
    }
    return event;
}

/* Where the terminal itself edits the line. */
static enum screen_event
read_cooked(struct screen *screen, const char *prompt, char *ret, size_t size)
{
    char line[4097];
    enum screen_event event;
    ssize_t got = -1;

    screen_write(screen, prompt);
    do {
        event = await(screen);
    } while (event == SCREEN_RESIZED);
    if (event != SCREEN_LINE)
        return event;
    got = read(screen->tty, line, sizeof line - 1);
    if (got <= 0)
        return got == 0 ? SCREEN_END : SCREEN_GONE;
    line[got] = '\0';
    line[strcspn(line, "\n")] = '\0';
    pat_text_clip(ret, size, line);
    return SCREEN_LINE;
}

enum screen_event
screen_read(struct screen *screen, const char *prompt, const char *keys, char *ret, size_t size)
{
    return screen->hides ? read_keys(screen, prompt, keys, ret, size)
                         : read_cooked(screen, prompt, ret, size);
}

enum screen_event
screen_wait_key(struct screen *screen)
{
    char c = 0;
    enum screen_event event = next_byte(screen, &c);

    if (event == SCREEN_LINE && c == ESCAPE)
        event = skip_sequence(screen);
    return event == SCREEN_LINE && c == CONTROL('D') ? SCREEN_END : event;
}

/* --- the clipboard --- */

static void
encode_base64(const char *text, char *ret)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i += 3) {
        unsigned value = (unsigned)(unsigned char)text[i] << 16;

        if (i + 1 < len)
            value |= (unsigned)(unsigned char)text[i + 1] << 8;
        if (i + 2 < len)
            value |= (unsigned char)text[i + 2];
        *ret++ = digits[value >> 18];
        *ret++ = digits[value >> 12 & 63];
        *ret++ = i + 1 < len ? digits[value >> 6 & 63] : '=';
        *ret++ = i + 2 < len ? digits[value & 63] : '=';
    }
    *ret = '\0';
}

void
screen_copy(const struct screen *screen, const char *text)
{
    char encoded[4 * (PAT_SECRET_MAX / 3 + 1) + 1];

    if (!screen->hides || strlen(text) > PAT_SECRET_MAX)
        return;
    encode_base64(text, encoded);
    screen_write(screen, "\033]52;c;");
    screen_write(screen, encoded);
    screen_write(screen, "\a");
    pat_secret_wipe(encoded, sizeof encoded);
}
