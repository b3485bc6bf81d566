/* SPDX-License-Identifier: BSD-2-Clause */
/* libqrencode 4, loaded at run time. Its own copy of the picture is wiped before it is freed. */
#include <dlfcn.h>
#include <string.h>

#include "admin/create/qr.h"
#include "core/base/secret.h"

#define LIBRARY "libqrencode.so.4"

/* As qrencode.h of that version has them. */
struct code {
    int version;
    int width;
    unsigned char *data; /* width * width; the lowest bit is set for a dark module */
};

enum { LEVEL_L = 0 };

struct library {
    void *handle;
    struct code *(*encode)(const char *text, int version, int level);
    void (*free)(struct code *code);
};

static bool
load(struct library *ret)
{
    void *encode, *release;

    ret->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (ret->handle == NULL)
        return false;
    encode = dlsym(ret->handle, "QRcode_encodeString8bit");
    release = dlsym(ret->handle, "QRcode_free");
    memcpy(&ret->encode, &encode, sizeof encode);
    memcpy(&ret->free, &release, sizeof release);
    if (encode != NULL && release != NULL)
        return true;
    dlclose(ret->handle);
    return false;
}

bool
qr_possible(void)
{
    struct library library;
    bool possible = load(&library);

    if (possible)
        dlclose(library.handle);
    return possible;
}

static void
copy(const struct code *code, struct qr *ret)
{
    ret->size = code->width + 2 * QR_MARGIN;
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++)
            ret->dark[y + QR_MARGIN][x + QR_MARGIN] = (code->data[y * code->width + x] & 1) != 0;
}

bool
qr_draw(const char *text, struct qr *ret)
{
    struct library library;
    struct code *code;
    bool drawn;

    *ret = (struct qr){.size = 0};
    if (!load(&library))
        return false;
    code = library.encode(text, 0, LEVEL_L);
    drawn = code != NULL && code->width <= QR_MODULES_MAX - 2 * QR_MARGIN;
    if (drawn)
        copy(code, ret);
    if (code != NULL) {
        pat_secret_wipe(code->data, (size_t)code->width * (size_t)code->width);
        library.free(code);
    }
    dlclose(library.handle);
    return drawn;
}

void
qr_clear(struct qr *qr)
{
    pat_secret_wipe(qr, sizeof *qr);
}

size_t
qr_line(const struct qr *qr, int row, char ret[3 * QR_MODULES_MAX + 1])
{
    static const char *const halves[2][2] = {{"\u2588", "\u2580"}, {"\u2584", " "}};
    size_t used = 0;

    for (int x = 0; x < qr->size; x++) {
        bool below = row + 1 < qr->size ? qr->dark[row + 1][x] : true;
        const char *half = halves[qr->dark[row][x]][below];

        memcpy(ret + used, half, strlen(half));
        used += strlen(half);
    }
    ret[used] = '\0';
    return used;
}
