/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verification protocol, version 1: over a SOCK_SEQPACKET socket one packet asks and one
 * answers. Numbers are big-endian.
 *
 *     request   u8 version = 1 | u8 type = 1 | u16 length of the packet | 16 bytes nonce | fields
 *     answer    u8 version = 1 | u8 type = 2 | u16 length of the packet | 16 bytes nonce
 *               | u32 class | fields
 *     field     u8 tag | u16 length | bytes
 *
 * Fields stand in ascending order of their tags, each at most once; a field that is absent is not
 * the same as an empty one.
 *
 *     request   1 service (must be there)   2 login   3 realm   4 tenant (a claim)
 *               5 address, numeric          6 token, as typed (must be there)
 *               7 wants: one byte, bit 0 asks for field 128, bit 1 for 129 and 130
 *     answer    1 token id   2 user   3 tenant   4 realm   5 uid (u32) of the bound account
 *               128 effective scopes, by commas
 *               129 seconds (u32) until the token ends   130 (empty) it has a successor
 *
 * class is one of enum pat_class, fields of the answer stand only when it is accepted: 1, 2 and 3
 * always, 5 only for local services, those from 128 on only when asked for, 129 only if the token
 * ends at all, and 130 only beside it.
 *
 * A request with an unknown field or bit is refused: what it asks for would be ignored. A client
 * ignores fields of an answer from 128 on that it does not know: they inform. A packet is at most
 * 2048 bytes. A connection may carry further requests, each after the answer to the one before.
 */
#ifndef PAT_WIRE_WIRE_H
#define PAT_WIRE_WIRE_H

#include <stddef.h>

#include "core/base/err.h"
#include "core/policy/request.h"

#define PAT_WIRE_MAX 2048

/*
 * The packet in ret; its length, or 0 when a field is too long for it (the caller's mistake).
 * A request packet holds a secret: wipe it.
 */
size_t pat_wire_put_request(const struct pat_request *request, unsigned char ret[PAT_WIRE_MAX]);
size_t pat_wire_put_answer(const struct pat_answer *answer, unsigned char ret[PAT_WIRE_MAX]);

/* PAT_ERR_SYNTAX for anything but a whole packet of this version; ret is then all zero. */
PAT_CHECKED enum pat_err pat_wire_get_request(const void *packet, size_t len,
                                              struct pat_request *ret);
PAT_CHECKED enum pat_err pat_wire_get_answer(const void *packet, size_t len,
                                             struct pat_answer *ret);

#endif
