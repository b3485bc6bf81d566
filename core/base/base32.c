/* SPDX-License-Identifier: BSD-2-Clause */
/* The digits of tokens and of their public ids. */
#include "core/base/base32.h"

static const char digits_in_order[33] = "0123456789abcdefghjkmnpqrstvwxyz";

bool
pat_base32_is_digit(char c)
{
    /* One bit a character: '0'..'9' below 64; a-z without i, l, o, u at 64 and above. */
    const uint64_t low = UINT64_C(0x03ff000000000000);
    const uint64_t high = UINT64_C(0x07df6dfe00000000);
    unsigned char byte = (unsigned char)c;
    uint64_t upper_half = -(uint64_t)(byte >> 6 & 1);
    uint64_t ascii = (uint64_t)(byte >> 7) - 1;

    return (((high & upper_half) | (low & ~upper_half)) >> (byte & 63) & ascii & 1) != 0;
}

void
pat_base32_write(uint64_t value, char *digits, size_t len)
{
    for (size_t i = len; i > 0; i--) {
        digits[i - 1] = digits_in_order[value & 31U];
        value >>= 5;
    }
}
