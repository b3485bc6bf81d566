# SPDX-License-Identifier: BSD-2-Clause
"""The packages of distributions: of this version, and with everything that the source has."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(os.environ.get("PAT_SOURCE", Path(__file__).resolve().parents[2])).resolve()
DEBIAN = SOURCE / "packaging" / "debian"


def version():
    return re.search(r"^AC_INIT\(\[linux-pat\], \[(.*?)\]", (SOURCE / "configure.ac").read_text(),
                     re.M)[1]


def test_the_newest_entry_of_debians_changelog_is_of_this_version():
    first = (DEBIAN / "changelog").read_text().splitlines()[0]
    assert re.fullmatch(rf"linux-pat \({re.escape(version())}-0upstream[1-9]\d*\) \w+; urgency=\w+",
                        first)


@pytest.mark.parametrize("recipe, pattern", [
    ("rpm/linux-pat.spec", r"^Version: +(\S+)$"), ("arch/PKGBUILD", r"^pkgver=(\S+)$"),
    ("alpine/APKBUILD", r"^pkgver=(\S+)$"),
    ("rpm/linux-pat.spec", r"%changelog\n\* .* <.*> - ([\d.]+)-\d+\n")])
def test_the_recipes_of_others_are_of_this_version(recipe, pattern):
    text = (SOURCE / "packaging" / recipe).read_text()
    assert re.findall(pattern, text, re.M) == [version()]


def test_a_release_has_a_store_for_its_successors_to_open():
    """Until it is released, the store of the newest version is made anew whenever the schema changes."""
    released = re.findall(r"^(\d+(?:\.\d+)+)", (SOURCE / "NEWS").read_text(), re.M)
    stores = SOURCE / "tests" / "patd" / "released"
    assert {path.name.removesuffix(".json") for path in stores.glob("*.json")} == set(released)
    assert {path.name.removesuffix(".tar.xz") for path in stores.glob("*.tar.xz")} == set(released)


def test_news_has_an_entry_of_this_version():
    assert re.search(rf"^{re.escape(version())}\b", (SOURCE / "NEWS").read_text(), re.M)


def asked_libraries():
    """{configure's name: (pkg-config's, least version)}"""
    return {name: (module, least) for name, module, least in
            re.findall(r"PKG_CHECK_MODULES\(\[(\w+)\], \[(\w+) >= ([\d.]+)\]",
                       (SOURCE / "configure.ac").read_text())}


def test_rpms_build_with_the_libraries_that_configure_asks_for():
    spec = (SOURCE / "packaging/rpm/linux-pat.spec").read_text()
    built = dict(re.findall(r"^BuildRequires: +pkgconfig\((\w+)\) >= ([\d.]+)$", spec, re.M))
    assert built == dict(asked_libraries().values())


def test_debian_builds_with_the_libraries_that_configure_asks_for():
    asked = {name: least for name, (_, least) in asked_libraries().items()}
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
    for recipe in (DEBIAN / "rules", SOURCE / "packaging/rpm/linux-pat.spec"):
        text = recipe.read_text()
        assert [unit for unit in units if unit not in text] == [], recipe
    assert "PrivateUsers=yes" not in "".join(
        path.read_text() for path in (SOURCE / "packaging/systemd").glob("*.in"))


# --- the bill of materials ---

def make_sbom(tree, **environment):
    return subprocess.run([sys.executable, "-B", SOURCE / "packaging/sbom", tree], check=True,
                          stdout=subprocess.PIPE, env={**os.environ, **environment}).stdout


def check_sbom(tree, bill):
    """What SPDX 2.3 asks for, and that it tells what these files are."""
    package, *libraries = bill["packages"]
    files = {each["fileName"]: each for each in bill["files"]}
    assert (bill["spdxVersion"], bill["dataLicense"], bill["SPDXID"], package["versionInfo"]) == \
        ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT", version())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bill["creationInfo"]["created"])
    for name, each in files.items():
        sums = {one["algorithm"]: one["checksumValue"] for one in each["checksums"]}
        assert sums["SHA256"] == hashlib.sha256((tree / name).read_bytes()).hexdigest()
        assert each["licenseConcluded"] not in ("", "NOASSERTION")
    ids = [each["SPDXID"] for each in [*bill["packages"], *bill["files"]]]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", each) for each in ids)
    relations = [(one["spdxElementId"], one["relationshipType"], one["relatedSpdxElement"])
                 for one in bill["relationships"]]
    assert ("SPDXRef-DOCUMENT", "DESCRIBES", package["SPDXID"]) in relations
    assert {one for relation in relations for one in (relation[0], relation[2])} == \
        {"SPDXRef-DOCUMENT", *ids}
    asked = {least for _, least in asked_libraries().values()}
    assert {each["versionInfo"].split()[0] for each in libraries if "versionInfo" in each} == asked


def test_the_bill_of_materials_is_whole_and_the_same_again(tmp_path):
    tree = tmp_path / "tree"
    (tree / "packaging/debian").mkdir(parents=True)
    for name in ("configure.ac", "packaging/debian/changelog", "COPYING", "packaging/sbom"):
        shutil.copy(SOURCE / name, tree / name)
    first = make_sbom(tree)
    check_sbom(tree, json.loads(first))
    assert len(json.loads(first)["files"]) == 4
    (tree / "linux-pat.spdx.json").write_bytes(first)
    assert make_sbom(tree) == first
    assert b"2001-09-09T01:46:40Z" in make_sbom(tree, SOURCE_DATE_EPOCH="1000000000")
    licences = {each["fileName"]: each["licenseInfoInFiles"] for each in json.loads(first)["files"]}
    assert licences["./packaging/sbom"] == ["BSD-2-Clause"]
    assert licences["./COPYING"] == ["NOASSERTION"]


def test_the_tarball_brings_its_own_bill():
    """A checkout, which has .gitignore, needs none."""
    path = SOURCE / "linux-pat.spdx.json"
    assert path.exists() or (SOURCE / ".gitignore").exists()
    if path.exists():
        check_sbom(SOURCE, json.loads(path.read_text()))


# --- Fedora's authselect ---

def test_the_profile_of_authselect_is_local_and_one_feature(tmp_path):
    local = SOURCE / "tests/packaging/authselect-local"
    subprocess.run([SOURCE / "packaging/authselect/derive", local, tmp_path], check=True)
    mark = '{include if "with-pat"}'
    for path in local.iterdir():
        old, new = path.read_text().splitlines(), (tmp_path / path.name).read_text().splitlines()
        if path.name == "README":
            assert "with-pat::" in new and new[0].startswith(old[0]) and len(new[0]) == len(new[1])
            continue
        assert [line for line in new if mark not in line] == old, path.name
        added = [line.split()[:3] for line in new if mark in line]
        if path.name in ("system-auth", "password-auth"):
            assert added == [["auth", "sufficient", "pam_pat.so"]]
            at = next(i for i, line in enumerate(new) if mark in line)
            assert new[at + 1].split()[:3] == ["auth", "sufficient", "pam_unix.so"]
    broken = tmp_path / "broken"
    shutil.copytree(local, broken)
    (broken / "system-auth").write_text("auth required pam_deny.so\n")
    assert subprocess.run([SOURCE / "packaging/authselect/derive", broken, tmp_path / "none"],
                          capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("current, asked", [
    ("pat with-faillock with-pat", "select local with-faillock --force\n"),
    ("pat", "select local --force\n"), ("sssd with-pat", ""), ("", "")])
def test_the_profile_goes_with_the_module(tmp_path, current, asked):
    """What cannot be left is not looked for: nothing but authselect is in sight."""
    fake = tmp_path / "authselect"
    fake.write_text("#!/bin/sh\n"
                    f"if [ \"$1\" = current ]; then echo '{current}'; else echo \"$*\" >> {tmp_path}/asked; fi\n")
    fake.chmod(0o755)
    subprocess.run(["/bin/sh", SOURCE / "packaging/unwire", "pam"], check=True,
                   env={"PATH": str(tmp_path)})
    path = tmp_path / "asked"
    assert (path.read_text() if path.exists() else "") == asked
