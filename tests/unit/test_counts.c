/* SPDX-License-Identifier: BSD-2-Clause */
/* Decisions are counted by service and verdict, and nobody can make the table grow. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/api/counts.h"
#include "core/base/text.h"
#include "tests/unit/support.h"

#define THREADS 4
#define ROUNDS 20000

struct found {
    size_t rows;
    uint64_t all, others;
    const char *service; /* of which is asked */
    enum pat_verdict verdict;
    uint64_t count;
};

static bool
find(void *context, const char *service, enum pat_verdict verdict, uint64_t count)
{
    struct found *found = context;

    found->rows++;
    found->all += count;
    if (pat_text_equal(service, PAT_COUNTS_OTHER))
        found->others += count;
    if (found->service != NULL && pat_text_equal(service, found->service) &&
        verdict == found->verdict)
        found->count += count;
    return true;
}

static struct found
look(struct pat_counts *counts, const char *service, enum pat_verdict verdict)
{
    struct found found = {.service = service, .verdict = verdict};

    pat_counts_each(counts, find, &found);
    return found;
}

static struct pat_counts *
new_counts(void)
{
    struct pat_counts *counts = NULL;

    assert_ok(pat_counts_new(42, &counts));
    assert_int_equal(pat_counts_since(counts), 42);
    return counts;
}

static void
every_verdict_has_a_count(void **state)
{
    static const enum pat_verdict verdicts[] = {
#define VERDICT(name, value, class, text, sentence) PAT_VERDICT_##name,
#include "core/policy/verdict.def"
#undef VERDICT
    };
    const size_t count = sizeof verdicts / sizeof verdicts[0];
    struct pat_counts *counts = new_counts();

    (void)state;
    assert_int_equal(look(counts, NULL, PAT_VERDICT_ACCEPTED).rows, 0);
    for (size_t i = 0; i < count; i++)
        for (size_t times = 0; times <= i; times++)
            pat_counts_note(counts, "sshd", true, verdicts[i]);
    pat_counts_note(counts, "imap", true, PAT_VERDICT_ACCEPTED);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(look(counts, "sshd", verdicts[i]).count, i + 1);
    assert_int_equal(look(counts, "imap", PAT_VERDICT_ACCEPTED).count, 1);
    assert_int_equal(look(counts, NULL, PAT_VERDICT_ACCEPTED).rows, count + 1);
    pat_counts_free(counts);
}

/* SECURITY: names of strangers, and names that are none, have one row together. */
static void
strangers_name_no_service(void **state)
{
    static const char *const illegal[] = {"", "a b", "a\"b", "a\nb", "-x", "(other)", "\xc3\xbc"};
    struct pat_counts *counts = new_counts();
    char name[32];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "service%d", i);
        pat_counts_note(counts, name, false, PAT_VERDICT_NOT_PERMITTED);
    }
    for (size_t i = 0; i < sizeof illegal / sizeof illegal[0]; i++)
        pat_counts_note(counts, illegal[i], true, PAT_VERDICT_ILLEGAL_NAME);
    pat_counts_note(counts, "sshd", true, PAT_VERDICT_ACCEPTED);
    pat_counts_note(counts, "sshd", false, PAT_VERDICT_ACCEPTED);
    assert_int_equal(look(counts, NULL, PAT_VERDICT_ACCEPTED).rows, 4);
    assert_int_equal(look(counts, NULL, PAT_VERDICT_ACCEPTED).others, 1008);
    assert_int_equal(look(counts, "sshd", PAT_VERDICT_ACCEPTED).count, 1);
    pat_counts_free(counts);
}

static void
table_is_bounded(void **state)
{
    struct pat_counts *counts = new_counts();
    char name[32];

    (void)state;
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < PAT_COUNTS_SERVICES + 10; i++) {
            snprintf(name, sizeof name, "service%d", i);
            pat_counts_note(counts, name, true, PAT_VERDICT_ACCEPTED);
        }
    assert_int_equal(look(counts, NULL, PAT_VERDICT_ACCEPTED).rows, PAT_COUNTS_SERVICES + 1);
    assert_int_equal(look(counts, NULL, PAT_VERDICT_ACCEPTED).others, 20);
    assert_int_equal(look(counts, "service0", PAT_VERDICT_ACCEPTED).count, 2);
    pat_counts_free(counts);
}

static void *
note_many(void *context)
{
    char name[32];

    for (int i = 0; i < ROUNDS; i++) {
        snprintf(name, sizeof name, "service%d", i % (2 * PAT_COUNTS_SERVICES));
        pat_counts_note(context, name, true, PAT_VERDICT_ACCEPTED);
    }
    return NULL;
}

/* Nothing is lost, and no service has two rows. */
static void
threads_count_together(void **state)
{
    struct pat_counts *counts = new_counts();
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, note_many, counts), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(look(counts, NULL, PAT_VERDICT_ACCEPTED).all, THREADS * ROUNDS);
    assert_int_equal(look(counts, NULL, PAT_VERDICT_ACCEPTED).rows, PAT_COUNTS_SERVICES + 1);
    pat_counts_free(counts);
}

int
main(void)
{
    static struct support_list list;

    support_add(&list, "every verdict has a count", every_verdict_has_a_count, NULL);
    support_add(&list, "strangers name no service", strangers_name_no_service, NULL);
    support_add(&list, "the table is bounded", table_is_bounded, NULL);
    support_add(&list, "threads count together", threads_count_together, NULL);
    pat_counts_free(NULL);
    return support_run("counts", &list);
}
