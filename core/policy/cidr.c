/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks and addresses. Pure; an address that is not numeric is in no network. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/policy/cidr.h"

struct network {
    int family;
    unsigned prefix;
    unsigned char bytes[16];
};

static unsigned
family_bits(int family)
{
    return family == AF_INET ? 32 : 128;
}

static bool
read_address(const char *text, struct network *ret)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char plain[PAT_ADDRESS_MAX + 1];

    if (pat_text_copy(plain, sizeof plain, text, strcspn(text, "%")) != PAT_OK)
        return false;
    *ret = (struct network){.family = AF_INET};
    if (inet_pton(AF_INET, plain, ret->bytes) != 1) {
        ret->family = AF_INET6;
        if (inet_pton(AF_INET6, plain, ret->bytes) != 1)
            return false;
        if (memcmp(ret->bytes, mapped, sizeof mapped) == 0) {
            memmove(ret->bytes, ret->bytes + sizeof mapped, 4);
            memset(ret->bytes + 4, 0, 12);
            ret->family = AF_INET;
        }
    }
    ret->prefix = family_bits(ret->family);
    return true;
}

/* Zeroes the bits behind the prefix; true when one of them was set. */
static bool
mask(struct network *network, unsigned prefix)
{
    bool changed = false;

    for (unsigned i = 0; i < sizeof network->bytes; i++) {
        unsigned kept = prefix > 8 * i ? prefix - 8 * i : 0;
        unsigned char bits = (unsigned char)(kept >= 8 ? 0xffU : 0xff00U >> kept);

        changed |= (network->bytes[i] & (unsigned char)~bits) != 0;
        network->bytes[i] = (unsigned char)(network->bytes[i] & bits);
    }
    network->prefix = prefix;
    return changed;
}

/* NULL, or what is wrong with it. */
static const char *
read_network(const char *word, struct network *ret)
{
    char address[PAT_ADDRESS_MAX + 1];
    size_t len = strcspn(word, "/");
    bool is_mapped;
    int64_t prefix;

    if (strchr(word, '%') != NULL || pat_text_copy(address, sizeof address, word, len) != PAT_OK ||
        !read_address(address, ret))
        return "is not a numeric address or network";
    if (word[len] == '\0')
        return NULL;
    is_mapped = ret->family == AF_INET && strchr(address, ':') != NULL;
    if (pat_text_number(word + len + 1, is_mapped ? 96 : 0,
                        is_mapped ? 128 : family_bits(ret->family), &prefix) != PAT_OK)
        return "has a prefix length out of range";
    if (mask(ret, (unsigned)prefix - (is_mapped ? 96 : 0)))
        return "has bits set behind its prefix";
    return NULL;
}

static void
write_network(const struct network *network, char *ret, size_t size)
{
    char address[INET6_ADDRSTRLEN] = "";

    inet_ntop(network->family, network->bytes, address, sizeof address);
    snprintf(ret, size, "%s/%u", address, network->prefix);
}

static int
compare(const struct network *a, const struct network *b)
{
    if (a->family != b->family)
        return a->family == AF_INET ? -1 : 1;
    if (memcmp(a->bytes, b->bytes, sizeof a->bytes) != 0)
        return memcmp(a->bytes, b->bytes, sizeof a->bytes);
    return (int)a->prefix - (int)b->prefix;
}

static enum pat_err
insert(struct network *networks, size_t *count, const struct network *network)
{
    size_t at = 0;

    while (at < *count && compare(&networks[at], network) < 0)
        at++;
    if (at < *count && compare(&networks[at], network) == 0)
        return PAT_OK;
    if (*count == PAT_CIDRS_MAX)
        return PAT_ERR_RANGE;
    memmove(&networks[at + 1], &networks[at], (*count - at) * sizeof *networks);
    networks[at] = *network;
    (*count)++;
    return PAT_OK;
}

static void
write_set(const struct network *networks, size_t count, struct pat_cidrs *ret)
{
    char word[PAT_ADDRESS_MAX + 5];
    size_t len = 0;

    ret->text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        write_network(&networks[i], word, sizeof word);
        len += (size_t)snprintf(ret->text + len, sizeof ret->text - len, "%s%s", i == 0 ? "" : ",",
                                word);
    }
}

enum pat_err
pat_cidr_read(const char *list, struct pat_cidrs *ret, struct pat_diag *diag)
{
    struct network networks[PAT_CIDRS_MAX];
    size_t count = 0;
    const char *at = list;
    const char *text;
    size_t len;

    while ((len = pat_text_word(&at, &text)) != 0) {
        char word[PAT_ADDRESS_MAX + 5];
        struct network network;
        const char *wrong = "is not a numeric address or network";
        unsigned column = (unsigned)(text - list) + 1;

        if (pat_text_copy(word, sizeof word, text, len) == PAT_OK)
            wrong = read_network(word, &network);
        if (wrong != NULL)
            return pat_diag_set(diag, PAT_ERR_SYNTAX, 0, column, "\"%.*s\" %s",
                                (int)(len > 64 ? 64 : len), text, wrong);
        if (insert(networks, &count, &network) != PAT_OK)
            return pat_diag_set(diag, PAT_ERR_RANGE, 0, column, "more than %d networks",
                                PAT_CIDRS_MAX);
    }
    write_set(networks, count, ret);
    return PAT_OK;
}

/* The next network of a set; false at the end. What is none is passed over. */
static bool
next_network(const char **at, struct network *ret)
{
    const char *text;
    size_t len;

    while ((len = pat_text_word(at, &text)) != 0) {
        char word[PAT_ADDRESS_MAX + 5];

        if (pat_text_copy(word, sizeof word, text, len) == PAT_OK &&
            read_network(word, ret) == NULL)
            return true;
    }
    return false;
}

static bool
holds_network(const struct pat_cidrs *set, const struct network *asked)
{
    const char *at = set->text;
    struct network network;

    while (next_network(&at, &network)) {
        struct network masked = *asked;

        if (network.family != asked->family || network.prefix > asked->prefix)
            continue;
        mask(&masked, network.prefix);
        if (memcmp(masked.bytes, network.bytes, sizeof masked.bytes) == 0)
            return true;
    }
    return false;
}

bool
pat_cidr_holds(const struct pat_cidrs *set, const char *address)
{
    struct network asked;

    return read_address(address, &asked) && holds_network(set, &asked);
}

bool
pat_cidr_includes(const struct pat_cidrs *set, const struct pat_cidrs *part)
{
    const char *at = part->text;
    struct network network;

    while (next_network(&at, &network))
        if (!holds_network(set, &network))
            return false;
    return true;
}

bool
pat_cidr_numeric(const char *address)
{
    struct network ignored;

    return read_address(address, &ignored);
}

void
pat_cidr_neighbourhood(const char *address, char ret[PAT_ADDRESS_MAX + 1])
{
    struct network network;

    ret[0] = '\0';
    if (!read_address(address, &network))
        return;
    mask(&network, network.family == AF_INET ? 24 : 48);
    inet_ntop(network.family, network.bytes, ret, PAT_ADDRESS_MAX + 1);
}
