"""Running trials on a cluster of machines, with Ray (Moritz et al., 2018) as the engine."""

import importlib
import os
import sys
from collections import deque

from rnnlib.experiments.trials import ENVIRONMENT, failed, timed_trial, worker_environment

# Set before Ray is loaded, unless the user has set it: Ray would send statistics of use to its makers.
QUIET = {"RAY_USAGE_STATS_ENABLED": "0"}
MISSING = (
    'engine "ray" wants the package Ray, which is not installed. In the book\'s source, `pip install ".[cluster]"` '
    "adds it to your environment, and `make cluster` makes one beside it, .venv-cluster, and tests it there"
)


def import_ray():
    """Import Ray, which nothing else in the book needs, and return it.

    Raises `ImportError` that says how to get it.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise ImportError(MISSING) from error


def run_trials(trial, jobs, *, workers=None, retries=2):
    """Run `trial` on each job, a pair (setting, seed), and yield (job's index, metrics, seconds) as they are finished.

    The cluster is the one that this process is connected to (`ray.init(address=...)`), or that the environment variable
    `RAY_ADDRESS` names; its machines must be able to import the trial's module (`ray.init(runtime_env={"working_dir":
    "."})` sends them the folder). Else Ray is started on this machine, for these trials only. `workers` trials run at
    once, as many as the cluster has processors if None.

    A trial whose process or machine dies runs again, up to `retries` times: Ray's own `max_retries`.

    Raises `TrialError` as `rnnlib.experiments.pool.run_trials` does: for a trial that raised an exception or whose
    process died too often, after the trials that run then are finished and yielded.
    """
    if (workers is not None and workers < 1) or retries < 0:
        raise ValueError(f"workers wants at least 1, retries at least 0, got {workers} and {retries}")
    ray = import_ray()
    ours = not ray.is_initialized()
    if ours:
        _connect(ray, workers)
    try:
        workers = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        yield from _run(ray, trial, jobs, workers, retries)
    finally:
        if ours:
            ray.shutdown()


def _connect(ray, workers):
    quiet = {"log_to_driver": False, "logging_level": "error"}
    if os.environ.get("RAY_ADDRESS"):
        ray.init(**quiet)
        return
    # On this machine the trial's module is where this process found it.
    with worker_environment({"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}):
        ray.init(num_cpus=workers, include_dashboard=False, **quiet)


def _run(ray, trial, jobs, workers, retries):
    task = ray.remote(timed_trial).options(max_retries=retries, runtime_env={"env_vars": ENVIRONMENT})
    died = ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError
    waiting, running, failure = deque(range(len(jobs))), {}, None
    while running or (waiting and failure is None):
        while waiting and failure is None and len(running) < workers:
            index = waiting.popleft()
            running[task.remote(trial, *jobs[index])] = index
        [finished], _ = ray.wait(list(running), num_returns=1)
        index = running.pop(finished)
        try:
            metrics, seconds = ray.get(finished)
        except ray.exceptions.RayTaskError as error:  # what the trial raised is its cause
            what = f"{type(error.cause).__name__}: {error.cause}"
            failure = failure or failed(jobs[index], what, error.cause)
        except died as error:
            failure = failure or failed(jobs[index], f"its process died {retries + 1} times", error)
        else:
            yield index, metrics, seconds
    if failure is not None:
        raise failure
