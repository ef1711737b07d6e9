"""Makes experiments/weights/: trained networks that pages load and evaluate, since training them takes minutes.

    python -m experiments.weights [surnames] [letters]

Weights are rounded to 16 bits, which halves the files and costs less than a thousandth of a bit a letter; the pages
show it.

- surnames_<seed>.npz: the five LSTMs with 128 units of the table surnames.csv, trained again as its rows were.
- letters.npz: an LSTM with 256 units, trained longer than those of letters.csv, on the same text.
"""

import argparse
from pathlib import Path

from experiments import letters, surnames

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


def main():
    makers = {"surnames": make_surnames, "letters": make_letters}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="*", choices=[*makers, []], help="which to make (default: both)")
    FOLDER.mkdir(exist_ok=True)
    for name in parser.parse_args().name or makers:
        makers[name]()


if __name__ == "__main__":
    main()
