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
    {"blocked", "blocked", "BLOCKED", OUT_TEXT, OUT_ASKED, NULL},
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

const struct out_field fields_grant[] = {
    {"holder", "holder", "USER", OUT_TEXT, OUT_ALWAYS, NULL},
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_ALWAYS, NULL},
    {"scopes", "scopes", "SCOPES", OUT_WORDS, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

/* The members of the policy stand beside those of the tenant; see limits_spread(). */
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
    {"maxTokens", "max_tokens", "EACH", OUT_NUMBER, OUT_ASKED, "unlimited"},
    {"nameMin", "name_min", "NAME MIN", OUT_NUMBER, OUT_ASKED, NULL},
    {"requireExpiry", "require_expiry", "MUST EXPIRE", OUT_FLAG, OUT_ASKED, NULL},
    {"requireAddresses", "require_from", "MUST BE BOUND", OUT_FLAG, OUT_ASKED, NULL},
    {"defaultLifetime", "default_expiry", "DEFAULT LIFE", OUT_SPAN, OUT_ASKED, NULL},
    {"maxLifetime", "max_lifetime", "MAX LIFE", OUT_SPAN, OUT_ASKED, NULL},
    {"pendingLifetime", "confirm_within", "CONFIRM WITHIN", OUT_SPAN, OUT_ASKED, NULL},
    {"scopes", "scopes", "SCOPES", OUT_WORDS, OUT_ASKED, "any"},
    {"networks", "networks", "NETWORKS", OUT_WORDS, OUT_ASKED, "any"},
    {"selfService", "self_service", "SELF-SERVICE", OUT_FLAG, OUT_ASKED, NULL},
    {"selfServiceScopes", "self_service_scopes", "THEIR SCOPES", OUT_WORDS, OUT_ASKED, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_tenant_list[] = {
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_ALWAYS, NULL},
    {"live", "tokens", "TOKENS", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"maxTokens", "max_tokens", "EACH", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"users", "users", "USERS", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"maxLifetime", "max_lifetime", "MAX LIFE", OUT_SPAN, OUT_ALWAYS, NULL},
    {"expiry", "expiry", "EXPIRY", OUT_WORD, OUT_ALWAYS, NULL},
    {"state", "state", "STATE", OUT_WORD, OUT_ALWAYS, NULL},
    {"realms", "realms", "REALMS", OUT_WORDS, OUT_ALWAYS, NULL},
    {"isDefault", "default", "DEFAULT", OUT_FLAG, OUT_WIDE, NULL},
    {"description", "description", "DESCRIPTION", OUT_TEXT, OUT_WIDE, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_tenant_card[] = {
    {"tenant", "tenant", "tenant", OUT_WORD, OUT_ALWAYS, NULL},
    {"state", "state", "state", OUT_WORD, OUT_ALWAYS, NULL},
    {"description", "description", "description", OUT_TEXT, OUT_WIDE, NULL},
    {"contact", "contact", "contact", OUT_TEXT, OUT_ALWAYS, NULL},
    {"realms", "realms", "realms", OUT_WORDS, OUT_ALWAYS, "none"},
    {"users", "users", "users", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"live", "tokens", "tokens", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"maxTokens", "max_tokens", "tokens each", OUT_NUMBER, OUT_ALWAYS, "unlimited"},
    {"nameMin", "name_min", "name min", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"expiry", "expiry", "expiry", OUT_WORD, OUT_ALWAYS, NULL},
    {"defaultLifetime", "default_expiry", "by default", OUT_SPAN, OUT_ALWAYS, "none"},
    {"maxLifetime", "max_lifetime", "at longest", OUT_SPAN, OUT_ALWAYS, "none"},
    {"pendingLifetime", "confirm_within", "confirm in", OUT_SPAN, OUT_ALWAYS, NULL},
    {"binding", "binding", "addresses", OUT_WORD, OUT_ALWAYS, NULL},
    {"scopes", "scopes", "scopes", OUT_WORDS, OUT_ALWAYS, "any"},
    {"networks", "networks", "networks", OUT_WORDS, OUT_ALWAYS, "any"},
    {"selfService", "self_service", "self-service", OUT_FLAG, OUT_ALWAYS, NULL},
    {"selfServiceScopes", "self_service_scopes", "own scopes", OUT_WORDS, OUT_ALWAYS, "none"},
    {"created", "created", "created", OUT_TIME, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_scope[] = {
    {"scope", "scope", "SCOPE", OUT_WORD, OUT_ALWAYS, NULL},
    {"services", "services", "SERVICES", OUT_WORDS, OUT_ALWAYS, NULL},
    {"label", "label", "LABEL", OUT_TEXT, OUT_ALWAYS, NULL},
    {"meaning", "meaning", "MEANING", OUT_TEXT, OUT_ALWAYS, NULL},
    {"thirdParty", "third_party", "THIRD PARTY", OUT_FLAG, OUT_ASKED, NULL},
    {"tokens", "tokens", "TOKENS", OUT_NUMBER, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_scope_card[] = {
    {"scope", "scope", "scope", OUT_TEXT, OUT_ALWAYS, NULL},
    {"label", "label", "label", OUT_TEXT, OUT_ALWAYS, NULL},
    {"meaning", "meaning", "meaning", OUT_TEXT, OUT_ALWAYS, NULL},
    {"services", "services", "services", OUT_WORDS, OUT_ALWAYS, "none of this host"},
    {"thirdParty", "third_party", "third party", OUT_FLAG, OUT_ALWAYS, NULL},
    {"tokens", "tokens", "tokens", OUT_NUMBER, OUT_ALWAYS, "not counted"},
    OUT_FIELDS_END,
};

const struct out_field fields_option[] = {
    {"option", "option", "OPTION", OUT_WORD, OUT_ALWAYS, NULL},
    {"value", "value", "VALUE", OUT_TEXT, OUT_ALWAYS, NULL},
    {"origin", "origin", "FROM", OUT_WORD, OUT_ALWAYS, NULL},
    {"line", "line", "LINE", OUT_NUMBER, OUT_ASKED, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_path[] = {
    {"what", "what", "WHAT", OUT_WORD, OUT_ALWAYS, NULL},
    {"path", "path", "PATH", OUT_WORD, OUT_ALWAYS, NULL},
    {"there", "there", "THERE", OUT_TEXT, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_service[] = {
    {"service", "service", "SERVICE", OUT_WORD, OUT_ALWAYS, NULL},
    {"wired", "wired", "WIRED", OUT_WORD, OUT_ALWAYS, NULL},
    {"how", "how", "HOW", OUT_TEXT, OUT_ALWAYS, NULL},
    {"scopes", "scopes", "ASKS FOR", OUT_WORDS, OUT_ALWAYS, NULL},
    {"title", "title", "WHAT", OUT_TEXT, OUT_WIDE, NULL},
    {"installed", "installed", "INSTALLED", OUT_FLAG, OUT_ASKED, NULL},
    {"asks", "asks", "AS", OUT_WORDS, OUT_ASKED, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_service_card[] = {
    {"service", "service", "service", OUT_WORD, OUT_ALWAYS, NULL},
    {"title", "title", "what", OUT_TEXT, OUT_ALWAYS, NULL},
    {"installed", "installed", "installed", OUT_FLAG, OUT_ALWAYS, NULL},
    {"wired", "wired", "wired", OUT_WORD, OUT_ALWAYS, NULL},
    {"how", "how", "how", OUT_TEXT, OUT_ALWAYS, NULL},
    {"asks", "asks", "asks as", OUT_WORDS, OUT_ALWAYS, NULL},
    {"scopes", "scopes", "asks for", OUT_WORDS, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_service_map[] = {
    {"service", "service", "SERVICE", OUT_WORD, OUT_ALWAYS, NULL},
    {"scopes", "scopes", "ASKS FOR", OUT_WORDS, OUT_ALWAYS, NULL},
    {"accounts", "accounts", "ACCOUNTS", OUT_WORD, OUT_ALWAYS, NULL},
    {"origin", "origin", "SAID BY", OUT_TEXT, OUT_ALWAYS, NULL},
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
    {"generation", "generation", "GENERATION", OUT_NUMBER, OUT_ASKED, NULL},
    {"salt", "salt", "SALT", OUT_TEXT, OUT_ASKED, NULL},
    {"textHash", "text_hash", "TEXT HASH", OUT_TEXT, OUT_ASKED, NULL},
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

const struct out_field fields_session[] = {
    {"id", "id", "TOKEN", OUT_WORD, OUT_ALWAYS, NULL},
    {"name", "name", "NAME", OUT_TEXT, OUT_ALWAYS, NULL},
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_WIDE, NULL},
    {"user", "user", "USER", OUT_TEXT, OUT_ALWAYS, NULL},
    {"service", "service", "SERVICE", OUT_WORD, OUT_ALWAYS, "(left)"},
    {"from", "from", "FROM", OUT_WORD, OUT_ALWAYS, NULL},
    {"terminal", "terminal", "TERMINAL", OUT_WORD, OUT_WIDE, NULL},
    {"since", "since", "SINCE", OUT_TIME, OUT_ALWAYS, NULL},
    {"pid", "pid", "PID", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"processes", "processes", "PROCESSES", OUT_NUMBER, OUT_WIDE, NULL},
    {"logind", "logind", "LOGIND", OUT_WORD, OUT_ASKED, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_drill[] = {
    {"service", "service", "SERVICE", OUT_WORD, OUT_ALWAYS, NULL},
    {"path", "path", "PATH", OUT_TEXT, OUT_ALWAYS, NULL},
    {"client", "client", "CLIENT", OUT_TEXT, OUT_ALWAYS, NULL},
    {"place", "place", "PLACE", OUT_TEXT, OUT_ALWAYS, NULL},
    {"login", "login", "LOGIN", OUT_FLAG, OUT_ALWAYS, NULL},
    {"refusedMs", "refused_ms", "REFUSED MS", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"acceptedAfter", "accepted_after", "ACCEPTED AFTER", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"result", "result", "RESULT", OUT_WORD, OUT_ALWAYS, NULL},
    {"cache", "cache", "CACHE", OUT_TEXT, OUT_ALWAYS, NULL},
    {"why", "why", "WHY", OUT_TEXT, OUT_ALWAYS, NULL},
    {"id", "id", "TOKEN", OUT_WORD, OUT_ALWAYS, NULL},
    {"createdSeq", "created_seq", "CREATED", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"revokedSeq", "revoked_seq", "REVOKED", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"uses", "uses", "USES", OUT_WORDS, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_drill_list[] = {
    {"service", "service", "SERVICE", OUT_WORD, OUT_ALWAYS, NULL},
    {"path", "path", "PATH", OUT_TEXT, OUT_ALWAYS, NULL},
    {"client", "client", "CLIENT", OUT_TEXT, OUT_WIDE, NULL},
    {"login", "login", "LOGIN OK", OUT_FLAG, OUT_ALWAYS, NULL},
    {"refusedText", "refused_after", "REFUSED AFTER", OUT_WORD, OUT_ALWAYS, NULL},
    {"result", "result", "RESULT", OUT_WORD, OUT_ALWAYS, NULL},
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

const struct out_field fields_doctor[] = {
    {"service", "service", "SERVICE", OUT_WORD, OUT_ALWAYS, NULL},
    {"check", "check", "CHECK", OUT_WORD, OUT_ALWAYS, NULL},
    {"level", "level", "LEVEL", OUT_WORD, OUT_ALWAYS, NULL},
    {"what", "what", "WHAT", OUT_TEXT, OUT_ALWAYS, NULL},
    {"why", "why", "WHY", OUT_TEXT, OUT_WIDE, NULL},
    {"fix", "fix", "FIX", OUT_TEXT, OUT_WIDE, NULL},
    {"file", "file", "FILE", OUT_TEXT, OUT_ASKED, NULL},
    {"line", "line", "LINE", OUT_NUMBER, OUT_ASKED, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_doctor_check[] = {
    {"name", "name", "CHECK", OUT_WORD, OUT_ALWAYS, NULL},
    {"service", "service", "SERVICE", OUT_WORD, OUT_ALWAYS, "several"},
    {"summary", "summary", "WHAT IS LOOKED AT", OUT_TEXT, OUT_ALWAYS, NULL},
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

/* keys are put in as parts. */
const struct out_field fields_db[] = {
    {"path", "path", "", OUT_TEXT, OUT_ALWAYS, NULL},
    {"keysPath", "keys_path", "", OUT_TEXT, OUT_ALWAYS, NULL},
    {"health", "health", "", OUT_TEXT, OUT_ALWAYS, NULL},
    {"bytes", "bytes", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"generation", "generation", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"anchor", "anchor", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"reach", "reach", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"schema", "schema", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"checked", "checked", "", OUT_TIME, OUT_ALWAYS, NULL},
    {"lastBackup", "last_backup", "", OUT_TIME, OUT_ALWAYS, NULL},
    {"backups", "backups", "", OUT_WORDS, OUT_ALWAYS, NULL},
    {"mark", "mark", "", OUT_TIME, OUT_ALWAYS, NULL},
    {"clockWaits", "clock_waits", "", OUT_FLAG, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_db_key[] = {
    {"number", "number", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"tokens", "tokens", "", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"until", "until", "", OUT_TIME, OUT_ALWAYS, NULL},
    {"needed", "needed", "", OUT_FLAG, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_notice[] = {
    {"id", "id", "ID", OUT_WORD, OUT_ALWAYS, NULL},
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_WIDE, NULL},
    {"user", "user", "USER", OUT_TEXT, OUT_ALWAYS, NULL},
    {"name", "name", "NAME", OUT_TEXT, OUT_ALWAYS, NULL},
    {"masked", "masked", "TOKEN", OUT_MASKED, OUT_ASKED, NULL},
    {"expires", "expires", "EXPIRES", OUT_TIME, OUT_ALWAYS, NULL},
    {"days", "days", "STEP", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"contact", "contact", "CONTACT", OUT_TEXT, OUT_ASKED, NULL},
    {"to", "to", "TO", OUT_TEXT, OUT_ALWAYS, "nobody"},
    {"sent", "sent", "SENT", OUT_FLAG, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_stat[] = {
    {"what", "what", "WHAT", OUT_WORD, OUT_ALWAYS, NULL},
    {"name", "name", "NAME", OUT_TEXT, OUT_ALWAYS, NULL},
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_WIDE, NULL},
    {"accepted", "accepted", "ACCEPTED", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"refused", "refused", "REFUSED", OUT_NUMBER, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};

const struct out_field fields_found[] = {
    {"file", "file", "FILE", OUT_TEXT, OUT_ALWAYS, NULL},
    {"line", "line", "LINE", OUT_NUMBER, OUT_ALWAYS, NULL},
    {"id", "id", "ID", OUT_WORD, OUT_ALWAYS, NULL},
    {"tenant", "tenant", "TENANT", OUT_WORD, OUT_ALWAYS, NULL},
    {"masked", "masked", "TOKEN", OUT_MASKED, OUT_ALWAYS, NULL},
    {"state", "status", "STATUS", OUT_WORD, OUT_ALWAYS, NULL},
    {"user", "user", "USER", OUT_TEXT, OUT_ALWAYS, NULL},
    {"name", "name", "NAME", OUT_TEXT, OUT_ALWAYS, NULL},
    OUT_FIELDS_END,
};
