# SPDX-License-Identifier: BSD-2-Clause
# Real servers: sshd and su on a private host. Needs root, OpenSSH and sshpass, and takes minutes,
# so it is not part of "make check".
EXTRA_DIST += %D%/clients.py %D%/conftest.py %D%/host.py %D%/page.py %D%/probe.c \
	%D%/supervisor.py %D%/tokens.py
CLEANFILES += %D%/probe.so

# PAM loads it by its path; libtool has nothing to add.
%D%/probe.so: %D%/probe.c
	$(AM_V_CCLD)$(MKDIR_P) %D% && $(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ \
	  $(srcdir)/%D%/probe.c -lpam

.PHONY: check-services
check-services: all %D%/probe.so
	@test "`id -u`" = 0 || { echo "check-services: needs root" >&2; exit 1; }
	@PATH=$$PATH:/usr/sbin:/sbin; for tool in ssh sshd sshpass; do \
	  command -v $$tool >/dev/null || \
	    { echo "check-services: $$tool is missing" >&2; exit 1; }; \
	done
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) -B -m pytest -q -p no:cacheprovider \
	  $(srcdir)/%D%
