# SPDX-License-Identifier: BSD-2-Clause
"""M20: patctl doctor on a host of real services: a clean one, and each fault once."""
import re

import pytest

from clinic import BESIDE, NO_SYNCHRONISATION, ONLY, SOCKET, Clinic, is_synchronised
from host import tool
from pat import FAKETIME


@pytest.fixture(scope="module")
def clinic():
    host = Clinic()
    try:
        yield host
    finally:
        host.close()


def test_a_clean_host(clinic):
    findings = clinic.doctor(status=0)
    assert [each for each in findings if each["level"] == "problem"] == []
    warnings = [each["what"] for each in findings if each["level"] == "warning"]
    assert warnings == ([] if is_synchronised() else [NO_SYNCHRONISATION])
    good = {each["service"] for each in findings if each["level"] == "ok"}
    assert {"store", "daemon", "modules", "sshd", "su", "sudo", "dovecot", "postfix", "slapd",
            "users", "names"} <= good
    unwired = {each["service"] for each in findings if each["level"] == "unwired"}
    assert "login" in unwired and not unwired & good
    assert all("fix" not in each or each["fix"] is None for each in findings
               if each["level"] == "ok")


# --- PAM: what stands in place of the lines of sshd, and what is said ---

PAT = f"pam_pat.so {SOCKET}"
STACKS = {
    "a verifier first": (
        f"auth [success=2 default=ignore] pam_unix.so\nauth [success=1 default=ignore] {PAT}\n"
        "auth requisite pam_deny.so\nauth required pam_permit.so\n",
        "problem", r"pam_unix\.so in /etc/pam\.d/sshd line \d+ is asked before pam_pat\.so"),
    "never asked": (
        f"auth [default=1] pam_env.so\nauth [success=2 default=ignore] {PAT}\n"
        "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n"
        "auth required pam_permit.so\n",
        "problem", r"pam_pat\.so in /etc/pam\.d/sshd line \d+ is never asked"),
    "nobody says no": (
        f"auth [success=done default=ignore] {PAT}\nauth required pam_permit.so\n",
        "problem", r"a refused token gets in, as pam_permit\.so in /etc/pam\.d/sshd line \d+"),
    "a module that lets pass": (
        f"auth required pam_faillock.so preauth\n"
        f"auth [success=ok cred_insufficient=ignore default=bad] {PAT}\n",
        "problem", r"a refused token gets in, as pam_faillock\.so"),
    "a shell is enough": (
        f"auth [success=done default=ignore] {PAT}\nauth required pam_shells.so\n",
        "problem", r"a refused token gets in, as pam_shells\.so"),
    "a good token is not enough": (
        f"auth required {PAT}\nauth required pam_unix.so try_first_pass\n",
        "problem", r"a good token does not get in, the stack says auth_err"),
    "passwords are refused": (
        f"auth [success=done default=die] {PAT}\nauth required pam_unix.so try_first_pass\n",
        "warning", r"ordinary passwords are refused"),
    "nobody while patd is away": (
        f"auth [success=2 default=ignore authinfo_unavail=die] {PAT}\n"
        "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n"
        "auth required pam_permit.so\n",
        "warning", r"no password gets in while patd is away"),
    "a rule that tokens need not keep": (
        BESIDE.replace("success=2", "success=3").replace(
            "auth  [success=1 default=ignore]  pam_unix",
            "auth required pam_access.so\nauth  [success=1 default=ignore]  pam_unix"),
        "warning", r"a token does not pass pam_access\.so"),
    "an option that there is not": (
        BESIDE.replace(SOCKET, f"{SOCKET} tennant=acme"),
        "problem", r"pam_pat\.so has no option tennant=acme"),
    "a value for a flag": (
        BESIDE.replace(SOCKET, f"{SOCKET} nodelay=yes"),
        "problem", r"pam_pat\.so has no option nodelay=yes"),
    "a socket of nobody's": (
        BESIDE.replace(SOCKET, "socket=/run/pat/elsewhere"),
        "problem", r"nobody listens on /run/pat/elsewhere"),
    "a module that is not there": (
        BESIDE.replace("pam_pat.so", "/opt/lib/pam_pat.so"),
        "problem", r"/opt/lib/pam_pat\.so is not there"),
    "an include that is not there": (
        BESIDE + "auth include nothing\n",
        "problem", r"includes nothing, which is not there"),
    "a line that is none": (
        BESIDE + "auht required pam_unix.so\n",
        "problem", r"line \d+: it begins with no known type"),
}


@pytest.mark.parametrize("name", STACKS)
def test_a_stack(clinic, name):
    stack, level, what = STACKS[name]
    with clinic.pam_stack("sshd", stack):
        found = clinic.wrong("sshd", "--only", "stacks")
    assert [each for each in found if each["level"] == level and re.search(what, each["what"])
            and each["service"] == "sshd" and each["why"] and each["fix"]], found
    assert clinic.wrong("sshd") == []


def test_done_in_an_included_file(clinic):
    """pam_access of sshd's own file is skipped then."""
    included = f"auth [success=done default=ignore] {PAT}\nauth [success=1 default=ignore] " \
               "pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n"
    with clinic.changed("/etc/pam.d/common-auth", included), \
            clinic.pam_stack("sshd", "@include common-auth\nauth required pam_access.so\n"):
        found = clinic.wrong("sshd")
        others = clinic.doctor("pam")
    assert [(each["level"], each["file"]) for each in found] == [("problem", "/etc/pam.d/sshd")]
    assert "a token does not pass pam_access.so" in found[0]["what"]
    assert "included" in found[0]["why"]
    assert any("are in the stacks of" in each["what"] or "is in the stacks of" in each["what"]
               for each in others)


def test_tokens_only(clinic):
    """Nothing is wrong with that; but sudo alone with requisite gives up at once."""
    for service in ("sshd", "sudo"):
        with clinic.pam_stack(service, ONLY):
            assert clinic.wrong(service) == []
            assert any("takes tokens only" in each["what"] for each in clinic.doctor(service))
    with clinic.pam_stack("sudo", f"auth requisite {PAT}\n"):
        found = clinic.wrong("sudo")
    assert len(found) == 1 and "what is no token ends in cred_insufficient" in found[0]["what"]


ACCOUNTS = {
    "a token skips it": ("account [success=done default=ignore] pam_pat.so\n{}", "problem",
                         r"behind a token pam_unix\.so in .* is not asked"),
    "nobody knows accounts": ("account required pam_permit.so\n", "warning",
                              r"nothing in its account phase knows accounts"),
    "everybody is refused": ("account required pam_deny.so\n{}", "problem",
                             r"its account phase refuses everybody"),
}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_the_account_phase(clinic, name):
    lines, level, what = ACCOUNTS[name]
    old = "@include common-account\n"
    with clinic.pam_stack("sshd", lines.format(old), old):
        found = clinic.wrong("sshd")
    assert [(each["level"], bool(re.search(what, each["what"]))) for each in found] == \
        [(level, True)], found


# --- files: what is written where, and what is said ---

def without(pattern):
    return lambda text: re.sub(pattern, "", text)


def instead(old, new):
    return lambda text: text.replace(old, new)


def more(line):
    return lambda text: f"{text}\n{line}\n"


USES_CACHE = "passdb {\n driver = pam\n args = cache_key=%u dovecot\n}"
FAULTS = {
    "UsePAM": ("sshd", "/etc/ssh/sshd_config", instead("UsePAM yes", "UsePAM no"), "problem",
               "UsePAM is no"),
    "no password": ("sshd", "/etc/ssh/sshd_config",
                    instead("PasswordAuthentication yes",
                            "PasswordAuthentication no\nKbdInteractiveAuthentication no"),
                    "problem", "PasswordAuthentication and KbdInteractiveAuthentication are"),
    "keys alone": ("sshd", "/etc/ssh/sshd_config", more("AuthenticationMethods publickey"),
                   "problem", "AuthenticationMethods publickey asks for no password"),
    "UseDNS": ("sshd", "/etc/ssh/sshd_config", instead("UseDNS no", "UseDNS yes"), "warning",
               "UseDNS is yes"),
    "MaxAuthTries": ("sshd", "/etc/ssh/sshd_config", instead("MaxAuthTries 6", "MaxAuthTries 2"),
                     "warning", "MaxAuthTries is 2"),
    "sshd does not say": ("sshd", "/etc/ssh/sshd_config", more("Nonsense yes"), "warning",
                          "sshd ended with status 255: .*Nonsense"),
    "sudo's memory": ("sudo", "/etc/sudoers.d/pat", "Defaults timestamp_timeout=15\n", "warning",
                      r"timestamp_timeout is 15\.0 minutes"),
    "sudo's endless memory": ("sudo", "/etc/sudoers.d/pat", "Defaults timestamp_timeout=-1\n",
                              "warning", "timestamp_timeout is without end"),
    "Dovecot's cache": ("dovecot", "/etc/dovecot/dovecot.conf",
                        more(f"auth_cache_size = 10M\nauth_cache_ttl = 2 hours\n{USES_CACHE}"),
                        "problem",
                        "auth_cache_size is 10 ?M: accepted logins are kept for 2 hours"),
    "Dovecot's cache by default": ("dovecot", "/etc/dovecot/dovecot.conf",
                                   more(f"auth_cache_size = 1k\n{USES_CACHE}"), "problem",
                                   "kept for 1 hour"),
    "Dovecot's cache, not used yet": ("dovecot", "/etc/dovecot/dovecot.conf",
                                      more("auth_cache_size = 1k"), "warning",
                                      "does not use it without a cache_key"),
    "Dovecot logs passwords": ("dovecot", "/etc/dovecot/dovecot.conf",
                               more("auth_debug_passwords = yes"), "problem",
                               "Dovecot logs passwords"),
    "Dovecot's mechanisms": ("dovecot", "/etc/dovecot/dovecot.conf",
                             more("auth_mechanisms = cram-md5"), "problem",
                             "auth_mechanisms has neither plain nor login"),
    "Dovecot asks nobody": ("dovecot", "/etc/dovecot/conf.d/auth-system.conf.ext",
                            instead("driver = pam", "driver = passwd-file\n args = /nothing"),
                            "problem", "Dovecot has no passdb pam"),
    "a delay": ("dovecot", "/etc/pam.d/dovecot", instead(" nodelay", ""), "warning",
                "pam_pat.so without nodelay"),
    "AUTH is off": ("postfix", "/etc/postfix/main.cf",
                    instead("smtpd_sasl_auth_enable = yes", "smtpd_sasl_auth_enable = no"),
                    "problem", "smtpd_sasl_auth_enable is no"),
    "Dovecot's SASL": ("postfix", "/etc/postfix/main.cf",
                       instead("smtpd_sasl_type = cyrus", "smtpd_sasl_type = dovecot"), "problem",
                       "smtpd_sasl_type is dovecot"),
    "noplaintext": ("postfix", "/etc/postfix/main.cf",
                    instead("smtpd_sasl_tls_security_options = noanonymous",
                            "smtpd_sasl_tls_security_options = noanonymous, noplaintext"),
                    "problem", "smtpd_sasl_tls_security_options has noplaintext"),
    "noplaintext by default": ("postfix", "/etc/postfix/main.cf",
                               without(r"smtpd_sasl_tls_security_options.*\n"), "problem",
                               "smtpd_sasl_tls_security_options has noplaintext"),
    "in clear": ("postfix", "/etc/postfix/main.cf",
                 lambda text: text.replace("smtpd_tls_auth_only = yes", "").replace(
                     "smtpd_sasl_security_options = noanonymous, noplaintext",
                     "smtpd_sasl_security_options = noanonymous"),
                 "warning", "smtpd offers AUTH without TLS"),
    "auto_transition": ("postfix", "/etc/postfix/sasl/smtpd.conf",
                        "mech_list: PLAIN LOGIN\npwcheck_method: authdaemond auxprop\n"
                        "authdaemond_path: /run/pat/verify/authdaemon\nauto_transition: yes\n",
                        "problem", r"auto_transition is yes \(/etc/postfix/sasl/smtpd\.conf line 4\)"),
    "no mech_list": ("postfix", "/etc/postfix/sasl/smtpd.conf", without(r"mech_list.*\n"),
                     "warning", "PLAIN and LOGIN are offered twice"),
    "a misspelt option": ("postfix", "/etc/postfix/sasl/smtpd.conf", more("pat_overide: yes"),
                          "warning", "libpat.so has no option pat_overide"),
    "no EXTERNAL": ("slapd", "/etc/ldap/sasl2/slapd.conf", instead(" EXTERNAL", ""), "warning",
                    "mech_list has no EXTERNAL"),
    "slapd's socket": ("slapd", "/etc/ldap/sasl2/slapd.conf",
                       instead("/run/pat/verify/sock", "/run/pat/verify/none"), "problem",
                       "nobody listens on /run/pat/verify/none"),
    "local users of memcached": ("memcached", "/etc/sasl2/memcached.conf",
                                 "mech_list: PLAIN\npat_override: yes\n"
                                 "pat_socket: /run/pat/verify/sock\n", "warning",
                                 "memcached takes local users only"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_setting(clinic, name):
    service, file, change, level, what = FAULTS[name]
    clinic.path(file).parent.mkdir(parents=True, exist_ok=True)
    with clinic.changed(file, change):
        found = clinic.wrong(service)
    fitting = [each for each in found if re.search(what, each["what"])]
    assert [(each["level"], each["service"]) for each in fitting] == [(level, service)], found
    assert fitting[0]["why"] and (fitting[0]["fix"] or level == "warning")
    assert clinic.wrong(service) == []


def test_who_may_ask(clinic):
    config = clinic.patd.config.read_text()
    clinic.patd.config.write_text(config.replace("uids = postfix", "uids = guest"))
    try:
        found = clinic.wrong("postfix")
    finally:
        clinic.patd.config.write_text(config)
    assert [each["what"] for each in found] == ["pat.conf does not let postfix ask for smtp"]


def test_a_socket_that_is_missing_in_the_chroot(clinic):
    inside = "/var/spool/postfix/run/pat/verify/sock"
    with clinic.without(inside):
        found = clinic.wrong("postfix")
    assert [each["level"] for each in found] == ["problem"]
    assert f"smtpd is chrooted, {inside} is missing" in found[0]["what"]
    assert "[listener postfix] in pat.conf" in found[0]["fix"]  # no systemd runs there
    master = "/etc/postfix/master.cf"
    with clinic.without(inside), clinic.changed(
            master, lambda text: re.sub(r"(?m)^(\w+ +inet +n +- +)y", r"\1n", text)):
        assert clinic.wrong("postfix") == []


# --- saslauthd ---

def test_a_saslauthd_that_remembers(clinic):
    """By PAM, whose service smtp has pam_pat.so; else no token reaches it."""
    smtp = f"auth required {PAT}\naccount required pam_permit.so\n"
    with clinic.saslauthd("-c"):
        assert clinic.wrong("saslauthd") == []
        with clinic.changed("/etc/pam.d/smtp", smtp):
            found = clinic.wrong("saslauthd")
            assert [each["level"] for each in found] == ["problem"]
            assert re.search(r"saslauthd runs with -c.*PAM service smtp.*8 hours", found[0]["what"])
            assert "/etc/default/saslauthd" in found[0]["fix"]
    with clinic.changed("/etc/pam.d/smtp", smtp), clinic.saslauthd("-c", "-t", "120"):
        assert "120 seconds" in clinic.wrong("saslauthd")[0]["what"]


def test_a_saslauthd_that_would_remember_when_it_starts(clinic):
    with clinic.changed("/etc/pam.d/smtp", f"auth required {PAT}\n"):
        found = clinic.wrong("saslauthd")
        assert len(found) == 1 and "would start with -c" in found[0]["what"]
        with clinic.changed("/etc/default/saslauthd", instead("-c -m", "-m")), \
                clinic.saslauthd():
            assert clinic.wrong("saslauthd") == []


# --- patd and its store ---

def test_no_backup(clinic):
    assert [(each["level"], each["what"]) for each in clinic.without_backup] == \
        [("warning", "no backup of the store is known")]


def test_an_old_backup(clinic):
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "LD_PRELOAD": FAKETIME, "FAKETIME": "+40d"}
    done = clinic.run([clinic.patd.bin / "patctl", "--config", clinic.patd.config, "doctor",
                       "--only", "backup"], env=env)
    assert re.search(r"the last backup was made .* ago", done.stdout) and done.returncode == 0


@pytest.mark.parametrize("name, mode, uid", [
    ("state/pat.db", 0o644, None), ("state/pat.db", 0o600, 0), ("keys", 0o755, None),
    ("keys/anchor", 0o640, None), ("state", 0o711, None),
])
def test_who_may_read_the_store(clinic, name, mode, uid):
    base = {"state": clinic.patd.state, "keys": clinic.patd.keys}
    first, _, rest = name.partition("/")
    path = base[first] / rest
    with clinic.mode(path, mode, uid):
        found = clinic.wrong("store")
    assert [(each["level"], each["file"]) for each in found] == [("problem", str(path))], found
    assert f"chown patd {path}" in found[0]["fix"]


def test_a_store_that_nobody_trusts(clinic):
    anchor = clinic.patd.keys / "anchor"
    clinic.patd.stop()
    aside = anchor.with_name("anchor.aside")
    anchor.rename(aside)
    for name in ("sock", "authdaemon", "mux"):
        clinic.path(f"/var/spool/postfix/run/pat/verify/{name}").unlink(missing_ok=True)
    clinic.patd.start()
    try:
        found = clinic.wrong("store", "--only", "store")
    finally:
        with clinic.stopped_patd():
            aside.rename(anchor)
    assert [each["level"] for each in found] == ["problem"] and "pat-recovery" in found[0]["fix"]


def test_a_patd_that_does_not_run(clinic):
    with clinic.stopped_patd():
        found = clinic.wrong("daemon")
        everything = clinic.wrong()
    assert len(found) == 1 and found[0]["level"] == "problem"
    assert "/run/pat/verify/sock" in found[0]["what"]
    assert [each["service"] for each in everything] == ["daemon"], everything


def test_a_patd_that_hangs(clinic):
    clinic.patd.process.send_signal(19)
    try:
        found = clinic.wrong("daemon", "--only", "daemon")
    finally:
        clinic.patd.process.send_signal(18)
    assert [each["what"] for each in found] == ["patd listens, and does not answer"]


def test_a_configuration_that_is_wrong(clinic):
    config = clinic.patd.config.read_text()
    clinic.patd.config.write_text(config + "\n[patd]\nnonsense = 1\n")
    try:
        found = clinic.wrong("daemon", "--only", "config")
    finally:
        clinic.patd.config.write_text(config)
    assert len(found) == 1 and found[0]["level"] == "problem" and found[0]["line"] > 1


WEAK = """
#include <stdarg.h>
int prctl(int option, ...) { (void)option; return 0; }
"""


def test_a_patd_without_a_sandbox(clinic):
    """Its prctl(2) does nothing, and it was its own user from the beginning."""
    source, library = clinic.directory / "weak.c", clinic.directory / "weak.so"
    source.write_text(WEAK)
    clinic.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    command, program = clinic.patd.command, str(clinic.patd.bin / "patd")

    def weakly(*arguments):
        words = command(*arguments)
        words[words.index(program):words.index(program)] = [
            "setpriv", "--reuid=patd", "--regid=patd", "--clear-groups", "env",
            f"LD_PRELOAD={library}"]
        return words

    clinic.run(["chown", "-R", "patd", "/run/pat"], check=True)
    clinic.patd.command = weakly
    try:
        clinic.restart_patd("")
        found = clinic.wrong("daemon")
    finally:
        clinic.patd.command = command
        clinic.run(["chown", "-R", "root", "/run/pat"], check=True)
        clinic.restart_patd(clinic.config_text)
    whats = " ".join(each["what"] for each in found)
    assert "could gain privileges" in whats and "may be looked into" in whats, found
    assert "has no filter of system calls" in whats, found
    assert clinic.wrong("daemon") == []


MODULES = {
    "pam_pat.so is missing": ("security/pam_pat.so", None, "pam_pat.so is not where PAM looks"),
    "pam_pat.so is damaged": ("security/pam_pat.so", b"\x7fELF damaged", "cannot be loaded"),
    "libpat.so is missing": ("sasl2/libpat.so", None, "libpat.so is not where Cyrus SASL looks"),
    "libpat.so is damaged": ("sasl2/libpat.so", b"no library", "cannot be loaded"),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module(clinic, name):
    file, text, what = MODULES[name]
    inside = f"{clinic.directory}/{file}"
    with clinic.without(inside):
        if text is not None:
            clinic.path(inside).write_bytes(text)
        found = clinic.wrong("modules")
        clinic.path(inside).unlink(missing_ok=True)
    assert [each["level"] for each in found] == ["problem"] and what in found[0]["what"], found


def test_a_module_that_others_may_write_is_not_loaded(clinic):
    with clinic.mode(clinic.path(f"{clinic.directory}/security/pam_pat.so"), 0o666):
        found = clinic.wrong("modules")
    assert "others than root may write it" in found[0]["what"]


# --- people ---

def test_owners_that_are_gone_or_others(clinic):
    clinic.bound("gone")
    clinic.patd.token("gone", ["ssh:login"])
    clinic.bound("other1")
    clinic.patd.token("other1", ["ssh:login"])
    clinic.bound("idle")
    clinic.run([tool("userdel"), "gone"], check=True)
    clinic.run([tool("userdel"), "idle"], check=True)
    clinic.run([tool("usermod"), "--uid", "4711", "other1"], check=True)
    found = clinic.wrong("users")
    assert sorted(each["what"] for each in found) == [
        "gone of acme has 1 live token, and there is no account gone on this host",
        found[1]["what"]] and "account other1 has uid 4711" in found[1]["what"], found
    for name in ("gone", "other1"):
        clinic.patd.ctl("revoke", "-u", name, "--yes", check=0)
    assert clinic.wrong("users") == []


def test_tenants_users_of_one_name(clinic):
    clinic.account("shared")
    uid = clinic.uid_of("shared")
    for tenant in ("acme", "other"):
        clinic.patd.user("shared", account="shared", uid=uid, tenant=tenant)
        clinic.patd.user("twin", grants=["mail:*"], tenant=tenant)
    found = clinic.wrong("users")
    assert [each["what"] for each in found] == \
        ["users of two tenants are bound to one account: shared (acme, other)"]
    clinic.patd.ctl("user", "bind", "shared", "-t", "other", "--virtual", "--yes", check=0)
    clinic.patd.tenant("plain", makeDefault=False)
    clinic.patd.user("twin", grants=["mail:*"], tenant="plain")
    found = clinic.wrong("users")
    assert [each["what"] for each in found] == \
        ["users of two tenants have one name, and no realm: twin (acme, plain)"]
    clinic.patd.ctl("tenant", "delete", "plain", "--yes", check=0)
    assert clinic.wrong("users") == []


def test_a_scope_that_a_service_asks_for(clinic):
    clinic.patd.ctl("scope", "add", "memcached:login", "--label", "Cache", check=0)
    clinic.patd.ctl("scope", "add", "um:read", "--label", "Read", check=0)
    found = clinic.wrong("names")
    clinic.patd.ctl("scope", "remove", "memcached:login", "--yes", check=0)
    assert [each["what"] for each in found] == \
        ["scope memcached:login of a third party is what service memcached asks for"]
    assert clinic.wrong("names") == []


def test_a_clock_that_went_back(clinic):
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "LD_PRELOAD": FAKETIME, "FAKETIME": "-2d"}
    done = clinic.run([clinic.patd.bin / "patctl", "--config", clinic.patd.config, "doctor",
                       "clock"], env=env)
    assert "the clock is behind patd's mark" in done.stdout and done.returncode == 9


# --- --fix ---

def test_fix_changes_what_it_may_and_tells_the_rest(clinic):
    db = clinic.patd.state / "pat.db"
    conf = "/etc/postfix/sasl/smtpd.conf"
    smtp = f"auth required {PAT}\naccount required pam_permit.so\n"
    defaults = clinic.path("/etc/default/saslauthd").read_text()
    bad = "mech_list: PLAIN LOGIN\npwcheck_method: authdaemond auxprop\n" \
          "authdaemond_path: /run/pat/verify/authdaemon\nauto_transition: yes\n"
    with clinic.mode(db, 0o644), clinic.changed(conf, bad), \
            clinic.changed("/etc/pam.d/smtp", smtp), \
            clinic.changed("/etc/ssh/sshd_config", instead("UseDNS no", "UseDNS yes")):
        refused = clinic.patd.ctl("doctor", "--fix", "store")
        assert refused.returncode == 2 and "--yes" in refused.stderr
        assert db.stat().st_mode & 0o777 == 0o644
        done = clinic.patd.ctl("doctor", "--fix", "--yes")
        assert done.returncode == 0, done
        assert db.stat().st_mode & 0o777 == 0o600 and f"chmod 0644 {db}" in done.stdout
        assert clinic.path(conf).read_text() == bad.replace("auto_transition: yes\n", "")
        assert "    - auto_transition: yes\n" in done.stdout
        fixed = clinic.path("/etc/default/saslauthd").read_text()
        assert fixed == defaults.replace('OPTIONS="-c -m', 'OPTIONS="-m')
        assert "systemctl restart saslauthd" in done.stdout
        assert re.search(r"UseDNS is yes\n +by hand: UseDNS no", done.stdout)
        assert "UseDNS yes" in clinic.path("/etc/ssh/sshd_config").read_text()
    clinic.write("/etc/default/saslauthd", defaults)
    assert clinic.wrong() == []


def test_fix_adds_a_drop_in_where_systemd_runs(clinic):
    drop_in = clinic.path("/etc/systemd/system/patd-verify.socket.d/postfix.conf")
    clinic.run(["mkdir", "-p", "/run/systemd/system"], check=True)
    try:
        with clinic.without("/var/spool/postfix/run/pat/verify/sock"):
            found = clinic.wrong("postfix")
            assert "--fix postfix" in found[0]["fix"]
            done = clinic.patd.ctl("doctor", "--fix", "--yes", "postfix", check=9)
        assert drop_in.read_text() == \
            "[Socket]\nListenSequentialPacket=/var/spool/postfix/run/pat/verify/sock\n"
        assert "systemctl daemon-reload" in done.stdout
    finally:
        drop_in.unlink(missing_ok=True)
        clinic.run(["rm", "-r", "/run/systemd"], check=True)


def test_fix_is_roots(clinic):
    done = clinic.patd.ctl("doctor", "--fix", uid=clinic.uid_of("guest"))
    assert done.returncode == 4 and "root" in done.stderr


def test_others_than_root_are_told_what_they_may_see(clinic):
    done = clinic.patd.ctl("doctor", "sshd", uid=clinic.uid_of("guest"))
    assert done.returncode == 0 and "Root sees more" in done.stdout
    assert "reaches pam_pat" in done.stdout


def test_after_all_of_this_it_is_clean(clinic):
    assert clinic.wrong() == []
