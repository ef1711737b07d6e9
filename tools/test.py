"""Check everything: `python tools/test.py [STAGE ...]`, the stages below in order; it stops at the first that fails.

Notebooks and unit tests run in the book's environment (tools/environment.py), two at a time, one thread each.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.environment import ROOT, environment

PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "--quiet", "-n", "2", "-r", "fEs"]  # -r: say what failed and why tests were skipped
STAGES = {
    "lint": (
        "Style: ruff, notebooks too",
        [PYTHON, "-m", "ruff", "check"],
        [PYTHON, "-m", "ruff", "format", "--check"],
    ),
    "floors": (
        "Floors: each module of rnnlib imports only from below",
        [str(Path(PYTHON).with_name("lint-imports")), "--no-logo"],
    ),
    "units": (
        "Unit tests of rnnlib and the tools",
        [*PYTEST, "--ignore=tests/book", "tests"],
    ),
    "notebooks": (
        "Notebooks: every stored output computed again and compared",
        [*PYTEST, "-p", "tools.tolerant_nbval", "--nbval", "--dist=loadfile", "chapters"],
    ),
    "book": (
        "The book, warnings as errors",
        [PYTHON, "tools/build_book.py"],
    ),
    "site": (
        "Notebook hygiene, claims, built pages (in a browser where there is one)",
        [*PYTEST, "--dist=loadgroup", "tests/book"],
    ),
}


def run(name):
    """Run the commands of the stage; returns whether all of them succeeded."""
    title, *commands = STAGES[name]
    print(f"\n=== {name}: {title}", flush=True)
    started = time.perf_counter()
    codes = [subprocess.run(command, cwd=ROOT, env=environment()).returncode for command in commands]
    passed = not any(codes)
    if name != list(STAGES)[-1]:  # pytest's own closing line stays the last one
        print(f"=== {name}: {'passed' if passed else 'FAILED'} in {time.perf_counter() - started:.1f} s", flush=True)
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(STAGES)} (default: all)")
    wanted = parser.parse_args().stages or list(STAGES)
    if unknown := set(wanted) - set(STAGES):
        parser.error(f"no stage {', '.join(sorted(unknown))}; there are {', '.join(STAGES)}")
    return 0 if all(run(name) for name in STAGES if name in wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
