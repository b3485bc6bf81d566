# SPDX-License-Identifier: BSD-2-Clause
"""config show, get, check and paths: the file as patd reads it; nobody is asked."""
import json
import os
import subprocess

import pytest

from pat import PATCTL, PATD

TEXT = """[patd]
state_dir = /srv/pat
operators = 0 1234

[service roundcube]
scope = um:read, mail:read
accounts = virtual
tenants = acme lab@

[service sshd]
allow_root = yes
uids = 4242

[listener chroot]
protocol = mux
path = /srv/chroot/mux
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pat.conf"
    path.write_text(TEXT)
    path.chmod(0o644)
    return path


def config(file, *arguments, check=0):
    """patctl config without any patd."""
    done = subprocess.run([PATCTL, "--config", file, "config", *arguments], capture_output=True,
                          text=True, env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
                          stdin=subprocess.DEVNULL, timeout=30, check=False)
    assert done.returncode == check, (done.stdout, done.stderr)
    return done.stdout if check == 0 else done.stderr


def test_every_option_is_shown_with_where_it_comes_from(file):
    rows = {row["option"]: row for row in json.loads(config(file, "show", "--json"))["options"]}
    assert list(rows) == [
        "user", "state_dir", "keys_dir", "runtime_dir", "operators",
        *(f"service.roundcube.{name}" for name in ("scope", "tenants", "accounts", "allow_root",
                                                   "uids")),
        *(f"service.sshd.{name}" for name in ("scope", "tenants", "accounts", "allow_root",
                                              "uids")),
        "listener.chroot.protocol", "listener.chroot.path"]

    def row(name):
        return rows[name]["value"], rows[name]["line"], rows[name]["origin"]
    assert row("user") == ("patd", None, "default")
    assert row("state_dir") == ("/srv/pat", 2, f"{file}:2")
    assert row("operators") == ("0 1234", 3, f"{file}:3")
    assert row("service.roundcube.scope") == ("mail:read,roundcube:login,um:read", 6, f"{file}:6")
    assert row("service.roundcube.tenants") == ("acme lab@", 8, f"{file}:8")
    assert row("service.roundcube.accounts") == ("virtual", 7, f"{file}:7")
    assert row("service.roundcube.allow_root") == ("no", None, "default")
    assert row("service.sshd.scope") == ("ssh:login", None, "default")
    assert row("service.sshd.accounts") == ("local", None, "default")
    assert row("service.sshd.allow_root") == ("yes", 11, f"{file}:11")
    assert row("service.sshd.uids") == ("4242", 12, f"{file}:12")
    assert row("listener.chroot.protocol") == ("mux", 15, f"{file}:15")
    assert row("listener.chroot.path") == ("/srv/chroot/mux", 16, f"{file}:16")
    table = config(file, "show").splitlines()
    assert table[0].split() == ["OPTION", "VALUE", "FROM"] and len(table) == 18
    assert table[2].split() == ["state_dir", "/srv/pat", f"{file}:2"]


@pytest.mark.parametrize("name, value", [
    ("state_dir", "/srv/pat"), ("operators", "0 1234"), ("user", "patd"),
    ("service.sshd.allow_root", "yes"), ("service.roundcube.tenants", "acme lab@"),
    ("service.imap.scope", "mail:read"), ("service.imap.accounts", "virtual"),
    ("service.print.d.scope", "print.d:login"), ("service.imap.tenants", ""),
    ("listener.chroot.path", "/srv/chroot/mux"),
])
def test_one_option(file, name, value):
    """Also of a service that has no section: what is built in."""
    assert config(file, "get", name) == value + "\n"
    assert config(file, "get", name, "-q") == value + "\n"
    told = json.loads(config(file, "get", name, "--json"))
    assert (told["v"], told["option"], told["value"]) == (1, name, value)


@pytest.mark.parametrize("name", ["frob", "", "service.imap.frob", "service.imap", "service..scope",
                                  "service.a b.scope", "listener.none.path", "patd", "path"])
def test_no_such_option(file, name):
    assert f'no option "{name}"' in config(file, "get", name, check=3)


WRONG = [
    ("[patd]\nfrob = 1\n", '2: unknown option "frob" in [patd]'),
    ("[patd]\n\nstate_dir = here\n", "3: state_dir: must be an absolute path"),
    ("[service imap]\naccounts = some\n", "2: accounts: is local or virtual"),
    ("[service imap]\n[service imap]\n", "2: imap: the section comes twice"),
    ("[listener x]\nprotocol = mux\n", "1: x: needs protocol and path"),
    ("state_dir = /x\n", '1: "state_dir" stands before the first section'),
]


@pytest.mark.parametrize("text, said", WRONG, ids=[row[1] for row in WRONG])
def test_check_says_what_patd_says(file, text, said):
    """File, line and sentence."""
    file.write_text(text)
    patd = subprocess.run([PATD, "--config", file, "--check"], capture_output=True, text=True,
                          check=False)
    assert patd.returncode == 1 and patd.stderr.startswith(f"patd: {file}:{said}")
    sentence = patd.stderr[len("patd: "):]
    assert config(file, "check", check=2) == f"patctl: config check: {sentence}"
    assert config("/nonexistent", "check", file, check=2) == f"patctl: config check: {sentence}"
    for command in (["show"], ["get", "user"], ["paths"]):
        assert config(file, *command, check=2).endswith(sentence)
    told = json.loads(config(file, "check", "--json", check=2))["error"]
    assert (told["code"], told["id"], told["message"] + "\n") == (2, "config", sentence)


def test_check_of_a_good_file(file):
    assert config(file, "check") == f"✓ {file} is good. patd takes it with: systemctl reload patd\n"
    assert json.loads(config("/nonexistent", "check", file, "--json")) == \
        {"v": 1, "file": str(file), "good": True}


def test_what_cannot_be_read_or_trusted(file):
    assert config(file.parent / "none", "check", check=2).endswith("/none: no such file\n")
    file.chmod(0o666)
    assert "nobody else may write" in config(file, "check", check=2)


def test_where_everything_is(file, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state/pat.db").touch()
    file.write_text(TEXT.replace("/srv/pat", str(tmp_path / "state")) )
    rows = {row["what"]: row for row in json.loads(config(file, "paths", "--json"))["paths"]}
    assert list(rows) == ["configuration", "store", "uses", "keys", "anchor", "verify",
                          "authdaemon", "mux", "manage", "chroot"]
    assert (rows["configuration"]["path"], rows["configuration"]["there"]) == (str(file), "yes")
    assert (rows["store"]["path"], rows["store"]["there"]) == \
        (str(tmp_path / "state/pat.db"), "yes")
    assert (rows["uses"]["path"], rows["uses"]["there"]) == \
        (str(tmp_path / "state/usage.db"), "no")
    assert rows["chroot"]["path"] == "/srv/chroot/mux"
    assert rows["manage"]["path"].endswith("/manage/sock")
    assert config(file, "paths").splitlines()[0].split() == ["WHAT", "PATH", "THERE"]


def test_a_running_patd_has_these_options(host):
    """The configuration belongs to patd's own user here, who may read it."""
    done = host.ctl("--config", host.config, "config", "get", "state_dir", uid=host.uid, check=0)
    assert done.stdout == f"{host.state}\n"
    rows = json.loads(host.ctl("--config", host.config, "config", "paths", "--json", uid=host.uid,
                               check=0).stdout)["paths"]
    assert {row["there"] for row in rows} == {"yes"}
