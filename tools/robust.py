"""Do the conclusions hold under another seed? `python tools/robust.py [SEED] [--pages ...]`; no SEED: a random one.

Runs every page under RNNLIB_SEED=SEED, two at a time, and reports the cells that raise. Numbers are not compared and
no file is touched: an assertion is a conclusion, and a conclusion must not hang on a seed.
"""

import argparse
import secrets
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.notebooks import Run, page_name, pages, read, run


def check(path: Path, seed: int) -> Run:
    """Run the page under the seed, past a cell that fails, in memory."""
    return run(read(path), path.parent, seed=seed, keep_going=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seed", nargs="?", type=int, help="an integer from 0 (default: a random one, printed)")
    parser.add_argument("--pages", nargs="+", type=Path, help="notebooks (default: every page of the book)")
    options = parser.parse_args(arguments)
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    if seed < 0:
        parser.error(f"seed: got {seed}, wanted an integer from 0")
    print(f"RNNLIB_SEED={seed}", flush=True)
    failed = 0
    with ProcessPoolExecutor(max_workers=2) as pool:
        jobs = {pool.submit(check, path.resolve(), seed): path for path in options.pages or pages()}
        for job in as_completed(jobs):
            failures = job.result().failures
            print(f"{page_name(jobs[job]):<40} {'failed' if failures else 'ok':<8}{job.result().seconds:6.1f} s")
            for number, message in failures:
                print(f"    code cell {number}: {message}", flush=True)
            failed += bool(failures)
    print(f"{len(jobs) - failed} of {len(jobs)} pages hold under seed {seed}" + ("" if failed else ": all"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
