# SPDX-License-Identifier: BSD-2-Clause
"""The packages of distributions: of this version, and with everything that the source has."""
import os
import re
from pathlib import Path

SOURCE = Path(os.environ.get("PAT_SOURCE", Path(__file__).resolve().parents[2])).resolve()
DEBIAN = SOURCE / "packaging" / "debian"


def version():
    return re.search(r"^AC_INIT\(\[linux-pat\], \[(.*?)\]", (SOURCE / "configure.ac").read_text(),
                     re.M)[1]


def test_the_newest_entry_of_debians_changelog_is_of_this_version():
    first = (DEBIAN / "changelog").read_text().splitlines()[0]
    assert re.fullmatch(rf"linux-pat \({re.escape(version())}-0upstream[1-9]\d*\) \w+; urgency=\w+",
                        first)


def test_news_has_an_entry_of_this_version():
    assert re.search(rf"^{re.escape(version())}\b", (SOURCE / "NEWS").read_text(), re.M)


def test_debian_builds_with_the_libraries_that_configure_asks_for():
    asked = dict(re.findall(r"PKG_CHECK_MODULES\(\[(\w+)\], \[\w+ >= ([\d.]+)\]",
                            (SOURCE / "configure.ac").read_text()))
    control = (DEBIAN / "control").read_text()
    built = {name: float_of for name, float_of in
             re.findall(r"^ lib(\w+?)3?-dev \(>= ([\d.]+)\),$", control, re.M)}
    names = {"SODIUM": "sodium", "SQLITE": "sqlite", "JANSSON": "jansson", "SMARTCOLS": "smartcols",
             "INIH": "inih", "SECCOMP": "seccomp"}
    del asked["CMOCKA"]  # for tests alone
    assert {names[name]: [int(n) for n in least.split(".")][:2] for name, least in asked.items()} == \
        {name: [int(n) for n in least.split(".")][:2] for name, least in built.items()}


def test_every_unit_goes_into_a_package_and_none_has_private_users():
    units = {path.name.removesuffix(".in") for path in (SOURCE / "packaging/systemd").iterdir()
             if path.is_file()}
    wanted = re.findall(r"^lib/systemd/system/(\S+)$", "".join(
        path.read_text() for path in DEBIAN.glob("*.install")), re.M)
    assert [unit for unit in units if not any(Path(unit).match(each) for each in wanted)] == []
    rules = (DEBIAN / "rules").read_text()
    assert [unit for unit in units if unit not in rules] == []
    assert "PrivateUsers=yes" not in "".join(
        path.read_text() for path in (SOURCE / "packaging/systemd").glob("*.in"))
