/* SPDX-License-Identifier: BSD-2-Clause */
/* Escaping and writing, without stdio's buffers: they would keep what passed through them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/pam/printable.h"

void
printable_write(char *ret, size_t size, const char *text, int keep_spaces)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = 0;

    if (text == NULL)
        text = "(none)";
    for (; *text != '\0' && len + 5 <= size; text++) {
        unsigned char c = (unsigned char)*text;

        if (c > 0x7e || c == '\\' || c < 0x20 || (c == ' ' && !keep_spaces)) {
            ret[len++] = '\\';
            ret[len++] = 'x';
            ret[len++] = digits[c >> 4];
            ret[len++] = digits[c & 15];
        } else {
            ret[len++] = (char)c;
        }
    }
    ret[len] = '\0';
}

void
printable_line(int fd, const char *format, ...)
{
    static const char failed[] = "(a line that could not be written)\n";
    char *line = NULL;
    va_list list;
    int len;

    va_start(list, format);
    len = vasprintf(&line, format, list);
    va_end(list);
    if (len < 0 || write(fd, line, (size_t)len) != len)
        len = (int)write(fd, failed, sizeof failed - 1);
    free(line);
}
