"""One trial, run so that nothing but its setting and its seed can matter."""

import importlib
import os
import sys
import time
from contextlib import contextmanager

from rnnlib import reproducibility

# One thread a process, as many processes as there are cores: two that each take two threads on two cores get in each
# other's way. The rest is as it is where the book's outputs are made, so that a page can repeat a row.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "PYTHONHASHSEED": "0",
}


class TrialError(RuntimeError):
    """A trial failed: its setting and seed are in the message; what it raised, if it did, is the cause."""


def run_trial(trial, setting, seed):
    """Return `trial(setting, seed)`, a dict of metrics, with all randomness started from `seed`.

    Python's, NumPy's and Keras's global generators and `rnnlib.reproducibility.seed()` follow `seed` while it runs, and
    Keras's session is cleared before, so that the result is the same in any process, whatever ran there before.

    Raises `RuntimeError` if TensorFlow was imported, but not by `import_tensorflow`, which makes it repeatable.
    """
    with _variables({reproducibility.SEED_VARIABLE: str(seed)}):
        reproducibility.restart(seed)
        metrics = trial(dict(setting), seed)
    if "tensorflow" in sys.modules and not reproducibility.tensorflow_is_prepared():
        raise RuntimeError(
            "TensorFlow is imported, but not by rnnlib.reproducibility.import_tensorflow(): not repeatable"
        )
    return metrics


def timed_trial(trial, setting, seed):
    """Return `run_trial(...)` and the seconds it took."""
    start = time.perf_counter()
    metrics = run_trial(trial, setting, seed)
    return metrics, time.perf_counter() - start


def failed(job, what, cause=None):
    """Return the `TrialError` of a job, a pair (setting, seed), that failed in the way `what` says."""
    setting, seed = job
    error = TrialError(f"the trial with setting {setting} and seed {seed} failed: {what}")
    error.__cause__ = cause
    return error


def check_trial(trial):
    """Raise `TypeError` unless other processes can import the trial by its name."""
    module, name = getattr(trial, "__module__", None), getattr(trial, "__qualname__", "")
    if module in (None, "__main__") or getattr(importlib.import_module(module), name, None) is not trial:
        raise TypeError(f"trial wants a function at the top of an importable module, got {trial!r} of module {module}")


@contextmanager
def worker_environment(more=None):
    """Set the environment that processes started meanwhile inherit: NumPy and TensorFlow read it as they are loaded.

    `more` are variables besides those of `ENVIRONMENT`.
    """
    with _variables(ENVIRONMENT | (more or {})):
        yield


@contextmanager
def _variables(values):
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
