/* SPDX-License-Identifier: BSD-2-Clause */
/* One management call: its parameters, who makes it, and where its replies go. */
#ifndef PATD_CALL_H
#define PATD_CALL_H

#include <jansson.h>

#include "core/api/scopes.h"

struct patd_call;

/* A method that answers in several replies, page by page as the client reads them. */
struct patd_stream {
    /*
     * Emits some replies; *ret_done with the last. The call is a fresh one each time: its caller
     * may have lost a role since.
     */
    enum pat_err (*step)(struct patd_stream *stream, struct patd_call *call, bool *ret_done);
    void (*free)(struct patd_stream *stream);
    bool follows; /* it does not end by itself: it goes on with what changes */
    bool always;  /* its steps run also while nothing is answered */
    int pause;    /* milliseconds until a step that waits has its next turn; 0: with a commit */
};

struct patd_call {
    struct pat_manage work;
    json_t *parameters;         /* borrowed */
    bool more;                  /* the client takes several replies */
    bool hung_up;               /* it will say nothing more; of a stream's steps only */
    const char *bad_parameter;  /* set by the readers below */
    bool expected_more;         /* refused because the client does not */
    json_t *reply;              /* of a method that answers once; taken over by the session */
    struct patd_stream *stream; /* of one that streams; taken over too */
    /* Queues one reply of a stream; takes over parameters. */
    enum pat_err (*emit)(struct patd_call *call, json_t *parameters);
    void *session;
    struct pat_peer peer;
    int groups_fd;     /* of patd_groups_ask() */
    int followers;     /* streams that follow, of the caller's uid */
    bool lacks_memory; /* something of the reply was left out for want of it: there is none then */
    bool waits; /* set by a step: nothing to do until a commit, or the stream's pause is over */
    struct pat_tenant_record tenant; /* whose policy the tokens of the reply are held against */
};

typedef enum pat_err patd_call_handler(struct patd_call *call);

/* The first member of an object that the list of words does not name, or NULL. */
const char *patd_call_unknown(json_t *object, const char *known);

/* --- reading parameters: false for a wrong type, noted as bad_parameter --- */

bool patd_call_text(struct patd_call *call, const char *name, const char **ret); /* or NULL */
bool patd_call_required(struct patd_call *call, const char *name, const char **ret);
bool patd_call_number(struct patd_call *call, const char *name, struct pat_optional *ret);
bool patd_call_flag(struct patd_call *call, const char *name, bool *ret); /* absent: unchanged */
/* The strings of an array, by commas; absent: *ret_given is false and ret empty. */
bool patd_call_list(struct patd_call *call, const char *name, char *ret, size_t size,
                    bool *ret_given);
/* The tenant parameter, or the caller's only tenant, or the host's default one; "" for none. */
bool patd_call_tenant(struct patd_call *call, char ret[PAT_TENANT_MAX + 1]);
/* The user parameter, or who the caller is in that tenant. */
bool patd_call_user_name(struct patd_call *call, const char *tenant, const char **ret);
/* Fills actor.claimed from the claim parameter. */
bool patd_call_claim(struct patd_call *call);

/* So that people see the login of a moment ago; if it fails they see what was written before. */
void patd_call_flush_uses(struct patd_call *call);

/* What a handler returns for a wrong parameter. */
enum pat_err patd_call_bad(struct patd_call *call);

/* Sets the reply; takes over it. PAT_ERR_NOMEM for NULL. */
PAT_CHECKED enum pat_err patd_call_answer(struct patd_call *call, json_t *reply);

/* A reply of a stream, as emit() queues it; takes over parameters. NULL without memory. */
char *patd_call_message(const struct patd_call *call, json_t *parameters, size_t *ret_len);

/*
 * True unless err is PAT_OK. What a reply can do without may fail; but a lack of memory is told,
 * and no shorter reply given.
 */
bool patd_call_misses(struct patd_call *call, enum pat_err err);
/* Adds to an array, taking over entry; both may be NULL for want of memory. */
bool patd_call_add(struct patd_call *call, json_t *array, json_t *entry);

/* --- records as JSON; NULL without memory --- */

json_t *patd_call_token(struct patd_call *call, const struct pat_token_record *token);
json_t *patd_call_user(struct patd_call *call, const struct pat_user_record *user);
json_t *patd_call_tenant_row(struct patd_call *call, const struct pat_tenant_record *tenant);
json_t *patd_call_scope(struct patd_call *call, const struct pat_scopes_entry *entry,
                        const struct pat_optional *tokens);
json_t *patd_call_change(const struct pat_change_record *change);
/* A pat_usage_each_day. */
struct patd_call_days {
    struct patd_call *call;
    json_t *days;
};
bool patd_call_add_day(void *context, const char *service, int64_t day, int64_t accepted,
                       int64_t refused);
json_t *patd_call_words(const char *list);
json_t *patd_call_optional(const struct pat_optional *number);

#endif
