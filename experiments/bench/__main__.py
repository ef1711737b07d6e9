"""`make bench`: measure every case, one process for each number of threads, and write the table.

`--quick` measures a few cases, and only shows what they come to.
"""

import argparse
import json
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path

from tqdm import tqdm

from experiments.bench import table, timing
from experiments.bench.cases import cases
from rnnlib.experiments.results import write_rows
from rnnlib.reproducibility import versions

QUICK = ("1x10x1x1", "32x50x16x32", ", batch 1")


def chosen(threads, quick):
    """The cases for that number of threads."""
    return [c for c in cases() if threads in c.threads and (not quick or c.name.endswith(QUICK))]


def measure(threads, quick):
    """Measure in this process, and write each row to stdout as it comes."""
    for case in tqdm(chosen(threads, quick), desc=f"bench, threads {threads}", unit="case"):
        for row in case.rows(threads):
            tqdm.write(json.dumps(row), file=sys.stdout)


def rows_of(threads, quick):
    """The rows that a process of its own measures."""
    command = [sys.executable, "-m", "experiments.bench", "--threads", str(threads), *(["--quick"] if quick else [])]
    done = subprocess.run(command, env=timing.environment(threads), stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser(prog="python -m experiments.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)  # the child's part
    given = parser.parse_args()
    if given.threads:
        return measure(given.threads, given.quick)
    found = versions() | {"torch": metadata.version("torch") if util.find_spec("torch") else ""}
    rows = [row | found for threads in (1, 2) for row in rows_of(threads, given.quick)]
    print("\n".join(table.summary(rows)))
    if not given.quick:
        write_rows(table.RESULTS, rows)
        print(f"Written: {table.RESULTS.relative_to(Path.cwd())}")


if __name__ == "__main__":
    main()
