/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocols in which patd is asked about tokens: a row each. Everything else is the same. */
#ifndef PATD_VERIFY_CODEC_H
#define PATD_VERIFY_CODEC_H

#include <stddef.h>

#include "core/config/config.h"
#include "core/policy/request.h"

struct patd_verify_codec {
    enum pat_config_protocol protocol;
    size_t per_uid_max; /* connections of one uid other than 0 */
    size_t request_max; /* bytes */
    /*
     * One request, one answer or none, and the end of the connection, all within a fixed time: for
     * clients that wait without a limit. Else packets, as many as the client likes.
     */
    bool closes;
    bool carries_uid; /* the answer tells the uid of the bound account, for the client to compare */
    /*
     * PAT_ERR_BUSY when more must come (never for packets), PAT_ERR_RANGE for what is to be
     * refused, PAT_ERR_SYNTAX for what gets no answer.
     */
    enum pat_err (*read)(const void *bytes, size_t len, struct pat_request *ret);
    /* The answer's length, of at most PAT_WIRE_MAX bytes; 0: none, the connection ends. */
    size_t (*write)(const struct pat_answer *answer, unsigned char *ret);
};

#define PATD_VERIFY_CODECS 3
extern const struct patd_verify_codec patd_verify_codecs[PATD_VERIFY_CODECS];

#endif
