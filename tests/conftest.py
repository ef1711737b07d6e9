"""What the tests share: how Hypothesis looks for examples, and modules written for one test."""

import importlib
import os
import sys
import textwrap

import pytest
from hypothesis import settings

# The same examples every time, unless HYPOTHESIS_PROFILE=explore asks for new ones.
# Neither has a deadline: a slow machine is no fault of the code.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=50, print_blob=True)
settings.register_profile("explore", derandomize=False, deadline=None, max_examples=500, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A function that writes the source of a module, which worker processes can import too, and returns the module."""
    monkeypatch.syspath_prepend(tmp_path)
    written = []

    def write(source, name="tiny_trials"):
        path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        sys.modules.pop(name, None)
        importlib.invalidate_caches()
        written.append(name)
        return importlib.import_module(name)

    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode  # two versions within a second look alike to it
    yield write
    sys.dont_write_bytecode = before
    for name in written:
        sys.modules.pop(name, None)
