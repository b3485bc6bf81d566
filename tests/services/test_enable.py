# SPDX-License-Identifier: BSD-2-Clause
"""patctl enable and disable with the real programs: what is wired works, and /etc is put back."""
import json
import os

import jsonschema
import pytest

import tokens
from clients import gets_in, ssh, su
from conftest import SSHD_CONFIG
from host import Host, tool
from page import blocks
from pat import SOURCE
from wirekit import (CONFIG, ctl, differing, disable, enable, install, module_directory,
                     put_sudoers, recorded, run_page, snapshot, sudo)

PASSWORD = "open sesame"
GRANTS = ["ssh:login", "su:login", "sudo:run", "console:login"]
INCLUDE = "@include common-auth"
WIRED = """# A token jumps over common-auth, which is as it was. Undo: patctl disable {0}
auth  [success=1 default=ignore]  pam_pat.so
auth  substack                    common-auth
auth  required                    pam_permit.so"""


@pytest.fixture(scope="module")
def site():
    host = Host()
    try:
        install(host)
        host.patd.start()
        host.patd.tenant("acme")
        host.bound("alice", password=PASSWORD, grants=GRANTS)
        host.key_of_alice = host.key("alice")
        host.token = host.patd.token("alice", GRANTS)[0]
        put_sudoers(host)
        host.start_sshd(SSHD_CONFIG)
        yield host
    finally:
        host.close()


@pytest.fixture
def untouched(site):
    """The test leaves /etc and the records as they were."""
    before = snapshot(site)
    yield before
    assert differing(before, snapshot(site)) == []
    assert recorded(site) == []


def write(host, path, text):
    """The same file with other bytes."""
    host.path(path).write_text(text)


# --- with the real programs ---

def test_sshd_takes_tokens_and_everything_else_stays(site, untouched):
    assert not gets_in(site, "alice", site.token)
    said = enable(site, "sshd")
    assert "sshd takes tokens from the next login on" in said
    assert WIRED.format("sshd") in site.path("/etc/pam.d/sshd").read_text()
    assert differing(untouched, snapshot(site)) == ["/etc/pam.d/sshd"]
    assert gets_in(site, "alice", site.token)
    assert gets_in(site, "alice", PASSWORD)
    assert ssh(site, "alice", key=site.key_of_alice).accepted
    assert not gets_in(site, "alice", tokens.with_wrong_secret(site.token))
    assert not gets_in(site, "alice", PASSWORD + "x")
    disable(site, "sshd")
    assert not gets_in(site, "alice", site.token)
    assert gets_in(site, "alice", PASSWORD)


def test_the_status_tells_which_services_take_tokens(site, untouched):
    assert "  wiring           no service takes tokens yet: patctl service list\n" in \
        ctl(site, "status").stdout
    enable(site, "sudo")
    enable(site, "sshd")
    said = ctl(site, "status").stdout
    assert "  wiring           sshd ✓   sudo ✓\n                   details: patctl doctor\n" in said
    assert "wiring" not in ctl(site, "status", uid=site.uid_of("alice")).stdout
    for name in ("sshd", "sudo"):
        disable(site, name)


def test_the_command_of_the_page(site, untouched):
    assert run_page(site, "openssh") == "sshd"
    assert gets_in(site, "alice", site.token)
    disable(site, "sshd")


def test_the_commands_for_logins_on_the_host(site, untouched):
    assert run_page(site, "local-logins") == "sudo"
    assert su(site, "alice", site.token).accepted and sudo(site, "alice", site.token)
    assert recorded(site) == ["login", "su", "sudo"]
    for name in recorded(site):
        disable(site, name)


PAM_PAGES = {"nginx": "/etc/pam.d/nginx", "postgresql": "/etc/pam.d/postgresql",
             "vsftpd": "/etc/pam.d/vsftpd", "dovecot": "/etc/pam.d/dovecot"}


@pytest.mark.parametrize("page", PAM_PAGES)
def test_the_command_of_a_page_whose_server_is_here(site, untouched, page):
    """It writes what the page tells to write by hand, but for comments."""
    run_page(site, page)
    written = [line for line in site.path(PAM_PAGES[page]).read_text().splitlines()
               if not line.startswith("#")]
    by_hand = next(block for title, block in blocks(page).items() if PAM_PAGES[page] in title)
    wanted = [line for line in by_hand.splitlines() if not line.startswith("#")]
    at = written.index(wanted[0])
    assert written[at:at + len(wanted)] == wanted
    said = blocks(page).get("/etc/pat/pat.conf")
    assert said is None or said in site.path(CONFIG).read_text()
    disable(site, page)


def test_without_patd_passwords_still_work(site, untouched):
    enable(site, "sshd")
    site.patd.stop()
    try:
        assert gets_in(site, "alice", PASSWORD)
        assert not gets_in(site, "alice", site.token)
    finally:
        site.patd.start()
        disable(site, "sshd")


def test_sudo_with_and_without_a_login_shell(site, untouched):
    enable(site, "sudo")
    assert differing(untouched, snapshot(site)) == ["/etc/pam.d/sudo", "/etc/pam.d/sudo-i"]
    for words in ((), ("-i",)):
        assert sudo(site, "alice", site.token, *words)
        assert sudo(site, "alice", PASSWORD, *words)
        assert not sudo(site, "alice", tokens.with_wrong_secret(site.token), *words)
    disable(site, "sudo")
    assert not sudo(site, "alice", site.token)


def test_su_and_its_login_shell(site, untouched):
    """su-l includes the file of su, and needs no change of its own."""
    enable(site, "su")
    assert differing(untouched, snapshot(site)) == ["/etc/pam.d/su"]
    assert su(site, "alice", site.token).accepted
    assert su(site, "alice", PASSWORD).accepted
    assert not su(site, "alice", tokens.malformed(site.token)).accepted
    done = site.run([tool("su"), "-", "alice", "-c", "id -un"], uid=site.uid_of("guest"),
                    stdin=site.token + "\n")
    assert done.stdout == "alice\n"
    disable(site, "su")


def test_all_services_of_the_host_one_after_the_other(site, untouched):
    """Whatever this host has: it is wired, seen to be wired, and put back."""
    services = json.loads(ctl(site, "service", "list", "--json").stdout)["services"]
    names = [each["service"] for each in services if each["installed"]]
    assert {"sshd", "sudo", "su", "login"} <= set(names)
    done = []
    for name in names:
        if ctl(site, "enable", name, "--dry-run").returncode == 0:
            enable(site, name)
            shown = json.loads(ctl(site, "service", "show", name, "--json").stdout)
            assert (shown["wired"], shown["refusal"]) == ("yes", None)
            assert any("pat" in line["text"] for line in shown["lines"])
            done.append(name)
    for name in done:
        disable(site, name)
    assert {"sshd", "sudo", "su", "login", "polkit", "common-auth"} <= set(done)


def test_a_file_of_the_vendor_is_copied_and_the_copy_removed(site, untouched):
    vendor = site.path("/usr/lib/pam.d/polkit-1").read_text()
    said = ctl(site, "enable", "polkit", "--dry-run").stdout
    assert "--- /usr/lib/pam.d/polkit-1\n+++ /etc/pam.d/polkit-1" in said
    enable(site, "polkit")
    assert differing(untouched, snapshot(site)) == ["/etc/pam.d/polkit-1"]
    assert WIRED.format("polkit") in site.path("/etc/pam.d/polkit-1").read_text()
    assert site.path("/usr/lib/pam.d/polkit-1").read_text() == vendor
    disable(site, "polkit")


def test_common_auth_by_pam_auth_update(site, untouched):
    """It makes the very change that was shown, every service takes tokens, and all is put back."""
    shown = ctl(site, "enable", "common-auth", "--dry-run").stdout
    assert differing(untouched, snapshot(site)) == []
    assert "+auth\t[success=2 default=ignore]\tpam_pat.so" in shown
    enable(site, "common-auth")
    assert differing(untouched, snapshot(site)) == ["/etc/pam.d/common-auth"]
    assert gets_in(site, "alice", site.token) and gets_in(site, "alice", PASSWORD)
    assert not gets_in(site, "alice", tokens.with_wrong_secret(site.token))
    assert su(site, "alice", site.token).accepted
    assert ctl(site, "enable", "sshd").returncode == 0, "it does already"
    disable(site, "common-auth")


# --- what is shown, and asked ---

def test_the_difference_is_one_that_patch_takes(site, untouched):
    before = site.path("/etc/pam.d/sshd").read_text()
    done = ctl(site, "enable", "sshd", "--dry-run")
    assert done.returncode == 0 and done.stdout.endswith("Nothing changed (--dry-run).\n")
    assert differing(untouched, snapshot(site)) == []
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    site.write("/home/copy", before)
    site.run(["patch", "-s", "/home/copy"], stdin=done.stdout, check=True)
    enable(site, "sshd")
    assert site.path("/home/copy").read_text() == site.path("/etc/pam.d/sshd").read_text()
    back = ctl(site, "disable", "sshd", "--dry-run").stdout
    site.run(["patch", "-s", "/home/copy"], stdin=back, check=True)
    assert site.path("/home/copy").read_text() == before
    disable(site, "sshd")


def test_twice_is_once(site, untouched):
    enable(site, "sshd")
    after = snapshot(site)
    assert "takes tokens already (PAM)" in enable(site, "sshd")
    assert differing(after, snapshot(site)) == []
    disable(site, "sshd")
    assert "sshd takes no tokens" in disable(site, "sshd")


@pytest.mark.parametrize("command", ["enable", "disable"])
def test_without_a_terminal_it_wants_yes(site, untouched, command):
    if command == "disable":
        enable(site, "sshd")
    before = snapshot(site)
    done = ctl(site, command, "sshd")
    assert done.returncode == 2 and "give --yes" in done.stderr
    assert "/etc/pam.d/sshd" in done.stdout, "the difference was shown"
    assert differing(before, snapshot(site)) == []
    if command == "disable":
        disable(site, "sshd")


@pytest.mark.parametrize("command", ["enable", "disable"])
def test_a_user_may_look_but_not_change(site, untouched, command):
    guest = site.uid_of("guest")
    done = ctl(site, command, "sshd", "--yes", uid=guest)
    assert done.returncode == 4 and "--dry-run" in done.stderr
    assert ctl(site, "service", "list", uid=guest).returncode == 0
    assert "/etc/pam.d/sshd:" in ctl(site, "service", "show", "sshd", uid=guest).stdout
    assert ctl(site, "enable", "su", "--dry-run", uid=guest).returncode == 0


def test_another_socket_is_named_in_the_line(site, untouched):
    text = site.path(CONFIG).read_text()
    assert "runtime_dir" in text
    write(site, CONFIG, "[patd]\nruntime_dir = /run/elsewhere\n")
    try:
        said = ctl(site, "enable", "sshd", "--dry-run").stdout
        assert "  pam_pat.so socket=/run/elsewhere/verify/sock\n" in said
        done = ctl(site, "enable", "common-auth", "--dry-run")
        assert done.returncode == 6 and "socket=/run/elsewhere" in done.stderr
    finally:
        write(site, CONFIG, text)


def test_json(site, untouched):
    shown = json.loads(ctl(site, "enable", "su", "--dry-run", "--json").stdout)
    assert (shown["enabled"], shown["changed"]) == (False, False)
    done = json.loads(enable(site, "su", "--json"))
    schema = json.loads((SOURCE / "doc/schema/enable.json").read_text())
    for document in (shown, done):
        jsonschema.Draft202012Validator(schema).validate(document)
        assert set(document) == set(schema["properties"])
    assert (done["service"], done["enabled"], done["changed"]) == ("su", True, True)
    assert done["files"] == shown["files"]
    assert [file["path"] for file in done["files"]] == ["/etc/pam.d/su"]
    back = json.loads(disable(site, "su", "--json"))
    assert (back["enabled"], back["changed"]) == (False, True)


# --- what was changed in between ---

def test_a_file_that_was_edited_since_loses_our_lines_only(site, untouched):
    before = site.path("/etc/pam.d/sshd").read_text()
    enable(site, "sshd")
    text = site.path("/etc/pam.d/sshd").read_text()
    write(site, "/etc/pam.d/sshd", "# mine\n" + text + "# mine too\n")
    assert "edited since" in disable(site, "sshd")
    assert site.path("/etc/pam.d/sshd").read_text() == f"# mine\n{before}# mine too\n"
    write(site, "/etc/pam.d/sshd", before)


def test_edited_lines_of_ours_are_left_to_people(site, untouched):
    before = site.path("/etc/pam.d/sshd").read_text()
    enable(site, "sshd")
    text = site.path("/etc/pam.d/sshd").read_text()
    write(site, "/etc/pam.d/sshd", text.replace("default=ignore]", "default=die]"))
    after = snapshot(site)
    done = ctl(site, "disable", "sshd", "--yes")
    assert done.returncode == 6 and "in the very lines" in done.stderr
    assert "+auth  substack" in done.stdout, "it says what is to be taken out"
    assert differing(after, snapshot(site)) == []
    write(site, "/etc/pam.d/sshd", before)
    assert "nothing of the change was left" in disable(site, "sshd")


def test_a_package_that_put_its_file_back(site, untouched):
    """Half of a service is wired then; it is undone, and can be wired again."""
    before = site.path("/etc/pam.d/sudo").read_text()
    enable(site, "sudo")
    write(site, "/etc/pam.d/sudo", before)
    assert json.loads(ctl(site, "service", "show", "sudo", "--json").stdout)["wired"] == "partly"
    done = ctl(site, "enable", "sudo", "--yes")
    assert done.returncode == 6 and "patctl disable sudo" in done.stderr
    disable(site, "sudo")
    enable(site, "sudo")
    disable(site, "sudo")


def test_lines_of_others_are_not_taken_out(site, untouched):
    before = site.path("/etc/pam.d/su").read_text()
    write(site, "/etc/pam.d/su", before.replace(
        INCLUDE, "auth [success=1 default=ignore] pam_pat.so\nauth substack common-auth\n"
        "auth required pam_permit.so"))
    assert "takes tokens already" in enable(site, "su")
    after = snapshot(site)
    done = ctl(site, "disable", "su", "--yes")
    assert done.returncode == 6 and "was not wired by patctl enable" in done.stderr
    assert "/etc/pam.d/su:" in done.stderr
    assert differing(after, snapshot(site)) == []
    write(site, "/etc/pam.d/su", before)


# --- what is kept of a file ---

def test_owner_mode_and_attributes_are_kept(site, untouched):
    path = site.path("/etc/pam.d/su")
    os.chmod(path, 0o640)
    os.chown(path, 0, 7)
    os.setxattr(path, "trusted.context", b"as it was")
    for change in (enable, disable):
        change(site, "su")
        status = os.stat(path)
        assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o640, 0, 7)
        assert os.getxattr(path, "trusted.context") == b"as it was"
    os.chmod(path, 0o644)
    os.chown(path, 0, 0)


def test_a_file_without_a_newline_at_its_end(site, untouched):
    before = site.path("/etc/pam.d/su").read_text()
    write(site, "/etc/pam.d/su", f"auth sufficient pam_rootok.so\n@include common-account\n{INCLUDE}")
    short = site.path("/etc/pam.d/su").read_text()
    said = enable(site, "su")
    assert "\\No newline at end of file" in said.replace("\\ No", "\\No")
    assert su(site, "alice", site.token).accepted
    disable(site, "su")
    assert site.path("/etc/pam.d/su").read_text() == short
    write(site, "/etc/pam.d/su", before)


# --- what is refused ---

STACKS = {
    "an unknown module": ("auth required pam_pwquality.so\n@include common-auth\n",
                          "pam_pwquality.so is not known here"),
    "nobody judges": ("auth required pam_permit.so\n", "judges passwords"),
    "no auth line": ("account required pam_permit.so\n", "no auth line of its own"),
    "a control nobody knows": (
        "auth [success=ok user_unknown=ignore default=ignore] pam_unix.so\nauth required pam_deny.so\n",
        "is not one that is known here"),
    "a continued line": ("auth required \\\n  pam_unix.so\n", "goes on in the next line"),
    "a jump over the place": (
        "auth [success=1 default=ignore] pam_rootok.so\n@include common-auth\n"
        "auth required pam_shells.so\n", "would"),
    "two that must agree": (
        "auth required pam_unix.so\nauth required pam_ldap.so use_first_pass\n", "would"),
    "an include of everything": ("@include other\n", "is no include of auth lines alone"),
    "an open include": ("auth substack open\naccount required pam_permit.so\n", "would"),
    "a missing include": ("@include nowhere\n", "nowhere"),
    "no PAM at all": ("auth reqired pam_unix.so\n", "su:1"),
    "not text": ("auth required pam_unix.so\n# \x1b[2J\n", "not plain UTF-8"),
}


@pytest.mark.parametrize("case", STACKS, ids=str)
def test_a_stack_that_it_does_not_understand(site, untouched, case):
    """The file named open ends undecided, and pam_permit behind it would let everybody in."""
    text, why = STACKS[case]
    before = site.path("/etc/pam.d/su").read_text()
    site.write("/etc/pam.d/open", "auth [success=ok default=ignore] pam_unix.so\n")
    write(site, "/etc/pam.d/su", text)
    after = snapshot(site)
    try:
        done = ctl(site, "enable", "su", "--yes")
        assert done.returncode == 6, done
        assert why in done.stderr
        assert differing(after, snapshot(site)) == []
    finally:
        write(site, "/etc/pam.d/su", before)
        site.path("/etc/pam.d/open").unlink()


GOOD_STACKS = {
    "one module": ("auth required pam_unix.so\naccount required pam_permit.so\n",
                   "auth  [success=done default=ignore]  pam_pat.so"),
    "one module and others behind it": (
        "auth required pam_unix.so\nauth required pam_shells.so\n"
        "account required pam_permit.so\n", "auth  [success=2 default=ignore]  pam_pat.so"),
    "the jump of a module": (
        "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\n"
        "auth required pam_permit.so\naccount required pam_permit.so\n",
        "auth  [success=2 default=ignore]  pam_pat.so"),
    "enough": ("auth sufficient pam_unix.so\nauth required pam_deny.so\n"
               "account required pam_permit.so\n", "auth  [success=done default=ignore]  pam_pat.so"),
    "a substack": ("auth substack common-auth\naccount required pam_permit.so\n",
                   "auth  substack                    common-auth"),
    "behind others": ("auth required pam_env.so\nauth requisite pam_nologin.so\n"
                      "auth include common-auth\naccount required pam_permit.so\n",
                      "auth  substack                    common-auth"),
}


@pytest.mark.parametrize("case", GOOD_STACKS, ids=str)
def test_a_stack_that_it_understands(site, untouched, case):
    text, line = GOOD_STACKS[case]
    before = site.path("/etc/pam.d/su").read_text()
    write(site, "/etc/pam.d/su", text)
    try:
        enable(site, "su")
        assert line in site.path("/etc/pam.d/su").read_text()
        assert su(site, "alice", site.token).accepted and su(site, "alice", PASSWORD).accepted
        assert not su(site, "alice", tokens.malformed(site.token)).accepted
        assert not su(site, "alice", PASSWORD + "x").accepted
        disable(site, "su")
        assert site.path("/etc/pam.d/su").read_text() == text
    finally:
        write(site, "/etc/pam.d/su", before)


def symbolic_link(path):
    path.rename(f"{path}.real")
    path.symlink_to("su.real")


def hard_link(path):
    os.link(path, f"{path}.real")


def put_back(path, before):
    path.unlink()
    for name in (f"{path}.real", f"{path}.new"):
        if os.path.lexists(name):
            os.unlink(name)
    path.write_text(before)
    path.chmod(0o644)


@pytest.mark.parametrize("make, why", [(symbolic_link, "symbolic link"),
                                       (hard_link, "hard link")], ids=lambda x: str(x)[:20])
def test_a_file_that_is_not_one_plain_file(site, untouched, make, why):
    path = site.path("/etc/pam.d/su")
    before = path.read_text()
    make(path)
    try:
        done = ctl(site, "enable", "su", "--yes")
        assert done.returncode == 6 and why in done.stderr, done
    finally:
        put_back(path, before)


def test_a_directory_that_others_may_write_to(site, untouched):
    directory = site.path("/etc/pam.d")
    before = snapshot(site)
    os.chmod(directory, 0o775)
    try:
        done = ctl(site, "enable", "su", "--yes")
        assert done.returncode == 6 and "others may write to it" in done.stderr, done
    finally:
        os.chmod(directory, 0o755)
    assert differing(before, snapshot(site)) == []


def test_a_missing_module_is_not_named_in_a_stack(site, untouched):
    module = site.path(module_directory()) / "pam_pat.so"
    module.rename(f"{module}.away")
    try:
        done = ctl(site, "enable", "sshd", "--yes")
        assert done.returncode == 6 and "pam_pat.so is not where PAM looks" in done.stderr
    finally:
        os.rename(f"{module}.away", module)


def test_a_service_that_is_not_there(site, untouched):
    done = ctl(site, "enable", "sshdd", "--yes")
    assert done.returncode == 3 and 'did you mean "sshd"' in done.stderr
    absent = [each["service"] for each in
              json.loads(ctl(site, "service", "list", "--json").stdout)["services"]
              if not each["installed"]]
    for name in absent:
        done = ctl(site, "enable", name, "--yes")
        assert done.returncode == 3 and "not installed" in done.stderr


def sshd_settings(site, text):
    site.write("/etc/ssh/sshd_config.d/50-site.conf", text)


@pytest.fixture
def site_settings(site, untouched):
    yield lambda text: sshd_settings(site, text)
    site.path("/etc/ssh/sshd_config.d/50-site.conf").unlink()


def test_sshd_that_takes_no_passwords_is_not_opened(site, site_settings):
    site_settings("PasswordAuthentication no\nKbdInteractiveAuthentication no\n")
    done = ctl(site, "enable", "sshd", "--yes")
    assert done.returncode == 6 and "takes no passwords at all" in done.stderr


def test_sshd_without_pam_gets_a_drop_in(site, site_settings):
    site_settings("UsePAM no\n")
    before = snapshot(site)
    enable(site, "sshd")
    drop_in = "/etc/ssh/sshd_config.d/10-pat.conf"
    assert differing(before, snapshot(site)) == ["/etc/pam.d/sshd", drop_in]
    assert "usepam yes" in site.run([tool("sshd"), "-T"], check=True).stdout
    disable(site, "sshd")
    assert differing(before, snapshot(site)) == []


def test_a_tool_that_finds_fault_before(site, site_settings):
    site_settings("NoSuchOption yes\n")
    before = snapshot(site)
    done = ctl(site, "enable", "sshd", "--yes")
    assert done.returncode == 6 and "sshd ended with status 255" in done.stderr
    assert differing(before, snapshot(site)) == []


def test_a_tool_that_finds_fault_afterwards(site, untouched):
    """Everything is put back: this visudo does not like what sudo's file says now."""
    site.write("/home/visudo", "#!/bin/sh\n! grep -q pam_pat /etc/pam.d/sudo\n", 0o755)
    site.run(["mount", "--bind", "/home/visudo", tool("visudo")], check=True)
    try:
        done = ctl(site, "enable", "sudo", "--yes")
        assert done.returncode == 6 and "Everything is as it was" in done.stderr, done
    finally:
        site.run(["umount", tool("visudo")], check=True)


# --- killed in the middle ---

STEPS = ("openat", "write", "fsync", "rename", "renameat2", "unlink", "unlinkat", "fchmod")


def killed(host, command, call, when):
    """patctl, killed as it enters a system call for the so-maniest time; false: it never did."""
    words = [tool("strace"), "-o", "/dev/null", "-e", f"trace={call}", "-e",
             f"inject={call}:signal=KILL:when={when}", str(host.patd.bin / "patctl"), "--config",
             CONFIG, *command]
    done = host.run(words, env={"PATH": "/usr/bin:/bin:/usr/sbin", "LC_ALL": "C.UTF-8"})
    return done.returncode not in (0, 6)


def points(host, command):
    """Each of those calls from where files are written on."""
    log = "/home/trace"
    host.run([tool("strace"), "-o", log, "-e", "trace=" + ",".join(STEPS),
              str(host.patd.bin / "patctl"), "--config", CONFIG, *command], check=True)
    lines = host.path(log).read_text().splitlines()
    counts, found, writing = {}, [], False
    for line in lines:
        call = line.split("(")[0]
        counts[call] = counts.get(call, 0) + 1
        writing |= "pat-wiring" in line
        if writing and call in STEPS and not (call == "openat" and "O_CREAT" not in line):
            found.append((call, counts[call]))
    return found


@pytest.mark.parametrize("what", ["enable", "disable"])
def test_killed_in_the_middle_there_is_the_old_file_or_the_new_one(site, untouched, what):
    paths = ("/etc/pam.d/sudo", "/etc/pam.d/sudo-i")
    old = {path: site.path(path).read_bytes() for path in paths}
    enable(site, "sudo")
    new = {path: site.path(path).read_bytes() for path in paths}
    disable(site, "sudo")
    command = (what, "sudo", "--yes")
    if what == "disable":
        enable(site, "sudo")
    steps = points(site, command)
    if what == "enable":
        disable(site, "sudo")
    assert len(steps) > 12
    seen = set()
    for call, when in steps:
        if what == "disable":
            enable(site, "sudo")
        killed(site, command, call, when)
        now = {path: site.path(path).read_bytes() for path in paths}
        assert all(now[path] in (old[path], new[path]) for path in paths), (call, when)
        seen.add(tuple(now[path] == new[path] for path in paths))
        disable(site, "sudo")
        assert all(site.path(path).read_bytes() == old[path] for path in paths), (call, when)
        assert not [name for name in snapshot(site) if "pat-new" in name], (call, when)
    assert len(seen) == 3, "nothing, half of it, all of it"
