/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two filters, of which the kernel takes the stricter answer. The first knows what may be done;
 * the second, which is quiet, takes away what the first one needed to be followed, and what
 * libraries only try.
 *
 * What is refused does not exist: ENOSYS is what libraries have another way for, so that one of
 * next year does not stop logins; and the kernel logs it. What nobody here ever does ends patd.
 */
#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/diag.h"
#include "patd/sandbox_seccomp.h"

/* Of <linux/seccomp.h>, <sched.h> and <linux/prctl.h>, which differ between machines. */
#define GET_ACTION_AVAILABLE 2
#define ACTION_KILL_PROCESS UINT32_C(0x80000000)
#define THREADS UINT64_C(0x00010000)
#define NAMESPACES UINT64_C(0x7e020080)
#define LABEL_MEMORY UINT64_C(0x53564d41)

enum rule {
    RULE_NO,
    RULE_ANY,
    RULE_UNIX,
    RULE_DATA,
    RULE_THREAD,
    RULE_TASK,
    RULE_LABEL,
    RULE_LAST,
    RULE_QUIET,
    RULE_END,
};

struct call {
    const char *name;
    enum rule rules[2]; /* by process */
};

static const struct call calls[] = {
#define CALL(name, patd, groups) {#name, {RULE_##patd, RULE_##groups}},
#include "patd/sandbox_calls.def"
};

#define CALL_COUNT (sizeof calls / sizeof calls[0])

/* Where the pointer to the new stack comes first, and where mmap(2) takes a pointer to it all. */
static bool
is_s390(void)
{
    return seccomp_arch_native() == SCMP_ARCH_S390X || seccomp_arch_native() == SCMP_ARCH_S390;
}

static int
allow(scmp_filter_ctx filter, int number)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 0, NULL);
}

static int
allow_equal(scmp_filter_ctx filter, int number, uint64_t value)
{
    const struct scmp_arg_cmp condition = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = value};

    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &condition);
}

/* Where these bits of an argument are as wanted. */
static int
allow_bits(scmp_filter_ctx filter, int number, unsigned argument, uint64_t mask, uint64_t wanted)
{
    const struct scmp_arg_cmp condition = {
        .arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = wanted};

    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &condition);
}

static int
allow_labels(scmp_filter_ctx filter, int number)
{
    int result = allow_equal(filter, number, PR_SET_NAME);

    return result != 0 ? result : allow_equal(filter, number, LABEL_MEMORY);
}

static int
allow_clone(scmp_filter_ctx filter, int number, uint64_t mask, uint64_t wanted)
{
    return allow_bits(filter, number, is_s390() ? 1 : 0, mask, wanted);
}

static int
allow_data(scmp_filter_ctx filter, int number)
{
    if (number == SCMP_SYS(mmap) && is_s390())
        return allow(filter, number);
    return allow_bits(filter, number, 2, PROT_EXEC, 0);
}

/* What the first filter says of a call. */
static int
add_first(scmp_filter_ctx filter, enum rule rule, int number)
{
    switch (rule) {
    case RULE_NO:
    case RULE_QUIET:
        return 0;
    case RULE_ANY:
    case RULE_LAST:
        return allow(filter, number);
    case RULE_UNIX:
        return allow_equal(filter, number, AF_UNIX);
    case RULE_DATA:
        return allow_data(filter, number);
    case RULE_THREAD:
        return allow_clone(filter, number, THREADS | NAMESPACES, THREADS);
    case RULE_TASK:
        return allow_clone(filter, number, NAMESPACES, 0);
    case RULE_LABEL:
        return allow_labels(filter, number);
    case RULE_END:
        return seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, number, 0, NULL);
    }
    return -EINVAL;
}

static int
add_second(scmp_filter_ctx filter, enum rule rule, int number)
{
    if (rule != RULE_QUIET && rule != RULE_LAST)
        return 0;
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0, NULL);
}

static int
fill(scmp_filter_ctx filter, enum patd_sandbox_process process,
     int (*add)(scmp_filter_ctx filter, enum rule rule, int number))
{
    int result = 0;

    for (size_t i = 0; result == 0 && i < CALL_COUNT; i++) {
        int number = seccomp_syscall_resolve_name(calls[i].name);

        if (number == __NR_SCMP_ERROR)
            continue; /* libseccomp is older than it */
        result = add(filter, calls[i].rules[process], number);
        if (number < 0 && (result == -EDOM || result == -EINVAL))
            result = 0; /* this machine has none */
    }
    return result;
}

/* Not to be traced into: no_new_privs is set already, by who dropped root's rights. */
static int
set_up(scmp_filter_ctx filter, bool logs)
{
    int result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);

    if (result == 0)
        result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (result == 0)
        result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (result == 0 && logs)
        result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
    return result;
}

static enum pat_err
unavailable(struct pat_diag *diag, int error)
{
    return pat_diag_set(diag, PAT_ERR_UNAVAILABLE, 0, 0, "%s",
                        error == ENOSYS ? "not in this kernel" : strerror(error));
}

enum pat_err
patd_sandbox_seccomp_enter(enum patd_sandbox_process process, struct pat_diag *diag)
{
    const uint32_t action = ACTION_KILL_PROCESS;
    scmp_filter_ctx first, second;
    int result = 0;

    /* libseccomp would fall back on prctl(2), and so behind the back of what runs us (valgrind). */
    if (syscall(SYS_seccomp, GET_ACTION_AVAILABLE, 0, &action) == -1)
        return unavailable(diag, errno);
    first = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    second = seccomp_init(SCMP_ACT_ALLOW);
    if (first == NULL || second == NULL)
        result = -ENOMEM;
    if (result == 0)
        result = set_up(first, true);
    if (result == 0)
        result = set_up(second, false);
    if (result == 0)
        result = fill(first, process, add_first);
    if (result == 0)
        result = fill(second, process, add_second);
    if (result == 0)
        result = seccomp_load(first);
    if (result == 0)
        result = seccomp_load(second);
    if (first != NULL)
        seccomp_release(first);
    if (second != NULL)
        seccomp_release(second);
    return result == 0 ? PAT_OK : unavailable(diag, -result);
}
