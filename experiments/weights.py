"""Makes experiments/weights/: trained networks that pages load and evaluate, since training them takes minutes.

    python -m experiments.weights [surnames] [letters] [pronunciation] [stations]

Weights of the models of letters, and of those of the weather, are rounded to 16 bits, which halves the files and costs
less than a thousandth of a bit a letter, or of a degree; the pages show it.

- surnames_<seed>.npz: the five LSTMs with 128 units of the table surnames.csv, trained again as its rows were.
- letters.npz: an LSTM with 256 units, trained longer than those of letters.csv, on the same text.
- pronunciation.npz: the encoder-decoder of the last setting of pronunciation.csv, seed 0, trained again as its row was;
  in 32 bits, so that it comes out again.
- stations_<seed>.npz, pooled_<seed>.npz: the chosen GRUs of the table weather_stations.csv, trained again as its rows
  were: on the windows of one airport, and of all three.
"""

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from experiments import letters, pronunciation, surnames, weather_search, weather_stations
from rnnlib import weight_files
from rnnlib.experiments.trials import worker_environment

FOLDER = Path(__file__).parent / "weights"
SURNAMES = {"cell": "LSTM", "units": 128, "dropout": 0.3}
LETTERS = {"window": 50, "carry": True, "rate": 0.005, "units": 256, "dropout": 0.25, "epochs": 20, "letters": 1600}


def make_surnames():
    """One file a seed of the table."""
    training, _, _ = surnames.split()
    for seed in surnames.SEEDS:
        surnames.trained(**SURNAMES, seed=seed, names=training).save(FOLDER / f"surnames_{seed}.npz", "float16")


def make_letters():
    """One file."""
    training, _, _ = letters.split()
    letters.trained(letters.encoded(training), **LETTERS, seed=0).save(FOLDER / "letters.npz", "float16")


def make_pronunciation():
    """One file."""
    pronunciation.trained(**pronunciation.SETTINGS[-1], seed=0).save_weights(FOLDER / "pronunciation.npz")


def make_stations():
    """One file a seed of the table, for each of two settings."""
    for kind, change in {"stations": {}, "pooled": {"trained on": "all three"}}.items():
        setting = weather_stations.GRU | change
        parts = weather_search.prepare_all(setting)
        for seed in weather_stations.SEEDS:
            model, _ = weather_search.trained(setting, seed, parts)
            weights = [weight.astype("float16") for weight in model.get_weights()]
            weight_files.save(FOLDER / f"{kind}_{seed}.npz", dict(zip(model.weight_names, weights, strict=True)))


def main():
    makers = {
        "surnames": make_surnames,
        "letters": make_letters,
        "pronunciation": make_pronunciation,
        "stations": make_stations,
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="*", choices=[*makers, []], help="which to make (default: all)")
    FOLDER.mkdir(exist_ok=True)
    names = parser.parse_args().name or makers
    # In a process like those that make the tables, where NumPy computes the same to the last bit on any machine.
    with worker_environment(), ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as worker:
        for name in names:
            worker.submit(makers[name]).result()


if __name__ == "__main__":
    main()
