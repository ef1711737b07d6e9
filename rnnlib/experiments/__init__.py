"""Long tables: what needs many runs (settings times seeds) is run by a script, and its rows are kept and checked.

`sweep` runs trials in processes and writes a row each; `load_results` reads them, if code and data are still those that
made them; `experiment("weather")` is a script of experiments/ with its table: `.results()`, `.repeat(setting, seed)`.

`run_trials` is the engine, and all that knows of processes: it takes trials and yields what they gave. The one in
`pool` runs them on this machine, the one in `on_ray` on a cluster.
"""

from rnnlib.experiments.catalogue import Experiment, experiment, names, run, source_folder
from rnnlib.experiments.hashes import code_hash, data_hash
from rnnlib.experiments.sweeps import load_results, sweep
from rnnlib.experiments.trials import TrialError, run_trial

__all__ = [
    "Experiment",
    "TrialError",
    "code_hash",
    "data_hash",
    "experiment",
    "load_results",
    "names",
    "run",
    "run_trial",
    "source_folder",
    "sweep",
]
