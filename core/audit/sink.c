/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A non-blocking syslog client. libc's syslog(3) waits for a stopped reader, and a login must not
 * wait for a log. No line holds a secret: events are escaped and masked before they come here.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/audit/event.h"
#include "core/audit/sink.h"
#include "core/base/text.h"

#define QUEUE_LINES 512
#define HEADS_RESERVE 64 /* places that only heads of the change log may take */
#define RETRY_SECONDS 1  /* after a connect(2) that failed */

struct line {
    char *text; /* the whole datagram */
    size_t len;
};

struct pat_sink {
    struct pat_sink_args args;
    pthread_mutex_t lock;
    pid_t pid;
    bool stderr_is_socket, stderr_is_file;
    int fd;          /* -1: not connected */
    time_t retry_at; /* CLOCK_MONOTONIC */
    time_t stamped;  /* the second that stamp tells */
    char stamp[32];
    struct line queue[QUEUE_LINES];
    size_t first, count;
    uint64_t dropped;
    uint64_t reported;
};

enum pat_err
pat_sink_open(const struct pat_sink_args *args, struct pat_sink **ret)
{
    struct pat_sink *sink = calloc(1, sizeof *sink);
    struct stat status;

    if (sink == NULL)
        return PAT_ERR_NOMEM;
    sink->args = *args;
    sink->pid = getpid();
    if (fstat(STDERR_FILENO, &status) == 0) {
        sink->stderr_is_socket = S_ISSOCK(status.st_mode);
        sink->stderr_is_file = S_ISREG(
            status.st_mode); /* it never makes anybody wait for a reader */
    }
    sink->fd = -1;
    if (pthread_mutex_init(&sink->lock, NULL) != 0) {
        free(sink);
        return PAT_ERR_NOMEM;
    }
    *ret = sink;
    return PAT_OK;
}

static bool
reconnect(struct pat_sink *sink)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timespec now;

    if (sink->fd != -1)
        return true;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (sink->args.path == NULL || now.tv_sec < sink->retry_at ||
        pat_text_set(address.sun_path, sizeof address.sun_path, sink->args.path) != PAT_OK)
        return false;
    sink->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sink->fd == -1)
        return false;
    if (connect(sink->fd, (struct sockaddr *)&address, sizeof address) == 0)
        return true;
    close(sink->fd);
    sink->fd = -1;
    sink->retry_at = now.tv_sec + RETRY_SECONDS;
    return false;
}

/* True when the line left; false when it has to wait. */
static bool
send_line(struct pat_sink *sink, const char *text, size_t len)
{
    for (int attempt = 0; attempt < 2 && reconnect(sink); attempt++) {
        if (send(sink->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || errno == EMSGSIZE)
            return true;
        if (errno == EAGAIN || errno == ENOBUFS)
            return false;
        close(sink->fd); /* the log daemon was restarted */
        sink->fd = -1;
    }
    return false;
}

static void
send_waiting(struct pat_sink *sink)
{
    while (sink->count > 0) {
        struct line *line = &sink->queue[sink->first];

        if (!send_line(sink, line->text, line->len))
            return;
        free(line->text);
        sink->first = (sink->first + 1) % QUEUE_LINES;
        sink->count--;
    }
}

static bool
has_room(const struct pat_sink *sink, bool is_head)
{
    return sink->count < (is_head ? QUEUE_LINES : QUEUE_LINES - HEADS_RESERVE);
}

static void
keep(struct pat_sink *sink, const char *text, size_t len)
{
    struct line *line = &sink->queue[(sink->first + sink->count) % QUEUE_LINES];

    if ((line->text = malloc(len)) == NULL) {
        sink->dropped++;
        return;
    }
    memcpy(line->text, text, len);
    line->len = len;
    sink->count++;
}

/* RFC 3164 wants English month names: strftime would follow the locale. */
static const char *
stamp(struct pat_sink *sink)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = time(NULL);
    struct tm parts;

    if (now != sink->stamped && localtime_r(&now, &parts) != NULL) {
        snprintf(sink->stamp, sizeof sink->stamp, "%.3s %2d %02d:%02d:%02d",
                 months + 3 * parts.tm_mon, parts.tm_mday, parts.tm_hour, parts.tm_min,
                 parts.tm_sec);
        sink->stamped = now;
    }
    return sink->stamp;
}

static size_t
frame(struct pat_sink *sink, int priority, const char *line, char *ret, size_t size)
{
    int len = snprintf(ret, size, "<%d>%s %s[%ld]: %s", LOG_AUTHPRIV | priority, stamp(sink),
                       sink->args.ident, (long)sink->pid, line);

    return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}

/*
 * A reader that stopped must not stop us: what does not fit is lost. A pipe that poll(2) calls
 * writable takes PIPE_BUF bytes at once (pipe(7)), so that a longer line is cut there.
 */
static void
write_stderr(const struct pat_sink *sink, const char *line)
{
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    char text[PIPE_BUF];
    int len = snprintf(text, sizeof text, "%s: %s\n", sink->args.ident, line);
    ssize_t done = 0;

    if (len < 0)
        return;
    if ((size_t)len >= sizeof text) {
        len = sizeof text - 1;
        text[len - 1] = '\n';
    }
    if (sink->stderr_is_socket)
        done = send(STDERR_FILENO, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
    else if (sink->stderr_is_file || (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0))
        done = write(STDERR_FILENO, text, (size_t)len);
    (void)done;
}

static void
emit(struct pat_sink *sink, int priority, const char *line, bool is_head)
{
    char text[PAT_EVENT_LINE_MAX + 128];
    size_t len;

    if (sink->args.to_stderr)
        write_stderr(sink, line);
    if (sink->args.path == NULL)
        return;
    send_waiting(sink);
    if (!has_room(sink, is_head)) {
        sink->dropped++;
        return;
    }
    len = frame(sink, priority, line, text, sizeof text);
    if (sink->count > 0 || !send_line(sink, text, len))
        keep(sink, text, len);
}

static void
report_dropped(struct pat_sink *sink)
{
    char count[24], line[128];
    const struct pat_log_field field = {"count", count};

    if (sink->dropped == sink->reported || sink->count > 0)
        return;
    snprintf(count, sizeof count, "%llu", (unsigned long long)(sink->dropped - sink->reported));
    sink->reported = sink->dropped;
    if (pat_event_write(line, sizeof line, "dropped", &field, 1) == PAT_OK)
        emit(sink, LOG_WARNING, line, true);
}

void
pat_sink_log(void *context, int priority, const char *event, const struct pat_log_field *fields,
             size_t count)
{
    struct pat_sink *sink = context;
    char line[PAT_EVENT_LINE_MAX];

    /* A line that does not fit ends after its last whole field. */
    enum pat_err cut = pat_event_write(line, sizeof line, event, fields, count);

    (void)cut;
    pthread_mutex_lock(&sink->lock);
    emit(sink, priority, line, pat_text_equal(event, "head"));
    report_dropped(sink);
    pthread_mutex_unlock(&sink->lock);
}

void
pat_sink_flush(struct pat_sink *sink)
{
    pthread_mutex_lock(&sink->lock);
    sink->retry_at = 0;
    send_waiting(sink);
    report_dropped(sink);
    pthread_mutex_unlock(&sink->lock);
}

uint64_t
pat_sink_dropped(struct pat_sink *sink)
{
    uint64_t dropped;

    pthread_mutex_lock(&sink->lock);
    dropped = sink->dropped;
    pthread_mutex_unlock(&sink->lock);
    return dropped;
}

void
pat_sink_close(struct pat_sink *sink)
{
    if (sink == NULL)
        return;
    pat_sink_flush(sink);
    while (sink->count > 0) {
        free(sink->queue[sink->first].text);
        sink->first = (sink->first + 1) % QUEUE_LINES;
        sink->count--;
    }
    if (sink->fd != -1)
        close(sink->fd);
    pthread_mutex_destroy(&sink->lock);
    free(sink);
}
