/* SPDX-License-Identifier: BSD-2-Clause */
/* Calling patd's methods, and telling people what went wrong. */
#ifndef ADMIN_ASK_H
#define ADMIN_ASK_H

#include <jansson.h>
#include <stdint.h>

#include "admin/patctl.h"

struct ask *ask_new(void);      /* NULL without memory */
void ask_free(struct ask *ask); /* may be NULL */

/* The socket that was asked last. */
const char *ask_path(const struct patctl *patctl);

/*
 * Calls a method of io.linuxpat.Manage. Takes over parameters. On EXIT_DONE *ret is the reply's
 * parameters, to be json_decref()ed; else the failure was told, and its exit code comes back.
 */
int ask_once(struct patctl *patctl, const char *method, json_t *parameters, json_t **ret);

/* The same for a method that streams: each gets every entry; false ends early. */
typedef bool ask_each_entry(void *context, json_t *parameters);
int ask_each(struct patctl *patctl, const char *method, json_t *parameters, ask_each_entry *each,
             void *context, json_t **ret_last);

/* From now on a reply may take as long as it likes. */
void ask_be_patient(struct patctl *patctl);
/* Within an ask_each_entry: whether the next entry, or some of it, is here already. */
bool ask_has_more(const struct patctl *patctl);

/*
 * Within an ask_each_entry: tells patd that nothing more will come, which ends what it does for the
 * caller as soon as that goes. The entries until then, and the last reply, still come.
 */
void ask_no_more(struct patctl *patctl);

/* The tenant and claim parameters that most methods take, from the global options. */
json_t *ask_parameters(const struct patctl *patctl);

/* Adds a member; takes over value. Without memory the call fails later. */
void ask_set(json_t *parameters, const char *name, json_t *value);
void ask_set_text(json_t *parameters, const char *name, const char *text); /* NULL: left out */
/* A list by commas or spaces as an array; NULL: left out. */
void ask_set_list(json_t *parameters, const char *name, const char *list);

/* A member of a reply: "" and 0 where there is none. The text lives as long as the object. */
const char *ask_text(json_t *object, const char *name);
int64_t ask_number(json_t *object, const char *name);

#endif
