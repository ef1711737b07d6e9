"""The models that the benchmark compares along time. No test depends on how long anything takes."""

from functools import partial

import numpy as np
import pytest

from experiments.bench import cases, models, runs, timing
from rnnlib.reproducibility import import_tensorflow


@pytest.fixture(autouse=True)
def tensorflow(monkeypatch):
    monkeypatch.setattr(runs, "tensorflow", import_tensorflow)  # as the other tests in this process want it


def test_models_have_one_size_and_look_at_no_later_step():
    sizes = []
    for make in (models.recurrent, models.window, models.attention):
        network = models.network(make, 12)
        sizes.append(network.count_params())
        x = np.random.default_rng(0).normal(size=(1, 12, models.FEATURES)).astype(np.float32)
        later = x.copy()
        later[:, 7:] += 1
        one, two = network(x).numpy(), network(later).numpy()
        assert one.shape == (1, 12, 1)
        assert np.allclose(one[:, :7], two[:, :7], atol=1e-6)
        assert np.abs(one[:, 7:] - two[:, 7:]).max() > 1e-3
    assert max(sizes) < 1.02 * min(sizes)


@pytest.mark.parametrize("name", ["plain", "XLA", "unrolled", "bfloat16", "float16"])
def test_every_remedy_trains(name):
    step = models.training_step(batch=2, time=5, **models.remedies("SimpleRNN")[name])
    losses = [float(step()) for _ in range(20)]
    assert losses[-1] < losses[0]
    assert import_tensorflow().keras.config.dtype_policy().name == "float32"


def test_forward_passes_products_and_truncated_passes_run():
    assert np.isfinite(models.forward_pass(models.recurrent, 2, 5)())
    assert models.run(models.window, 2, 9, models.forward_pass)() > 0
    assert models.product(8, "bfloat16", 2)() > 0
    assert models.truncated(None, 2, 12)() > 0
    assert models.truncated(4, 2, 12)() > 0


def test_rows_are_ratios_of_turns(monkeypatch):
    """A model takes as long as its name, a batch of B as long as B sequences."""
    monkeypatch.setattr(models, "run", lambda make, batch, time, **options: partial(float, len(make.__name__) * batch))
    window, attention = cases.equal_models(3, 32)
    assert window["measure"] == "recurrent / window"
    assert window["median"] == 1.5
    assert attention["median"] == 1.0
    assert [row["median"] for row in cases.shared()] == [1, 8, 32, 128]


def test_truncation_and_formats_compare_with_the_whole(monkeypatch):
    monkeypatch.setattr(models, "truncated", lambda k, batch, steps: partial(float, k or steps))
    assert [row["median"] for row in cases.truncation()] == [50, 10]
    seconds = {"float32": 8.0, "bfloat16": 4.0, "float16": 16.0}
    monkeypatch.setattr(models, "product", lambda size, name, repeats=1: partial(float, seconds[name]))
    monkeypatch.setattr(timing, "enough", lambda run, seconds: 1)
    assert [row["median"] for row in cases.number_formats(64)] == [2.0, 0.5]
