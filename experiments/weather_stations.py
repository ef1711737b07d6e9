"""New York's temperature 24 hours ahead with the stations around: the chosen networks and variants, five seeds each.

The page chapters/4_code/weather_stations.ipynb tells the story. CHOSEN are, of the settings in the table
weather_search.csv, those with the least error on September, one for each kind of cell. The variants change one thing in
the chosen GRU; see experiments/weather_search.py for what the names mean, and for the code that a trial runs.
"""

from experiments import weather_search
from rnnlib.experiments import run

CHOSEN = {
    "SimpleRNN": {"stations": 1, "window": 24, "units": 64, "dropout": 0.2, "l2": 0.0, "rate": 0.002, "batch": 64},
    "LSTM": {"stations": 3, "window": 24, "units": 32, "dropout": 0.2, "l2": 0.0001, "rate": 0.005, "batch": 128},
    "GRU": {"stations": 3, "window": 48, "units": 64, "dropout": 0.2, "l2": 0.0001, "rate": 0.005, "batch": 256},
}
VARIANTS = [
    {"trained on": "all three"},
    {"stations": 1},
    {"stations": 2},
    {"months": 2},
    {"months": 4},
    {"wind": "degrees"},
    {"day": "circle"},
]
GRU = {"cell": "GRU", **CHOSEN["GRU"], **weather_search.USUAL}
SETTINGS = [{"cell": cell, **chosen, **weather_search.USUAL} for cell, chosen in CHOSEN.items()]
SETTINGS += [GRU | change for change in VARIANTS]
SEEDS = [0, 1, 2, 3, 4]
DATA = weather_search.DATA


def trial(setting, seed):
    """Fit one network; its errors on September and on October to December, °C."""
    return weather_search.trial(setting, seed)


def main():
    """Make the table, or what is missing of it."""
    return run("weather_stations")


if __name__ == "__main__":
    main()
