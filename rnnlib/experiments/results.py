"""Rows of results in a csv file: a row a trial, never half a row, never half a file."""

import csv
import io
from pathlib import Path

from rnnlib.files import written_whole

# After a trial's setting, seed and metrics, every row says how long it took and what made it.
PROVENANCE = ("seconds", "code", "data", "python", "numpy", "tensorflow", "keras")


def as_text(name, value):
    """Return a setting or metric as the csv has it: numbers such that reading gives the same number again.

    Raises `TypeError` for anything but a string, a number or a truth value.
    """
    value = value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
    if not isinstance(value, (str, bool, int, float)):
        raise TypeError(f"{name} wants a string, a number or True/False, got {value!r} ({type(value).__name__})")
    return value if isinstance(value, str) else repr(value)


def read_rows(path):
    """Return the rows of a file as dicts of strings; none if there is no file.

    Raises `ValueError` for a file that is cut or not made by `write_rows`.
    """
    if not Path(path).exists():
        return []
    text = Path(path).read_bytes().decode("utf-8")
    if not text.endswith("\n"):
        raise ValueError(f"{path} does not end with the end of a line: is the file cut?")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), restkey="", restval=None))
    if not rows:
        raise ValueError(f"{path} has no rows: is the file cut?")
    for number, row in enumerate(rows, start=2):
        if "" in row or None in row.values() or not {"seed", *PROVENANCE} <= set(row):
            raise ValueError(f"{path}, line {number}: wants the columns of a results file, got {row}: is the file cut?")
    return rows


def write_rows(path, rows):
    """Write rows, dicts of strings with the same keys, whole or not at all: to a temporary name, then renamed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with written_whole(path) as file:
        file.write(text.getvalue().encode())


def read_frame(path):
    """Return a results file as a pandas DataFrame: the very numbers that were written, hashes and versions as text."""
    import pandas as pd  # here, for worker processes start faster without it

    rows = read_rows(path)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return pd.DataFrame({name: texts if name in PROVENANCE[1:] else _values(texts) for name, texts in columns.items()})


def _values(texts):
    """Return a column of texts as integers, numbers or truth values if every text is what `as_text` makes of one."""
    for kinds in ((int,), (int, float), (_truth,)):
        values = [_value(text, kinds) for text in texts]
        if None not in values:
            return values
    return texts


def _value(text, kinds):
    for kind in kinds:
        try:
            value = kind(text)
        except ValueError:
            continue
        if repr(value) == text:  # "1_000" is text, though int() takes it
            return value
    return None


def _truth(text):
    if text not in ("True", "False"):
        raise ValueError
    return text == "True"
