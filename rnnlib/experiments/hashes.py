"""Fingerprints of what a trial computes with: its code and its data.

A row of results is worth something only while code and data are still those that made it. Comments, docstrings, layout
and the list of settings may change without harm; anything else may not.
"""

import ast
import hashlib
import inspect
import re
import sys
from pathlib import Path

DIGITS = 16  # of the SHA-256, in hexadecimal: enough to notice a change, short enough for a table

# What a script of the book says about its trials, which does not change what one trial gives.
DECLARATIONS = {"SETTINGS", "SEEDS", "DATA", "main"}
# Runs the trials but takes no part in them: each must give the same in any worker, or in none.
MACHINERY = "rnnlib.experiments"
ALWAYS = ("rnnlib.reproducibility",)  # seeds every trial, imported by it or not
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_hash(trial):
    """Return a fingerprint of the trial's module and of every module of the book that it imports, directly or not.

    Those are the modules of rnnlib and of the package that the trial is in. Imports are found in the source, functions
    included, without running it; one made by name (`importlib.import_module`) is not seen. Of a package that only
    gathers names from its modules those modules count whose names are taken, so that a new layer or a new data set does
    not cast doubt on tables made without it. Compared are the syntax trees without
    docstrings, of the trial's module also without `SETTINGS`, `SEEDS`, `DATA` and `main` unless other code there uses
    them.

    Raises `ValueError` if the module has no source file.
    """
    name = trial.__module__
    file = inspect.getsourcefile(sys.modules[name])
    if file is None:
        raise ValueError(f"trial wants a function from a module with a source file, got one from {name}")
    # Where the packages lie: module a.b is in <place>/a/b.py.
    place = Path(file).resolve().parents[name.count(".") + (Path(file).stem == "__init__")]
    places = {"rnnlib": Path(__file__).resolve().parents[2], name.split(".")[0]: place}
    trees = {}
    pending = [(module, True) for module in (name, *ALWAYS)]
    while pending:
        module, named = pending.pop()
        source = _source_file(module, places)
        if module in trees or source is None or module == MACHINERY or module.startswith(MACHINERY + "."):
            continue
        tree = ast.parse(source.read_text(encoding="utf-8"))
        if not named and _only_gathers(tree):
            continue
        if module == name:
            _drop_declarations(tree)
        package = module if source.stem == "__init__" else module.rpartition(".")[0]
        trees[module] = _canonical(tree)
        imported = _imported(tree, package, places)
        pending += [(module, True) for module in imported]
        pending += [(package, False) for module in imported for package in _packages_of(module)]
    return _digest(part for module in sorted(trees) for part in (module, trees[module]))


def data_hash(files, root="."):
    """Return a fingerprint of the names and contents of data files, given relative to the folder `root`; "" for none.

    Raises `FileNotFoundError` for a file that is not there.
    """
    root = Path(root)
    names = sorted(str(file) for file in files)
    for name in names:
        if not (root / name).is_file():
            raise FileNotFoundError(f"files names {name!r}, which is not in {root}")
    return _digest(part for name in names for part in (name, (root / name).read_bytes())) if names else ""


def _digest(parts):
    whole = hashlib.sha256()
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        # With its length before it, so that no two lists of parts run together alike.
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()[:DIGITS]


def _source_file(module, places):
    """Return the file of a module of the book, or None: another package's, a name in a module, or a bare folder."""
    package, *rest = module.split(".")
    if package not in places:
        return None
    stem = places[package].joinpath(package, *rest)
    candidates = (stem / "__init__.py", stem.with_name(stem.name + ".py"))
    return next((file for file in candidates if file.is_file()), None)


def _imported(tree, package, places):
    """Return the names of all modules that a tree may name in its imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                modules = _defining(_base(node, package), alias.name, places)
                for module in modules:  # of a package that was imported whole, what is taken from it, if one can tell
                    taken = _attributes(tree, alias.asname or alias.name) if _gathering(module, places) else None
                    parts = [_defining(module, name, places) for name in taken or ()]
                    found.update(*parts) if parts else found.add(module)
    return found


def _base(node, package):
    """Return the name of the module that a `from ... import ...` in a package takes names from."""
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def _defining(base, name, places):
    """Return the modules to look into for `from base import name`: through packages that only gather names."""
    tree = _gathering(base, places)
    if tree is None:
        return {base, f"{base}.{name}"}  # the name may be a module of the package, or something that it defines
    for node in tree.body:
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            if name == (alias.asname or alias.name):
                return _defining(_base(node, base), alias.name, places)
    return {f"{base}.{name}" if _source_file(f"{base}.{name}", places) else base}


def _gathering(module, places):
    """Return the tree of a package that only gathers names; None for any other module."""
    source = _source_file(module, places)
    if source is None or source.stem != "__init__":
        return None
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return tree if _only_gathers(tree) else None


def _attributes(tree, name):
    """Return the x of all `name.x` in a tree, or None if `name` is used in any other way."""
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    taken = [node for node in attributes if isinstance(node.value, ast.Name) and node.value.id == name]
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    return {node.attr for node in taken} if len(uses) == len(taken) else None


def _packages_of(module):
    """Return the names of the packages that a module is in: a and a.b for a.b.c."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _only_gathers(tree):
    """Say whether a package's own code does nothing but gather names from its modules.

    Where only a module below it is imported, such a package adds nothing, and neither do the modules beside that one.
    """
    return all(
        isinstance(node, (ast.Import, ast.ImportFrom))
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Assign) and all(re.fullmatch(r"__\w+__", ast.unparse(t)) for t in node.targets))
        for node in tree.body
    )


def _drop_declarations(tree):
    """Take the declarations and the `if __name__ == "__main__"` block out, unless what stays uses what they define."""
    kept, others = [], list(tree.body)
    wanted = [node for node in others if not (_defined(node) & DECLARATIONS or _is_main_block(node))]
    while wanted:
        kept += wanted
        others = [node for node in others if node not in wanted]
        used = {node.id for part in kept for node in ast.walk(part) if isinstance(node, ast.Name)}
        wanted = [node for node in others if _defined(node) & used]
    tree.body = [node for node in tree.body if node in kept]


def _defined(node):
    """Return the names that a top-level statement defines, as far as they can be a declaration."""
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    targets = getattr(node, "targets", [getattr(node, "target", None)])  # of `a = b = 1`, or of `a: int = 1`, `a += 1`
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _is_main_block(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def _canonical(node):
    """Return a syntax tree as text: node types and their fields that are not empty, without docstrings.

    Not `ast.unparse` or `ast.dump`: what these write for the same code differs from one version of Python to the next.
    """
    if isinstance(node, list):
        return "[" + ",".join(map(_canonical, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: value for name, value in ast.iter_fields(node) if value is not None and value != []}
    if isinstance(node, ast.Constant):
        fields = {"value": node.value}  # None is a value here; whether it was written as u"..." is not
    elif isinstance(node, ast.JoinedStr):  # Python 3.12 leaves empty texts between the parts of an f-string
        fields["values"] = [part for part in node.values if not (isinstance(part, ast.Constant) and part.value == "")]
    elif isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
        fields["body"] = node.body[1:]
    return type(node).__name__ + "(" + ",".join(f"{name}={_canonical(value)}" for name, value in fields.items()) + ")"
