"""Several workers on this machine, for a page or a test: started, watched, and gone when it ends, however it ends.

A server process imports TensorFlow once and forks a worker whenever it is asked to, which saves each of them the
seconds of the import. Server and workers live in a network that has nothing but a loopback (tools/loopback.py), and die
with the process that started them.
"""

import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnnlib.reproducibility import DEFAULT_ENVIRONMENT, FIXED_ENVIRONMENT

ROOT = Path(__file__).resolve().parents[2]
SERVER = [sys.executable, "-m", "tools.loopback", sys.executable, "-m", "experiments.multi_worker.local"]
START, GRACE = 180, 60  # seconds for the import of TensorFlow; for the others, once a worker has failed
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True)
class Outcome:
    """How a worker ended: "finished", "killed" or "failed"; what it raised, and the arrays that it left."""

    ended: str
    error: str
    results: dict[str, np.ndarray]

    @property
    def weights(self):
        """The weights in the order of Keras, if it finished."""
        count = sum(name.startswith("weight") for name in self.results)
        return [self.results[f"weight{place}"] for place in range(count)]


class LocalCluster:
    """Runs functions of `experiments.multi_worker.worker` in several workers at once.

    `run("train", workers=2, steps=40)` returns the `Outcome` of each. `close()`, the end of a `with` block or the
    end of this process ends all that was started.

    Raises `OSError` if this system has no network namespaces, `RuntimeError` if the server does not start.
    """

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="rnnlib-workers-")
        self.log = Path(self.folder.name, "server.log")
        paths = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        with self.log.open("wb") as log:
            self.server = subprocess.Popen(
                SERVER,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # a group of processes of its own, to end all at once
            )
        self.close = weakref.finalize(self, _end, self.server, self.folder)
        self._answer(START)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def run(self, function, *, workers, name=None, timeout=120, last=None, **arguments):
        """Run `function(folder, **arguments)` in `workers` processes, and return a list of `Outcome`.

        Runs of the same `name` share a folder, hence checkpoints. `last` are other arguments for the last worker. If a
        worker fails, the others have a minute to notice.

        Raises `TimeoutError` after `timeout` seconds, `RuntimeError` if the server died; all workers are ended before.
        """
        if workers < 1:
            raise ValueError(f"workers wants at least 1, got {workers}")
        folder = Path(self.folder.name, name or f"{function}{workers}")
        folder.mkdir(exist_ok=True)
        for old in [*folder.glob("worker*.npz"), *folder.glob("error*")]:
            old.unlink()
        arguments = [arguments] * (workers - 1) + [arguments | (last or {})]
        request = {"function": function, "folder": str(folder), "arguments": arguments, "timeout": timeout}
        self.server.stdin.write(json.dumps(request).encode() + b"\n")
        self.server.stdin.flush()
        codes = self._answer(timeout + GRACE)
        if codes is None:
            logs = "\n".join(file.read_text(errors="replace")[-1000:] for file in sorted(folder.glob("log*")))
            raise TimeoutError(
                f"{workers} workers were not done after {timeout} s, and were ended. They wrote:\n{logs}"
            )
        return [_outcome(folder, index, code) for index, code in enumerate(codes)]

    def _answer(self, seconds):
        """Return the next line of the server; raise if there is none in time, or no server any more."""
        ready, _, _ = select.select([self.server.stdout], [], [], seconds)
        line = self.server.stdout.readline() if ready else b""
        if line:
            return json.loads(line)
        code = self.server.wait(5) if ready else None
        said = self.log.read_text(errors="replace").strip()
        self.close()
        if code == 3:
            raise OSError(said)
        what = f"ended with exit code {code}" if ready else f"did not answer for {seconds} s"
        raise RuntimeError(f"the server of the workers {what}. It wrote:\n{said[-2000:]}")


def _end(server, folder):
    """End the server and all workers, and remove their files."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    server.stdin.close()
    server.stdout.close()
    folder.cleanup()


def _outcome(folder, index, code):
    error, results = folder / f"error{index}", folder / f"worker{index}.npz"
    found = {}
    if code == 0 and results.exists():
        with np.load(results, allow_pickle=False) as arrays:
            found = dict(arrays)
    ended = "finished" if code == 0 else "killed" if code == -signal.SIGKILL else "failed"
    return Outcome(ended, error.read_text(encoding="utf-8") if error.exists() else "", found)


def serve():
    """Answer requests, a line of JSON each, until there are no more."""
    _die_with(os.getppid())
    os.environ.update(FIXED_ENVIRONMENT)
    for name, value in DEFAULT_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from experiments.multi_worker import worker

    worker.tf.config.experimental.enable_op_determinism()
    answers = os.fdopen(os.dup(1), "w")
    print("true", file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(_run(worker, **request)), file=answers, flush=True)


def _run(worker, function, folder, arguments, timeout):
    """Fork the workers, wait for them, and return their exit codes (minus the signal for one that was killed)."""
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(len(arguments))]
    server, running, codes = os.getpid(), {}, [None] * len(arguments)
    for index, own in enumerate(arguments):
        pid = os.fork()
        if pid == 0:
            _die_with(server)
            task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            os.environ["TF_CONFIG"] = json.dumps(task)
            _work(getattr(worker, function), folder, index, own)
        running[pid] = index
    deadline, in_time = time.monotonic() + timeout, True
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            code = codes[running.pop(pid)] = os.waitstatus_to_exitcode(status)
            if code != 0:
                deadline = min(deadline, time.monotonic() + GRACE)
        elif time.monotonic() > deadline:
            in_time = any(codes)  # false, too, if no worker has failed: none of them came to an end
            deadline = float("inf")
            for pid in running:
                os.kill(pid, signal.SIGKILL)
        else:
            time.sleep(0.01)
    return codes if in_time else None


def _work(function, folder, index, arguments):
    """Be a worker, to the end of this process."""
    log = os.open(Path(folder, f"log{index}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 1
    try:
        function(folder, **arguments)
        code = 0
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"
        Path(folder, f"error{index}").write_text(text, encoding="utf-8")
        print(text, file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _die_with(parent):
    """Have the system kill this process when its parent dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died just before
        os._exit(1)


def _free_ports(count):
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


if __name__ == "__main__":
    serve()
