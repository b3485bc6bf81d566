# SPDX-License-Identifier: BSD-2-Clause
"""M20: doctor as a command: what it prints and how it ends, on whatever host this is."""
import json
import subprocess

import pytest

from ctlkit import COLOR, Host, Screen, width
from test_schema import holds


@pytest.fixture(scope="module")
def host():
    with Host() as patd:
        yield patd


def doctor(host, *arguments, **named):
    """By its configuration: that names the files, too."""
    done = subprocess.run(
        [host.bin / "patctl", "--config", host.config, "--socket", host.manage_socket, "doctor",
         *arguments], capture_output=True, text=True, check=False, timeout=60,
        stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", **named})
    return done


def test_the_table_of_checks(host):
    rows = json.loads(doctor(host, "--list-checks", "--json").stdout)
    assert holds("doctor-checks", rows)
    names = [row["name"] for row in rows["checks"]]
    assert len(set(names)) == len(names) >= 18
    text = doctor(host, "--list-checks").stdout
    assert all(name in text for name in names) and max(map(len, text.splitlines())) <= 100


def test_findings_are_as_the_schema_says(host):
    done = doctor(host, "--json")
    found = json.loads(done.stdout)
    assert holds("doctor", found) and done.returncode in (0, 9) and done.stderr == ""
    lines = [json.loads(line) for line in doctor(host, "--jsonl").stdout.splitlines()]
    assert [(line["check"], line["service"]) for line in lines] == \
        [(each["check"], each["service"]) for each in found["findings"]]
    assert all(each["why"] for each in found["findings"] if each["level"] == "problem")


def test_each_check_alone(host):
    every = json.loads(doctor(host, "--json").stdout)["findings"]
    names = [row["name"] for row in
             json.loads(doctor(host, "--list-checks", "--json").stdout)["checks"]]
    for name in names:
        alone = json.loads(doctor(host, "--only", name, "--json").stdout)["findings"]
        assert {each["check"] for each in alone} <= {name}
        assert [each["service"] for each in alone] == \
            [each["service"] for each in every if each["check"] == name]


def test_each_service_alone(host):
    for name in ("daemon", "clock", "sshd", "pam"):
        found = json.loads(doctor(host, name, "--json").stdout)["findings"]
        assert {each["service"] for each in found} <= {name}
    assert json.loads(doctor(host, "daemon", "--json").stdout)["findings"]


@pytest.mark.parametrize("status, arguments, said", [
    (3, ["shd"], 'did you mean "sshd"'), (3, ["nothing at all"], "is known"),
    (2, ["--only", "bakup"], 'did you mean "backup"'), (2, ["--only", ""], "no check"),
], ids=str)
def test_what_is_not_known(host, status, arguments, said):
    done = doctor(host, *arguments)
    assert done.returncode == status and said in done.stderr and done.stdout == ""
    error = json.loads(doctor(host, *arguments, "--json").stderr)
    assert holds("error", error) and error["error"]["code"] == status


@pytest.mark.parametrize("columns", [80, 60, 120])
def test_lines_fit(host, columns):
    screen = Screen(host, "--config", host.config, "doctor", columns=columns)
    lines = [COLOR.sub("", line) for line in screen.text.splitlines()]
    assert len(lines) > 5
    words = [line for line in lines if width(line) > min(columns, 100)]
    assert all(" " not in line[14:].strip() for line in words), words  # one word, that is longer


def test_colours_are_a_second_channel(host):
    plain, colored = doctor(host), doctor(host, "--color=always")
    assert COLOR.search(colored.stdout) and not COLOR.search(plain.stdout)
    steady = [line for line in COLOR.sub("", colored.stdout).splitlines() if " ms" not in line]
    assert steady == [line for line in plain.stdout.splitlines() if " ms" not in line]


def test_without_utf8(host):
    text = doctor(host, LC_ALL="C").stdout
    assert text.isascii() and ("+ " in text or "x " in text)


def test_plain_columns(host):
    rows = doctor(host, "--plain").stdout.splitlines()
    assert rows and all(len(row.split()) >= 4 for row in rows)


def test_without_patd(host):
    done = doctor(host, "--socket", "/nonexistent", "--only", "store")
    assert done.returncode == 0 and done.stderr == ""


def test_completion(host):
    def offered(*words):
        done = subprocess.run([host.bin / "patctl", "__complete", "--", *words], text=True,
                              capture_output=True, check=True, stdin=subprocess.DEVNULL)
        return [line.split("\t")[0] for line in done.stdout.splitlines()]

    assert offered("doctor", "--only", "sudo") == ["sudo-timestamp"]
    assert {"--fix", "--only", "--list-checks"} <= set(offered("doctor", "--"))
    assert {"sshd", "postfix", "store", "clock"} <= set(offered("doctor", ""))
