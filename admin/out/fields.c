/* SPDX-License-Identifier: BSD-2-Clause */
/* Field lists. The JSON names are a promise to scripts: append, do not rename. */
#include "admin/out/fields.h"

const struct out_field fields_token[] = {
    {"id", "id", "ID", OUT_WORD, OUT_ALWAYS, NULL},
    {"name", "name", "NAME", OUT_TEXT, OUT_ALWAYS, NULL},
    {"user", "user", "USER", OUT_TEXT, OUT_WIDE, NULL},
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_ASKED, NULL},
    {"masked", "masked", "TOKEN", OUT_MASKED, OUT_ASKED, NULL},
    {"scopes", "scopes", "SCOPES", OUT_WORDS, OUT_ALWAYS, NULL},
    {"addresses", "addresses", "FROM", OUT_WORDS, OUT_ASKED, NULL},
    {"created", "created", "CREATED", OUT_TIME, OUT_WIDE, NULL},
    {"creator", "created_by", "CREATED BY", OUT_TEXT, OUT_ASKED, NULL},
    {"notBefore", "not_before", "NOT BEFORE", OUT_TIME, OUT_ASKED, NULL},
    {"expires", "expires", "EXPIRES", OUT_TIME, OUT_ALWAYS, NULL},
    {"lastUsed", "last_used", "LAST USED", OUT_TIME, OUT_ALWAYS, "never"},
    {"lastService", "last_service", "SERVICE", OUT_WORD, OUT_ASKED, NULL},
    {"lastAddress", "last_address", "ADDRESS", OUT_WORD, OUT_ASKED, NULL},
    {"accepted", "accepted", "USES", OUT_NUMBER, OUT_ASKED, NULL},
    {"refused", "refused", "REFUSED", OUT_NUMBER, OUT_ASKED, NULL},
    {"state", "status", "STATUS", OUT_STATE, OUT_ALWAYS, NULL},
    {"description", "description", "DESCRIPTION", OUT_TEXT, OUT_ASKED, NULL},
    {"pendingUntil", "pending_until", "CONFIRM UNTIL", OUT_TIME, OUT_ASKED, NULL},
    {"ended", "revoked", "REVOKED", OUT_TIME, OUT_ASKED, NULL},
    {"successor", "successor", "SUCCESSOR", OUT_WORD, OUT_ASKED, NULL},
    {"batch", "batch", "BATCH", OUT_TEXT, OUT_ASKED, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_token_card[] = {
    {"masked", "masked", "token", OUT_MASKED, OUT_ALWAYS, NULL},
    {"description", "description", "description", OUT_TEXT, OUT_WIDE, NULL},
    {"user", "user", "user", OUT_TEXT, OUT_ALWAYS, NULL},
    {"tenant", "tenant", "tenant", OUT_TEXT, OUT_ALWAYS, NULL},
    {"created", "created", "created", OUT_TIME, OUT_ALWAYS, NULL},
    {"creator", "created_by", "created by", OUT_TEXT, OUT_ALWAYS, NULL},
    {"notBefore", "not_before", "works from", OUT_TIME, OUT_WIDE, NULL},
    {"expires", "expires", "expires", OUT_TIME, OUT_ALWAYS, "never"},
    {"ended", "revoked", "revoked", OUT_TIME, OUT_WIDE, NULL},
    {"scopes", "scopes", "scopes", OUT_WORDS, OUT_ALWAYS, NULL},
    {"addresses", "addresses", "from", OUT_WORDS, OUT_ALWAYS, "anywhere"},
    OUT_FIELDS_END,
};

const struct out_field fields_user[] = {
    {"user", "user", "USER", OUT_TEXT, OUT_ALWAYS, NULL},
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_WIDE, NULL},
    {"account", "account", "ACCOUNT", OUT_TEXT, OUT_ALWAYS, "(virtual)"},
    {"uid", "uid", "UID", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"role", "role", "ROLE", OUT_WORD, OUT_ALWAYS, NULL},
    {"grants", "grants", "GRANTS", OUT_WORDS, OUT_ALWAYS, NULL},
    {"live", "tokens", "TOKENS", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"maxTokens", "max_tokens", "OF", OUT_NUMBER, OUT_WIDE, "unlimited"},
    {"enabled", "enabled", "ENABLED", OUT_FLAG, OUT_ALWAYS, NULL},
    {"allowRoot", "allow_root", "ROOT", OUT_FLAG, OUT_ASKED, NULL},
    {"contact", "contact", "CONTACT", OUT_TEXT, OUT_ASKED, NULL},
    {"created", "created", "CREATED", OUT_TIME, OUT_ASKED, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_user_card[] = {
    {"user", "user", "user", OUT_TEXT, OUT_ALWAYS, NULL},
    {"tenant", "tenant", "tenant", OUT_TEXT, OUT_ALWAYS, NULL},
    {"account", "account", "account", OUT_TEXT, OUT_ALWAYS, "(virtual)"},
    {"uid", "uid", "uid", OUT_NUMBER, OUT_WIDE, NULL},
    {"allowRoot", "allow_root", "may be root", OUT_FLAG, OUT_WIDE, NULL},
    {"role", "role", "role", OUT_TEXT, OUT_ALWAYS, NULL},
    {"grants", "grants", "grants", OUT_WORDS, OUT_ALWAYS, "nothing"},
    {"live", "tokens", "tokens", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"maxTokens", "max_tokens", "at most", OUT_NUMBER, OUT_ALWAYS, "unlimited"},
    {"enabled", "enabled", "enabled", OUT_FLAG, OUT_ALWAYS, NULL},
    {"contact", "contact", "contact", OUT_TEXT, OUT_WIDE, NULL},
    {"created", "created", "created", OUT_TIME, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_grant[] = {
    {"holder", "holder", "USER", OUT_TEXT, OUT_ALWAYS, NULL},
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_ALWAYS, NULL},
    {"scopes", "scopes", "SCOPES", OUT_WORDS, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_tenant[] = {
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_ALWAYS, NULL},
    {"live", "tokens", "TOKENS", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"users", "users", "USERS", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"realms", "realms", "REALMS", OUT_WORDS, OUT_ALWAYS, NULL},
    {"isDefault", "default", "DEFAULT", OUT_FLAG, OUT_ALWAYS, NULL},
    {"enabled", "enabled", "ENABLED", OUT_FLAG, OUT_ALWAYS, NULL},
    {"description", "description", "DESCRIPTION", OUT_TEXT, OUT_WIDE, NULL},
    {"contact", "contact", "CONTACT", OUT_TEXT, OUT_ASKED, NULL},
    {"created", "created", "CREATED", OUT_TIME, OUT_ASKED, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_change[] = {
    {"at", "time", "TIME", OUT_TIME, OUT_ALWAYS, NULL},
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_WIDE, "(host)"},
    {"seq", "seq", "SEQ", OUT_NUMBER, OUT_WIDE, NULL},
    {"event", "event", "EVENT", OUT_WORD, OUT_ALWAYS, NULL},
    {"user", "user", "USER", OUT_TEXT, OUT_ALWAYS, NULL},
    {"subject", "subject", "SUBJECT", OUT_WORD, OUT_ALWAYS, NULL},
    {"actor", "actor", "WHO", OUT_TEXT, OUT_ALWAYS, NULL},
    {"actorUid", "actor_uid", "UID", OUT_NUMBER, OUT_ASKED, NULL},
    {"loginUid", "login_uid", "LOGIN UID", OUT_NUMBER, OUT_ASKED, NULL},
    {"after", "after", "WHAT", OUT_FIELDS, OUT_ALWAYS, NULL},
    {"before", "before", "BEFORE", OUT_FIELDS, OUT_ASKED, NULL},
    {"reason", "reason", "REASON", OUT_TEXT, OUT_ALWAYS, NULL},
    {"claimed", "claimed", "CLAIMED", OUT_FIELDS, OUT_ASKED, NULL},
    {"batch", "batch", "BATCH", OUT_TEXT, OUT_ASKED, NULL},
    {"erased", "erased", "ERASED", OUT_FLAG, OUT_ASKED, NULL},
    {"link", "link", "LINK", OUT_TEXT, OUT_ASKED, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_use[] = {
    {"at", "time", "TIME", OUT_TIME, OUT_ALWAYS, NULL},
    {"service", "service", "SERVICE", OUT_WORD, OUT_ALWAYS, NULL},
    {"address", "address", "FROM", OUT_WORD, OUT_ALWAYS, NULL},
    {"verdict", "verdict", "VERDICT", OUT_WORD, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_use_of_token[] = {
    {"at", "time", "TIME", OUT_TIME, OUT_ALWAYS, NULL},
    {"id", "id", "TOKEN", OUT_WORD, OUT_ALWAYS, NULL},
    {"name", "name", "NAME", OUT_TEXT, OUT_ALWAYS, NULL},
    {"service", "service", "SERVICE", OUT_WORD, OUT_ALWAYS, NULL},
    {"address", "address", "FROM", OUT_WORD, OUT_ALWAYS, NULL},
    {"verdict", "verdict", "VERDICT", OUT_WORD, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_finding[] = {
    {"finding", "finding", "FINDING", OUT_WORD, OUT_ASKED, NULL},
    {"id", "id", "ID", OUT_WORD, OUT_ALWAYS, NULL},
    {"name", "name", "NAME", OUT_TEXT, OUT_ALWAYS, NULL},
    {"user", "user", "USER", OUT_TEXT, OUT_ALWAYS, NULL},
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_WIDE, NULL},
    {"created", "created", "CREATED", OUT_TIME, OUT_WIDE, NULL},
    {"expires", "expires", "EXPIRES", OUT_TIME, OUT_ALWAYS, NULL},
    {"lastUsed", "last_used", "LAST USED", OUT_TIME, OUT_ALWAYS, "never"},
    {"detail", "detail", "WHAT", OUT_TEXT, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

/* JSON keeps patd's own names for numbers; only the next token is told as elsewhere. */
const struct out_field fields_status[] = {
    {"version", "version", "", OUT_TEXT, OUT_ALWAYS, NULL},
    {"health", "health", "", OUT_TEXT, OUT_ALWAYS, NULL},
    {"trouble", "trouble", "", OUT_TEXT, OUT_ALWAYS, NULL},
    {"defaultTenant", "default_tenant", "", OUT_TEXT, OUT_ALWAYS, NULL},
    {"now", "now", "", OUT_TIME, OUT_ALWAYS, NULL},
    {"bytes", "bytes", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"active", "active", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"expiring", "expiring", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"expired", "expired", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"revoked", "revoked", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"pending", "pending", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"suspended", "suspended", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"noExpiry", "no_expiry", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"users", "users", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"usageSince", "usage_since", "", OUT_TIME, OUT_ALWAYS, NULL},
    {"neverUsed", "never_used", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"unused", "unused", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"usageLost", "usage_lost", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"days", "days", "", OUT_WORDS, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};
