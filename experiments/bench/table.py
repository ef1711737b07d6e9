"""The table's rows together: means over the grid, and what is wanted of them."""

import statistics
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "results" / "bench.csv"
WANTED = {  # by measure: the worst that is good enough at any point, and in the geometric mean
    "Keras fit / rnnlib": (1.0, 1.5),
    "PyTorch / rnnlib": (None, 1.0),
}
PRODUCTS_DOMINATE = {"batch": 32, "units": 128}  # at least
MOST_OF_FLOOR = 1.5
MICROSECONDS = {"SimpleRNN": 15, "LSTM": 20, "GRU": 20}
EXPONENT = 1.05
NARROW = 1000  # numbers a step: up to these rnnlib's scan promises to be no slower than its loop


def summary(rows):
    """Lines that say what the rows come to, and whether that is what is wanted."""
    return [*speed_lines(rows), *floor_lines(rows), *single_lines(rows), *exponent_lines(rows), *recurrence_lines(rows)]


def speed_lines(rows):
    """How many times as long the others take, on the grid."""
    for measure in dict.fromkeys(r["measure"] for r in rows if r["group"] == "grid"):
        for threads in (1, 2):
            found = [r for r in rows if r["group"] == "grid" and (r["measure"], r["threads"]) == (measure, threads)]
            if not found:
                continue
            mean, least = statistics.geometric_mean(r["median"] for r in found), min(found, key=lambda r: r["median"])
            at_least, mean_wanted = WANTED.get(measure, (None, None))
            text = f"{measure}, threads {threads}: {mean:.2f} in the geometric mean{mark(mean, low=mean_wanted)}"
            text += f", {least['median']:.2f} at the least ({least['case']}){mark(least['median'], low=at_least)}"
            yield text


def floor_lines(rows):
    """How far rnnlib is from its matrix products where these take most of the time."""
    floors = [r for r in rows if r["group"] == "floor" and all(r[k] >= least for k, least in PRODUCTS_DOMINATE.items())]
    for threads in sorted({r["threads"] for r in floors}):
        most = max((r for r in floors if r["threads"] == threads), key=lambda r: r["median"])
        limit = MOST_OF_FLOOR if threads == 1 else None
        yield (
            f"rnnlib / bare products, threads {threads}: {most['median']:.2f} at the most "
            f"({most['case']}){mark(most['median'], high=limit)}"
        )


def single_lines(rows):
    """Microseconds of a time step at batch size 1."""
    for r in rows:
        if r["group"] == "single":
            yield f"{r['case']}: {r['median']:.1f} microseconds a step{mark(r['median'], high=MICROSECONDS[r['cell']])}"


def exponent_lines(rows):
    """Whether time grows as the length does."""
    for r in rows:
        if r["measure"].startswith("exponent"):
            yield f"{r['case']}: time ~ length^{r['median']:.3f}{mark(r['median'], high=EXPONENT)}"


def recurrence_lines(rows):
    """What the scan gains over the loop."""
    for r in rows:
        if r["measure"] == "loop / scan":
            limit = 1.0 if r["batch"] * r["units"] <= NARROW else None
            yield f"{r['case']}: {r['measure']} {r['median']:.2f}{mark(r['median'], low=limit)}"


def mark(value, low=None, high=None):
    """ " (wanted: ...)" where something is, with "missed" if it is not reached."""
    if low is None and high is None:
        return ""
    limit, reached = (f"at least {low}", value >= low) if high is None else (f"at most {high}", value <= high)
    return f" ({'wanted' if reached else 'MISSED'}: {limit})"
