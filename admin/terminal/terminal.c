/* SPDX-License-Identifier: BSD-2-Clause */
/* Printing to /dev/tty. Nothing secret comes here: see screen.h for that. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "admin/out/out.h"
#include "admin/terminal/terminal.h"

#define TEXT_MAX 6000

static int
open_terminal(void)
{
    return open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);
}

static int
columns_of(int tty)
{
    struct winsize size;

    return tty != -1 && ioctl(tty, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

int
terminal_columns(void)
{
    int tty = open_terminal(), columns = columns_of(tty);

    if (tty != -1)
        close(tty);
    return columns;
}

static size_t
width_of(const char *word, size_t len)
{
    char copy[TEXT_MAX];

    snprintf(copy, sizeof copy, "%.*s", (int)len, word);
    return out_width(copy);
}

static void
print_wrapped(int tty, const char *text, int indent, size_t columns)
{
    size_t at = 0;

    while (*text != '\0') {
        size_t gap = strspn(text, " "), len = strcspn(text + gap, " ");
        size_t wide = width_of(text + gap, len);
        bool first = at == 0, fits = at + gap + wide < columns;

        if (!first && !fits)
            dprintf(tty, "\n");
        if (first || !fits) {
            dprintf(tty, "%*s", indent, "");
            at = (size_t)indent;
        } else {
            dprintf(tty, "%*s", (int)gap, "");
            at += gap;
        }
        dprintf(tty, "%.*s", (int)len, text + gap);
        at += wide;
        text += gap + len;
    }
    dprintf(tty, "\n");
}

void
terminal_say(int indent, const char *format, ...)
{
    int tty = open_terminal();
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (tty == -1)
        return;
    print_wrapped(tty, text, indent, (size_t)columns_of(tty));
    close(tty);
}

void
terminal_print(const char *format, ...)
{
    int tty = open_terminal();
    va_list args;

    if (tty == -1)
        return;
    va_start(args, format);
    vdprintf(tty, format, args);
    va_end(args);
    close(tty);
}
