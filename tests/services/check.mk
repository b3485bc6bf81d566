# SPDX-License-Identifier: BSD-2-Clause
# Real servers on a private host. Needs root, the servers and their clients, and takes minutes, so
# it is not part of "make check".
# Those that take long come first.
services_tests = \
	%D%/test_drill.py %D%/test_drill_more.py %D%/test_enable.py %D%/test_cyrus.py %D%/test_enable_sasl.py \
	%D%/test_outage.py %D%/test_postfix.py %D%/test_doctor.py %D%/test_slapd.py %D%/test_sshd.py \
	%D%/test_saslauthd.py %D%/test_local.py %D%/test_callers.py %D%/test_clients.py \
	%D%/test_dovecot.py %D%/test_git_ansible.py %D%/test_leaks.py \
	%D%/test_login_notice.py %D%/test_memcached.py %D%/test_methods.py %D%/test_pam_servers.py \
	%D%/test_rights.py %D%/test_sessions.py %D%/test_stacks.py %D%/test_svnserve.py
EXTRA_DIST += \
	%D%/clients.py %D%/clinic.py %D%/conftest.py %D%/directory.py %D%/host.py %D%/ldap_client.py \
	%D%/logins.py %D%/mail.py %D%/mailclients.py %D%/page.py %D%/probe.c %D%/saslkit.py \
	%D%/servers.py %D%/supervisor.py %D%/terminal.py %D%/tokens.py %D%/wirekit.py \
	$(services_tests)
EXTRA_DIST += %D%/run-one
CLEANFILES += %D%/probe.so

# Real servers mostly wait; each file has a host of its own.
SERVICES_AT_ONCE = 3

# PAM loads it by its path; libtool has nothing to add.
%D%/probe.so: %D%/probe.c
	$(AM_V_CCLD)$(MKDIR_P) %D% && $(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ \
	  $(srcdir)/%D%/probe.c -lpam

.PHONY: check-services
check-services: all %D%/probe.so
	@test "`id -u`" = 0 || { echo "check-services: needs root" >&2; exit 1; }
	@PATH=$$PATH:/usr/sbin:/sbin; for tool in ssh sshd sshpass sudo \
	  ansible cron dbus-daemon dovecot git nginx pkcheck pkttyagent psql screen vsftpd \
	  cyrmaster curl memcached memcstat saslauthd saslpasswd2 svn svnserve \
	  ldapmodify ldapwhoami openssl patch postfix slapd strace swaks; do \
	  command -v $$tool >/dev/null || \
	    { echo "check-services: $$tool is missing" >&2; exit 1; }; \
	done
	@$(AM_TESTS_ENVIRONMENT) printf '%s\n' $(services_tests) | \
	  xargs -n 1 -P $(SERVICES_AT_ONCE) $(SHELL) $(srcdir)/%D%/run-one $(PYTHON) $(srcdir)
