# SPDX-License-Identifier: BSD-2-Clause
"""A real svnserve, wired as doc/subversion says, and the real svn as its client."""
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

import tokens
from host import tool
from page import blocks
from saslkit import (Owner, assert_no_secret, assert_said, install_plugin, run_page, set_password,
                     start)
from servers import Verifier

PAGE = blocks("subversion")
PORT, THREADS_PORT = 3690, 3691  # the second one makes threads, not processes
PROBE = "/run/site-svn-saslauthd"
REALM = "Example repositories"


@pytest.fixture(scope="module")
def server(host):
    install_plugin(host)
    since = len(host.syslog.lines)
    uid = host.account("svn")
    host.patd.configure(PAGE["/etc/pat/pat.conf"])
    host.patd.reload()
    owner = Owner(host, "sven", "svn:login")
    set_password(host, "/etc/sasldb2-svn", owner.name, owner.password, REALM, "svn")
    host.path("/etc/sasl2").mkdir(exist_ok=True)
    host.write("/etc/sasl2/svn.conf", PAGE["/etc/sasl2/svn.conf"].replace(
        "pwcheck_method: auxprop", "pwcheck_method: auxprop saslauthd")
        + f"saslauthd_path: {PROBE}\n")
    host.run([tool("svnadmin"), "create", "/home/svn/repository"], uid=uid, check=True)
    authz = "[general]\nauthz-db = authz\n"
    conf = PAGE["conf/svnserve.conf of the repository"]
    host.write("/home/svn/repository/conf/svnserve.conf", conf.replace("[general]\n", authz))
    host.write("/home/svn/repository/conf/authz", "[/]\nsven = rw\nsvea = r\n")
    verifier = Verifier(host, PROBE, {})
    started = [start(host, [tool("svnserve"), "-d", "--foreground", "-r", "/home/svn",
                            "--listen-host", "127.0.0.1", "--listen-port", str(port),
                            "--log-file", "/home/svn/log", *more], port, uid)
               for port, more in ((PORT, []), (THREADS_PORT, ["-T"]))]
    yield SimpleNamespace(host=host, owner=owner, verifier=verifier, since=since,
                          logs=[*(log for _, log in started), host.path("/home/svn/log")])
    for process, _ in started:
        process.terminate()
        process.wait(20)
    verifier.close()
    host.patd.configure()
    host.patd.reload()


def svn(host, name, token, line=None):
    """A login of guest's with a line of the page; what svn did."""
    line = (line or PAGE["The token comes from a file of mode 0600, not from an argument"])
    words = shlex.split(line.replace("alice", name).split("<")[0])
    return host.run(words, uid=host.uid_of("guest"), stdin=token,
                    env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/home/guest"})


def accepted(done):
    assert (done.returncode == 0) == ("Repository UUID" in done.stdout), done
    return done.returncode == 0


def test_a_token_gets_in(server):
    done = svn(server.host, "sven", server.owner.token)
    assert accepted(done), done.stderr
    server.host.syslog.wait(f"event=verify verdict=accepted token={server.owner.id} .* service=svn "
                            r"login=sven rhost=127\.0\.0\.1", since=server.since)


def test_an_ordinary_password_still_gets_in(server):
    assert accepted(svn(server.host, "sven", server.owner.password))
    asked = len(server.verifier.asked)
    assert not accepted(svn(server.host, "sven", "not " + server.owner.password))
    assert {entry[1] for entry in server.verifier.asked[asked:]} == \
        {"not " + server.owner.password}


def test_refused_alike_and_the_log_says_why(server):
    refused = server.owner.refused()
    since, asked = len(server.host.syslog.lines), len(server.verifier.asked)
    with ThreadPoolExecutor(4) as pool:
        logins = list(pool.map(lambda token: svn(server.host, "sven", token), refused))
    assert not any(accepted(login) for login in logins)
    assert len({(login.out, login.err) for login in map(as_seen, logins)}) == 1
    for token, verdict in refused.items():
        assert_said(server.host, token, verdict, "svn", since)
    assert server.verifier.asked[asked:] == [], "no token reaches the site's own verifier"


def as_seen(done):
    return SimpleNamespace(out=done.stdout, err=done.stderr)


def test_a_revoked_token_is_refused_by_the_very_next_login(server):
    token, record = server.owner.another()
    assert accepted(svn(server.host, "sven", token))
    server.owner.revoke(record)
    assert not accepted(svn(server.host, "sven", token))


def test_a_token_limited_to_addresses_works_from_them_alone(server):
    assert accepted(svn(server.host, "sven", server.owner.another(addresses=["127.0.0.1/32"])[0]))
    assert not accepted(svn(server.host, "sven", server.owner.another(addresses=["::1/128"])[0]))


def test_the_name_is_the_one_of_the_authz_file(server):
    """sven may write and svea may read: a token is its owner, whatever the realm."""
    reader = Owner(server.host, "svea", "svn:login")
    script = ("svn mkdir --non-interactive --no-auth-cache --username alice --password-from-stdin "
              "-m made svn://localhost/repository/made-by-alice")
    assert svn(server.host, "sven", server.owner.token, script).returncode == 0
    refused = svn(server.host, "svea", reader.token, script)
    assert refused.returncode != 0 and "E170001" in refused.stderr, refused
    assert accepted(svn(server.host, "svea", reader.token))
    log = server.host.run([tool("svn"), "log", "-q", "file:///home/svn/repository"], check=True)
    assert "| sven |" in log.stdout


@pytest.fixture(scope="module")
def sofia(server):
    authz = server.host.path("/home/svn/repository/conf/authz")
    authz.write_text(authz.read_text() + "sofia = rw\n")
    return Owner(server.host, "sofia", "svn:login")


@pytest.mark.parametrize("port", [PORT, THREADS_PORT], ids=["processes", "threads"])
def test_logins_at_the_same_time_are_not_mixed_up(server, sofia, port):
    """Twelve writers of two names; the log of the repository knows who made what."""
    people = {"sven": server.owner, "sofia": sofia}
    script = ("svn mkdir --non-interactive --no-auth-cache --username alice --password-from-stdin "
              f"-m by-alice-at-{port} svn://localhost:{port}/repository/alice-{port}-")
    jobs = [(name, number) for number in range(6) for name in people]
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda job: svn(server.host, job[0], people[job[0]].token,
                                             f"{script}{job[1]}"), jobs))
    assert [login.returncode for login in done] == [0] * len(jobs), done
    log = server.host.run([tool("svn"), "log", "file:///home/svn/repository"], check=True).stdout
    for name in people:
        entries = [entry for entry in log.split("-" * 72) if f"by-{name}-at-{port}" in entry]
        assert len(entries) == 6 and all(f"| {name} |" in entry for entry in entries)


def test_without_patd_tokens_are_refused_and_passwords_work(server):
    server.host.patd.stop()
    try:
        assert not accepted(svn(server.host, "sven", server.owner.token))
        assert accepted(svn(server.host, "sven", server.owner.password))
    finally:
        server.host.patd.start()
    assert accepted(svn(server.host, "sven", server.owner.token))


def test_the_page_makes_a_user_whose_token_works(server):
    lines = PAGE["Accounts:   virtual. The name is the one in authz files, without a realm"]
    token = tokens.FORM.search(run_page(server.host, lines, "signe")[1]).group()
    authz = server.host.path("/home/svn/repository/conf/authz")
    authz.write_text(authz.read_text() + "signe = r\n")
    assert accepted(svn(server.host, "signe", token))
    check = PAGE["What patd says about a token without a login"].replace("alice", "signe").split()
    server.host.patd.ctl(*check[1:], stdin=token + "\n", check=0)


def test_the_pages_line_for_a_terminal(server):
    """The same with the question that svn asks on a terminal."""
    line = PAGE["On a terminal, with the token pasted as the password"].strip()
    command = server.host.enter(["script", "-qec", line.replace("alice", "sven"), "/dev/null"],
                                uid=server.host.uid_of("guest"))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                          env={"PATH": "/usr/bin:/bin", "HOME": "/home/guest"}) as process:
        said = b""
        while b"Password for 'sven': " not in said:
            more = process.stdout.read(1024)
            assert more, said
            said += more
        process.stdin.write(server.owner.token.encode() + b"\n")
        said += process.stdout.read()
    assert b"Repository UUID" in said, said


def test_no_secret_is_in_any_log(server):
    assert_no_secret(server.host, server.since, *server.logs)
