# SPDX-License-Identifier: BSD-2-Clause
"""The code that decides who gets in, and the fast tests of it: what mutants are made of, and where
every branch is to be reached.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Target:
    tests: tuple
    functions: tuple = ()  # none: all
    users: tuple = ()  # of a .def: what is compiled with it


DECIDE = ("test_decide", "test_decide_ladder", "test_decide_rights")
VERDICTS = ("core/policy/verdict.c", "tests/unit/test_verdict.c")

TARGETS = {
    "core/token/token.c": Target(("test_token", "test_token_corpus", "test_wipes")),
    "core/token/digest.c": Target(("test_generate", "test_seal", "test_wipes")),
    "core/policy/scope.c": Target(("test_scope", "test_scope_sets", *DECIDE)),
    "core/policy/cidr.c": Target(("test_cidr", *DECIDE)),
    "core/policy/decide.c": Target(DECIDE),
    "core/policy/verdict.c": Target(("test_verdict",)),
    "core/policy/verdict.def": Target(("test_verdict",), users=VERDICTS),
    "core/store/seal.c": Target(("test_seal", "test_wipes")),
    "core/wire/peer.c": Target(("test_peer",)),
    "core/api/roles.c": Target(("test_roles",)),
    "core/api/verify.c": Target(("test_verify_peer",), functions=("is_own_account", "may_ask")),
    "patd/places.c": Target(("test_places",)),
    "patd/server.c": Target(("test_server",), functions=("drop_idle", "make_room", "may_connect",
                                                         "welcome")),
    "pam_pat/result.c": Target(("test_pam_result",)),
    "sasl_pat/code.c": Target(("test_sasl_code",)),
}
