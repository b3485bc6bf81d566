/* SPDX-License-Identifier: BSD-2-Clause */
/* A second writer of packets, so that the first one has something to be compared with. */
#include <string.h>

#include "tests/unit/support_packet.h"

static void
put_byte(struct support_packet *packet, unsigned value)
{
    assert_true(packet->len < sizeof packet->bytes);
    packet->bytes[packet->len++] = (unsigned char)value;
}

void
support_packet_begin(struct support_packet *packet, unsigned type)
{
    memset(packet, 0, sizeof *packet);
    put_byte(packet, 1);
    put_byte(packet, type);
    put_byte(packet, 0);
    put_byte(packet, 0);
    for (unsigned i = 0; i < 16; i++)
        put_byte(packet, i);
}

void
support_packet_class(struct support_packet *packet, uint32_t class)
{
    for (unsigned shift = 32; shift > 0; shift -= 8)
        put_byte(packet, class >> (shift - 8) & 0xff);
}

void
support_packet_field(struct support_packet *packet, unsigned tag, const void *bytes, size_t len)
{
    put_byte(packet, tag);
    put_byte(packet, (unsigned)(len >> 8 & 0xff));
    put_byte(packet, (unsigned)(len & 0xff));
    for (size_t i = 0; i < len; i++)
        put_byte(packet, ((const unsigned char *)bytes)[i]);
}

void
support_packet_text(struct support_packet *packet, unsigned tag, const char *text)
{
    support_packet_field(packet, tag, text, strlen(text));
}

void
support_packet_end(struct support_packet *packet)
{
    packet->bytes[2] = (unsigned char)(packet->len >> 8);
    packet->bytes[3] = (unsigned char)(packet->len & 0xff);
}
