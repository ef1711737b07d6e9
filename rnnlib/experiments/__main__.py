"""`python -m rnnlib.experiments [--seed N] [--engine ray] [names]`: make the long tables of the book."""

import argparse

from rnnlib.experiments.catalogue import names, run


def main(arguments=None):
    """Make the long tables that are named, or all: what is missing of them."""
    parser = argparse.ArgumentParser(prog="python -m rnnlib.experiments", description=main.__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(names()) or 'none yet'}; all if none is named")
    parser.add_argument("--seed", type=_whole_number, help="use other seeds, write to _build/experiments/seed<SEED>/")
    parser.add_argument("--workers", type=int, help="processes; as many as there are cores if not given")
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="where they run (default: here)")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(names()))
    if unknown:
        parser.error(f"no experiments {unknown}; there are {names()}")
    for name in options.names or names():
        print(f"{name}: {run(name, seed=options.seed, workers=options.workers, engine=options.engine)}", flush=True)


def _whole_number(text):
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"wants a whole number, got {text!r}")
    return int(text)


if __name__ == "__main__":
    main()
