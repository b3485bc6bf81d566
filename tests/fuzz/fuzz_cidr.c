/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/policy/cidr.c over a list and an address, one a line. Whether a network holds an address is
 * told by a second, simpler way of comparing bits.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/policy/cidr.h"
#include "tests/fuzz/fuzz.h"

#define LIST_SIZE 2048
#define BITS 128

/* Any address as 128 bits, IPv4 as its mapped form; whether it is IPv4. */
static bool
to_bits(const char *text, bool bits[BITS], bool *ret_v4)
{
    unsigned char bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
    unsigned char mapped[12];

    memcpy(mapped, bytes, sizeof mapped);
    if (inet_pton(AF_INET, text, bytes + 12) != 1 && inet_pton(AF_INET6, text, bytes) != 1)
        return false;
    for (size_t i = 0; i < BITS; i++)
        bits[i] = (bytes[i / 8] >> (7 - i % 8) & 1) != 0;
    *ret_v4 = memcmp(bytes, mapped, sizeof mapped) == 0;
    return true;
}

static bool
network_holds(const char *network, const bool address[BITS], bool is_v4)
{
    char text[64];
    const char *slash = strchr(network, '/');
    bool bits[BITS], network_is_v4 = false;
    size_t prefix;

    FUZZ_CHECK(slash != NULL && (size_t)(slash - network) < sizeof text);
    memcpy(text, network, (size_t)(slash - network));
    text[slash - network] = '\0';
    FUZZ_CHECK(to_bits(text, bits, &network_is_v4));
    prefix = (size_t)strtoul(slash + 1, NULL, 10) + (network_is_v4 ? 96 : 0);
    FUZZ_CHECK(prefix <= BITS);
    for (size_t i = prefix; i < BITS; i++)
        FUZZ_CHECK(!bits[i]);
    return network_is_v4 == is_v4 && memcmp(bits, address, prefix * sizeof bits[0]) == 0;
}

static void
check_holds(const struct pat_cidrs *set, const char *asked)
{
    char plain[128];
    bool bits[BITS], is_v4 = false, expected = false, numeric;
    const char *at = set->text;
    const char *word;
    size_t len;

    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(asked, "%"), asked);
    numeric = strlen(plain) <= PAT_ADDRESS_MAX && to_bits(plain, bits, &is_v4);
    FUZZ_CHECK(pat_cidr_numeric(asked) == numeric);
    while (numeric && (len = pat_text_word(&at, &word)) != 0) {
        char network[64];

        FUZZ_CHECK(pat_text_copy(network, sizeof network, word, len) == PAT_OK);
        expected |= network_holds(network, bits, is_v4);
    }
    FUZZ_CHECK(pat_cidr_holds(set, asked) == expected);
}

static void
check_neighbourhood(const char *address)
{
    char crowd[PAT_ADDRESS_MAX + 1], again[PAT_ADDRESS_MAX + 1], list[PAT_ADDRESS_MAX + 5];
    struct pat_cidrs set;

    pat_cidr_neighbourhood(address, crowd);
    FUZZ_CHECK((crowd[0] != '\0') == pat_cidr_numeric(address));
    if (crowd[0] == '\0')
        return;
    pat_cidr_neighbourhood(crowd, again);
    FUZZ_CHECK(strcmp(crowd, again) == 0);
    snprintf(list, sizeof list, "%s/%s", crowd, strchr(crowd, ':') == NULL ? "24" : "48");
    FUZZ_CHECK(pat_cidr_read(list, &set, NULL) == PAT_OK && pat_cidr_holds(&set, address));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);
    char list[LIST_SIZE], address[100];
    struct pat_cidrs set = {.text = ""}, again;
    struct pat_diag diag = {.text = ""};

    fuzz_line(&input, list, sizeof list);
    fuzz_line(&input, address, sizeof address);
    if (pat_cidr_read(list, &set, &diag) != PAT_OK) {
        FUZZ_CHECK(diag.text[0] != '\0' && diag.code != PAT_OK && diag.column >= 1);
        FUZZ_CHECK(set.text[0] == '\0');
    } else {
        FUZZ_CHECK(memchr(set.text, '\0', sizeof set.text) != NULL);
        FUZZ_CHECK(pat_cidr_read(set.text, &again, NULL) == PAT_OK);
        FUZZ_CHECK(strcmp(set.text, again.text) == 0);
    }
    check_holds(&set, address);
    check_neighbourhood(address);
    return 0;
}
