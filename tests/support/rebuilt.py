# SPDX-License-Identifier: BSD-2-Clause
"""Unit tests linked with other objects than the build's: a file compiled anew stands in front of
the library that holds it, so that the linker takes it instead.
"""
import math
import os
import signal
import subprocess
import tempfile
from pathlib import Path

from pat import BUILD

UNIT = "tests/unit"
# What a test links beside what all do, in front of it.
LINKS = {
    "test_pam_result": [f"{UNIT}/libpam_pat.a"],
    "test_sasl_code": [f"{UNIT}/libsasl.a"],
    "test_peer": ["-Wl,--wrap=getsockopt"],
    "test_seal": ["-Wl,--wrap=crypto_generichash"],
    "test_places": [f"{UNIT}/libpatd.a", "-Wl,--wrap=calloc"],
    "test_server": [f"{UNIT}/libpatd.a", "-Wl,--wrap=pat_peer_get,--wrap=patd_loop_add,--wrap=patd_loop_watch"],
}


class Refused(Exception):
    """The compiler takes it for no C."""


class Rebuilt:
    """How this build compiles and links; flags and libraries are the compiler's."""

    def __init__(self, flags, libraries, options=()):
        self.flags, self.libraries, self.options = flags, libraries, list(options)
        self.scratch = tempfile.TemporaryDirectory(prefix="pat-rebuilt.")
        self.directory = Path(self.scratch.name)
        self.directory.chmod(0o711)  # some tests are an ordinary user

    def compile(self, text, name, where=None, flags=()):
        """An object of a text; the compiler does not see what the text is called."""
        target = (where or self.directory) / (name.replace("/", "_") + ".o")
        done = subprocess.run(
            ["gcc", "-std=c17", *flags, *self.flags, *self.options, "-w", "-x", "c", "-c", "-",
             "-o", str(target)],
            input=text, cwd=BUILD, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Refused(done.stderr)
        return target

    def compile_file(self, path, name):
        """The object of a source as it is."""
        target = self.directory / (name.replace("/", "_") + ".o")
        subprocess.run(["gcc", "-std=c17", *self.flags, *self.options, "-c", str(path), "-o",
                        str(target)], cwd=BUILD, check=True)
        return target

    def link(self, test, objects, where=None):
        """A test program; its own object is the build's, unless it is among these."""
        target = (where or self.directory) / test
        own = [] if any(path.name == f"tests_unit_{test}.c.o" for path in objects) else \
            [f"{UNIT}/{test}.o"]
        # Bound at once, as our programs are: who binds late saves registers on the stack, secrets too.
        subprocess.run(["gcc", *self.options, "-Wl,-z,now", "-o", str(target), *own,
                        *map(str, objects), *LINKS.get(test, []), *self.libraries],
                       cwd=BUILD, check=True)
        return target


def run(program, seconds, directory, before=()):
    """How a test ended within these seconds of the processor: "passed", "failed" or "slow"; before
    stands in front of its name."""
    cpu = math.ceil(seconds)
    limited = [*before, "prlimit", f"--cpu={cpu}:{cpu + 1}", "--core=0", f"--as={1 << 30}",
               f"--fsize={1 << 26}", str(program)]
    # A program that waits for what never comes uses no processor; one of many waits its turn.
    with subprocess.Popen(limited, cwd=directory, env={**os.environ, "TMPDIR": str(directory)},
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, start_new_session=True) as child:
        try:
            status = child.wait(timeout=60 + 10 * seconds)
        except subprocess.TimeoutExpired:
            status = -signal.SIGXCPU
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    if status == 0:
        return "passed"
    return "slow" if status in (-signal.SIGXCPU, -signal.SIGKILL) else "failed"
