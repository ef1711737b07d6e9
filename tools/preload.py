"""What the process behind tools/forked.py imports once, so that its children need not. Says nothing while it does."""

import os

_nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(_nowhere, 1)
os.dup2(_nowhere, 2)

import IPython  # noqa: E402, F401
import matplotlib.pyplot  # noqa: E402, F401
import pandas  # noqa: E402, F401
import sklearn  # noqa: E402, F401
import tensorflow  # noqa: E402, F401
