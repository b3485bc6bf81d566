/* SPDX-License-Identifier: BSD-2-Clause */
/* Planning the files of a PAM service: pam_pat.so before the first module that judges passwords. */
#ifndef ADMIN_WIRING_PAM_H
#define ADMIN_WIRING_PAM_H

#include <stdbool.h>
#include <stddef.h>

struct pam_stack_line;
struct wiring;

/* Looks at each file of the plan's service, and plans those that are not wired. */
void pam_plan(struct wiring *plan);

/* Whether a module judges passwords, is known not to, or is not known. */
enum pam_role { PAM_PASSES, PAM_JUDGES, PAM_UNKNOWN };
enum pam_role pam_role_of(const struct pam_stack_line *line);

/*
 * How the line says pam_pat.so here: its bare name, or its path where libpam would not look, and
 * socket= where patd's is not the built-in one. False: it is not installed; ret then says so.
 */
bool pam_module(const struct wiring *plan, char *ret, size_t size);

#endif
