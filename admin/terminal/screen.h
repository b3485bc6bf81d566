/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal while it shows a secret. Where it can, that is the alternate screen, which has no
 * scroll-back; every line is erased before it is left. Signals that would end the process wait in
 * the meantime: whoever shows a secret has to deal with it first.
 *
 * SECURITY: all output goes to /dev/tty by write(2); no buffer of stdio ever holds the secret.
 */
#ifndef ADMIN_TERMINAL_SCREEN_H
#define ADMIN_TERMINAL_SCREEN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

struct patctl;

enum screen_event {
    SCREEN_LINE,        /* a line, or a key that is one by itself */
    SCREEN_RESIZED,     /* draw again, then go on reading */
    SCREEN_LATE,        /* the time is over */
    SCREEN_END,         /* ^D */
    SCREEN_INTERRUPTED, /* ^C, SIGTERM */
    SCREEN_GONE,        /* the terminal is: nothing can be shown any more */
};

struct screen {
    int tty;
    int signals; /* signalfd(2) */
    bool hides;  /* keys and the alternate screen; else a terminal that only prints lines */
    bool utf8, color;
    bool shown;
    int columns, rows;
    int64_t deadline; /* monotonic, microseconds; 0: none */
    struct termios saved;
    sigset_t mask;
};

/* Opens /dev/tty and lets the signals wait. False when there is none. */
bool screen_open(const struct patctl *patctl, struct screen *ret);
/* Takes up the signals again; what came in the meantime is forgotten. */
void screen_close(struct screen *screen);

/* Enters the alternate screen, empty. Whoever shows nothing in so many microseconds is late. */
void screen_show(struct screen *screen, int64_t lifetime);
/* Erases every line, leaves, and puts the terminal back. */
void screen_hide(struct screen *screen);
/* An empty screen with the cursor at its top. */
void screen_clear(struct screen *screen);

void screen_write(const struct screen *screen, const char *text);
void screen_move(const struct screen *screen, int row); /* from 1; nothing without the screen */

/*
 * Reads a line behind prompt, which stands alone in the cursor's line. ret holds what was typed
 * before, and is kept over SCREEN_RESIZED. One of keys as the first character is a line by itself.
 */
enum screen_event screen_read(struct screen *screen, const char *prompt, const char *keys,
                              char *ret, size_t size);

/* Waits for any key. */
enum screen_event screen_wait_key(struct screen *screen);

/* Puts text into the clipboard of the terminal (OSC 52), which may be on another machine. */
void screen_copy(const struct screen *screen, const char *text);

/* Columns that text takes on a terminal. */
int screen_width(const char *text);

#endif
