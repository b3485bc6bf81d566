# SPDX-License-Identifier: BSD-2-Clause
# What a system needs beside the programs: units, account, directories, configuration.
units = packaging/systemd/patd.service packaging/systemd/patd-verify.socket \
	packaging/systemd/patd-manage.socket packaging/systemd/patd-authdaemon.socket \
	packaging/systemd/patd-mux.socket packaging/systemd/pat-notify.service
nodist_systemdsystemunit_DATA = $(units)
dist_systemdsystemunit_DATA = packaging/systemd/pat-notify.timer
dist_sysusers_DATA = packaging/sysusers/pat.conf
nodist_tmpfiles_DATA = packaging/tmpfiles/pat.conf
# For pam-auth-update, which reads /usr/share/pam-configs: off until an administrator wants it.
pamconfigsdir = $(datadir)/pam-configs
dist_pamconfigs_DATA = packaging/pam-configs/pat
EXTRA_DIST += $(units:=.in) packaging/tmpfiles/pat.conf.in packaging/pat.conf \
	packaging/install-packages packaging/quickstart
EXTRA_DIST += packaging/build-debian packaging/debian packaging/apparmor/abstractions/pat \
	packaging/apparmor/usr.sbin.patd packaging/systemd/patd-verify.socket.d/postfix.conf
EXTRA_DIST += packaging/fail2ban/filter.d/pat.conf packaging/fail2ban/jail.d/pat.conf \
	packaging/node-exporter/pat-metrics.service packaging/node-exporter/pat-metrics.timer \
	packaging/scanners/gitleaks.toml packaging/scanners/trufflehog.yaml
CLEANFILES += $(units) packaging/tmpfiles/pat.conf

$(units) packaging/tmpfiles/pat.conf: %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|[@]sbindir@|$(sbindir)|g' \
	  -e 's|[@]bindir@|$(bindir)|g' \
	  -e 's|[@]runstatedir@|$(runstatedir)|g' -e 's|[@]localstatedir@|$(localstatedir)|g' \
	  $(srcdir)/$@.in > $@.new && mv $@.new $@

# To begin a file for patctl apply with.
exampledir = $(docdir)/examples
dist_example_DATA = packaging/settings.example

# An administrator's configuration is never written over, and only the untouched one is removed.
install-data-local:
	$(MKDIR_P) $(DESTDIR)$(sysconfdir)/pat
	test -e $(DESTDIR)$(sysconfdir)/pat/pat.conf || \
	  $(INSTALL_DATA) $(srcdir)/packaging/pat.conf $(DESTDIR)$(sysconfdir)/pat/pat.conf
uninstall-local:
	if cmp -s $(srcdir)/packaging/pat.conf $(DESTDIR)$(sysconfdir)/pat/pat.conf; then \
	  rm -f $(DESTDIR)$(sysconfdir)/pat/pat.conf; fi
