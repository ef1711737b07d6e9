"""What every data set has in common: where it came from, and files that are checked before they are read."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "files"


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Where a data set came from and what its columns mean.

    `units` maps each column to its unit ("1" for a pure number), in the order of the columns.
    """

    name: str
    title: str
    units: Mapping[str, str]
    source: str
    licence: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in the order of the data."""
        return tuple(self.units)


@dataclass(frozen=True, kw_only=True)
class Table(Dataset):
    """A table: one row an observation. `frame` is yours to change: each call of a loader reads it anew."""

    frame: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Text(Dataset):
    """Texts by title, each a str."""

    texts: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class LabelledSequences(Dataset):
    """Sequences of varying length, each with a class.

    `sequences[i]` has shape (time, features), `labels[i]` is its class, and `is_train[i]` says whether the
    donors of the data put it into the training part. The arrays are read-only.
    """

    sequences: tuple[np.ndarray, ...]
    labels: np.ndarray
    is_train: np.ndarray


def read_content(file: str, sha256: str) -> str:
    """The text in a gzip file of this package.

    `sha256` is that of the content *after* decompression: two builds of zlib compress the same bytes differently.

    Raises
    ------
    OSError
        If the file is missing, cut or altered. The message names it and says how to restore it.
    """
    path = FOLDER / file
    name = file.split(".", maxsplit=1)[0]
    restore = f"restore it with `python tools/rebuild_datasets.py {name}` in the book's source, or reinstall rnnlib"
    try:
        content = gzip.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise OSError(f"the data file {file} is missing from {FOLDER}: {restore}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise OSError(f"the data file {path} cannot be read ({error}): {restore}") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise OSError(f"the data file {path} was altered: its sha256 is {digest}, wanted {sha256}; {restore}")
    return content.decode("utf-8")


def read_csv(file: str, sha256: str, **options) -> pd.DataFrame:
    """The table in a gzip file of this package, read by pandas with these options. Raises as `read_content`."""
    return pd.read_csv(StringIO(read_content(file, sha256)), **options)


def read_only(array: np.ndarray) -> np.ndarray:
    """The array, with writing forbidden."""
    array.setflags(write=False)
    return array
