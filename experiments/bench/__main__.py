"""`make bench`: measure every case, one process for each number of threads, and write the table.

`--quick` measures a few cases, and only shows what they come to. `--groups` measures those groups of the table and
leaves the rows of the others as they are.
"""

import argparse
import csv
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


def chosen(threads, quick=False, groups=()):
    """The cases for that number of threads, of those groups or, where none is named, of all."""
    found = [c for c in cases() if threads in c.threads and (not groups or c.group in groups)]
    return [c for c in found if not quick or c.name.endswith(QUICK)]


def measure(threads, quick, groups):
    """Measure in this process, and write each row to stdout as it comes."""
    for case in tqdm(chosen(threads, quick, groups), desc=f"bench, threads {threads}", unit="case"):
        for row in case.rows(threads):
            tqdm.write(json.dumps(row), file=sys.stdout)


def rows_of(threads, quick, groups):
    """The rows that a process of its own measures."""
    command = [sys.executable, "-m", "experiments.bench", "--threads", str(threads), *(["--quick"] if quick else [])]
    command += ["--groups", *groups] if groups else []
    done = subprocess.run(command, env=timing.environment(threads), stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def others(groups):
    """The rows of the committed table that belong to other groups, as text."""
    if not groups:
        return []
    with table.RESULTS.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["group"] not in groups]


def main():
    parser = argparse.ArgumentParser(prog="python -m experiments.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)  # the child's part
    parser.add_argument("--groups", nargs="+", default=[], choices=sorted({case.group for case in cases()}))
    given = parser.parse_args()
    if given.threads:
        return measure(given.threads, given.quick, given.groups)
    found = versions() | {"torch": metadata.version("torch") if util.find_spec("torch") else ""}
    rows = [row | found for threads in (1, 2) for row in rows_of(threads, given.quick, given.groups)]
    print("\n".join(table.summary(rows)))
    if not given.quick:
        write_rows(table.RESULTS, [*others(given.groups), *rows])
        print(f"Written: {table.RESULTS.relative_to(Path.cwd())}")


if __name__ == "__main__":
    main()
