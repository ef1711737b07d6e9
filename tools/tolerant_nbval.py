"""A pytest plugin: nbval in the book's environment, with the book's tolerance on floats (tools/comparison.py).

    python -m pytest -p tools.tolerant_nbval --nbval -n 2 --dist=loadfile chapters

nbval compares what `IPyNbCell.sanitize` returns, so that is where the tolerance comes in. nbval leaves out cells
without an execution count; here such a cell fails. And nbval keeps no history in the kernel, without which a semicolon
at the end of a line does not silence it; here it does, as in Jupyter.
"""

import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

from tools import environment
from tools.comparison import Output, difference, tolerance


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if not config.option.nbval:
        return
    environment.apply()
    config.option.nbval_current_env = True
    config.option.nbval_cell_timeout = min(config.option.nbval_cell_timeout, 300)
    if not hasattr(IPyNbCell.sanitize, "exact"):
        IPyNbCell.sanitize = tolerant(IPyNbCell.sanitize)
    RunningKernel.execute_cell_input = with_history


def with_history(kernel, source, allow_stdin=None):
    """`RunningKernel.execute_cell_input`, as a notebook's own kernel does it."""
    return kernel.kc.execute(source, allow_stdin=allow_stdin, stop_on_error=False)


def tolerant(sanitize):
    """`IPyNbCell.sanitize`, returning text that compares within the tolerance of the cell's tags."""

    def wrapper(cell, text):
        text = sanitize(cell, text)
        if not isinstance(text, str):
            return text
        return Output(text, tolerance(cell.cell.metadata.get("tags", [])))

    wrapper.exact = sanitize
    return wrapper


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if isinstance(item, IPyNbCell) and item.cell.execution_count is None:
        pytest.fail(f"cell {item.cell_num} was never run: its stored output says nothing", pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_assertrepr_compare(op, left, right):
    if op == "==" and isinstance(left, Output):
        return [difference(str(left), str(right), left.allowed) or "equal", "stored:", *left.splitlines()]
    return None
