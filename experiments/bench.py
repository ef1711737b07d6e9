"""How fast is rnnlib? `make bench` measures it beside Keras and writes experiments/results/bench.csv, a row a case.

A row is a ratio: how many times as long the reference takes as rnnlib does for the same training run, in one process,
on one thread, in turns. Ratios carry over from machine to machine, seconds do not. NumPy and TensorFlow run the kernels
that they would choose by themselves, since that is what users run; the book's other tools hold them on one family.

Time is processor time: on one thread what the clock shows on an idle machine, and less disturbed by other programs.
"""

import csv
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

RESULTS = Path(__file__).parent / "results" / "bench.csv"
REPEATS = 7
LARGE = {"units": 256, "epochs": 1, "batch_size": 100, "copies": 100}
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # these choose kernels that the CPU would not


@dataclass
class Case:
    """One row: `rnnlib` and `reference` each make ready, untimed, and return the run to be timed."""

    name: str
    rnnlib: Callable[[], Callable[[], object]]
    reference: Callable[[], Callable[[], object]]


def cases():
    """What is measured. A further case is a further line here and a function that builds each side of it."""
    return [
        Case("source example", in_rnnlib, in_keras),
        Case("source example, Keras unrolled, 100 steps a call", in_rnnlib, in_tuned_keras),
        Case("256 units, batch size 100", partial(in_rnnlib, **LARGE), partial(in_keras, **LARGE)),
    ]


def trained(model, epochs, batch_size, copies, **compile_options):
    """A function that trains the model on `copies` of the source's data; compiled here, and traced by a first epoch."""
    from experiments.first_model import training_samples

    x, y = training_samples("unrelated")
    x, y = np.tile(x[..., np.newaxis], (copies, 1, 1)), np.tile(y, (copies, 1))
    model.compile(optimizer="adam", loss="mse", **compile_options)
    model.fit(x, y, epochs=1, batch_size=batch_size, verbose=0)
    return lambda: model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0)


def in_rnnlib(units=1, epochs=100, batch_size=1, copies=1):
    from rnnlib.layers import Dense, SimpleRNN
    from rnnlib.model import Sequential

    return trained(Sequential([SimpleRNN(units), Dense(1)], seed=0), epochs, batch_size, copies)


def in_keras(units=1, epochs=100, batch_size=1, copies=1, unroll=False, **compile_options):
    from rnnlib.reproducibility import import_tensorflow

    keras = import_tensorflow().keras
    layers = [keras.Input((10, 1)), keras.layers.SimpleRNN(units, unroll=unroll), keras.layers.Dense(1)]
    return trained(keras.Sequential(layers), epochs, batch_size, copies, **compile_options)


def in_tuned_keras():
    """The same arithmetic with what Keras offers against overhead: no loop over time, 100 steps in each call."""
    return in_keras(unroll=True, steps_per_execution=100)


def seconds(run):
    """Processor seconds of one call."""
    start = time.process_time()
    run()
    return time.process_time() - start


def measure(case, repeats, progress):
    """The row of a case: the median, lowest and highest ratio, each of two runs one after the other."""
    ours, theirs = case.rnnlib(), case.reference()
    ratios = []
    for _ in range(repeats):
        mine = seconds(ours)
        ratios.append(seconds(theirs) / mine)
        progress.update()
    return {
        "case": case.name,
        "ratio": round(statistics.median(ratios), 2),
        "lowest": round(min(ratios), 2),
        "highest": round(max(ratios), 2),
        "repeats": repeats,
    }


def native_environment():
    """This process's environment with one thread and the CPU's own kernels."""
    kept = {name: value for name, value in os.environ.items() if name not in KERNELS}
    return kept | dict.fromkeys(ONE_THREAD, "1") | {"TF_ENABLE_ONEDNN_OPTS": "1"}


def main():
    if (wanted := native_environment()) != dict(os.environ):  # read when NumPy is loaded, so start again
        os.execve(sys.executable, [sys.executable, "-m", "experiments.bench", *sys.argv[1:]], wanted)
    from rnnlib.reproducibility import versions

    rows = []
    with tqdm(total=REPEATS * len(cases()), desc="bench", unit="repeat") as progress:
        for case in cases():
            rows.append(measure(case, REPEATS, progress) | versions())
            progress.write("{case}: {ratio} times ({lowest} to {highest})".format(**rows[-1]))
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"Written: {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")


if __name__ == "__main__":
    main()
