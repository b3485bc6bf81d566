# SPDX-License-Identifier: BSD-2-Clause
# The packages of distributions. "make check" looks at what they are made of.
packaging_tests = %D%/version.py
TESTS += $(packaging_tests)
EXTRA_DIST += $(packaging_tests) %D%/base.py %D%/chroot %D%/furnish %D%/lifecycle %D%/packages \
	%D%/tree %D%/trials.py

# Builds the Debian packages, and has lintian judge them: minutes. TARBALL=FILE spares making one.
# Root is not needed. Where they are to stay: PACKAGES=DIRECTORY.
#
# With PAT_FULL=1 in the environment, as root: their unit tests; a second build, which is the same byte
# by byte; and in a Debian made for it, where nobody's files are, what lifecycle, piuparts and
# autopkgtest say. It needs the group package-full of packaging/install-packages, and the archive that
# apt of this host knows.
.PHONY: check-packages
check-packages:
	@test "$$PAT_FULL" != 1 || $(srcdir)/packaging/install-packages --list package-full | \
	  { ! grep . || { echo 'check-packages: first packaging/install-packages package-full' >&2; \
	    false; }; }
	@directory='$(PACKAGES)'; keep=yes; \
	test -n "$$directory" || { directory=`mktemp -d` && keep=; }; \
	status=0; $(AM_TESTS_ENVIRONMENT) $(PYTHON) -B $(srcdir)/%D%/packages \
	  $(if $(TARBALL),--tarball '$(TARBALL)') "$$directory" || status=$$?; \
	test -n "$$keep" || rm -rf "$$directory"; exit $$status

# The same for other distributions, with the packages of the group "others". TARBALL=FILE as above.
EXTRA_DIST += %D%/others %D%/authselect-local
others_tools = bsdtar makepkg musl-gcc rpmbuild rpmlint checkmodule
.PHONY: check-packages-others
check-packages-others:
	@directory=`mktemp -d`; tarball='$(TARBALL)'; status=0; \
	test -n "$$tarball" || { $(MAKE) $(AM_MAKEFLAGS) -s dist && \
	  mv $(distdir).tar.xz "$$directory" && tarball=$$directory/$(distdir).tar.xz; } && \
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) -B $(srcdir)/%D%/others "$$directory/packages" \
	  --tarball "$$tarball" || status=$$?; \
	rm -rf "$$directory"; exit $$status
