/* SPDX-License-Identifier: BSD-2-Clause */
/* core/policy/verdict: numbers far apart (SECURITY.md R1), tables that are total (R2). */
#include <stdio.h>
#include <stdlib.h>

#include "core/policy/verdict.h"
#include "tests/unit/expect.h"

static const struct row {
    enum pat_verdict verdict;
    const char *name;
} verdicts[] = {
#define VERDICT(name, value, class, text, sentence) {PAT_VERDICT_##name, text},
#include "core/policy/verdict.def"
#undef VERDICT
};

static const struct {
    const char *title;
    enum pat_class class;
} classes[] = {
    {"accepted", PAT_CLASS_ACCEPTED},
    {"other", PAT_CLASS_OTHER},
    {"refused", PAT_CLASS_REFUSED},
    {"unavailable", PAT_CLASS_UNAVAILABLE},
    {"not-permitted", PAT_CLASS_NOT_PERMITTED},
};

/* DESIGN.md section 4, row by row. */
static const struct {
    const char *verdict;
    enum pat_class class;
} design[] = {
    {"accepted", PAT_CLASS_ACCEPTED},
    {"not-a-token", PAT_CLASS_OTHER},
    {"malformed", PAT_CLASS_REFUSED},
    {"unknown", PAT_CLASS_REFUSED},
    {"bad-secret", PAT_CLASS_REFUSED},
    {"bad-seal", PAT_CLASS_REFUSED},
    {"illegal-name", PAT_CLASS_REFUSED},
    {"pending", PAT_CLASS_REFUSED},
    {"not-yet-valid", PAT_CLASS_REFUSED},
    {"expired", PAT_CLASS_REFUSED},
    {"revoked", PAT_CLASS_REFUSED},
    {"suspended", PAT_CLASS_REFUSED},
    {"user-disabled", PAT_CLASS_REFUSED},
    {"tenant-disabled", PAT_CLASS_REFUSED},
    {"policy-denied", PAT_CLASS_REFUSED},
    {"wrong-user", PAT_CLASS_REFUSED},
    {"wrong-tenant", PAT_CLASS_REFUSED},
    {"scope-denied", PAT_CLASS_REFUSED},
    {"address-denied", PAT_CLASS_REFUSED},
    {"not-permitted", PAT_CLASS_NOT_PERMITTED},
    {"unavailable-daemon", PAT_CLASS_UNAVAILABLE},
    {"unavailable-store", PAT_CLASS_UNAVAILABLE},
    {"unavailable-key", PAT_CLASS_UNAVAILABLE},
    {"unavailable-rolled-back", PAT_CLASS_UNAVAILABLE},
    {"unavailable-clock", PAT_CLASS_UNAVAILABLE},
    {"unavailable-busy", PAT_CLASS_UNAVAILABLE},
    {"unavailable-internal", PAT_CLASS_UNAVAILABLE},
};

static bool
is_verdict(uint32_t value)
{
    for (size_t i = 0; i < COUNT(verdicts); i++)
        if ((uint32_t)verdicts[i].verdict == value)
            return true;
    return false;
}

static bool
is_class(uint32_t value)
{
    for (size_t i = 0; i < COUNT(classes); i++)
        if ((uint32_t)classes[i].class == value)
            return true;
    return false;
}

/* FEATURES A54. */
static void
table_of_the_design(void **state)
{
    size_t found = 0;

    (void)state;
    expect_number("verdicts", COUNT(verdicts), COUNT(design));
    for (size_t i = 0; i < COUNT(design); i++)
        for (size_t j = 0; j < COUNT(verdicts); j++)
            if (strcmp(design[i].verdict, verdicts[j].name) == 0) {
                expect_number(design[i].verdict, pat_verdict_class(verdicts[j].verdict),
                              design[i].class);
                expect_text(design[i].verdict, pat_verdict_name(verdicts[j].verdict),
                            design[i].verdict);
                found++;
            }
    expect_number("verdicts of the design that exist", (int64_t)found, COUNT(design));
}

static void
distances(void **state)
{
    struct row all[COUNT(verdicts) + COUNT(classes)];
    char title[80];

    (void)state;
    memcpy(all, verdicts, sizeof verdicts);
    for (size_t i = 0; i < COUNT(classes); i++)
        all[COUNT(verdicts) + i] = (struct row){(enum pat_verdict)classes[i].class,
                                                classes[i].title};
    for (size_t i = 0; i < COUNT(all); i++)
        for (size_t j = 0; j < i; j++) {
            uint32_t a = (uint32_t)all[i].verdict, b = (uint32_t)all[j].verdict;
            bool with_accepted = strcmp(all[i].name, "accepted") == 0 ||
                                 strcmp(all[j].name, "accepted") == 0;
            int distance = __builtin_popcount(a ^ b);

            snprintf(title, sizeof title, "%s and %s: %d bits apart", all[i].name, all[j].name,
                     distance);
            if (i >= COUNT(verdicts) && strcmp(all[i].name, "accepted") == 0 &&
                strcmp(all[j].name, "accepted") == 0)
                expect(title, "are the same number", a == b);
            else
                expect(title, "are far enough apart", distance >= (with_accepted ? 16 : 12));
        }
}

static void
names_and_sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(verdicts); i++) {
        const char *name = verdicts[i].name;
        const char *sentence = pat_verdict_sentence(verdicts[i].verdict);

        expect(name, "is a word of a log line",
               strspn(name, "abcdefghijklmnopqrstuvwxyz-") == strlen(name) && name[0] != '\0');
        expect(name, "has a sentence without a full stop",
               sentence[0] != '\0' && sentence[strlen(sentence) - 1] != '.');
        for (size_t j = 0; j < i; j++) {
            expect(name, "is unique", strcmp(name, verdicts[j].name) != 0);
            expect(name, "has a sentence of its own",
                   strcmp(sentence, pat_verdict_sentence(verdicts[j].verdict)) != 0);
        }
    }
}

/* One number that is no verdict, unless it happens to be one. */
static void
expect_total(uint32_t value)
{
    enum pat_verdict verdict = (enum pat_verdict)value;
    char title[32];

    snprintf(title, sizeof title, "the number 0x%08x", (unsigned)value);
    expect(title, "has a class", is_class((uint32_t)pat_verdict_class(verdict)));
    expect(title, "has a name", pat_verdict_name(verdict)[0] != '\0');
    expect(title, "has a sentence", pat_verdict_sentence(verdict)[0] != '\0');
    if (!is_verdict(value)) {
        expect_number(title, pat_verdict_class(verdict), PAT_CLASS_UNAVAILABLE);
        expect_text(title, pat_verdict_name(verdict), "unavailable-internal");
    }
    expect_number(title, pat_verdict_class_of(value),
                  is_class(value) ? (enum pat_class)value : PAT_CLASS_UNAVAILABLE);
}

static void
any_number(void **state)
{
    static const uint32_t edges[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    uint32_t value = 20261122; /* xorshift32 */

    (void)state;
    for (size_t i = 0; i < COUNT(edges); i++)
        expect_total(edges[i]);
    for (size_t i = 0; i < COUNT(verdicts); i++)
        expect_total((uint32_t)verdicts[i].verdict);
    for (size_t i = 0; i < COUNT(classes); i++)
        expect_total((uint32_t)classes[i].class);
    for (int i = 0; i < 10000; i++) {
        value ^= value << 13;
        value ^= value >> 17;
        value ^= value << 5;
        expect_total(value);
    }
}

/* No verdict and no class becomes "accepted" by flipping up to three of its bits, nor the reverse.
 */
static void
flipped_bits(void **state)
{
    const uint32_t accepted = (uint32_t)PAT_CLASS_ACCEPTED;

    (void)state;
    for (size_t i = 0; i < COUNT(verdicts); i++)
        for (unsigned bit = 0; bit < 32 * 32 * 32; bit++) {
            uint32_t flips = 1U << bit % 32 | 1U << bit / 32 % 32 | 1U << bit / 1024;
            uint32_t value = (uint32_t)verdicts[i].verdict ^ flips;

            if (pat_verdict_class_of(value) == PAT_CLASS_ACCEPTED ||
                pat_verdict_class((enum pat_verdict)value) == PAT_CLASS_ACCEPTED)
                fail_msg("%s: accepted with 0x%08x flipped", verdicts[i].name, (unsigned)flips);
        }
    expect_number("accepted", pat_verdict_class_of(accepted), PAT_CLASS_ACCEPTED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_the_design), cmocka_unit_test(distances),
        cmocka_unit_test(names_and_sentences), cmocka_unit_test(any_number),
        cmocka_unit_test(flipped_bits),
    };

    return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
