# SPDX-License-Identifier: BSD-2-Clause
"""The packages on hosts of their own: by lifecycle, by piuparts, and by autopkgtest.

None of them has a network. Each writes its log, whose end is shown when it fails.
"""
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from base import CONTROL, HERE, codename, depends, make

# What a bare chroot cannot promise, and the layer over it does.
PROMISED = "breaks-testbed,isolation-container"
AT_ONCE = 2


class Trials:
    def __init__(self, work, old, new):
        """Old and new are directories of packages; who has the old ones gets the new ones."""
        self.work, self.old, self.new = work, old, new
        self.ours = [path.name.split("_")[0] for path in packages(new)]
        self.failed = []
        self.base, self.repository = make(work, old, self.ours)
        for path in packages(old):
            shutil.copy(path, self.repository)
        with open(self.repository / "Packages", "w", encoding="utf-8") as file:
            subprocess.run(["dpkg-scanpackages", "--multiversion", "."], cwd=self.repository,
                           stdout=file, stderr=subprocess.DEVNULL, check=True)

    def run(self, name, command, good=(0,)):
        """The log, if that is well."""
        began = time.monotonic()
        log = self.work / f"{name}.log"
        place = self.work / f"{name}.tmp"
        place.mkdir()
        with open(log, "w", encoding="utf-8") as file:
            status = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                                    stdout=file, stderr=subprocess.STDOUT, check=False,
                                    env=dict(os.environ, TMPDIR=str(place))).returncode
        shutil.rmtree(place, ignore_errors=True)
        text = log.read_text(errors="replace")
        passed = status in good
        print(f"{name}: {'passed' if passed else 'FAILED'}, {time.monotonic() - began:.0f} s")
        if not passed:
            self.failed.append(name)
            print("\n".join(text.splitlines()[-60:]))
        sys.stdout.flush()
        return text if passed else ""

    def chroot(self, *options):
        return [HERE / "chroot", *options, self.base, self.repository, self.new]

    def lifecycle(self):
        text = self.run("lifecycle", [*self.chroot(), "/tests/lifecycle", "/packages"])
        return text.splitlines()[-1] if text else ""

    def piuparts(self):
        """Installed, removed, purged; installed, upgraded, removed, purged."""
        text = self.run("piuparts", [
            "unshare", "--mount", "--propagation", "private", "--net", "--pid", "--fork",
            "--mount-proc", "--kill-child", "piuparts", f"--existing-chroot={self.base}",
            f"--bindmount={self.repository}", f"--distribution={codename()}", "--keep-sources-list",
            "--fake-essential-packages=systemd", "--pedantic-purge-test",
            "--fail-on-broken-symlinks", "--log-level=info", *packages(self.new)])
        return len(re.findall("PASS: Inst", text)) == 2

    def autopkgtest(self, name):
        tree = self.work / f"autopkgtest-{name}.tree"
        (tree / "debian").mkdir(parents=True)
        shutil.copytree(CONTROL.parent, tree / "debian/tests")
        text = self.run(f"autopkgtest-{name}", [
            *self.chroot("--beside"), "autopkgtest", "--apt-upgrade", "--no-built-binaries",
            f"--test-name={name}", f"--ignore-restrictions={PROMISED}", *packages(self.old), tree,
            "--", "chroot"], good=(0, 8))  # 8: what passed is superficial
        return re.search(rf"^{name} +PASS", text, re.M) is not None

    def all(self):
        """What piuparts and autopkgtest say, by package; and lifecycle's own sentence."""
        tests = depends()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            cycle, parts = pool.submit(self.lifecycle), pool.submit(self.piuparts)
            passed = dict(zip(tests, pool.map(self.autopkgtest, tests)))
        said = "passed" if parts.result() else "failed"
        if not parts.result() or not all(passed.values()):
            self.failed.append("what piuparts or autopkgtest says")
        return {name: (said, ", ".join(f"{test} {'passed' if passed[test] else 'failed'}"
                                       for test in tests if name in with_common(tests[test])))
                for name in self.ours}, cycle.result()


def with_common(names):
    return names | {"linux-pat-common"}


def packages(directory, debug=False):
    return [path for path in sorted(directory.glob("*.deb")) if debug or "-dbgsym_" not in path.name]
