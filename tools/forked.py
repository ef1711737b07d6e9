"""Run the cells of a page in a process of its own, forked from one that has imported TensorFlow and the like already.

A Jupyter kernel a claim would spend most of its time importing. Only imports are shared: the process that is forked has
computed nothing, so that TensorFlow has started no device and no thread pool, and each child starts clean.
"""

import multiprocessing
import os
import sys
from pathlib import Path
from unittest import mock

from tools.environment import environment

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tools.preload"])


def run_cells(sources: list[str], folder: Path, timeout: float = 300) -> tuple[int, str] | None:
    """Run the cells in order, in `folder`, in the book's environment.

    Returns None if all went well, else the place of the cell that raised and what it raised, `Name: message`.
    """
    receiver, sender = _context.Pipe(duplex=False)
    process = _context.Process(target=_child, args=(sources, str(folder), sender))
    with mock.patch.dict(os.environ, environment(), clear=True):  # the first start makes the process that is forked
        process.start()
    sender.close()
    try:
        if not receiver.poll(timeout):
            return len(sources) - 1, f"took more than {timeout:g} s"
        return receiver.recv()
    except EOFError:
        process.join()
        return len(sources) - 1, f"the process died with exit code {process.exitcode}"
    finally:
        process.kill()
        process.join()


def _child(sources, folder, sender):
    from IPython.core.interactiveshell import InteractiveShell
    from matplotlib import pyplot
    from traitlets.config import Config

    os.chdir(folder)
    sys.path.insert(0, "")
    quiet = Config()
    quiet.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=quiet)
    for place, source in enumerate(sources):
        error = shell.run_cell(source, store_history=True, silent=False)
        pyplot.close("all")  # as the inline backend does after each cell
        error = error.error_before_exec or error.error_in_exec
        if error is not None:
            sender.send((place, f"{type(error).__name__}: {error}"))
            return
    sender.send(None)
