/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is left on the stack (R20). A core of patd seldom shows a wipe that is missing: whatever
 * runs next writes over it. So everything that has a secret in its hands runs once on a stack of
 * the test's own, which is searched when it is over.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/secret.h"
#include "core/store/keyring.h"
#include "core/store/seal.h"
#include "core/token/digest.h"
#include "core/token/generate.h"
#include "core/wire/authdaemon.h"
#include "core/wire/saslauthd.h"
#include "core/wire/wire.h"
#include "tests/unit/expect.h"
#include "tests/unit/scratch.h"

#define STACK ((size_t)1024 * 1024)
#define PIECE 8 /* of so many bytes in a row a part of a secret is */

/* None of it is on that stack. */
static struct pat_token token, made;
static struct pat_key key;
static struct pat_digest digest;
static struct pat_request request, taken;
static struct pat_keyring *keyring;
static unsigned char packet[PAT_WIRE_MAX];
static char text[PAT_TOKEN_MAX + 1], lines[512], fields[512];
static size_t packet_len, lines_len, fields_len;
static bool done;

/* --- what is done there --- */

static void
make_verifier(void)
{
    pat_digest_verifier(&key, &token, &digest);
    done = true;
}

static void
read_token(void)
{
    done = pat_token_read(text, strlen(text), &made) == PAT_SHAPE_TOKEN;
}

static void
write_token(void)
{
    pat_token_write(&token, text);
    done = true;
}

static void
generate_token(void)
{
    pat_generate_token("acme", &made);
    done = true;
}

static void
take_packet(void)
{
    done = pat_wire_get_request(packet, packet_len, &taken) == PAT_OK;
}

static void
put_packet(void)
{
    done = pat_wire_put_request(&request, packet) == packet_len;
}

static void
take_lines(void)
{
    done = pat_authdaemon_get_request(lines, lines_len, &taken) == PAT_OK;
}

static void
take_fields(void)
{
    done = pat_saslauthd_get_request(fields, fields_len, &taken) == PAT_OK;
}

static void
open_keys(void)
{
    done = pat_keyring_open(".", &keyring) == PAT_OK;
}

static void
make_seal(void)
{
    static struct pat_host_record host;

    pat_seal_make(keyring, PAT_ROW_HOST, &host, &digest);
    done = true;
}

/* --- the search --- */

static unsigned char *stack;

/* Below what the thread itself writes over while it waits to be searched. */
static void
run_below(void (*task)(void))
{
    volatile char room[4096];

    room[0] = 1;
    task();
    done = done && room[0] == 1;
}

static sem_t over, searched;

static void *
run(void *task)
{
    run_below(*(void (**)(void))task);
    sem_post(&over);
    sem_wait(&searched);
    return NULL;
}

static bool
is_left(const void *secret, size_t len)
{
    for (size_t at = 0; at + PIECE <= len; at++)
        if (memmem(stack, STACK, (const char *)secret + at, PIECE) != NULL)
            return true;
    return false;
}

/* Runs a task there and says what it left, or NULL. */
static const char *
run_apart(void (*task)(void))
{
    const struct pat_key *verifier = &key, *row = &key;
    pthread_attr_t attributes;
    pthread_t thread;
    const char *found;

    memset(stack, 0, STACK);
    done = false;
    if (sem_init(&over, 0, 0) != 0 || sem_init(&searched, 0, 0) != 0 ||
        pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstack(&attributes, stack, STACK) != 0 ||
        pthread_create(&thread, &attributes, run, &task) != 0)
        return "it was not started";
    sem_wait(&over);
    if (keyring != NULL) {
        verifier = pat_keyring_verifier(keyring, 1);
        row = pat_keyring_key(keyring, PAT_KEYRING_ROW);
    }
    found = is_left(token.secret, PAT_TOKEN_SECRET_LEN) ? "a secret is left"
            : made.secret[0] != '\0' && is_left(made.secret, PAT_TOKEN_SECRET_LEN)
                ? "a new secret is left"
            : is_left(key.bytes, sizeof key.bytes)  ? "a key is left"
            : is_left(verifier->bytes, PAT_KEY_LEN) ? "a verifier's key is left"
            : is_left(row->bytes, PAT_KEY_LEN)      ? "a row's key is left"
            : !done                                 ? "it was not done"
                                                    : NULL;
    sem_post(&searched);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    return found;
}

static void
careless(void)
{
    volatile char copy[sizeof token.secret];

    for (size_t i = 0; i < sizeof copy; i++)
        copy[i] = token.secret[i];
    done = copy[0] == token.secret[0];
}

static void
the_search_finds_what_is_left(void **state)
{
    const char *found = run_apart(careless);

    (void)state;
    expect_text("careless", found == NULL ? "nothing" : found, "a secret is left");
}

static const struct {
    const char *title;
    void (*task)(void);
} tasks[] = {
    {"write a token", write_token}, {"make its verifier", make_verifier},
    {"read it", read_token},        {"generate one", generate_token},
    {"put a packet", put_packet},   {"take a packet", take_packet},
    {"take the lines", take_lines}, {"take the fields", take_fields},
    {"open the keys", open_keys},   {"make a seal", make_seal},
};

static void
nothing_is_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(tasks); i++) {
        const char *found = run_apart(tasks[i].task);

        expect(tasks[i].title, found, found == NULL);
    }
}

static int
begin(void **state)
{
    (void)state;
    if (pat_generate_start() != PAT_OK || pat_keyring_create(".") != PAT_OK)
        return -1;
    stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1,
                 0);
    if (stack == MAP_FAILED)
        return -1;
    pat_generate_token("acme", &token);
    pat_generate_bytes(key.bytes, sizeof key.bytes);
    pat_token_write(&token, text);
    strcpy(request.service, "imap");
    request.has_login = true;
    strcpy(request.login, "alice");
    if (pat_secret_set(&request.token, text, strlen(text)) != PAT_OK)
        return -1;
    packet_len = pat_wire_put_request(&request, packet);
    lines_len = (size_t)snprintf(lines, sizeof lines, "AUTH %zu\nimap\nlogin\nalice\n%s\n",
                                 strlen("imap\nlogin\nalice\n\n") + strlen(text), text);
    fields_len = 2 + 5 + 2 + strlen(text) + 2 + 4 + 2;
    snprintf(fields, sizeof fields, "%c%calice%c%c%s%c%cimap", 0, 5, 0, (int)strlen(text), text, 0,
             4);
    return 0;
}

static int
enter(void **state)
{
    return scratch_enter(state) == 0 ? begin(state) : -1;
}

static int
leave(void **state)
{
    pat_keyring_free(keyring);
    keyring = NULL;
    munmap(stack, STACK);
    unlink("verifier.1");
    unlink("seal.1");
    return scratch_leave(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_search_finds_what_is_left, enter, leave),
        cmocka_unit_test_setup_teardown(nothing_is_left, enter, leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
