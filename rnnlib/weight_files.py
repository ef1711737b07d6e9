"""Weights on disk: safetensors or npz, never pickle. A file is written whole or not at all, and checked when read.

A safetensors file carries no checksum of its own, so its metadata holds the sha256 of the arrays; an npz file is a zip,
which checks itself.
"""

import hashlib
import os
import pathlib
import tempfile
import zipfile

import numpy as np
import safetensors
import safetensors.numpy

SUFFIXES = (".safetensors", ".npz")


def save(path, arrays):
    """Write the dict `arrays` (name to array) to `path`, by its suffix. Raises ValueError for another suffix, OSError
    if the file cannot be written; an old file at `path` then stays as it was."""
    path = _checked(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as temporary:
            if path.suffix == ".npz":
                np.savez(temporary, **arrays)
            else:
                arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
                temporary.write(safetensors.numpy.save(arrays, metadata={"sha256": _digest(arrays)}))
            temporary.flush()
            os.fsync(temporary.fileno())
        os.replace(name, path)
    except BaseException:
        pathlib.Path(name).unlink(missing_ok=True)
        raise


def load(path):
    """The dict of arrays in the file. Raises ValueError for an unknown suffix, OSError for a file that is missing, cut
    short or altered."""
    path = _checked(path)
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        with safetensors.safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            digest = (file.metadata() or {}).get("sha256")
    except FileNotFoundError:
        raise FileNotFoundError(f"no weights file at {path}") from None
    except (safetensors.SafetensorError, zipfile.BadZipFile, ValueError, EOFError, KeyError) as error:
        raise OSError(f"{path} is cut short or altered, or no weights file: {error}") from error
    if digest is not None and digest != _digest(arrays):
        raise OSError(f"{path} has been altered: its arrays do not fit the checksum that it was saved with")
    return arrays


def _checked(path):
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
