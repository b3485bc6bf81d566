/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAT_BASE_CRC32_H
#define PAT_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 of IEEE 802.3 (reflected, polynomial 0x04C11DB7), as zlib's crc32(0, bytes, len). */
uint32_t pat_crc32(const void *bytes, size_t len);

#endif
