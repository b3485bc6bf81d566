/* SPDX-License-Identifier: BSD-2-Clause */
/* patd/penalty.c: any refusals at any times; a delay is short, grows by steps, and is forgiven. */
#include <string.h>

#include "core/policy/cidr.h"
#include "patd/penalty.h"
#include "tests/fuzz/fuzz.h"

#define LONGEST 1000
#define FREE 10
#define FORGIVEN INT64_C(600000) /* ten minutes */

static void
pick_address(struct fuzz_input *input, char *ret, size_t size)
{
    static const char *const addresses[] = {"192.0.2.1",   "192.0.2.99",      "198.51.100.7", "",
                                            "2001:db8::1", "2001:db8:0:1::2", "fe80::1%eth0"};
    size_t which = fuzz_pick(input, 8);

    if (which < sizeof addresses / sizeof addresses[0]) {
        strncpy(ret, addresses[which], size - 1);
        ret[size - 1] = '\0';
    } else {
        fuzz_text(input, ret, size);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const services[] = {"sshd", "imap", "smtpd"};
    struct fuzz_input input = fuzz_input(bytes, len);
    struct patd_penalty *penalty = patd_penalty_new();
    char address[PAT_ADDRESS_MAX + 1];
    int64_t now = 1000;
    size_t refusals = 0;

    FUZZ_CHECK(penalty != NULL);
    while (input.left > 0 && refusals < 500) {
        const char *service = services[fuzz_pick(&input, 3)];
        int64_t delay;

        now += (int64_t)fuzz_number(&input, 2);
        pick_address(&input, address, sizeof address);
        delay = patd_penalty_refused(penalty, service, address, now);
        refusals++;
        FUZZ_CHECK(delay >= 0 && delay <= LONGEST);
        FUZZ_CHECK(delay == 0 || refusals > FREE);
    }
    now += FORGIVEN;
    FUZZ_CHECK(patd_penalty_refused(penalty, "sshd", "192.0.2.1", now) == 0);
    patd_penalty_free(penalty);
    return 0;
}
