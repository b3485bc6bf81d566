/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes to standard error. Texts may carry what others typed: nothing of it moves a cursor. */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "admin/terminal/pager.h"
#include "admin/tell.h"
#include "core/base/text.h"

/* Prints text that should be readable as it is, and anything else with its bytes escaped. */
static void
print_safely(FILE *stream, const char *text)
{
    size_t points;

    if (pat_text_points(text, &points) == PAT_OK) {
        fputs(text, stream);
        return;
    }
    for (; *text != '\0'; text++)
        if (*text >= 0x20 && *text < 0x7f)
            fputc(*text, stream);
        else
            fprintf(stream, "\\x%02x", (unsigned char)*text);
}

static void
tell_json(int status, const char *id, const char *message, const char *hint)
{
    json_t *error = json_pack("{s:{s:i, s:s, s:s, s:s}}", "error", "code", status, "id", id,
                              "message", message, "hint", hint);

    if (error == NULL) /* not UTF-8 */
        error = json_pack("{s:{s:i, s:s, s:s, s:s}}", "error", "code", status, "id", id, "message",
                          "", "hint", "");
    json_dumpf(error, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(error);
}

int
tell_failure(const struct patctl *patctl, int status, const char *id, const char *hint,
             const char *format, ...)
{
    char message[800];
    va_list args;

    if (patctl->silent)
        return status;
    pager_show(patctl->pager); /* what was printed before stands before it */
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (patctl->globals.json || patctl->globals.jsonl || patctl->json_failures) {
        tell_json(status, id, message, hint);
        return status;
    }
    fprintf(stderr, "patctl: %s%s", patctl->command == NULL ? "" : patctl->command,
            patctl->command == NULL ? "" : ": ");
    print_safely(stderr, message);
    fputc('\n', stderr);
    if (hint[0] != '\0') {
        fputs("  ", stderr);
        print_safely(stderr, hint);
        fputc('\n', stderr);
    }
    return status;
}

void
tell_note(const struct patctl *patctl, const char *format, ...)
{
    char message[800];
    va_list args;

    if (patctl->globals.quiet)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    print_safely(stderr, message);
    fputc('\n', stderr);
}

int
tell_output(const struct patctl *patctl, int status)
{
    if (fflush(stdout) == 0 || errno == EPIPE)
        return status;
    return tell_failure(patctl, EXIT_INTERNAL, "output", "", "writing the output: %s",
                        strerror(errno));
}
