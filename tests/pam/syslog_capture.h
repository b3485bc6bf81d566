/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's own syslog(3). An executable's symbols come before libc's, so libpam and every
 * module call these, and no line goes to the host's log.
 */
#ifndef TESTS_PAM_SYSLOG_CAPTURE_H
#define TESTS_PAM_SYSLOG_CAPTURE_H

/* Appends every line to a file as "facility.priority text"; NULL drops them. */
void syslog_capture_to(const char *path);

#endif
