"""Timing runs in turns, so that what disturbs one disturbs all."""

import functools
import math
import os
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # these choose kernels that the CPU would not


def environment(threads):
    """This process's environment with that number of threads and the CPU's own kernels, for a child: the libraries read
    it when they are loaded."""
    kept = {name: value for name, value in os.environ.items() if name not in KERNELS}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    return kept | dict.fromkeys(THREADS, str(threads)) | {"TF_ENABLE_ONEDNN_OPTS": "1"} | quiet


def clock():
    """Seconds: of the processor on one thread, of the clock on several, where waiting counts too."""
    return time.process_time() if os.environ.get(THREADS[0]) == "1" else time.perf_counter()


def timed(work, of=1):
    """A run: calls `work` and returns its seconds, divided by `of`."""

    def run():
        start = clock()
        work()
        return (clock() - start) / of

    return run


@functools.cache
def _other_process():
    return ProcessPoolExecutor(1, get_context("spawn"))


def _prepare(make, arguments):
    global _prepared
    _prepared = make(*arguments)


def _run_prepared():
    return _prepared()


def elsewhere(make, *arguments):
    """The run `make(*arguments)`, made and run in another process, always the same; it forgets the one before."""
    _other_process().submit(_prepare, make, arguments).result()
    return lambda: _other_process().submit(_run_prepared).result()


def in_turns(runs, rounds, fewest, patience):
    """The seconds of each run in each round, a list for each of `runs`. Rounds end early, but not before the `fewest`,
    once they have taken `patience` seconds."""
    began, found = time.perf_counter(), []
    while len(found) < fewest or (len(found) < rounds and time.perf_counter() - began < patience):
        found.append([run() for run in runs])
    return [list(seconds) for seconds in zip(*found, strict=True)]


def enough(run, seconds, low=1, high=1000):
    """How often to do what one call of `run` does, for a run of about so many seconds."""
    return max(low, min(high, math.ceil(seconds / run())))


def ratios(seconds, reference):
    """`seconds` in units of those of `reference`, round by round."""
    return [mine / theirs for mine, theirs in zip(seconds, reference, strict=True)]


def spread(values, digits):
    """The median, lowest and highest of the values, as columns of the table."""
    found = {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}
    return {name: round(value, digits) for name, value in found.items()} | {"repeats": len(values)}
