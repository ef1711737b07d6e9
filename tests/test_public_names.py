"""Every public name of rnnlib says what it is."""

import importlib
import inspect
import pkgutil
import sys

import pytest

import rnnlib

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(rnnlib.__path__, "rnnlib.")
    if "._" not in module.name
]


def public_members(owner):
    """The public classes, functions, methods and properties that are written in `owner`, a module or a class."""
    for name, member in vars(owner).items():
        kinds = inspect.isclass, inspect.isfunction, lambda m: isinstance(m, property | classmethod | staticmethod)
        home = getattr(member, "__module__", None)
        elsewhere = inspect.ismodule(owner) and home != owner.__name__
        if not name.startswith("_") and any(kind(member) for kind in kinds) and not elsewhere:
            yield name, member


def undocumented(module):
    """The public names of the module without a docstring; a method may inherit the one of its base class."""
    for name, member in public_members(module):
        if not inspect.getdoc(member):
            yield name
        if inspect.isclass(member):
            for part, _ in public_members(member):
                if not inspect.getdoc(getattr(member, part)):
                    yield f"{name}.{part}"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_public_name_has_a_docstring(module):
    assert inspect.getdoc(module)
    assert list(undocumented(module)) == []


class Base:
    """Something that says what its method does."""

    def documented(self):
        """Says what it does."""


class Sample(Base):
    """What `undocumented` has to find, and what it may pass."""

    def documented(self):
        pass

    def bare(self):
        pass


def test_a_missing_docstring_is_found():
    assert "Sample.bare" in undocumented(sys.modules[__name__])
    assert "Sample.documented" not in undocumented(sys.modules[__name__])
