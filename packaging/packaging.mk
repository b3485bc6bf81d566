# SPDX-License-Identifier: BSD-2-Clause
# What a system needs beside the programs: units, account, directories, configuration.
units = packaging/systemd/patd.service packaging/systemd/patd-verify.socket \
	packaging/systemd/patd-manage.socket packaging/systemd/patd-authdaemon.socket \
	packaging/systemd/patd-mux.socket
nodist_systemdsystemunit_DATA = $(units)
dist_sysusers_DATA = packaging/sysusers/pat.conf
nodist_tmpfiles_DATA = packaging/tmpfiles/pat.conf
EXTRA_DIST += $(units:=.in) packaging/tmpfiles/pat.conf.in packaging/pat.conf \
	packaging/install-packages packaging/quickstart
CLEANFILES += $(units) packaging/tmpfiles/pat.conf

$(units) packaging/tmpfiles/pat.conf: %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|[@]sbindir@|$(sbindir)|g' \
	  -e 's|[@]runstatedir@|$(runstatedir)|g' -e 's|[@]localstatedir@|$(localstatedir)|g' \
	  $(srcdir)/$@.in > $@.new && mv $@.new $@

# An administrator's configuration is never written over, and only the untouched one is removed.
install-data-local:
	$(MKDIR_P) $(DESTDIR)$(sysconfdir)/pat
	test -e $(DESTDIR)$(sysconfdir)/pat/pat.conf || \
	  $(INSTALL_DATA) $(srcdir)/packaging/pat.conf $(DESTDIR)$(sysconfdir)/pat/pat.conf
uninstall-local:
	if cmp -s $(srcdir)/packaging/pat.conf $(DESTDIR)$(sysconfdir)/pat/pat.conf; then \
	  rm -f $(DESTDIR)$(sysconfdir)/pat/pat.conf; fi
