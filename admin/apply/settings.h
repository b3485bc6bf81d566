/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of a file of settings: sections, options, and values as the file, people and patd have
 * them. Between the rooms of this folder everything is an object of JSON, by its section's title:
 *
 *     "user acme/alice": {"kind": 1, "tenant": "acme", "name": "alice", "line": 12,
 *                         "set": {"grants": ["mail:read"], "account": "alice"}, ...}
 *
 * set holds values by the names of settings.def. Lists are arrays in their only form; null is what
 * the word for none means, and an account of null is that of a virtual user.
 */
#ifndef ADMIN_APPLY_SETTINGS_H
#define ADMIN_APPLY_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum settings_kind { SETTINGS_TENANT, SETTINGS_USER, SETTINGS_GROUP, SETTINGS_SCOPE };
#define SETTINGS_KINDS 4

enum settings_type {
    SETTINGS_TEXT,
    SETTINGS_FLAG, /* yes or no */
    SETTINGS_YES,  /* nothing but yes */
    SETTINGS_NUMBER,
    SETTINGS_SPAN, /* microseconds */
    SETTINGS_REALMS,
    SETTINGS_SCOPES,
    SETTINGS_NETWORKS,
    SETTINGS_ROLE,
    SETTINGS_ACCOUNT,
    SETTINGS_VIRTUAL, /* the other way to say account */
    SETTINGS_ALLOW,   /* goes with account when it is bound; nothing of its own */
};

struct setting {
    enum settings_kind kind;
    const char *name; /* NULL ends the table */
    enum settings_type type;
    const char *member; /* of patd's object; with a dot in front, of its policy */
    const char *none;   /* the word that takes a limit away; or NULL */
    const char *meaning;
};

extern const struct setting settings[];

/* A kind as a section says it: "tenant". -1: no such section. */
const char *settings_kind_name(enum settings_kind kind);
int settings_kind_find(const char *name);

const struct setting *settings_find(enum settings_kind kind, const char *name);

/* Texts and lists may be said in several lines. */
bool settings_may_repeat(const struct setting *setting);
/* Lists whose order does not count. */
bool settings_is_set(const struct setting *setting);

#define SETTINGS_TITLE_MAX 600
#define SETTINGS_TEXT_MAX 2048 /* a value as text */
#define SETTINGS_WHY_MAX 200

/*
 * A value as the file has it (a list may be joined by commas, a text is without quotation marks) to
 * one of set; new. NULL with why, a sentence without a full stop.
 */
json_t *settings_read(const struct setting *setting, const char *text, char why[SETTINGS_WHY_MAX]);

/* The other way round; false for what a file cannot say. */
bool settings_write(const struct setting *setting, json_t *value, char ret[SETTINGS_TEXT_MAX]);

/* The value of a setting in one of patd's objects, as a value of set; new. */
json_t *settings_take(const struct setting *setting, json_t *object);

/* "user acme/alice"; "scope um:bulk", whose tenant is empty. */
void settings_title(enum settings_kind kind, const char *tenant, const char *name,
                    char ret[SETTINGS_TITLE_MAX]);

/* A new object with these members and an empty set. */
json_t *settings_new(enum settings_kind kind, const char *tenant, const char *name);
enum settings_kind settings_kind_of(json_t *object);

/*
 * What is wrong with a file: [{"line": 3, "text": "..."}], by line (0: none), a sentence each
 * without a full stop. There is an end to how many are told.
 */
#define SETTINGS_FAULTS_MAX 50
void settings_fault(json_t *faults, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
