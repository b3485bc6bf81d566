/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of protocols. A mail server is one uid and asks for all its users at once, so the two
 * of libsasl2 allow one uid more connections than a service of the host gets.
 */
#include "core/wire/authdaemon.h"
#include "core/wire/saslauthd.h"
#include "core/wire/wire.h"
#include "patd/verify_codec.h"

const struct patd_verify_codec patd_verify_codecs[PATD_VERIFY_CODECS] = {
    {.protocol = PAT_PROTOCOL_VERIFY,
     .per_uid_max = 64,
     .request_max = PAT_WIRE_MAX,
     .carries_uid = true,
     .read = pat_wire_get_request,
     .write = pat_wire_put_answer},
    {.protocol = PAT_PROTOCOL_AUTHDAEMON,
     .per_uid_max = 256,
     .request_max = PAT_AUTHDAEMON_MAX,
     .closes = true,
     .read = pat_authdaemon_get_request,
     .write = pat_authdaemon_put_answer},
    {.protocol = PAT_PROTOCOL_MUX,
     .per_uid_max = 256,
     .request_max = PAT_SASLAUTHD_MAX,
     .closes = true,
     .read = pat_saslauthd_get_request,
     .write = pat_saslauthd_put_answer},
};
