/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syslog, vsyslog and what _FORTIFY_SOURCE makes of them. The file is opened for each line: a
 * descriptor that stays open would hide one that the module forgot.
 */
#undef _FORTIFY_SOURCE /* the header would define what is defined here */
#define SYSLOG_NAMES 1
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "tests/pam/printable.h"
#include "tests/pam/syslog_capture.h"

#define EXPORT __attribute__((visibility("default")))

static const char *capture_path;

void __syslog_chk(int priority, int flag, const char *format, ...);
void __vsyslog_chk(int priority, int flag, const char *format, va_list list);

void
syslog_capture_to(const char *path)
{
    capture_path = path;
}

static const char *
name_of(const CODE *codes, int value)
{
    for (; codes->c_name != NULL; codes++)
        if (codes->c_val == value)
            return codes->c_name;
    return "none";
}

__attribute__((format(printf, 2, 0))) static void
capture(int priority, const char *format, va_list list)
{
    char *text = NULL, *word = NULL;
    int fd;

    if (capture_path == NULL || vasprintf(&text, format, list) < 0)
        return;
    word = malloc(PRINTABLE_MAX);
    fd = open(capture_path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (word == NULL || fd == -1)
        abort();
    printable_write(word, PRINTABLE_MAX, text, 1);
    printable_line(fd, "%s.%s %s\n", name_of(facilitynames, priority & LOG_FACMASK),
                   name_of(prioritynames, LOG_PRI(priority)), word);
    close(fd);
    free(word);
    free(text);
}

EXPORT void
syslog(int priority, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    capture(priority, format, list);
    va_end(list);
}

EXPORT void
vsyslog(int priority, const char *format, va_list list)
{
    capture(priority, format, list);
}

__attribute__((format(printf, 3, 4))) EXPORT void
__syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list list;

    (void)flag;
    va_start(list, format);
    capture(priority, format, list);
    va_end(list);
}

__attribute__((format(printf, 3, 0))) EXPORT void
__vsyslog_chk(int priority, int flag, const char *format, va_list list)
{
    (void)flag;
    capture(priority, format, list);
}
