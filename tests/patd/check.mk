# SPDX-License-Identifier: BSD-2-Clause
# patd itself, on sockets and a store of the test's own; no root.
patd_tests = \
	tests/patd/test_activation.py tests/patd/test_bulk.py \
	tests/patd/test_change_log.py \
	tests/patd/test_durability.py tests/patd/test_fail2ban.py \
	tests/patd/test_life.py \
	tests/patd/test_list_filters.py \
	tests/patd/test_log_follow.py tests/patd/test_log_heads.py \
	tests/patd/test_manage_framing.py \
	tests/patd/test_manage_parameters.py tests/patd/test_manage_streams.py \
	tests/patd/test_recovery.py tests/patd/test_released.py \
	tests/patd/test_no_secrets.py tests/patd/test_retention.py tests/patd/test_roles.py tests/patd/test_scopes.py tests/patd/test_signals.py \
	tests/patd/test_start.py tests/patd/test_stock.py tests/patd/test_store_trouble.py tests/patd/test_tenants.py \
	tests/patd/test_two_tenants.py tests/patd/test_users.py tests/patd/test_verdicts.py \
	tests/patd/test_verify_packets.py tests/patd/test_verify_peers.py
TESTS += $(patd_tests)
EXTRA_DIST += $(patd_tests) tests/patd/released tests/patd/conftest.py tests/patd/patdkit.py tests/patd/stock.py \
	tests/patd/model.py tests/patd/model_checks.py tests/patd/model_log.py \
	tests/patd/model_methods.py tests/patd/model_people.py tests/patd/model_steps.py \
	tests/patd/model_world.py

# The long run of test_two_tenants.py, as root. PAT_SEED in the environment repeats one.
PROPERTY_STEPS = 100000
.PHONY: check-property
check-property: all
	$(AM_TESTS_ENVIRONMENT) PAT_STEPS='$(PROPERTY_STEPS)' PAT_REQUIRE_ROOT=1 $(PYTHON) \
	  $(AM_PY_LOG_FLAGS) -s $(srcdir)/tests/patd/test_two_tenants.py
