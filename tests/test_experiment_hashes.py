"""The fingerprints of code and data."""

import sys

import pytest

from rnnlib.experiments import code_hash, data_hash, hashes

BASE = """
    "A module."
    from rnnlib import losses
    SETTINGS = [1, 2]
    SEEDS: list = [0]
    DATA = []
    UNITS = 3
    def trial(setting, seed):
        "A trial."
        return {"a": UNITS, "b": f"{setting!r:>{UNITS}}"}
    def main():
        print("hello")
    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("[1, 2]", "[1, 2, 3]", True),
        ("[0]", "[0, 1]", True),
        ("DATA = []", "DATA = ['x']", True),
        ("DATA = []", "DATA = []; SETTINGS += [3]", True),
        ("hello", "world", True),
        ('"A trial."', "", True),
        ('"A module."', '"Another module."  # which says more', True),
        ("UNITS = 3", "UNITS  = (3)", True),
        ("UNITS = 3", "UNITS = 4", False),
        ("losses", "optimizers", False),
        ('"a":', '"c":', False),
        (">{UNITS}", "<{UNITS}", False),
        # A declaration counts where the trial uses it, or what it uses does.
        ('{"a": UNITS', '{"a": SETTINGS', False),
    ],
)
def test_what_changes_the_code_hash(module, old, new, same):
    before = code_hash(module(BASE).trial)
    assert (code_hash(module(BASE.replace(old, new)).trial) == before) is same


def test_a_declaration_that_the_trial_uses_counts(module):
    source = "SEEDS = [0]\nSETTINGS = [SEEDS]\ndef trial(setting, seed):\n    return {'a': SETTINGS}\n"
    assert code_hash(module(source).trial) != code_hash(module(source.replace("[0]", "[1]")).trial)


def test_modules_that_are_imported_count_and_others_do_not(module):
    name = "tiny_package.trials"
    trials = """
        import json
        def trial(setting, seed):
            from .near import helper
            return {"a": helper(setting)}
        """
    module("HELP = 1\n", "tiny_package.deep")
    module("VALUE = 1\n", "tiny_package.unused")
    module("import tiny_package.deep as d\ndef helper(x):\n    return d.HELP\n", "tiny_package.near")
    before = code_hash(module(trials, name).trial)
    module("VALUE = 2\n", "tiny_package.unused")
    assert code_hash(module(trials, name).trial) == before
    module("HELP = 2\n", "tiny_package.deep")
    assert code_hash(module(trials, name).trial) != before


@pytest.mark.parametrize(
    ("gathers", "imports", "same"),
    [
        ("'A package.'\nfrom tiny_package.beside import VALUE\n__all__ = ['VALUE']\n", "tiny_package.near", True),
        ("from tiny_package.beside import VALUE\nVALUE += 1\n", "tiny_package.near", False),  # does something itself
        ("from tiny_package.beside import VALUE\n", "tiny_package", False),  # imported by its own name
    ],
)
def test_a_package_that_only_gathers_names_counts_where_it_is_imported_itself(module, tmp_path, gathers, imports, same):
    trials = f"import {imports}\n" + TRIAL
    module("HELP = 1\n", "tiny_package.near")
    module("VALUE = 1\n", "tiny_package.beside")
    module("", "tiny_package.trials")
    (tmp_path / "tiny_package" / "__init__.py").write_text(gathers)
    before = code_hash(module(trials, "tiny_package.trials").trial)
    module("VALUE = 2\n", "tiny_package.beside")
    assert (code_hash(module(trials, "tiny_package.trials").trial) == before) is same


@pytest.mark.parametrize(
    ("imports", "changed", "same"),
    [
        ("from outer.inner import VALUE", "beside", False),
        ("from outer.inner import VALUE", "other", True),
        ("from outer.inner import VALUE as v", "beside", False),
        ("from outer.inner import other", "beside", True),  # a module of it
        ("from outer.inner import other", "other", False),
        ("from outer.inner import *", "other", False),
        ("import outer.inner", "other", False),
        ("from outer import inner; v = inner.VALUE", "beside", False),
        ("from outer import inner; v = inner.VALUE", "other", True),
        ("from outer import inner; v = inner.VALUE, inner.other.ELSE", "other", False),
        ("from outer import inner; v = getattr(inner, 'VALUE')", "other", False),  # nobody can tell what it takes
    ],
)
def test_of_a_package_that_only_gathers_names_those_count_that_are_taken(module, tmp_path, imports, changed, same):
    """`inner` stands in `outer` as rnnlib.datasets in rnnlib."""
    sys.modules.pop("outer", None)  # of the case before, in another folder
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "outer" / "__init__.py").write_text("'Outer.'\n")
    (inner / "__init__.py").write_text("from .beside import VALUE\nfrom outer.inner.other import ELSE\n")
    (inner / "beside.py").write_text("VALUE = 1\n")
    (inner / "other.py").write_text("ELSE = 1\n")
    trial = module(f"if False:\n    {imports}\n{TRIAL}", "outer.trials").trial
    before = code_hash(trial)
    (inner / f"{changed}.py").write_text("VALUE = ELSE = 2\n")
    assert (code_hash(trial) == before) is same


def test_the_rnnlib_modules_below_a_trial_are_found(module, monkeypatch):
    seen = []
    original = hashes._source_file
    monkeypatch.setattr(hashes, "_source_file", lambda name, places: seen.append(name) or original(name, places))
    code_hash(module("from rnnlib.model import Sequential\nfrom rnnlib.experiments import run\n" + TRIAL).trial)
    assert {"rnnlib.model", "rnnlib.layers", "rnnlib.cells", "rnnlib.reproducibility"} <= set(seen)
    assert "rnnlib.experiments.pool" not in seen  # runs the trials, takes no part in them


TRIAL = "def trial(setting, seed):\n    return {'a': 1}\n"


def test_the_canonical_form_is_the_same_in_every_version_of_python():
    # Written down under 3.11; 3.12 and 3.13 have other fields, other empty ones, and parse f-strings in another way.
    source = 'def f(x, *, y=None):\n    "Doc."\n    return f"{x:>{y}}" "c" + u"b", ...\n'
    arguments = "arguments(args=[arg(arg='x')],kwonlyargs=[arg(arg='y')],kw_defaults=[Constant(value=None)])"
    inner = "FormattedValue(value=Name(id='y',ctx=Load()),conversion=-1)"
    spec = f"JoinedStr(values=[Constant(value='>'),{inner}])"
    outer = f"FormattedValue(value=Name(id='x',ctx=Load()),conversion=-1,format_spec={spec})"
    total = f"BinOp(left=JoinedStr(values=[{outer},Constant(value='c')]),op=Add(),right=Constant(value='b'))"
    body = f"[Return(value=Tuple(elts=[{total},Constant(value=Ellipsis)],ctx=Load()))]"
    expected = f"Module(body=[FunctionDef(name='f',args={arguments},body={body})])"
    assert hashes._canonical(hashes.ast.parse(source)) == expected


def test_data_hash_sees_names_and_contents(tmp_path):
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "b").write_bytes(b"12")
    assert data_hash(["a", "b"], tmp_path) == data_hash(["b", "a"], tmp_path)
    assert len({data_hash(files, tmp_path) for files in (["a"], ["b"], ["a", "b"])}) == 3
    before = data_hash(["a"], tmp_path)
    (tmp_path / "a").write_bytes(b"13")
    assert data_hash(["a"], tmp_path) != before
    assert data_hash([]) == ""
    with pytest.raises(FileNotFoundError, match="files names 'c'"):
        data_hash(["a", "c"], tmp_path)
