"""Running trials on all cores of this machine."""

import multiprocessing
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from joblib import cpu_count

from rnnlib.experiments.trials import failed, timed_trial, worker_environment


def run_trials(trial, jobs, *, workers=None, retries=2):
    """Run `trial` on each job, a pair (setting, seed), and yield (job's index, metrics, seconds) as they are finished.

    `workers` processes, as many as there are cores if None. A process that dies takes no other trial with it: the trial
    runs again in a new one, up to `retries` times.

    Raises `TrialError` for a trial that raised an exception (it would again: so no retry) or whose process died too
    often; trials that run then are finished and yielded before.
    """
    workers = cpu_count() if workers is None else workers
    if workers < 1 or retries < 0:
        raise ValueError(f"workers wants at least 1, retries at least 0, got {workers} and {retries}")
    waiting = deque(range(len(jobs)))
    deaths = dict.fromkeys(waiting, 0)
    failure = None
    with worker_environment():
        # One executor a process: when it breaks, it is known which trial was running.
        idle = [_new_executor() for _ in range(min(workers, len(jobs)))]
        running = {}
        try:
            while running or (waiting and failure is None):
                while idle and waiting and failure is None:
                    index = waiting.popleft()
                    executor, future = _submit(idle.pop(), timed_trial, trial, *jobs[index])
                    running[future] = executor, index
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    executor, index = running.pop(future)
                    try:
                        metrics, seconds = future.result()
                    except BrokenProcessPool:
                        executor.shutdown(wait=False)
                        executor = _new_executor()
                        deaths[index] += 1
                        if deaths[index] > retries:
                            failure = failure or failed(jobs[index], f"its process died {deaths[index]} times")
                        else:
                            waiting.appendleft(index)
                    except Exception as error:
                        failure = failure or failed(jobs[index], f"{type(error).__name__}: {error}", error)
                    else:
                        yield index, metrics, seconds
                    idle.append(executor)
        finally:
            for executor in [*idle, *(executor for executor, _ in running.values())]:
                executor.shutdown(wait=False, cancel_futures=True)
    if failure is not None:
        raise failure


def _new_executor():
    # Spawned, not forked: a fork would share the state of the parent, and TensorFlow does not survive one.
    return ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn"))


def _submit(executor, *call):
    """Hand a call to an executor, or to a new one if its process died after its last trial was finished."""
    try:
        return executor, executor.submit(*call)
    except BrokenProcessPool:
        executor.shutdown(wait=False)
        executor = _new_executor()
        return executor, executor.submit(*call)
