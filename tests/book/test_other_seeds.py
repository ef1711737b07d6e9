"""RNNLIB_SEED changes all that is random, and `make robust` finds the conclusions that hang on it."""

import re

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from rnnlib.layers import Dense, SimpleRNN
from rnnlib.model import Sequential
from rnnlib.reproducibility import generator, seed
from tools import robust
from tools.notebooks import write


def test_robust_finds_the_assertion_that_hangs_on_the_seed(tmp_path, capsys):
    path = tmp_path / "page.ipynb"
    sources = [
        "from rnnlib.reproducibility import seed\n\nprint(seed())",
        "assert seed() == 0, 'a picked seed'",
        "assert seed() >= 0",
        "assert seed() < 5",
    ]
    write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    before = path.read_bytes()
    assert robust.main(["0", "--pages", str(path)]) == 0
    assert "1 of 1 pages hold under seed 0" in capsys.readouterr().out
    assert robust.main(["7", "--pages", str(path)]) == 1
    printed = capsys.readouterr().out
    assert "code cell 2: AssertionError: a picked seed" in printed
    assert "code cell 4: AssertionError" in printed
    assert "code cell 3" not in printed
    assert path.read_bytes() == before


def trained(monkeypatch, value, start=None, shuffle=True):
    """Data, and the weights before and after one epoch under RNNLIB_SEED=`value`, from the weights `start` if given."""
    monkeypatch.setenv("RNNLIB_SEED", value)
    drawn = generator("data").normal(size=(8, 5, 1))
    fixed = np.linspace(-1, 1, 40).reshape(8, 5, 1)
    model = Sequential([SimpleRNN(3), Dense(1)], seed=seed())
    model.build(fixed.shape)
    if start is not None:
        model.set_weights(start)
    first = model.get_weights()
    model.compile("sgd", "mse")
    model.fit(fixed, fixed[:, -1] ** 2, batch_size=1, epochs=1, shuffle=shuffle, verbose=0)
    return drawn, first, model.get_weights()


def alike(weights, others):
    return all(np.array_equal(one, other) for one, other in zip(weights, others, strict=True))


def test_two_seeds_give_other_data_other_weights_and_another_order(monkeypatch):
    data, start, end = trained(monkeypatch, "0")
    again = trained(monkeypatch, "0")
    assert np.array_equal(data, again[0])
    assert alike(start, again[1])
    assert alike(end, again[2])

    other_data, other_start, _ = trained(monkeypatch, "7")
    assert not np.isclose(data, other_data).any()
    kernels = [place for place, weight in enumerate(start) if weight.ndim == 2]
    assert not any(np.isclose(start[place], other_start[place]).any() for place in kernels)

    # From the same weights on the same data, two trainings end apart only if they saw the data in another order.
    _, first, shuffled = trained(monkeypatch, "7", start)
    assert alike(first, start)
    assert not alike(shuffled, end)
    in_order = [trained(monkeypatch, value, start, shuffle=False)[2] for value in ("0", "7")]
    assert alike(*in_order)


def test_robust_picks_a_seed_and_says_which(monkeypatch, capsys):
    monkeypatch.setattr(robust, "pages", list)
    assert robust.main([]) == 0
    first = capsys.readouterr().out
    robust.main([])
    assert re.search(r"RNNLIB_SEED=\d+", first)
    assert first != capsys.readouterr().out


@pytest.mark.parametrize("seed", ["-1", "seven"])
def test_robust_wants_a_seed_that_is_one(seed, capsys):
    with pytest.raises(SystemExit):
        robust.main([seed])
    assert "seed" in capsys.readouterr().err
