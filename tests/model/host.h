/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rooms of the program beside the model share; host.c says what it is. */
#ifndef TESTS_MODEL_HOST_H
#define TESTS_MODEL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/api/manage.h"
#include "core/token/token.h"

#define HOST_OPERATOR 900U
#define HOST_SLOTS 100

/* What must hold for the test itself: it ends the process. */
#define HOST_NEED(condition) ((condition) ? (void)0 : host_stop(__FILE__, __LINE__, #condition))
_Noreturn void host_stop(const char *file, int line, const char *condition);

/* --- words: what an operation is told; those behind the last are NULL, and so is "~" --- */

const char *host_word(void);
int64_t host_number(void);
struct pat_optional host_optional(void);
bool host_flag(void);
/* The next word, or the empty one where there is none; the second tells whether there is one. */
const char *host_text(void);
bool host_copy_word(char *ret, size_t size);

/* Adds to the reply. */
void host_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- tokens: a sequence calls them by numbers --- */

struct pat_token *host_slot(const char *word);
/* The number of a token with this id; -1: it has none. */
int host_slot_of(const char *id);

/* --- operations --- */

/* A change that somebody makes, within a transaction. */
typedef enum pat_err host_deed(struct pat_manage *manage);
host_deed host_new_tenant, host_new_user, host_new_default, host_enable_tenant, host_enable_user,
    host_grant, host_policy;
host_deed host_create, host_rotate, host_confirm, host_finish, host_revoke, host_suspend,
    host_resume, host_edit;

/* Does the operation that the words name, and says what came of it. */
void host_do_deed(host_deed *deed, struct pat_store *store, uint32_t uid);

void host_race(void);
void host_verify(void);
void host_look(void);
void host_decide(void);

#endif
