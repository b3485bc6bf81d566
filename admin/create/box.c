/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands on the one-time screen, and what its keys do. Every line that holds the token is
 * made in a buffer of this room, written at once, and wiped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/create/box.h"
#include "admin/create/deliver.h"
#include "admin/out/out.h"
#include "admin/create/qr.h"
#include "admin/terminal/screen.h"
#include "core/base/secret.h"
#include "core/base/text.h"

#define WIDTH 78
#define WIDTH_MIN 64
#define ROWS_BESIDES 4 /* below the box: a note, the question, and a line in front of each */
#define LINE_MAX_BYTES 400
#define LINES_MAX 24
#define STORE_IT                                                                                   \
    "Store it now, for example in your password manager. It cannot be shown again; a lost token "  \
    "has to be replaced."

#define QUESTION "[ ] Type \"stored\" to confirm, or \"discard\" to throw the token away: "

/* A text broken into lines; they point into it. */
struct lines {
    int count;
    struct {
        const char *at;
        int len;
    } line[LINES_MAX];
};

static void
break_lines(const char *text, int width, struct lines *ret)
{
    ret->count = 0;
    while (*text != '\0' && ret->count < LINES_MAX) {
        int len = 0, next = (int)strcspn(text, " ");

        while (next <= width && text[len] != '\0') { /* one blank or more belong to the gap */
            len = next;
            next += (int)strspn(text + next, " ");
            next += (int)strcspn(text + next, " ");
        }
        if (len == 0)
            len = next < width ? next : width;
        ret->line[ret->count].at = text;
        ret->line[ret->count++].len = len;
        text += len;
        text += strspn(text, " ");
    }
}

/* --- drawing --- */

static const char *
keys_text(const struct box *box)
{
    bool qr = box->screen->utf8 && qr_possible();

    if (!box->screen->hides)
        return "f and Enter: write it to a file (0600)";
    return qr ? "c copy to the clipboard    q QR code    f write to a file (0600)"
              : "c copy to the clipboard    f write to a file (0600)";
}

static const char *
edge(const struct box *box, const char *fine, const char *ascii)
{
    return box->screen->utf8 ? fine : ascii;
}

static void
draw_edge(const struct box *box, const char *left, const char *title, const char *end,
          const char *right, int width)
{
    int dashes = width - 2 - (int)strlen(title) - (int)strlen(end);

    screen_write(box->screen, edge(box, left, "+"));
    screen_write(box->screen, title);
    for (int i = 0; i < dashes; i++)
        screen_write(box->screen, edge(box, "\u2500", "-"));
    screen_write(box->screen, end);
    screen_write(box->screen, edge(box, right, "+"));
    screen_write(box->screen, "\n");
}

static void
draw_row(const struct box *box, const char *text, int len, int width)
{
    char line[LINE_MAX_BYTES];
    const char *side = edge(box, "\u2502", "|");

    snprintf(line, sizeof line, "%s  %-*.*s%s\n", side, width - 4, len, text, side);
    screen_write(box->screen, line);
    pat_secret_wipe(line, sizeof line);
}

static void
draw_paragraph(const struct box *box, const char *text, int width)
{
    struct lines lines;

    break_lines(text, width - 6, &lines);
    for (int i = 0; i < lines.count; i++)
        draw_row(box, lines.line[i].at, lines.line[i].len, width);
}

static void
draw_box(const struct box *box, int width)
{
    draw_edge(box, "\u250c", " Your new token ", " shown once ", "\u2510", width);
    draw_row(box, "", 0, width);
    draw_row(box, box->token, (int)strlen(box->token), width);
    draw_row(box, "", 0, width);
    draw_paragraph(box, STORE_IT, width);
    draw_row(box, "", 0, width);
    draw_paragraph(box, keys_text(box), width);
    draw_edge(box, "\u2514", "", "", "\u2518", width);
}

static void
draw_plain_text(const struct box *box, const char *text)
{
    struct lines lines;
    char line[LINE_MAX_BYTES];

    break_lines(text, box->screen->columns - 1, &lines);
    for (int i = 0; i < lines.count; i++) {
        snprintf(line, sizeof line, "%.*s\n", lines.line[i].len, lines.line[i].at);
        screen_write(box->screen, line);
    }
}

/* Rows of a paragraph on the bare screen. */
static int
rows_of(const struct box *box, const char *text)
{
    struct lines lines;

    break_lines(text, box->screen->columns - 1, &lines);
    return lines.count;
}

/* On a very small screen the token itself is what must be seen. */
static void
draw_bare(const struct box *box)
{
    int token = 1 + (int)strlen(box->token) / box->screen->columns;
    bool roomy = token + 1 + rows_of(box, STORE_IT) + rows_of(box, keys_text(box)) + 1 +
                     rows_of(box, QUESTION) + 2 <=
                 box->screen->rows;

    screen_write(box->screen, box->token);
    screen_write(box->screen, "\n\n");
    if (!box->screen->hides)
        draw_plain_text(box, "This terminal cannot take it away again: it stays on the screen and "
                             "in the scroll-back.");
    if (roomy || !box->screen->hides) {
        draw_plain_text(box, STORE_IT);
        draw_plain_text(box, keys_text(box));
    }
}

/* The width of a box that has room, or 0. */
static int
box_width(const struct box *box)
{
    int width = box->screen->columns < WIDTH ? box->screen->columns : WIDTH;
    struct lines store, keys;

    if (!box->screen->hides || width < WIDTH_MIN || (int)strlen(box->token) > width - 6)
        return 0;
    break_lines(STORE_IT, width - 6, &store);
    break_lines(keys_text(box), width - 6, &keys);
    return store.count + keys.count + 6 + ROWS_BESIDES <= box->screen->rows ? width : 0;
}

static void
draw_token(const struct box *box)
{
    int width;

    screen_clear(box->screen); /* measures it */
    width = box_width(box);
    if (width > 0)
        draw_box(box, width);
    else
        draw_bare(box);
}

/* --- the QR code --- */

static bool
fits(const struct box *box, const struct qr *qr)
{
    return qr->size <= box->screen->columns && (qr->size + 1) / 2 + 2 < box->screen->rows;
}

static void
draw_qr(const struct box *box, const struct qr *qr)
{
    char line[3 * QR_MODULES_MAX + 1];

    screen_clear(box->screen);
    for (int row = 0; row < qr->size; row += 2) {
        qr_line(qr, row, line);
        if (box->screen->color)
            screen_write(box->screen, "\033[97;40m");
        screen_write(box->screen, line);
        screen_write(box->screen, box->screen->color ? "\033[0m\n" : "\n");
    }
    pat_secret_wipe(line, sizeof line);
    screen_write(box->screen, "\nA key goes back. ");
}

static enum screen_event
show_qr(struct box *box)
{
    enum screen_event event = SCREEN_LINE;
    struct qr qr;

    if (!box->screen->utf8 || !qr_draw(box->token, &qr)) {
        pat_text_clip(box->note, sizeof box->note, "There is no QR code here.");
    } else if (!fits(box, &qr)) {
        snprintf(box->note, sizeof box->note, "The QR code takes %d columns and %d rows.", qr.size,
                 (qr.size + 1) / 2 + 3);
        qr_clear(&qr);
    } else {
        do {
            draw_qr(box, &qr);
            event = screen_wait_key(box->screen);
        } while (event == SCREEN_RESIZED && fits(box, &qr));
        qr_clear(&qr);
    }
    return event == SCREEN_END || event == SCREEN_RESIZED ? SCREEN_LINE : event;
}

/* --- a file --- */

static void
write_file(struct box *box, const char *name)
{
    const char *home = getenv("HOME");
    bool from_home = strncmp(name, "~/", 2) == 0 && home != NULL;
    char path[PATH_MAX];
    int fd = -1;

    errno = ENAMETOOLONG;
    if ((size_t)snprintf(path, sizeof path, "%s%s", from_home ? home : "",
                         from_home ? name + 1 : name) < sizeof path)
        fd = deliver_open(path);
    if (fd != -1 && deliver_write(fd, box->token) && fsync(fd) == 0 && close(fd) == 0) {
        pat_text_clip(box->file, sizeof box->file, path);
        snprintf(box->note, sizeof box->note, "%s It is in %s (0600).",
                 out_symbol(box->patctl->out, OUT_YES), path);
        return;
    }
    snprintf(box->note, sizeof box->note, "%s %s: %s", out_symbol(box->patctl->out, OUT_NO), name,
             strerror(errno));
    if (fd != -1) {
        close(fd);
        unlink(path);
    }
}

static enum screen_event
ask_file(struct box *box)
{
    char name[PATH_MAX] = "";
    enum screen_event event;

    if (box->file[0] != '\0') {
        snprintf(box->note, sizeof box->note, "It is in %s already.", box->file);
        return SCREEN_LINE;
    }
    do {
        if (box->screen->hides)
            draw_token(box);
        screen_write(box->screen, box->screen->hides ? "\n" : "");
        event = screen_read(box->screen, "A new file for it: ", "", name, sizeof name);
    } while (event == SCREEN_RESIZED);
    if (event == SCREEN_LINE && name[0] != '\0')
        write_file(box, name);
    return event == SCREEN_END ? SCREEN_LINE : event;
}

/* --- the question --- */

static void
copy(struct box *box)
{
    screen_copy(box->screen, box->token);
    pat_text_clip(box->note, sizeof box->note,
                  "Sent to the clipboard of your terminal; paste it to see whether it took it.");
}

/* The last line of the question, behind which is typed; the others are printed. */
static const char *
put_question(const struct box *box)
{
    if (!box->confirms)
        return "Press Enter when you have stored it: ";
    if (box->screen->columns >= WIDTH)
        return QUESTION;
    draw_plain_text(box, QUESTION);
    return "> ";
}

static enum screen_event
do_key(struct box *box, char key)
{
    switch (key) {
    case 'c':
        copy(box);
        return SCREEN_LINE;
    case 'q':
        return show_qr(box);
    case 'f':
        return ask_file(box);
    }
    return SCREEN_LINE;
}

/* False when it is no answer. */
static bool
take_answer(struct box *box, const char *answer, enum box_outcome *ret)
{
    bool stored = pat_text_equal(answer, "stored") ||
                  (!box->confirms && answer[strspn(answer, " ")] == '\0');

    *ret = stored ? BOX_STORED : BOX_DISCARDED;
    if (stored || pat_text_equal(answer, "discard"))
        return true;
    pat_text_clip(box->note, sizeof box->note,
                  box->confirms ? "Type the word stored, or discard." : "");
    return false;
}

static enum box_outcome
outcome_of(const struct box *box, enum screen_event event)
{
    switch (event) {
    case SCREEN_LATE:
        return BOX_LATE;
    case SCREEN_INTERRUPTED:
        return BOX_INTERRUPTED;
    case SCREEN_LINE:
    case SCREEN_RESIZED:
    case SCREEN_END:
        return box->confirms ? BOX_DISCARDED : BOX_STORED;
    case SCREEN_GONE:
        break;
    }
    return BOX_GONE;
}

static void
draw(const struct box *box)
{
    const char *line_end = box->screen->hides ? "\n" : "";

    if (box->screen->hides)
        draw_token(box);
    screen_write(box->screen, line_end);
    if (box->note[0] != '\0')
        draw_plain_text(box, box->note);
}

static enum box_outcome
converse(struct box *box)
{
    enum box_outcome outcome = BOX_GONE;
    enum screen_event event = SCREEN_LINE;
    char answer[80] = "";
    bool answered = false;

    while (!answered && (event == SCREEN_LINE || event == SCREEN_RESIZED)) {
        draw(box);
        event = screen_read(box->screen, put_question(box), box->screen->hides ? "cqf" : "", answer,
                            sizeof answer);
        if (event != SCREEN_LINE)
            continue;
        box->note[0] = '\0';
        if (answer[0] != '\0' && answer[1] == '\0' && strchr("cqf", answer[0]) != NULL)
            event = do_key(box, answer[0]);
        else
            answered = take_answer(box, answer, &outcome);
        answer[0] = '\0';
    }
    return answered ? outcome : outcome_of(box, event);
}

enum box_outcome
box_show(struct box *box, int64_t lifetime)
{
    enum screen_event event = SCREEN_LINE;
    enum box_outcome outcome;

    box->file[0] = box->note[0] = '\0';
    screen_show(box->screen, lifetime);
    if (!box->screen->hides)
        draw_bare(box);
    if (box->copy)
        copy(box);
    if (box->qr)
        event = show_qr(box);
    outcome = event == SCREEN_LINE ? converse(box) : outcome_of(box, event);
    screen_hide(box->screen);
    if (!box->screen->hides)
        screen_write(box->screen, "\n");
    return outcome;
}
