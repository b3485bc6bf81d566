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
install-data-local: install-sbom
	$(MKDIR_P) $(DESTDIR)$(sysconfdir)/pat
	test -e $(DESTDIR)$(sysconfdir)/pat/pat.conf || \
	  $(INSTALL_DATA) $(srcdir)/packaging/pat.conf $(DESTDIR)$(sysconfdir)/pat/pat.conf
uninstall-local:
	rm -f $(DESTDIR)$(docdir)/$(sbom)
	if cmp -s $(srcdir)/packaging/pat.conf $(DESTDIR)$(sysconfdir)/pat/pat.conf; then \
	  rm -f $(DESTDIR)$(sysconfdir)/pat/pat.conf; fi

# Recipes of other distributions, and what they install beside Debian's.
EXTRA_DIST += packaging/unwire \
	packaging/alpine/APKBUILD packaging/alpine/linux-pat.pre-deinstall \
	packaging/alpine/linux-pat.pre-install packaging/alpine/pam-pat.pre-deinstall \
	packaging/arch/PKGBUILD packaging/arch/linux-pat.install packaging/authselect/derive \
	packaging/openrc/patd.initd packaging/rpm/linux-pat.spec packaging/rpm/macros.debian \
	packaging/rpm/rpmlint.toml packaging/selinux/pat.fc packaging/selinux/pat.if \
	packaging/selinux/pat.te

# What a release consists of, with checksums and licences, and what it builds upon: a part of each
# tarball, and from there installed. "make sbom" puts it here.
sbom = linux-pat.spdx.json
EXTRA_DIST += packaging/sbom
CLEANFILES += $(sbom)
.PHONY: sbom install-sbom
dist-hook:
	$(AM_V_GEN)chmod u+w $(distdir) && rm -f $(distdir)/$(sbom) && \
	  $(PYTHON) -B $(srcdir)/packaging/sbom $(distdir) > $(sbom).new && \
	  test -s $(sbom).new && mv $(sbom).new $(distdir)/$(sbom)
sbom:
	$(MAKE) $(AM_MAKEFLAGS) distdir
	cp $(distdir)/$(sbom) $(sbom)
	chmod -R u+w $(distdir) && rm -rf $(distdir)
install-sbom:
	test ! -f $(srcdir)/$(sbom) || { $(MKDIR_P) $(DESTDIR)$(docdir) && \
	  $(INSTALL_DATA) $(srcdir)/$(sbom) $(DESTDIR)$(docdir)/$(sbom); }
