# SPDX-License-Identifier: BSD-2-Clause
"""Service managers: sd_notify, SIGHUP under load, and what a new configuration may change."""
import itertools
import os
import signal
import socket
import subprocess
import threading

import pytest

from pat import IS_ROOT
from patdkit import ME, Asker, Daemon, reload, section, server_pid, unknown_token, wait_until


class Manager:
    """What listens on NOTIFY_SOCKET."""

    def __init__(self, daemon, abstract):
        self.name = f"@pat-{daemon.directory.name}" if abstract else f"{daemon.directory}/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(20)
        self.socket.bind(self.name.replace("@", "\0", 1) if abstract else self.name)
        if not abstract:
            os.chmod(self.name, 0o777)

    def hears(self):
        return self.socket.recv(4096).decode().splitlines()


@pytest.mark.parametrize("abstract", [False, True])
def test_the_service_manager_is_told(abstract):
    """READY=1 means listening; a reload is told with its time; the end is told before it."""
    daemon = Daemon()
    manager = Manager(daemon, abstract)
    try:
        daemon.start(environment={**os.environ, "NOTIFY_SOCKET": manager.name})
        assert manager.hears() == ["READY=1"]
        assert daemon.health() == "accepted"
        daemon.process.send_signal(signal.SIGHUP)
        state, moment = manager.hears()
        assert state == "RELOADING=1" and moment.startswith("MONOTONIC_USEC=")
        assert 0 < int(moment.split("=")[1])
        assert manager.hears() == ["READY=1"]
        daemon.config.write_text("[nonsense]\n")
        daemon.process.send_signal(signal.SIGHUP)
        assert manager.hears()[0] == "RELOADING=1"
        assert manager.hears() == ["READY=1"]
        process = daemon.process
        process.send_signal(signal.SIGTERM)
        assert manager.hears() == ["STOPPING=1"]
        assert process.wait(5) == 0
    finally:
        manager.socket.close()
        daemon.close()


def test_under_a_service_manager_it_stays_one_process():
    """Type=notify: the process that was started is the one that serves."""
    daemon = Daemon()
    manager = Manager(daemon, abstract=True)
    command = daemon.command
    daemon.command = lambda *words: [word for word in command(*words) if word != "--foreground"]
    try:
        daemon.process = subprocess.Popen(
            daemon.command(), env={**os.environ, "NOTIFY_SOCKET": manager.name})
        assert manager.hears() == ["READY=1"]
        assert server_pid(daemon.manage_socket) == daemon.pid
    finally:
        manager.socket.close()
        daemon.close()


def test_a_manager_that_is_gone_stops_nothing():
    daemon = Daemon()
    try:
        daemon.start(environment={**os.environ, "NOTIFY_SOCKET": "/nonexistent/notify"})
        assert daemon.health() == "accepted"
    finally:
        daemon.close()


# --- SIGHUP ---

BASE = "".join(section(name) for name in ("imap", "http"))
GOOD = [BASE + section("web", "scope = mail:read", "accounts = virtual"),
        BASE + section("web", "accounts = virtual"),
        BASE]
BROKEN = [BASE + "[service web]\ncolour = red\n", "[nonsense]\n", BASE + BASE]


class Client(threading.Thread):
    """Asks in a loop, and notes the first answer that is not what it must be."""

    def __init__(self, daemon, token, number):
        super().__init__(daemon=True)
        self.patd, self.token, self.number = daemon, token, number
        self.ended, self.wrong, self.answers = threading.Event(), None, 0

    def run(self):
        bad = unknown_token()
        for turn in itertools.count():
            # Refusals come each from a network of their own: none is delayed.
            address = f"2001:db8:{self.number}{turn % 0x1000:03x}::1"
            for token, expected in ((self.token, "accepted"), (bad, "refused"),
                                    ("a password", "other")):
                with Asker(self.patd) as asker:
                    answer = asker.ask(token, service="imap", login="alice", address=address)
                if answer is None or answer["class"] != expected:
                    self.wrong = (token is self.token, expected, answer)
                    return
                self.answers += 1
            if self.ended.is_set():
                return


def test_a_new_configuration_is_swapped_in_whole(acme):
    """Four clients never see anything between the old configuration and the new one."""
    token, _ = acme.token(scopes=["mail:read"])
    clients = [Client(acme, token, number) for number in range(1, 5)]
    for client in clients:
        client.start()
    try:
        for turn in range(60):
            before = [client.answers for client in clients]
            texts = BROKEN if turn % 5 == 4 else GOOD
            acme.write_config(texts[turn % len(texts)])
            reload(acme)
            assert wait_until(lambda: all(client.answers > last or client.wrong
                                          for client, last in zip(clients, before)))
    finally:
        for client in clients:
            client.ended.set()
        for client in clients:
            client.join(20)
    assert [client.wrong for client in clients] == [None] * 4
    assert len(acme.events("reload")) == 48
    assert len(acme.events("failure", doing="reading the configuration")) == 12


def test_the_old_configuration_is_kept_on_an_error(acme):
    token, _ = acme.token(scopes=["mail:read"])

    def web():
        return acme.asks(token, service="web", login="alice")

    rule = section("web", "scope = mail:read", "accounts = virtual")
    assert web() == ("refused" if IS_ROOT else "not-permitted")
    acme.write_config(acme.sections + rule)
    reload(acme)
    assert web() == "accepted"
    acme.write_config(acme.sections + rule.replace("virtual", "elsewhere"))
    reload(acme)
    assert web() == "accepted"
    line, = acme.events("failure", doing="reading the configuration")
    assert line["config"] == str(acme.config)
    assert "line " in line["error"] and "local or virtual" in line["error"]
    acme.config.unlink()
    reload(acme)
    assert web() == "accepted"
    acme.write_config(acme.sections + section("web", "accounts = virtual"))
    acme.config.chmod(0o666)
    reload(acme)
    assert web() == "accepted"
    acme.config.chmod(0o644)
    reload(acme)
    assert web() == "refused"


def test_operators_come_and_go_with_the_configuration(acme):
    if ME == 0:  # root always is one
        assert acme.call("WhoAmI")["operator"] is True
        return
    assert acme.call("WhoAmI")["operator"] is True
    text = acme.config.read_text()
    acme.config.write_text("".join("operators = 0\n" if line.startswith("operators") else line
                                   for line in text.splitlines(keepends=True)))
    reload(acme)
    assert acme.call("WhoAmI")["operator"] is False
    acme.config.write_text(text)
    reload(acme)
    assert acme.call("WhoAmI")["operator"] is True


def test_a_reload_moves_no_socket_and_no_directory(acme):
    elsewhere = acme.directory / "elsewhere"
    extra = f"[listener jail]\nprotocol = verify\npath = {acme.directory}/jail\n"
    acme.config.write_text(acme.config.read_text().replace(
        f"runtime_dir = {acme.run}", f"runtime_dir = {elsewhere}").replace(
        f"state_dir = {acme.state}", f"state_dir = {elsewhere}") + extra)
    reload(acme)
    assert acme.health() == "accepted"
    token, _ = acme.token(scopes=["mail:read"])
    assert acme.asks(token, service="imap", login="alice") == "accepted"
    assert not elsewhere.exists() and not (acme.directory / "jail").exists()


def test_hangups_in_a_burst(acme):
    """Signals merge; the last configuration counts in the end."""
    token, _ = acme.token(scopes=["mail:read"])
    for _ in range(200):
        acme.process.send_signal(signal.SIGHUP)
    acme.write_config(acme.sections + section("web", "scope = mail:read", "accounts = virtual"))
    acme.process.send_signal(signal.SIGHUP)
    assert wait_until(lambda: acme.asks(token, service="web", login="alice",
                                        address="192.0.2.1") == "accepted")
