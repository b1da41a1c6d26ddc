"""Runs a test binary for cargo, as it is, and writes down how long each of its tests took.

`.ci/run` makes this cargo's runner and prints the slowest at the end; the file to append to is in
TEST_TIMES. libtest measures by itself, but calls its option unstable, so that RUSTC_BOOTSTRAP has to
be set: for the test binary alone, because to cargo it would be a reason to compile again (the local
stack, which runs cargo, takes it out once more). Everything else runs without it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

# As libtest and the end-to-end tests print them.
TIMES = [
    re.compile(r"^test (?P<name>.+) \.\.\. ok <(?P<seconds>[\d.]+)s>$"),
    re.compile(r"^ +(?P<seconds>[\d.]+) s  (?P<name>\S+)$"),
]


def measures(program):
    """Whether it is a test binary of libtest's; a doc test or a program of ours is none."""
    if Path(program).parent.name != "deps":
        return False
    told = subprocess.run([program, "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return "--report-time" in told.stdout


def main():
    program, *arguments = sys.argv[1:]
    environment = dict(os.environ)
    if measures(program):
        environment["RUSTC_BOOTSTRAP"] = "1"
        arguments += ["-Zunstable-options", "--report-time"]
    # The name of the binary without cargo's hash, as cargo prints it for the source.
    suite = Path(program).name.rpartition("-")[0]
    with (
        open(os.environ["TEST_TIMES"], "a", encoding="utf-8") as times,
        subprocess.Popen([program, *arguments], env=environment, stdout=subprocess.PIPE) as running,
    ):
        for line in running.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            text = line.decode(errors="replace").rstrip("\n")
            for found in filter(None, (pattern.match(text) for pattern in TIMES)):
                times.write(f"{float(found['seconds']):8.2f} s  {suite}: {found['name']}\n")
    sys.exit(running.returncode if running.returncode >= 0 else 128 - running.returncode)


main()
