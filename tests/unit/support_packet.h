/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets of the verification protocol written byte by byte, by the page alone (wire/wire.h). */
#ifndef TESTS_UNIT_SUPPORT_PACKET_H
#define TESTS_UNIT_SUPPORT_PACKET_H

#include "tests/unit/support.h"

struct support_packet {
    unsigned char bytes[4096];
    size_t len;
};

/* Version, type, a length to be filled, and sixteen bytes of nonce: 0, 1, 2, ... */
void support_packet_begin(struct support_packet *packet, unsigned type);
void support_packet_class(struct support_packet *packet, uint32_t class);
void support_packet_field(struct support_packet *packet, unsigned tag, const void *bytes,
                          size_t len);
void support_packet_text(struct support_packet *packet, unsigned tag, const char *text);
/* Fills the length. */
void support_packet_end(struct support_packet *packet);

#endif
