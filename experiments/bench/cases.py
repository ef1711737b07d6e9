"""What is measured: a list of cases, each of which gives some rows of the table."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import product

import numpy as np

from experiments.bench import models, runs, timing

CELLS = tuple(runs.GATES)
# (steps, features, units) with each batch size. Small networks are all overhead, large ones all products.
SIZES = ((10, 1, 1), (50, 16, 32), (100, 64, 128), (200, 64, 256))
BATCHES = (1, 32, 128)
GRID = [(batch, *size) for batch in BATCHES for size in SIZES]
# On two threads: the smallest, where a second one can only hurt, and those that have work for two.
SHARED = [shape for shape in GRID if shape == GRID[0] or (shape[0] >= 32 and shape[3] >= 128)]
SINGLE = [(1, 10, 1, 1), (1, 50, 16, 32), (1, 200, 16, 32)]  # where a step is counted in microseconds
LENGTHS = (50, 100, 200, 400, 800, 1600, 3200)
SWEEPS = {  # what grows, and the shapes that it goes through
    "steps": [(32, steps, 16, 64) for steps in LENGTHS],
    "steps, batch 1": [(1, steps, 16, 32) for steps in LENGTHS],
    "units": [(32, 50, 16, units) for units in (16, 32, 64, 128, 256, 512)],
    "batch": [(batch, 50, 16, 64) for batch in (1, 4, 16, 64, 256)],
}
RECURRENCES = (  # (batch, steps, units): long and narrow, and ever wider
    *((1, steps, 1) for steps in (100, 1000, 10_000, 100_000)),
    *((1, 1000, units) for units in (16, 64, 256, 1024)),
    (32, 100, 64),
    (32, 1000, 64),
)
MODELS = ((1, 128), (1, 512), (32, 32), (32, 128), (32, 512))  # (batch, steps)
PRODUCTS = (64, 1024)  # rows and columns of square matrices
TRUNCATED = (20, 100)  # steps of a window
LARGE = {"units": 256, "epochs": 1, "batch_size": 100, "copies": 100}
RUN = 0.02  # seconds of rnnlib that a run should take
ROUNDS, FEWEST, PATIENCE = 7, 3, 4.0  # rounds of a case; fewer, but three, once it has taken so many seconds


@dataclass
class Case:
    """Some rows of the table: their group and name, the numbers of threads to measure on, and what measures them."""

    group: str
    name: str
    threads: tuple
    measure: Callable[[], list]

    def rows(self, threads):
        """The rows, measured now, in a process that has that number of threads."""
        place = {"group": self.group, "case": self.name, "threads": threads}
        return [place | row for row in self.measure()]


def cases():
    """All cases, in the order of the table."""
    unrolled = {"unroll": True, "steps_per_execution": 100}
    found = [
        Case("example", "source example", (1,), partial(example, {}, {})),
        Case("example", "source example, Keras unrolled, 100 steps a call", (1,), partial(example, {}, unrolled)),
        Case("example", "256 units, batch size 100", (1,), partial(example, LARGE, LARGE)),
    ]
    for group, measure, shapes in (("grid", training, GRID), ("floor", floor, GRID), ("single", single, SINGLE)):
        for cell, shape in product(CELLS, shapes):
            name = f"{cell} {'x'.join(map(str, shape))}"
            threads = (1, 2) if shape in SHARED and group != "single" else (1,)
            found.append(Case(group, name, threads, partial(measure, cell, shape)))
    for cell, what in product(CELLS, SWEEPS):
        found.append(Case(f"sweep of {what}", f"{cell}, {what}", (1,), partial(sweep, cell, SWEEPS[what])))
    for shape in RECURRENCES:
        name = f"recurrence {'x'.join(map(str, shape))}"
        found.append(Case("recurrence", name, (1,), partial(recurrence, shape)))
    for shape in MODELS:
        found.append(Case("time loop", f"models {'x'.join(map(str, shape))}", (1,), partial(equal_models, *shape)))
    for cell, batch in product(("SimpleRNN", "LSTM"), (1, 32)):
        found.append(Case("time loop", f"{cell} remedies, batch {batch}", (1,), partial(remedies, cell, batch)))
    for name, measure in (
        ("compiling", compiling),
        ("XLA by length", xla),
        ("batch", shared),
        ("truncation", truncation),
    ):
        found.append(Case("time loop", name, (1,), measure))
    for size in PRODUCTS:
        found.append(Case("number formats", f"product of {size}", (1,), partial(number_formats, size)))
    return found


def row(measure, values, cell="SimpleRNN", shape=("", "", "", ""), digits=3):
    """What `measure` measured: its name, the cell and the sizes, the values' spread."""
    sizes = dict(zip(("batch", "steps", "features", "units"), shape, strict=True))
    return {"measure": measure, "cell": cell} | sizes | timing.spread(values, digits)


def turns(measured):
    """Rounds of the runs of one case."""
    return timing.in_turns(measured, ROUNDS, FEWEST, PATIENCE)


def example(ours, theirs):
    """Keras's time for the source article's training, in units of rnnlib's."""
    mine, keras = turns([runs.example_in_rnnlib(**ours), runs.example_in_keras(**theirs)])
    return [row("Keras fit / rnnlib", timing.ratios(keras, mine))]


def rivals():
    """Who is compared with rnnlib: PyTorch only where it is installed."""
    found = {
        "Keras fit": runs.training_in_keras,
        "Keras XLA": partial(runs.training_in_keras, jit_compile=True),
        # In a process of its own: it and XLA each bring an LLVM, and where these meet the process aborts.
        "PyTorch": partial(timing.elsewhere, runs.training_in_torch),
    }
    if find_spec("torch") is None:
        del found["PyTorch"]
    return found


def training(cell, shape):
    """Their time for a training step, in units of rnnlib's."""
    steps = timing.enough(runs.training_in_rnnlib(cell, shape, 2), RUN, low=2, high=64)
    names, makers = zip(*rivals().items(), strict=True)
    mine, *others = turns([make(cell, shape, steps) for make in (runs.training_in_rnnlib, *makers)])
    return [
        row(f"{name} / rnnlib", timing.ratios(seconds, mine), cell, shape)
        for name, seconds in zip(names, others, strict=True)
    ]


def passes(cell, shape):
    """A run of forward and backward of rnnlib's layer, long enough to be timed."""
    return runs.passes(cell, shape, timing.enough(runs.passes(cell, shape), RUN))


def floor(cell, shape):
    """rnnlib's time for forward and backward, in units of that of its matrix products alone."""
    products = runs.products(cell, shape, timing.enough(runs.products(cell, shape), RUN))
    mine, bare = turns([passes(cell, shape), products])
    return [row("rnnlib / bare products", timing.ratios(mine, bare), cell, shape)]


def single(cell, shape):
    """rnnlib's microseconds for forward and backward of one time step: the one absolute number of the table."""
    (seconds,) = turns([passes(cell, shape)])
    return [row("microseconds a step", [1e6 * s / shape[1] for s in seconds], cell, shape, digits=2)]


def sweep(cell, shapes):
    """rnnlib's time for forward and backward while one size grows, in units of the first; and the exponent p of
    time ~ length^p where that size is the length."""
    found = turns([passes(cell, shape) for shape in shapes])
    rows = [
        row("time / that of the first", timing.ratios(seconds, found[0]), cell, shape)
        for seconds, shape in zip(found, shapes, strict=True)
    ]
    lengths = [shape[1] for shape in shapes]
    if len(set(lengths)) > 1:
        slopes = [float(np.polyfit(np.log(lengths), np.log(seconds), 1)[0]) for seconds in zip(*found, strict=True)]
        batch, _, features, units = shapes[0]
        rows.append(row("exponent of time against length", slopes, cell, (batch, "", features, units)))
    return rows


def recurrence(shape):
    """The time of other ways through a linear recurrence, in units of that of rnnlib's scan."""
    makers = {
        "loop": partial(runs.recurrence, "loop"),
        "log": partial(runs.recurrence, "log"),
        "compiled loop": runs.recurrence_in_c,
        "gradients by loop": partial(runs.recurrence_gradients, "loop"),
    }
    repeats = timing.enough(runs.recurrence("scan", shape), RUN)
    found = [make(shape, repeats if name == "compiled loop" else 1) for name, make in makers.items()]
    scan, back, *others = turns(
        [runs.recurrence("scan", shape, repeats), runs.recurrence_gradients("scan", shape), *found]
    )
    batch, steps, units = shape
    return [
        row(
            f"{name} / scan",
            timing.ratios(seconds, back if "gradients" in name else scan),
            "",
            (batch, steps, "", units),
        )
        for name, seconds in zip(makers, others, strict=True)
    ]


def sizes(batch, steps):
    """The shape of a row of the group "time loop"."""
    return batch, steps, models.FEATURES, models.UNITS


def equal_models(batch, steps):
    """The recurrent network's time for a training step, in units of that of other models of as many weights."""
    makers = {"window": models.window, "attention": models.attention}
    mine, *others = turns([models.run(make, batch, steps) for make in (models.recurrent, *makers.values())])
    return [
        row(f"recurrent / {name}", timing.ratios(mine, seconds), "SimpleRNN", sizes(batch, steps))
        for name, seconds in zip(makers, others, strict=True)
    ]


def remedies(cell, batch, steps=100):
    """The time of a training step as Keras does it by itself, in units of that with what might make it quicker."""
    options = models.remedies(cell)
    plain, *others = turns([models.run(batch=batch, time=steps, **option) for option in options.values()])
    return [
        row(f"plain / {name}", timing.ratios(plain, seconds), cell, sizes(batch, steps))
        for name, seconds in zip(list(options)[1:], others, strict=True)
    ]


def compiling(steps=100):
    """The time of the first training step, in units of a later one as Keras does it by itself."""
    later, found = models.run(models.recurrent, 32, steps), []
    for name, option in models.remedies("SimpleRNN").items():
        if "float" not in name:
            first = [timing.timed(models.training_step(batch=32, time=steps, **option))() for _ in range(FEWEST)]
            found.append((name, timing.ratios(first, [later() for _ in first])))
    return [row(f"first step / later step, {name}", values, "SimpleRNN", sizes(32, steps)) for name, values in found]


def xla(lengths=(128, 512)):
    """The time without XLA in units of that with it, forward and for a training step."""
    found = []
    for steps, (name, what) in product(lengths, (("forward", models.forward_pass), ("training", models.training_step))):
        plain, with_xla = turns(
            [models.run(models.recurrent, 32, steps, what, jit_compile=jit) for jit in (False, True)]
        )
        found.append(row(f"plain / XLA, {name}", timing.ratios(plain, with_xla), "SimpleRNN", sizes(32, steps)))
    return found


def shared(batches=(1, 8, 32, 128), steps=100):
    """The time of a training step by batch size, in units of the first."""
    found = turns([models.run(models.recurrent, batch, steps) for batch in batches])
    return [
        row("time / that of batch 1", timing.ratios(seconds, found[0]), "SimpleRNN", sizes(batch, steps))
        for batch, seconds in zip(batches, found, strict=True)
    ]


def truncation(batch=32, steps=1000):
    """rnnlib's time for back-propagation through the whole sequence, in units of that through windows."""
    whole, *cut = turns([models.truncated(k, batch, steps) for k in (None, *TRUNCATED)])
    return [
        row(f"whole / windows of {k}", timing.ratios(whole, seconds), "SimpleRNN", sizes(batch, steps))
        for k, seconds in zip(TRUNCATED, cut, strict=True)
    ]


def number_formats(size):
    """The time of a product of two square matrices of 32-bit numbers, in units of that of 16-bit ones."""
    repeats = timing.enough(models.product(size, "float32"), RUN)
    formats = ("bfloat16", "float16")
    plain, *others = turns([models.product(size, name, repeats) for name in ("float32", *formats)])
    return [
        row(f"float32 / {name}", timing.ratios(plain, seconds), "product", ("", "", size, size))
        for name, seconds in zip(formats, others, strict=True)
    ]
