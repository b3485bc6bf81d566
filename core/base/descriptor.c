/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * By the system call alone, which every kernel has that confines patd: closefrom(3) is glibc's, and
 * musl has no close_range(2).
 */
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/descriptor.h"

bool
pat_descriptor_close_from(unsigned lowest)
{
    return syscall(SYS_close_range, lowest, UINT_MAX, 0U) == 0;
}
