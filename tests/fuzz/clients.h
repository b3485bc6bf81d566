/* SPDX-License-Identifier: BSD-2-Clause */
/* What clients of patd do on the sockets of sockets.h, and what goes wrong meanwhile. */
#ifndef TESTS_FUZZ_CLIENTS_H
#define TESTS_FUZZ_CLIENTS_H

#include "core/config/config.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/sockets.h"

#define CLIENTS_UIDS 9
#define CLIENTS_ACCOUNTS 16
/* The groups of every account that is asked about. */
#define CLIENTS_GROUPS "canarystaff\ncanarycrew\n"

extern const uint32_t clients_uids[CLIENTS_UIDS]; /* the first is root */
extern const enum pat_config_protocol clients_protocols[SOCKETS_LISTENERS];

struct clients {
    bool no_store;                        /* it cannot be opened at the moment */
    unsigned char nonce;                  /* of the last request */
    char accounts[CLIENTS_ACCOUNTS][256]; /* whose groups were asked for */
    size_t account_count;
};

extern struct clients clients;

void clients_begin(void);

/* One step; true when it is patd's turn, which is so at until at the latest. */
bool clients_step(struct fuzz_input *input, int64_t until);

#endif
