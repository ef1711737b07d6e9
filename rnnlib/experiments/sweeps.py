"""Long tables: one trial, many settings and seeds, a row of results each."""

import sys
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from rnnlib import reproducibility
from rnnlib.experiments.hashes import code_hash, data_hash
from rnnlib.experiments.pool import run_trials
from rnnlib.experiments.results import PROVENANCE, as_text, read_frame, read_rows, write_rows
from rnnlib.experiments.trials import check_trial


def sweep(
    trial, settings, seeds, *, results, data=None, root=".", workers=None, retries=2, progress=True, engine="local"
):
    """Run `trial(setting, seed)` for every setting and seed, and keep a row of each in the csv file `results`.

    `trial` is a function at the top of an importable module that returns a dict of metrics (numbers or strings). Its
    randomness comes from the seed, its TensorFlow from `import_tensorflow()`. `settings` are dicts with the same keys,
    `seeds` whole numbers. `data` names the files that the trial reads, relative to the folder `root`; if None, those
    of the list `DATA` in the trial's module, if it has one.

    Trials run in `workers` processes (as many as there are cores if None): of this machine if `engine` is "local", of a
    cluster if it is "ray" (`rnnlib.experiments.on_ray` says which). The file is written after each, so that a sweep
    that was stopped goes on where it was: rows whose code and data are still the same are not computed again. In the
    end the file has the rows of this sweep and no others, ordered by setting, then seed.

    Raises `TypeError` or `ValueError` for bad settings, seeds, metrics or engines, `ImportError` if Ray is asked for
    and not installed, and `TrialError` for a trial that fails, or whose process dies more than `retries` times; rows
    that are finished by then are kept.
    """
    check_trial(trial)
    engine = _engine(engine)
    jobs = _jobs(settings, seeds)
    fingerprint = {"code": code_hash(trial), "data": data_hash(_data(trial, data), root)}
    old = read_rows(results)
    columns = [*jobs[0][0], "seed"]
    done = {_key(row, columns): row for row in old if _stands(row, columns, fingerprint)}
    rows = [done.get(_key(_texts(*job), columns)) for job in jobs]
    missing = [place for place, row in enumerate(rows) if row is None]
    if len(missing) < len(jobs) and _finished(rows) != old:
        write_rows(results, _finished(rows))
    provenance = {**fingerprint, **reproducibility.versions()}
    switch = {} if progress else {"disable": True}  # tqdm looks at TQDM_DISABLE only if it is not told here
    trials = engine(trial, [jobs[place] for place in missing], workers=workers, retries=retries)
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(missing), desc=Path(results).stem, **switch)
    with closing(trials), bar:
        for number, metrics, seconds in trials:
            row = {**_texts(*jobs[missing[number]]), **_metrics(metrics, columns), "seconds": f"{seconds:.2f}"}
            rows[missing[number]] = row | provenance
            _check_columns(_finished(rows))
            write_rows(results, _finished(rows))
            bar.update()


def load_results(results, trial, *, data=None, root="."):
    """Return the rows of a sweep as a pandas DataFrame, after checking that they fit the code and the data of today.

    Raises `FileNotFoundError` if there is no such file and `ValueError` if a hash no longer fits.
    """
    if not Path(results).exists():
        raise FileNotFoundError(f"results {str(results)!r} is not there: `make experiments` makes it")
    rows = read_rows(results)
    for column, now in {"code": code_hash(trial), "data": data_hash(_data(trial, data), root)}.items():
        others = [row for row in rows if row[column] != now]
        if others:
            first = dict(list(others[0].items())[: list(others[0]).index("seed") + 1])
            raise ValueError(
                f"results {str(results)!r}: the {column} hash of {len(others)} of {len(rows)} rows no longer fits: it "
                f"is {now!r} now, and {others[0][column]!r} in the row {first}. `make experiments` repeats these trials"
            )
    return read_frame(results)


def _engine(name):
    """Return the function that runs the trials."""
    if name == "local":
        return run_trials
    if name == "ray":
        from rnnlib.experiments import on_ray

        on_ray.import_ray()  # now, not after a first look at the table
        return on_ray.run_trials
    raise ValueError(f'engine wants "local" or "ray", got {name!r}')


def _jobs(settings, seeds):
    """Return all pairs (setting, seed) in the order of the table."""
    settings, seeds = [dict(setting) for setting in settings], list(seeds)
    if not settings or not seeds:
        raise ValueError(f"settings and seeds must not be empty, got {len(settings)} and {len(seeds)}")
    columns = list(settings[0])
    for setting in settings:
        if list(setting) != columns:
            raise ValueError(f"settings want the same keys in the same order, got {columns} and {list(setting)}")
    reserved = {"seed", *PROVENANCE} & set(columns)
    if reserved:
        raise ValueError(f"settings have the keys {sorted(reserved)}, which are columns of every table: rename them")
    for seed in seeds:
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < reproducibility.SEED_LIMIT:
            raise ValueError(f"seeds want whole numbers below {reproducibility.SEED_LIMIT}, got {seed!r}")
    jobs = [(setting, seed) for setting in settings for seed in seeds]
    seen = set()
    for job in jobs:
        key = _key(_texts(*job), [*columns, "seed"])
        if key in seen:
            raise ValueError(f"settings and seeds hold a trial twice: setting {job[0]}, seed {job[1]}")
        seen.add(key)
    return jobs


def _texts(setting, seed):
    return {name: as_text(f"setting {name!r}", value) for name, value in setting.items()} | {"seed": str(seed)}


def _key(row, columns):
    return tuple(row[name] for name in columns)


def _stands(row, columns, fingerprint):
    """Say whether an old row can stay: of the same code, the same data and the same kind of setting."""
    return list(row)[: len(columns)] == columns and all(row[name] == now for name, now in fingerprint.items())


def _finished(rows):
    return [row for row in rows if row is not None]


def _metrics(metrics, columns):
    if not (isinstance(metrics, dict) and metrics):
        raise TypeError(f"trial wants to return a dict of metrics, got {metrics!r}")
    taken = {*columns, *PROVENANCE} & set(metrics)
    if taken:
        raise ValueError(f"trial returns the metrics {sorted(taken)}, which name other columns: rename them")
    return {name: as_text(f"metric {name!r}", value) for name, value in metrics.items()}


def _check_columns(rows):
    for row in rows:
        if list(row) != list(rows[0]):
            raise ValueError(f"trial wants to return the same metrics every time, got {list(rows[0])} and {list(row)}")


def _data(trial, data):
    return getattr(sys.modules[trial.__module__], "DATA", ()) if data is None else data
