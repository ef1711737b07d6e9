"""Files that are written whole or not at all."""

import contextlib
import os
import pathlib
import tempfile


@contextlib.contextmanager
def written_whole(path):
    """A binary file to write in a `with` block. When that ends it becomes `path`; if it raises, `path` stays as it was.

    It is written under a temporary name in the same folder, then renamed. Raises OSError if that cannot be done.
    """
    path = pathlib.Path(path)
    mode = path.stat().st_mode if path.exists() else 0o644  # a temporary file can be read by its owner alone
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        pathlib.Path(name).unlink(missing_ok=True)
        raise
