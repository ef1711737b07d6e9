"""The one environment in which stored outputs are made and checked: refresh, nbval, robust and claims all use it.

Numbers agree to the last digits only if the same kernels sum in the same order, so BLAS is held on one family of CPU
kernels and on one thread; TensorFlow chooses its kernels by CPU, whatever is set here. Text agrees only if its width,
language and time zone do. Benchmarks must not use this environment: they measure what users run.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

VARIABLES = {
    "COLUMNS": "80",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "TQDM_DISABLE": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # the kernel's debugger would write a warning to stderr
}

# OPENBLAS_L2_SIZE changes the blocks in which OpenBLAS sums.
REMOVED = ("RNNLIB_SEED", "OPENBLAS_L2_SIZE", "PYTHONWARNINGS", "PYTHONSTARTUP")


def environment(seed: int | None = None) -> dict[str, str]:
    """A copy of this process's environment with the book's variables set, for a kernel or another child process.

    `seed` becomes RNNLIB_SEED; None leaves the variable out, as it must be wherever stored outputs are compared.
    """
    result = {name: value for name, value in os.environ.items() if name not in REMOVED} | VARIABLES
    paths = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    result["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    if seed is not None:
        result["RNNLIB_SEED"] = str(seed)
    return result


def apply() -> None:
    """Make it this process's own environment, which the kernels started from here inherit."""
    wanted = environment()
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)
