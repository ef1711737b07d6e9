"""The experiments of the book: the scripts in experiments/ and their tables.

A script `experiments/<name>.py` has, at its top: `trial(setting, seed)`, which returns a dict of metrics; `SETTINGS`, a
list of dicts; `SEEDS`, whole numbers; if it reads files, `DATA`, their paths in the source; and `main()`, which is
`run("<name>")`. Its table is `experiments/results/<name>.csv`.
"""

import ast
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from rnnlib.experiments.sweeps import load_results, sweep
from rnnlib.experiments.trials import run_trial

NEEDED = {"trial", "SETTINGS", "SEEDS"}
SHIFT = 1000  # more than any table has seeds, so that shifted seeds are other seeds


def source_folder():
    """Return the folder of the book's source, which holds experiments/: the one rnnlib is in, or one around here.

    Raises `FileNotFoundError` if there is none.
    """
    here = Path.cwd()
    for folder in (Path(__file__).resolve().parents[2], here, *here.parents):
        if (folder / "experiments").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    raise FileNotFoundError(f"no folder experiments/ beside rnnlib, in {here} or above: run this in the book's source")


def names(root=None):
    """Return the names of all experiments, in order of the alphabet: scripts that define trial, SETTINGS and SEEDS."""
    folder = (root or source_folder()) / "experiments"
    return [file.stem for file in sorted(folder.glob("*.py")) if _defined(file) >= NEEDED]


@dataclass(frozen=True)
class Experiment:
    """A script of experiments/, and its table."""

    name: str
    module: ModuleType
    root: Path

    @property
    def path(self):
        """The committed table, a csv file."""
        return self.root / "experiments" / "results" / f"{self.name}.csv"

    def results(self):
        """Return the committed table as a pandas DataFrame.

        Raises `ValueError` if code or data have changed since, or if a setting or seed has no row.
        """
        frame = load_results(self.path, self.module.trial, root=self.root)
        wanted = len(self.module.SETTINGS) * len(self.module.SEEDS)
        if len(frame) != wanted:
            raise ValueError(f"{self.path} has {len(frame)} of {wanted} rows: `make experiments` adds what is missing")
        return frame

    def repeat(self, setting, seed):
        """Run one trial here and now, as the sweep does, and return its metrics: what the row of the table says."""
        return run_trial(self.module.trial, setting, seed)


def experiment(name, root=None):
    """Return the `Experiment` of that name.

    Raises `ValueError` for a name that is not there.
    """
    root = root or source_folder()
    if name not in names(root):
        raise ValueError(f"name wants one of {names(root)}, got {name!r}")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))  # where worker processes will look, too
    return Experiment(name, importlib.import_module(f"experiments.{name}"), root)


def run(name, *, seed=None, workers=None, root=None, engine="local"):
    """Make the table of an experiment, or what is missing of it, and return its path; `engine` as in `sweep`.

    With a `seed`, the same table with other seeds: `SHIFT * seed` is added to each, and it goes to
    `_build/experiments/seed<seed>/`, so that the committed one stays. Seed 0 repeats the committed table there.
    """
    chosen = experiment(name, root)
    path, seeds = chosen.path, list(chosen.module.SEEDS)
    if seed is not None:
        path = chosen.root / "_build" / "experiments" / f"seed{seed}" / path.name
        seeds = [SHIFT * seed + base for base in seeds]
    where = {"results": path, "root": chosen.root, "workers": workers, "engine": engine}
    sweep(chosen.module.trial, chosen.module.SETTINGS, seeds, **where)
    return path


def _defined(file):
    """Return the names of the functions and constants at the top of a script, without running it."""
    found = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return found
