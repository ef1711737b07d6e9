"""Where randomness comes from, and how TensorFlow is made quiet and repeatable.

Everything random in the book follows one number, `seed()`. It is 0 unless the environment variable `RNNLIB_SEED` says
otherwise, so the whole book can be repeated with other random numbers without a change to any page.
"""

import hashlib
import json
import operator
import os
import platform
import random
import sys
import tempfile
from contextlib import contextmanager
from importlib import metadata

import numpy as np

SEED_VARIABLE = "RNNLIB_SEED"
SEED_LIMIT = 2**32  # Keras seeds NumPy's old global generator, which takes 32 bits

# Read by TensorFlow when it is loaded or when it first computes.
FIXED_ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
DEFAULT_ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN may add up in another order on another processor
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}

_prepared = False  # whether import_tensorflow has run


def seed():
    """Return the book's seed: the environment variable `RNNLIB_SEED`, or 0.

    Raises `ValueError` if the variable holds anything but a whole number from 0 to 2**32 - 1.
    """
    text = os.environ.get(SEED_VARIABLE, "0").strip()
    if not (text.isascii() and text.isdigit() and int(text) < SEED_LIMIT):
        raise ValueError(
            f"the environment variable {SEED_VARIABLE} wants a whole number below {SEED_LIMIT}, got {text!r}: "
            "set it to a number, or unset it for the default, 0"
        )
    return int(text)


def generator(*path):
    """Return the `numpy.random.Generator` that belongs to `path` under the book's seed.

    `path` is any number of strings and integers, for example `generator("weather", "batches", 3)`. Equal paths give
    equal streams in every process and on every machine; different paths give independent streams, as children of one
    `numpy.random.SeedSequence` do. `generator()` is `numpy.random.default_rng(seed())`.

    Raises `TypeError` for a path element that is neither a string nor an integer.
    """
    words = [_path_element(element) for element in path]
    # Python's hash() of a string differs from process to process, a SHA-256 does not. JSON tells 1 from "1".
    digest = hashlib.sha256(json.dumps(words).encode()).digest()
    key = np.frombuffer(digest, dtype="<u4").tolist() if words else ()
    return np.random.default_rng(np.random.SeedSequence(seed(), spawn_key=tuple(key)))


def _path_element(element):
    if isinstance(element, str):
        return str(element)
    try:
        if isinstance(element, (bool, np.bool_)):
            raise TypeError
        return operator.index(element)
    except TypeError:
        raise TypeError(f"path wants strings and integers, got {element!r} ({type(element).__name__})") from None


def import_tensorflow():
    """Import TensorFlow quietly, make it repeatable, seed it, and return it.

    No graphics processor, one thread (unless `TF_NUM_INTRAOP_THREADS` and `TF_NUM_INTEROP_THREADS` say otherwise),
    deterministic operations, and `keras.utils.set_random_seed(seed())`. May be called again: the module is the same,
    the generators start again from the seed.

    Raises what the import raises; what TensorFlow wrote until then is then shown.
    """
    os.environ.update(FIXED_ENVIRONMENT)
    for name, value in DEFAULT_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with _quiet_stderr():
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
        tf.keras.utils.set_random_seed(seed())
        tf.constant(0.0)  # the first computation starts the devices, and writes too
    global _prepared
    _prepared = True
    return tf


def tensorflow_is_prepared():
    """Say whether `import_tensorflow` has run in this process."""
    return _prepared


@contextmanager
def _quiet_stderr():
    """Keep what is written to file descriptor 2 away from the reader, unless there is an exception.

    TensorFlow's C++ code writes to the descriptor itself, before its log level counts, so that `sys.stderr` never sees
    it.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept:
        original = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(original, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)


def restart(value):
    """Start every global generator from `value` and forget Keras's state: what ran before leaves no trace.

    Seeds Python's `random` and NumPy's global generator; if Keras has been imported, clears its session (layer names,
    graphs) and seeds it and TensorFlow too.
    """
    random.seed(value)
    np.random.seed(value)
    keras = sys.modules.get("keras")
    if keras is not None:
        keras.utils.clear_session()
        keras.utils.set_random_seed(value)


def versions():
    """Return the versions of Python, NumPy, TensorFlow and Keras as a dict of strings ("" for what is not installed).

    Reads the installed packages' metadata, so that TensorFlow need not be imported.
    """
    found = {"python": platform.python_version()}
    for package in ("numpy", "tensorflow", "keras"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = ""
    return found
