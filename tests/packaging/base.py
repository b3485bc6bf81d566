# SPDX-License-Identifier: BSD-2-Clause
"""A minimal Debian of the version that runs here, and a repository of all that tests install in it.

Both come from where this host's own apt gets Debian; after that no test needs a network.
"""
import os
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONTROL = HERE.parents[1] / "packaging" / "debian" / "tests" / "control"
# What autopkgtest, piuparts and lifecycle install themselves.
TOOLS = {"apt-utils", "eatmydata", "openssh-server", "pamtester", "postfix", "procps", "systemd"}


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, **options)


def output(*words):
    return run(*words, stdout=subprocess.PIPE, text=True).stdout


def codename():
    return re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.M)[1]


def sources(work):
    """Where apt of this host gets Debian from. Its lists may be missing: they are fetched, apart."""
    lists, cache = work / "lists", work / "cache"
    for directory in (lists / "partial", cache / "archives" / "partial"):
        directory.mkdir(parents=True)
    apart = ("-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}")
    run("apt-get", "-qq", *apart, "-o", "APT::Sandbox::User=root", "update")
    found = output("apt-get", "indextargets", *apart,
                   "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)",
                   "Created-By: Packages", "Origin: Debian").splitlines()
    for directory in (lists, cache):
        shutil.rmtree(directory)
    lines = sorted({line for line in found if line.split()[2].startswith(codename())})
    assert lines, f"apt of this host knows no source of Debian {codename()}"
    return lines


def settings():
    """How apt of this host gets there: by which proxy, and whether dates matter."""
    return [line for line in output("apt-config", "dump").splitlines()
            if re.match(r'Acquire::(http|https|Check|Retries)\S* "[^"]', line)]


def depends():
    """What each test of debian/tests depends on, by its name."""
    found = {}
    for block in CONTROL.read_text().split("\n\n"):
        name = re.match(r"Tests: (\S+)$", block, re.M)
        names = re.search(r"^Depends:((?:.*\n)(?: .*\n?)*)", block, re.M)[1]
        found[name[1] if name else "command1"] = set(names.replace(",", " ").split())
    return found


def make(work, directory, ours):
    """Makes work/base and work/repository. Directory has the packages that are to be tested."""
    base, repository = work / "base", work / "repository"
    repository.mkdir()
    wanted = TOOLS.union(*depends().values()) - set(ours)
    run("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=directory",
        "--dpkgopt=force-unsafe-io", *(f"--aptopt={each}" for each in settings()),
        f"--customize-hook={HERE / 'furnish'}", codename(), base, *sources(work),
        env=dict(os.environ, TMPDIR=str(work), PAT_REPOSITORY=str(repository),
                 PAT_PACKAGES=str(directory), PAT_WANTED=" ".join(sorted(wanted))))
    return base, repository
