/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log sink against a stand-in for /dev/log: framing, what happens while nobody reads, and what
 * comes through once somebody does. An alarm ends a test that waits for a reader.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/audit/event.h"
#include "core/audit/sink.h"
#include "core/base/text.h"
#include "tests/unit/support.h"

#define QUEUE 512
#define HEADS 64
#define CALLS 2000
#define SECONDS 60 /* until a test that blocks is ended */

struct rig {
    char dir[SUPPORT_PATH_MAX];
    char path[SUPPORT_PATH_MAX];
    int reader; /* -1: nobody */
    struct pat_sink *sink;
};

static void
start_reader(struct rig *rig)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    pat_text_clip(address.sun_path, sizeof address.sun_path, rig->path);
    rig->reader = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_return_code(rig->reader, errno);
    assert_return_code(bind(rig->reader, (struct sockaddr *)&address, sizeof address), errno);
}

static void
stop_reader(struct rig *rig)
{
    close(rig->reader);
    rig->reader = -1;
    unlink(rig->path);
}

static void
log_number(const struct rig *rig, const char *event, int number)
{
    char text[16];
    const struct pat_log_field field = {"count", text};

    snprintf(text, sizeof text, "%d", number);
    pat_sink_log(rig->sink, LOG_INFO, event, &field, 1);
}

/* The next datagram, if one is there; its text behind the header. */
static char *
receive(const struct rig *rig, char *line, size_t size)
{
    ssize_t len = recv(rig->reader, line, size - 1, 0);
    char *text;

    if (len == -1) {
        assert_int_equal(errno, EAGAIN);
        return NULL;
    }
    line[len] = '\0';
    text = strstr(line, "]: ");
    assert_non_null(text);
    return text + 3;
}

/* --- one line --- */

static const struct framing {
    const char *title;
    int priority;
    const char *start;
} framings[] = {
    {"critical", LOG_CRIT, "<82>"},   {"alert", LOG_ALERT, "<81>"},   {"error", LOG_ERR, "<83>"},
    {"warning", LOG_WARNING, "<84>"}, {"notice", LOG_NOTICE, "<85>"}, {"info", LOG_INFO, "<86>"},
    {"debug", LOG_DEBUG, "<87>"},
};

/* "<86>Jan  2 03:04:05 patd[123]: ": LOG_AUTHPRIV is 10, times 8. */
static void
line_is_framed(void **state)
{
    static const char shape[] = "Aaa 99 99:99:99 patd[";
    const struct framing *one = *state;
    const struct pat_log_field field = {"token", "m3rjhkwz"};
    struct rig rig;
    char line[1024], tail[64], *at = line;

    support_dir(rig.dir);
    support_path(rig.path, rig.dir, "log");
    start_reader(&rig);
    assert_ok(pat_sink_open(&(struct pat_sink_args){.path = rig.path, .ident = "patd"}, &rig.sink));
    pat_sink_log(rig.sink, one->priority, "verify", &field, 1);
    expect_text("text", receive(&rig, line, sizeof line), "event=verify token=m3rjhkwz");
    assert_memory_equal(at, one->start, strlen(one->start));
    at += strlen(one->start);
    for (size_t i = 0; shape[i] != '\0'; i++, at++) {
        bool digit = *at >= '0' && *at <= '9';

        if (shape[i] == '9')
            assert_true(digit || (i == 4 && *at == ' '));
        else if (shape[i] == 'A' || (shape[i] == 'a' && i < 3))
            assert_true((*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z'));
        else
            assert_int_equal(*at, shape[i]);
    }
    snprintf(tail, sizeof tail, "%ld]: ", (long)getpid());
    assert_memory_equal(at, tail, strlen(tail));
    pat_sink_close(rig.sink);
    stop_reader(&rig);
}

static void
long_lines_are_cut(struct rig *rig)
{
    char value[PAT_EVENT_LINE_MAX + 1], line[2 * PAT_EVENT_LINE_MAX];
    const struct pat_log_field fields[] = {{"token", "m3rjhkwz"}, {"reason", value}};

    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    pat_sink_log(rig->sink, LOG_INFO, "verify", fields, 2);
    expect_text("cut", receive(rig, line, sizeof line), "event=verify token=m3rjhkwz");
    value[PAT_EVENT_LINE_MAX - 100] = '\0';
    pat_sink_log(rig->sink, LOG_INFO, "verify", fields, 2);
    assert_true(strlen(receive(rig, line, sizeof line)) > PAT_EVENT_LINE_MAX - 100);
    assert_int_equal(pat_sink_dropped(rig->sink), 0);
}

/* --- when nobody reads --- */

struct received {
    int64_t verifies, heads, reported;
    int last_verify, last_head;
};

static int
number_in(const char *text)
{
    return (int)strtol(strstr(text, "count=") + 6, NULL, 10);
}

/* Reads and flushes until nothing comes any more; everything comes in order. */
static struct received
drain(struct rig *rig)
{
    struct received got = {.last_verify = -1, .last_head = -1};
    char line[2 * PAT_EVENT_LINE_MAX], *text;
    int64_t before;

    do {
        before = got.verifies + got.heads + got.reported;
        while ((text = receive(rig, line, sizeof line)) != NULL) {
            int number = number_in(text);

            if (strncmp(text, "event=verify ", 13) == 0) {
                assert_true(number > got.last_verify);
                got.last_verify = number;
                got.verifies++;
            } else if (strncmp(text, "event=head ", 11) == 0) {
                assert_true(number > got.last_head);
                got.last_head = number;
                got.heads++;
            } else {
                assert_memory_equal(text, "event=dropped ", 14);
                got.reported += number;
            }
        }
        pat_sink_flush(rig->sink);
    } while (got.verifies + got.heads + got.reported > before);
    return got;
}

static void
stopped_reader_stops_nobody(struct rig *rig)
{
    struct received got;
    uint64_t dropped;

    for (int i = 0; i < CALLS; i++)
        log_number(rig, "verify", i);
    dropped = pat_sink_dropped(rig->sink);
    assert_in_range(dropped, 1, CALLS - (QUEUE - HEADS));
    got = drain(rig);
    assert_int_equal(got.verifies + (int64_t)dropped, CALLS);
    assert_int_equal(got.reported, dropped);
    assert_true(got.verifies >= QUEUE - HEADS);
    log_number(rig, "verify", CALLS); /* and on it goes */
    got = drain(rig);
    assert_int_equal(got.verifies, 1);
    assert_int_equal(got.reported, 0);
}

static void
heads_have_places_of_their_own(struct rig *rig)
{
    struct received got;

    for (int i = 0; i < CALLS; i++)
        log_number(rig, "verify", i);
    for (int i = 0; i < HEADS + 10; i++)
        log_number(rig, "head", i);
    got = drain(rig);
    assert_int_equal(got.heads, HEADS);
    assert_int_equal(got.last_head, HEADS - 1);
    assert_int_equal(got.reported + got.verifies, CALLS + 10);
}

static void
restarted_reader_gets_what_waits(struct rig *rig)
{
    struct received got;

    log_number(rig, "verify", 0);
    got = drain(rig);
    assert_int_equal(got.verifies, 1);
    stop_reader(rig);
    for (int i = 1; i < 21; i++)
        log_number(rig, "verify", i);
    pat_sink_flush(rig->sink);
    start_reader(rig);
    pat_sink_flush(rig->sink);
    got = drain(rig);
    assert_int_equal(got.verifies, 20);
    assert_int_equal(got.last_verify, 20);
    stop_reader(rig);
    start_reader(rig); /* between two lines, unnoticed */
    log_number(rig, "verify", 21);
    got = drain(rig);
    assert_int_equal(got.verifies, 1);
    assert_int_equal(pat_sink_dropped(rig->sink), 0);
}

static void
reader_may_come_later(void **state)
{
    struct rig rig = {.reader = -1};
    struct received got;

    (void)state;
    support_dir(rig.dir);
    support_path(rig.path, rig.dir, "log");
    assert_ok(pat_sink_open(&(struct pat_sink_args){.path = rig.path, .ident = "patd"}, &rig.sink));
    for (int i = 0; i < 5; i++)
        log_number(&rig, "verify", i);
    start_reader(&rig);
    pat_sink_flush(rig.sink);
    log_number(&rig, "verify", 5); /* behind what waited */
    got = drain(&rig);
    assert_int_equal(got.verifies, 6);
    pat_sink_close(rig.sink);
    stop_reader(&rig);
}

static void
closing_tries_once_more(struct rig *rig)
{
    struct pat_sink *sink = rig->sink;
    char line[1024];

    stop_reader(rig);
    log_number(rig, "verify", 1);
    start_reader(rig);
    assert_null(receive(rig, line, sizeof line));
    pat_sink_close(sink);
    expect_text("waited", receive(rig, line, sizeof line), "event=verify count=1");
    assert_ok(
        pat_sink_open(&(struct pat_sink_args){.path = rig->path, .ident = "patd"}, &rig->sink));
}

static void
nowhere_is_a_place(void **state)
{
    struct pat_sink *sink;

    (void)state;
    assert_ok(pat_sink_open(&(struct pat_sink_args){.ident = "patd"}, &sink));
    for (int i = 0; i < CALLS; i++)
        pat_sink_log(sink, LOG_INFO, "verify", NULL, 0);
    pat_sink_flush(sink);
    assert_int_equal(pat_sink_dropped(sink), 0);
    pat_sink_close(sink);
    pat_sink_close(NULL);
}

/* --- threads --- */

#define THREADS 4
#define LINES 300

static void *
log_much(void *context)
{
    for (int i = 0; i < LINES; i++)
        log_number(context, "start", i);
    return NULL;
}

static void
threads_do_not_mix_lines(struct rig *rig)
{
    pthread_t threads[THREADS];
    char line[1024], *text;
    size_t got = 0;

    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_much, rig), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    do {
        while ((text = receive(rig, line, sizeof line)) != NULL) {
            assert_true(strncmp(text, "event=start count=", 18) == 0 ||
                        strncmp(text, "event=dropped count=", 20) == 0);
            got += text[6] == 's';
        }
        pat_sink_flush(rig->sink);
    } while (poll(&(struct pollfd){.fd = rig->reader, .events = POLLIN}, 1, 0) == 1);
    assert_int_equal(got + pat_sink_dropped(rig->sink), THREADS * LINES);
}

/* --- stderr --- */

/* In a child, whose stderr is a pipe that nobody reads and that has room for 4096 bytes more. */
static void
log_to_full_stderr(size_t len)
{
    char value[PAT_EVENT_LINE_MAX], page[4096];
    const struct pat_log_field field = {"reason", value};
    struct pat_sink *sink;
    int ends[2];

    alarm(5);
    if (pipe(ends) == -1 || fcntl(ends[1], F_SETFL, O_NONBLOCK) == -1)
        _exit(2);
    memset(page, 'x', sizeof page);
    while (write(ends[1], page, sizeof page) > 0)
        continue;
    if (len > 0 && read(ends[0], page, sizeof page) != (ssize_t)sizeof page)
        _exit(2);
    fcntl(ends[1], F_SETFL, 0);
    dup2(ends[1], STDERR_FILENO);
    memset(value, 'x', len);
    value[len] = '\0';
    if (pat_sink_open(&(struct pat_sink_args){.ident = "patd", .to_stderr = true}, &sink) != PAT_OK)
        _exit(2);
    for (int i = 0; i < 20; i++)
        pat_sink_log(sink, LOG_INFO, "verify", &field, 1);
    pat_sink_close(sink);
    _exit(0);
}

static const struct stderr_case {
    const char *title;
    size_t len;
} stderr_cases[] = {
    {"a full stderr stops nobody", 0},
    {"a stderr with room for a short line", 100},
    {"a stderr with room for half a line", 8000},
};

static void
stderr_stops_nobody(void **state)
{
    const struct stderr_case *one = *state;
    pid_t child = fork();
    int status = 0;

    if (child == 0)
        log_to_full_stderr(one->len);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status)); /* else the alarm ended it */
    assert_int_equal(WEXITSTATUS(status), 0);
}

static const struct sink_case {
    const char *title;
    void (*run)(struct rig *rig);
} cases[] = {
    {"long lines are cut", long_lines_are_cut},
    {"a stopped reader stops nobody", stopped_reader_stops_nobody},
    {"heads have places of their own", heads_have_places_of_their_own},
    {"a restarted reader gets what waits", restarted_reader_gets_what_waits},
    {"closing tries once more", closing_tries_once_more},
    {"threads do not mix lines", threads_do_not_mix_lines},
};

static void
run_case(void **state)
{
    const struct sink_case *one = *state;
    struct rig rig = {.reader = -1};

    alarm(SECONDS);
    support_dir(rig.dir);
    support_path(rig.path, rig.dir, "log");
    start_reader(&rig);
    assert_ok(pat_sink_open(&(struct pat_sink_args){.path = rig.path, .ident = "patd"}, &rig.sink));
    one->run(&rig);
    pat_sink_close(rig.sink);
    stop_reader(&rig);
    alarm(0);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, framings, line_is_framed);
    SUPPORT_TABLE(&list, cases, run_case);
    support_add(&list, "a reader may come later", reader_may_come_later, NULL);
    support_add(&list, "nowhere is a place", nowhere_is_a_place, NULL);
    SUPPORT_TABLE(&list, stderr_cases, stderr_stops_nobody);
    return support_run("sink", &list);
}
