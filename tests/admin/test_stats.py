# SPDX-License-Identifier: BSD-2-Clause
"""stats: who used what, and the text that Prometheus reads, by a strict reader of that format."""
import json
import os
import re
import socket
import time

import pytest

from ctlkit import ALICE, Host, IS_ROOT, UNUSED, fits, id_of, until
from pat import encode_request

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?")
ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def labels_of(text):
    found = {}
    while text:
        label = LABEL.match(text)
        assert label and label[1] not in found, text
        assert label[3] == "" or text[label.end():], text  # no comma at the end
        found[label[1]] = re.sub(r"\\.", lambda escape: ESCAPES[escape[0]], label[2])
        text = text[label.end():]
    return found


def parse(text):
    """{family: (type, help, {labels: value})} of a text of format 0.0.4; anything odd is an error."""
    assert text.endswith("\n") and "\r" not in text and "\n\n" not in text
    families, family = {}, None
    for line in text.splitlines():
        helped = re.fullmatch(rf"# HELP ({NAME}) (\S.*)", line)
        typed = re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge)", line)
        sample = re.fullmatch(rf"({NAME})(?:\{{(.*)\}})? (\S+)", line)
        if helped:
            assert helped[1] not in families, line
            family = helped[1]
            families[family] = [None, helped[2], {}]
        elif typed:
            assert typed[1] == family and families[family][0] is None, line
            assert not families[family][2], line
            families[family][0] = typed[2]
        else:
            assert sample and sample[1] == family and families[family][0], line
            key = tuple(sorted(labels_of(sample[2] or "").items()))
            assert key not in families[family][2] and NUMBER.fullmatch(sample[3]), line
            families[family][2][key] = float(sample[3])
    for name, (kind, _, samples) in families.items():
        assert kind and (kind == "counter") == name.endswith("_total"), name
        assert len({tuple(label for label, _ in key) for key in samples}) <= 1, name
        assert kind == "gauge" or all(value >= 0 for value in samples.values())
    return families


BROKEN = ["", "a 1\n", "# TYPE a gauge\na 1\n", "# HELP a x\na 1\n", "# HELP a x\n# TYPE a gauge\na\n",
          "# HELP a x\n# TYPE a gauge\na 1", "# HELP a x\n# TYPE a gauge\nb 1\n",
          "# HELP a x\n# TYPE a gauge\na one\n", "# HELP a x\n# TYPE a gauge\na 1\na 1\n",
          '# HELP a x\n# TYPE a gauge\na{b="c"d="e"} 1\n', '# HELP a x\n# TYPE a gauge\na{b="c",} 1\n',
          '# HELP a x\n# TYPE a gauge\na{b="c\\d"} 1\n', '# HELP a x\n# TYPE a gauge\na{b="c} 1\n',
          "# HELP a x\n# TYPE a counter\na 1\n", '# HELP a x\n# TYPE a gauge\na{b="1",b="2"} 1\n',
          '# HELP a x\n# TYPE a gauge\na{b="1"} 1\na 1\n', "# HELP a_total x\n# TYPE a_total gauge\n"]


@pytest.mark.parametrize("text", BROKEN)
def test_the_reader_is_strict(text):
    with pytest.raises(AssertionError):
        parse(text)


def value(families, name, **labels):
    return families[name][2].get(tuple(sorted(labels.items())), 0)


@pytest.fixture(scope="module")
def used():
    """Logins of three tokens by two users at two services, and refusals."""
    with Host() as host:
        host.tenant("lab", makeDefault=False)
        host.begun = time.time()
        host.one = host.make("one of alice", "--expires", "3d", scope="mail:*")
        host.two = host.make("two of alice")
        host.three = host.make("one of carol", user="carol", scope="mail:*")
        for token, login, service, times in (
                (host.one, "alice", "imap", 3), (host.one, "alice", "smtp", 2),
                (host.two, "alice", "imap", 1), (host.three, "carol", "smtp", 4),
                (host.two, "alice", "smtp", 2)):
            for _ in range(times):
                host.verify(token, service=service, login=login)
        host.verify(UNUSED, service="imap", login="alice")
        yield host


def rows(host, *arguments):
    document = host.json("stats", *arguments)
    return [(row["what"], row["name"], row["accepted"], row["refused"])
            for row in document["stats"]]


def test_the_table(used):
    assert rows(used) == [("smtp", "", 6, 2), ("imap", "", 4, 1)]
    assert rows(used, "--by", "service", "--days", "1") == rows(used)
    assert rows(used, "--by", "user") == [("alice", "", 6, 2), ("carol", "", 4, 0)]
    one, two, three = (id_of(token) for token in (used.one, used.two, used.three))
    assert rows(used, "--by", "token") == [(one, "one of alice", 5, 0), (three, "one of carol", 4, 0),
                                           (two, "two of alice", 1, 2)]
    assert rows(used, "--by", "token", "--limit", "1", "--days", "400") == \
        [(one, "one of alice", 5, 0)]
    assert rows(used, "--by", "token", "-u", "carol") == [(three, "one of carol", 4, 0)]
    text = used.say("stats", "--by", "token")
    assert fits(text) == [] and re.search(rf"^{one} one of alice acme +5 +0$", text, re.M), text
    assert used.say("stats", "-t", "lab") == "Nothing was used in 30 days.\n"
    document = used.json("stats", "--days", "7")
    assert (document["v"], document["by"], document["days"]) == (1, "service", 7)


def test_everybody_sees_their_own(used):
    if not IS_ROOT:
        return
    assert rows(used, "--by", "token", "-u", "carol") != []
    mine = json.loads(used.ctl("stats", "--by", "token", "--json", uid=ALICE, check=0).stdout)
    assert sorted(row["name"] for row in mine["stats"]) == ["one of alice", "two of alice"]


@pytest.mark.parametrize("arguments", [["--by", "tenant"], ["--days", "0"], ["--days", "401"],
                                       ["--days", "x"], ["--limit", "0"]], ids=" ".join)
def test_wrong_words(used, arguments):
    used.fails(2, "stats", *arguments)


def test_prometheus(used):
    """S19: every family, and the numbers are those of this test."""
    families = parse(used.say("stats", "--prometheus"))
    assert value(families, "pat_up") == 1
    assert value(families, "pat_health", verdict="accepted") == 1
    assert used.begun - 60 < value(families, "pat_start_time_seconds") < time.time()
    decided = {(service, verdict): value(families, "pat_decisions_total", service=service,
                                         verdict=verdict)
               for service, verdict in (("imap", "accepted"), ("smtp", "accepted"),
                                        ("smtp", "scope-denied"), ("imap", "unknown"))}
    assert decided == {("imap", "accepted"): 4, ("smtp", "accepted"): 6,
                       ("smtp", "scope-denied"): 2, ("imap", "unknown"): 1}
    assert value(families, "pat_tokens", tenant="acme", state="active") == 3
    assert ("tenant", "lab") in [key[1] for key in families["pat_tokens"][2]]
    assert value(families, "pat_tokens_expiring", tenant="acme") == 1
    assert value(families, "pat_tokens_without_expiry", tenant="acme") == 2
    assert value(families, "pat_users", tenant="acme") == 2
    assert value(families, "pat_store_bytes") > 4096
    assert value(families, "pat_usage_lost_total") == 0
    heads = {dict(key)["tenant"]: number for key, number in
             families["pat_log_changes_total"][2].items()}
    assert heads == {entry["tenant"]: entry["head"] for entry in used.call("LogVerify", more=True)
                     if "head" in entry}
    assert heads["acme"] == used.head() and "" in heads


def test_counters_only_grow(used):
    before = parse(used.say("stats", "--prometheus"))
    used.verify(used.one, service="imap", login="alice")
    after = parse(used.say("stats", "--prometheus"))
    assert set(before) == set(after)
    for name, (kind, _, samples) in before.items():
        for key, number in samples.items():
            assert kind != "counter" or after[name][2][key] >= number
    assert value(after, "pat_decisions_total", service="imap", verdict="accepted") == \
        value(before, "pat_decisions_total", service="imap", verdict="accepted") + 1


def test_names_of_strangers_are_not_repeated():
    """S19: whoever may not ask for a service makes no series of it, however often."""
    with Host() as host:
        if IS_ROOT:  # root may ask for any: another uid may not
            for number in range(20):
                with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asker:
                    os.seteuid(ALICE)
                    try:
                        asker.connect(str(host.verify_socket))
                    finally:
                        os.seteuid(0)
                    asker.send(encode_request(UNUSED, service=f"made-up{number}", login="alice"))
                    asker.recv(4096)
        else:
            for number in range(20):
                host.verify(UNUSED, service=f"made-up{number}", login="alice")
        families = parse(host.say("stats", "--prometheus"))
        assert {dict(key)["service"] for key in families["pat_decisions_total"][2]} == {"(other)"}
        assert sum(families["pat_decisions_total"][2].values()) == 20


def test_patd_is_away():
    host = Host()
    try:
        done = host.ctl("stats", "--prometheus", check=7)
        assert parse(done.stdout) == {"pat_up": ["gauge", "Whether patd answers.", {(): 0}]}
        assert "does not answer" in done.stderr
    finally:
        host.close()


def test_operators_only(shared):
    if IS_ROOT:
        done = shared.ctl("stats", "--prometheus", uid=ALICE, check=4)
        assert done.stdout == "" and "may not do this" in done.stderr


def test_started_anew_counts_anew(host):
    """A counter that is reset comes with another start time, as Prometheus wants it."""
    host.verify(UNUSED, service="imap", login="alice")
    before = parse(host.say("stats", "--prometheus"))
    host.stop()
    host.start()
    after = parse(until(lambda: host.say("stats", "--prometheus")))
    assert value(before, "pat_decisions_total", service="imap", verdict="unknown") == 1
    assert after["pat_decisions_total"][2] == {}
    assert value(after, "pat_start_time_seconds") > value(before, "pat_start_time_seconds")
