/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a table of processes to sessions; it reads and touches nothing. SECURITY: what is told here
 * gets killed by root. A name or a variable that somebody chose may hide or spend only what belongs
 * to the account of the token.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/sessions/sessions.h"
#include "core/base/text.h"

#define DEEPEST 10000 /* parents, of a table that is not of one moment */

struct finding {
    const struct processes *processes;
    const struct session_of *token;
    struct sessions *ret;
};

/* --- login programs --- */

static bool
is_ssh(const struct process *process)
{
    return pat_text_equal(process->name, "sshd") || pat_text_equal(process->name, "sshd-session");
}

/* What a login program calls itself, as services are called; NULL: it is none. */
static const char *
service_of(const struct process *process)
{
    static const char *const names[] = {"su", "sudo", "login"};

    if (is_ssh(process))
        return "sshd";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (pat_text_equal(process->name, names[i]))
            return names[i];
    return NULL;
}

static const struct process *
up(const struct processes *processes, const struct process *process)
{
    return process->up == PROCESSES_NONE ? NULL : &processes->all[process->up];
}

/* --- whose it is --- */

static bool
names_token(const struct finding *finding, const struct process *process)
{
    return pat_text_equal(process->id, finding->token->id) &&
           pat_text_equal(process->tenant, finding->token->tenant) && service_of(process) == NULL;
}

/* su and sudo open sessions of others; who called them must not be able to say which token. */
static bool
was_told_by_root(const struct finding *finding, const struct process *process)
{
    const struct process *parent = up(finding->processes, process);

    return parent != NULL && service_of(parent) != NULL && parent->uid == 0 &&
           !pat_text_equal(parent->id, finding->token->id);
}

static bool
is_marked(const struct finding *finding, const struct process *process)
{
    return names_token(finding, process) &&
           (process->uid == finding->token->uid || was_told_by_root(finding, process));
}

static bool
begins_login(const struct finding *finding, const struct process *process)
{
    const struct process *parent = up(finding->processes, process);

    return parent != NULL && service_of(parent) != NULL && process->id[0] != '\0' &&
           (!pat_text_equal(process->id, finding->token->id) ||
            !pat_text_equal(process->tenant, finding->token->tenant));
}

/* A login with another token inside the session, and the program that holds it open. */
static bool
begins_another(const struct finding *finding, const struct process *process)
{
    const struct processes *processes = finding->processes;
    size_t index = (size_t)(process - processes->all);

    if (begins_login(finding, process))
        return true;
    for (size_t i = 0; service_of(process) != NULL && i < processes->count; i++)
        if (processes->all[i].up == index && begins_login(finding, &processes->all[i]))
            return true;
    return false;
}

/*
 * Whether a process is below another one, or the same, and no other login lies between them. Below
 * PROCESSES_NONE is every process that is in no other login at all.
 */
static bool
is_below(const struct finding *finding, size_t index, size_t top)
{
    const struct process *all = finding->processes->all;

    for (size_t steps = 0; index != PROCESSES_NONE && steps < DEEPEST; steps++) {
        if (index == top)
            return true;
        if (begins_another(finding, &all[index]))
            return false;
        index = all[index].up;
    }
    return top == PROCESSES_NONE;
}

/* --- one session --- */

/* The connection itself, which could open further channels; else the head. */
static size_t
top_of(const struct finding *finding, size_t head)
{
    const struct process *process = &finding->processes->all[head];
    const struct process *parent = up(finding->processes, process);

    if (parent != NULL && is_ssh(parent) && parent->uid == finding->token->uid)
        return process->up;
    return head;
}

/*
 * The group of the session, if this login began it: what stands above the login programs is not in
 * it. Not for root, who starts servers that outlive the session on purpose. "" else: su stays in
 * the session of its caller, and so does a server that was started from a shell and begins no new
 * one.
 */
static const char *
own_group(const struct finding *finding, size_t head)
{
    const struct process *process = &finding->processes->all[head], *above;
    size_t own = 0, limit;

    above = up(finding->processes, process);
    if (finding->token->uid == 0 || above == NULL || process->group[0] == '\0' ||
        pat_text_equal(above->name, "su") || pat_text_equal(above->name, "sudo") ||
        service_of(above) == NULL)
        return "";
    /* Of sshd: the user's own process, the monitor, the listener. */
    limit = !is_ssh(above) || above->uid == 0 ? 1 : 2;
    for (; above != NULL && service_of(above) != NULL && own < limit; own++)
        above = up(finding->processes, above);
    return above != NULL && !pat_text_equal(above->group, process->group) ? process->group : "";
}

static void
take_members(const struct finding *finding, size_t number, size_t top, const char *group)
{
    const struct processes *processes = finding->processes;
    struct session *session = &finding->ret->all[number];

    for (size_t i = 0; i < processes->count; i++) {
        const struct process *process = &processes->all[i];
        bool grouped = group[0] != '\0' && pat_text_equal(process->group, group) &&
                       process->uid == finding->token->uid && is_below(finding, i, PROCESSES_NONE);

        if (finding->ret->of[i] != PROCESSES_NONE || (!grouped && !is_below(finding, i, top)))
            continue;
        finding->ret->of[i] = number;
        session->processes++;
    }
}

static bool
add_session(const struct finding *finding, size_t head, bool left_behind)
{
    const struct process *parent = up(finding->processes, &finding->processes->all[head]);
    struct sessions *ret = finding->ret;
    struct session *all = reallocarray(ret->all, ret->count + 1, sizeof *all);

    if (all == NULL)
        return false;
    ret->all = all;
    all[ret->count++] = (struct session){
        .head = head, .service = left_behind || parent == NULL ? "" : service_of(parent)};
    take_members(finding, ret->count - 1, top_of(finding, head), own_group(finding, head));
    return true;
}

/* --- the whole --- */

/* First what a login program still holds; then what outlived it, but no server of root's. */
static bool
is_head(const struct finding *finding, size_t index, bool left_behind)
{
    const struct process *process = &finding->processes->all[index];
    const struct process *parent = up(finding->processes, process);
    bool has_door = parent != NULL && service_of(parent) != NULL;

    if (finding->ret->of[index] != PROCESSES_NONE || !is_marked(finding, process))
        return false;
    if (left_behind)
        return process->uid != 0 && (parent == NULL || !is_marked(finding, parent));
    return has_door;
}

/* Whoever ends what we run in ends us: the sessions of this process and of all above it. */
static void
find_ours(const struct finding *finding)
{
    const struct processes *processes = finding->processes;
    pid_t self = getpid();
    size_t index = 0;

    while (index < processes->count && processes->all[index].pid != self)
        index++;
    for (size_t steps = 0; index < processes->count && steps < DEEPEST; steps++) {
        if (finding->ret->of[index] != PROCESSES_NONE)
            finding->ret->all[finding->ret->of[index]].ours = true;
        index = processes->all[index].up;
    }
}

bool
sessions_find(const struct processes *processes, const struct session_of *token,
              struct sessions *ret)
{
    const struct finding finding = {.processes = processes, .token = token, .ret = ret};
    bool done;

    *ret = (struct sessions){.of = calloc(processes->count + 1, sizeof *ret->of)};
    done = ret->of != NULL;
    for (size_t i = 0; done && i < processes->count; i++)
        ret->of[i] = PROCESSES_NONE;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; done && i < processes->count; i++)
            if (is_head(&finding, i, pass == 1))
                done = add_session(&finding, i, pass == 1);
    if (done)
        find_ours(&finding);
    return done;
}

void
sessions_free(struct sessions *sessions)
{
    free(sessions->all);
    free(sessions->of);
    *sessions = (struct sessions){.count = 0};
}

/* --- what tells nothing --- */

/* The process of sshd that serves a user: root's serves others too, until it has a child. */
static bool
is_connection(const struct processes *processes, const struct process *process, uid_t uid)
{
    const struct process *parent = up(processes, process);
    size_t index = (size_t)(process - processes->all);

    if (!is_ssh(process) || process->uid != uid || parent == NULL || !is_ssh(parent) ||
        parent->uid != 0)
        return false;
    for (size_t i = 0; uid == 0 && i < processes->count; i++)
        if (processes->all[i].up == index && !is_ssh(&processes->all[i]))
            return true;
    return uid != 0;
}

static bool
any_below_names_one(const struct processes *processes, size_t top)
{
    for (size_t i = 0; i < processes->count; i++) {
        size_t index = i;

        for (size_t steps = 0; index != PROCESSES_NONE && index != top && steps < DEEPEST; steps++)
            index = processes->all[index].up;
        if (index == top && processes->all[i].id[0] != '\0')
            return true;
    }
    return false;
}

size_t
sessions_untold(const struct processes *processes, uid_t uid)
{
    size_t count = 0;

    for (size_t i = 0; i < processes->count; i++)
        if (is_connection(processes, &processes->all[i], uid) && !any_below_names_one(processes, i))
            count++;
    return count;
}
