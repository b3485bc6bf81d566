/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QR codes, by libqrencode where that is installed: it is loaded when somebody asks for a code,
 * and nothing else needs it.
 */
#ifndef ADMIN_CREATE_QR_H
#define ADMIN_CREATE_QR_H

#include <stdbool.h>
#include <stddef.h>

#define QR_MARGIN 2       /* light modules around the code */
#define QR_MODULES_MAX 61 /* with both margins: version 10, far more than a token takes */

struct qr {
    int size; /* modules a side, with both margins */
    bool dark[QR_MODULES_MAX][QR_MODULES_MAX];
};

/* True when the library is there. */
bool qr_possible(void);

/* SECURITY: the picture is the text; qr_clear() when it was shown. False when it cannot be drawn.
 */
bool qr_draw(const char *text, struct qr *ret);
void qr_clear(struct qr *qr);

/*
 * Two rows of modules as a line of half blocks, UTF-8; light modules are drawn. Answers its bytes,
 * at most 3 * QR_MODULES_MAX; row is even.
 */
size_t qr_line(const struct qr *qr, int row, char ret[3 * QR_MODULES_MAX + 1]);

#endif
