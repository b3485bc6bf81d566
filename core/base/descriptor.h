/* SPDX-License-Identifier: BSD-2-Clause */
/* File descriptors that a process inherited and must not have. */
#ifndef PAT_BASE_DESCRIPTOR_H
#define PAT_BASE_DESCRIPTOR_H

#include <stdbool.h>

/* Closes all from this one on. False: one may be open still. Async-signal-safe. */
bool pat_descriptor_close_from(unsigned lowest);

#endif
