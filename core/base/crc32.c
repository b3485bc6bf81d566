/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRC-32, here so that the modules need no library beyond libc. It tells typing errors from
 * tokens; it protects nothing.
 */
#include "core/base/crc32.h"

#define REFLECTED_POLYNOMIAL 0xEDB88320U

uint32_t
pat_crc32(const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint32_t crc = 0xFFFFFFFFU;

    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (REFLECTED_POLYNOMIAL & -(crc & 1U));
    }
    return ~crc;
}
