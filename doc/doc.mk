# SPDX-License-Identifier: BSD-2-Clause
# What people read. tests/lint/man.py compares the pages with the code.
dist_man_MANS = \
	admin/patctl.1 \
	doc/pat-protocol.7 doc/pat-recovery.7 doc/pat.7 doc/pat.conf.5 doc/pat-settings.5 \
	pam_pat/pam_pat.8 \
	patd/patd.8 \
	sasl_pat/sasl_pat.8
dist_doc_DATA = README NEWS COPYING DESIGN.md HACKING.md SECURITY.md \
	doc/cyrus-imapd doc/dovecot doc/local-logins doc/memcached doc/nginx doc/openldap doc/openssh \
	doc/postfix doc/postgresql doc/screens doc/subversion doc/vsftpd

# What --json prints: one document a file. tests/admin/test_schema.py holds patctl to them.
schemadir = $(docdir)/schema
dist_schema_DATA = \
	doc/schema/apply.json \
	doc/schema/check.json doc/schema/doctor.json doc/schema/doctor-checks.json doc/schema/create.json doc/schema/db-accept.json doc/schema/db-backup.json \
	doc/schema/db-check.json doc/schema/db-clock.json doc/schema/db-restore.json \
	doc/schema/db-rotate-key.json doc/schema/db-status.json \
	 doc/schema/drill.json doc/schema/enable.json doc/schema/error.json doc/schema/forget.json \
	doc/schema/service.json doc/schema/service-map.json doc/schema/services.json \
	doc/schema/list.json \
	doc/schema/log.json doc/schema/log-cut.json doc/schema/log-erase.json \
	doc/schema/log-token.json doc/schema/log-verify.json doc/schema/options.json doc/schema/paths.json \
	doc/schema/purge.json doc/schema/review.json doc/schema/revoke.json doc/schema/scopes.json \
	doc/schema/sessions.json \
	doc/schema/settings.json doc/schema/show.json \
	doc/schema/notify.json doc/schema/scan.json doc/schema/stats.json doc/schema/status.json doc/schema/tenant.json doc/schema/tenant-delete.json \
	doc/schema/tenants.json doc/schema/users.json doc/schema/uses.json doc/schema/whoami.json
