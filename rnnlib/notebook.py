"""Helpers of the pages: `glue` stores a value for the prose of its page, `complaint` shows an error as one line."""

import math
import re

import numpy as np

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
PREFIX = "application/papermill.record/"  # what myst-nb looks for; a browser shows nothing for it

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")  # colours in Keras's messages

_glued = {}  # name -> the cell that glued it, and which run of that cell


def glue(name, value):
    """Store `value` under `name`, for prose such as ``{glue:text}`name:.2f` ``. Shows nothing itself.

    `value` is a number or a string; NumPy scalars become plain Python numbers. Has the same effect as `myst_nb.glue`
    with `display=False`, but needs no part of the book's toolchain. Outside of a notebook the arguments are only
    checked.

    Raises `ValueError` for a name that was glued by another cell already (running the same cell again is fine), for a
    malformed name, and for a number that is not finite; `TypeError` for other kinds of value.
    """
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        raise ValueError(f"name wants letters, digits, '_', '-' and '.', a letter or digit first, got {name!r}")
    text = repr(_plain(name, value))
    shell = _shell()
    if shell is None:
        return
    _claim(name, *_running_cell(shell))

    from IPython.display import display

    scrapbook = {"name": name, "mime_prefix": PREFIX}
    display({f"{PREFIX}text/plain": text}, raw=True, metadata={"scrapbook": scrapbook})


def complaint(call, *arguments, **named):
    """Return what `call(*arguments, **named)` raises, as one line such as "ValueError: ...", or "" if it returns.

    Keras says first in which layer something went wrong and then, after an empty line, what: the line is the one that
    says what.
    """
    try:
        call(*arguments, **named)
    except Exception as error:
        lines = [line for line in ESCAPES.sub("", str(error)).splitlines() if line]
        wrapped = len(lines) > 1 and lines[0].startswith("Exception encountered when calling")
        return f"{type(error).__name__}: {lines[wrapped] if lines else ''}"
    return ""


def _plain(name, value):
    """Return `value` as a plain Python str, bool, int or float."""
    if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, (str, int, float)):
        raise TypeError(
            f"value of {name!r} wants one number or a string, got {type(value).__name__}: "
            "turn it into one, for example with float(...)"
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"value of {name!r} must be finite, got {value!r}")
    return value


def _claim(name, cell, run):
    """Note that `name` belongs to `cell`; raise if another cell, or this run of the same cell, has it already."""
    if name in _glued:
        other_cell, other_run = _glued[name]
        if other_cell != cell or other_run == run:
            raise ValueError(f"name {name!r} is glued already in this notebook: a name can stand for one value only")
    _glued[name] = (cell, run)


def _shell():
    """Return the running IPython shell, or None outside of IPython."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return get_ipython()


def _running_cell(shell):
    """Return what tells the running cell from others, and the number of this run.

    JupyterLab sends the cell's id along, so that an edited cell is still the same cell; elsewhere its source has to do.
    """
    message = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell = message.get("metadata", {}).get("cellId") or message.get("content", {}).get("code", "")
    return cell, shell.execution_count
