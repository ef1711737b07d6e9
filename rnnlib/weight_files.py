"""Weights on disk: safetensors or npz, never pickle. A file is written whole or not at all, and checked when read.

A safetensors file carries no checksum of its own, and an npz file, which is a zip, none of its table of contents. So
the metadata of the one and the first array of the other hold the sha256 of all arrays with their names.
"""

import hashlib
import pathlib
import zipfile

import numpy as np
import safetensors
import safetensors.numpy

from rnnlib import files

SUFFIXES = (".safetensors", ".npz")
_DIGEST = "sha256"


def save(path, arrays):
    """Write the dict `arrays` (name to array) to `path`, by its suffix. Raises ValueError for another suffix, OSError
    if the file cannot be written; an old file at `path` then stays as it was."""
    path = checked_path(path)
    with files.written_whole(path) as file:
        if path.suffix == ".npz":
            np.savez(file, **{_DIGEST: np.array(_digest(arrays))}, **arrays)
        else:
            arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
            file.write(safetensors.numpy.save(arrays, metadata={_DIGEST: _digest(arrays)}))


def load(path):
    """The dict of arrays in the file. Raises ValueError for an unknown suffix, OSError for a file that is missing, cut
    short or altered."""
    path = checked_path(path)
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            digest = arrays.pop(_DIGEST, None)
        else:
            with safetensors.safe_open(path, framework="numpy") as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
                digest = (file.metadata() or {}).get(_DIGEST)
    except FileNotFoundError:
        raise FileNotFoundError(f"no weights file at {path}") from None
    # RuntimeError is zipfile's, of a flag altered to say that the file is encrypted or packed in a way it cannot read.
    except (safetensors.SafetensorError, zipfile.BadZipFile, ValueError, EOFError, KeyError, RuntimeError) as error:
        raise OSError(f"{path} is cut short or altered, or no weights file: {error}") from error
    if digest is not None and str(digest) != _digest(arrays):
        raise OSError(f"{path} has been altered: its arrays do not fit the checksum that it was saved with")
    return arrays


def checked_path(path):
    """`path` as a `pathlib.Path`. Raises ValueError for a name that does not end as the files here do."""
    path = pathlib.Path(path)
    if path.suffix not in SUFFIXES:
        raise ValueError(f"path wants a name that ends in {' or '.join(SUFFIXES)}, got {path.name!r}")
    return path


def _digest(arrays):
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape};".encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()
