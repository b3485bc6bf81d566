/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's side: a small cache in front of the asking process. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "core/base/log.h"
#include "core/base/monotonic.h"
#include "core/base/text.h"
#include "core/policy/name.h"
#include "patd/groups.h"
#include "patd/groups_worker.h"

#define PLACES 64
#define KEPT_MILLISECONDS 30000

struct place {
    char account[PAT_ACCOUNT_MAX + 1];
    char *names;
    int64_t until;
};

struct patd_groups {
    struct patd_source source; /* first */
    patd_groups_arrived *arrived;
    void *context;
    bool lost; /* the process is gone: nobody is in any group */
    struct place places[PLACES];
};

static struct place *
find(struct patd_groups *groups, const char *account)
{
    struct place *oldest = &groups->places[0];

    for (size_t i = 0; i < PLACES; i++) {
        if (pat_text_equal(groups->places[i].account, account))
            return &groups->places[i];
        if (groups->places[i].until < oldest->until)
            oldest = &groups->places[i];
    }
    return oldest;
}

static void
keep(struct patd_groups *groups, const char *account, const char *names)
{
    struct place *place = find(groups, account);
    char *copy = strdup(names);

    if (copy == NULL)
        return;
    free(place->names);
    place->names = copy;
    pat_text_clip(place->account, sizeof place->account, account);
    place->until = pat_monotonic_milliseconds() + KEPT_MILLISECONDS;
}

static void
take_answer(struct patd_source *source, uint32_t events)
{
    struct patd_groups *groups = (struct patd_groups *)source;
    static const char none[] = "";
    char *answer = malloc(PATD_GROUPS_ANSWER_MAX + 1);
    ssize_t got = -1;

    (void)events;
    if (answer != NULL)
        got = recv(source->fd, answer, PATD_GROUPS_ANSWER_MAX, MSG_DONTWAIT);
    if (got == 0) {
        PAT_LOG(LOG_ERR, "failure", {"doing", "asking for groups: the process ended"});
        groups->lost = true;
        patd_loop_remove(source);
    } else if (got > 0) {
        size_t account_len = strnlen(answer, (size_t)got);
        const char *names = none;

        answer[got] = '\0';
        if (account_len < (size_t)got)
            names = answer + account_len + 1;
        keep(groups, answer, names);
        groups->arrived(groups->context, answer, names);
    }
    free(answer);
}

static void
stay(struct patd_source *source)
{
    (void)source; /* freed by patd_groups_free() */
}

enum pat_err
patd_groups_open(struct patd_loop *loop, int fd, patd_groups_arrived *arrived, void *context,
                 struct patd_groups **ret)
{
    struct patd_groups *groups = calloc(1, sizeof *groups);
    enum pat_err err;

    if (groups == NULL)
        return PAT_ERR_NOMEM;
    groups->source.fd = fd;
    groups->source.ready = take_answer;
    groups->source.destroy = stay;
    groups->arrived = arrived;
    groups->context = context;
    err = patd_loop_add(loop, &groups->source, EPOLLIN);
    if (err == PAT_OK)
        *ret = groups;
    else
        free(groups);
    return err;
}

void
patd_groups_free(struct patd_groups *groups)
{
    if (groups == NULL)
        return;
    for (size_t i = 0; i < PLACES; i++)
        free(groups->places[i].names);
    free(groups);
}

const char *
patd_groups_of(struct patd_groups *groups, const char *account)
{
    struct place *place = find(groups, account);

    if (pat_text_equal(place->account, account) && pat_monotonic_milliseconds() < place->until)
        return place->names;
    if (!groups->lost &&
        send(groups->source.fd, account, strlen(account), MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
        return NULL;
    PAT_LOG(LOG_WARNING, "failure", {"doing", "asking for groups: nobody takes the question"},
            {"account", account});
    return "";
}

char *
patd_groups_ask(int fd, const char *account)
{
    int64_t deadline = pat_monotonic_milliseconds() + PATD_GROUPS_MILLISECONDS;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char *answer = calloc(1, PATD_GROUPS_ANSWER_MAX + 1);
    bool found = false;
    int64_t left;

    if (answer == NULL || send(fd, account, strlen(account), MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
        return answer;
    /* An answer that came too late for an earlier question may lie in front. */
    while (!found && (left = deadline - pat_monotonic_milliseconds()) > 0 &&
           poll(&wait, 1, (int)left) == 1) {
        ssize_t got = recv(fd, answer, PATD_GROUPS_ANSWER_MAX, MSG_DONTWAIT);

        if (got <= 0)
            break;
        answer[got] = '\0';
        found = pat_text_equal(answer, account);
    }
    if (found)
        memmove(answer, answer + strlen(account) + 1, PATD_GROUPS_ANSWER_MAX - strlen(account));
    else
        answer[0] = '\0';
    return answer;
}

enum patd_groups_account
patd_groups_ask_account(int fd, const char *name, uint32_t *ret_uid)
{
    char question[1 + PAT_ACCOUNT_MAX + 1] = {PATD_GROUPS_UID};
    enum patd_groups_account found = PATD_GROUPS_NO_ANSWER;
    char *answer;
    int64_t uid;

    if (pat_text_set(question + 1, sizeof question - 1, name) != PAT_OK)
        return found;
    answer = patd_groups_ask(fd, question);
    if (answer != NULL && pat_text_equal(answer, PATD_GROUPS_NOBODY)) {
        found = PATD_GROUPS_NO_ACCOUNT;
    } else if (answer != NULL && pat_text_number(answer, 0, UINT32_MAX, &uid) == PAT_OK) {
        found = PATD_GROUPS_ACCOUNT;
        *ret_uid = (uint32_t)uid;
    }
    free(answer);
    return found;
}
