"""The data of experiments/first_model.py."""

import numpy as np
import pytest

from experiments import first_model


def test_unrelated_samples_are_the_articles_numbers():
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    x, y = np.random.rand(100, 10), np.random.rand(100, 1)  # noqa: NPY002
    np.random.set_state(state)  # noqa: NPY002
    ours = first_model.training_samples("unrelated")
    assert np.array_equal(ours[0], x)
    assert np.array_equal(ours[1], y)


def test_level_follows_its_equation():
    level = 0.0
    for x_t in (0.9, 0.1, 0.6):
        level = np.tanh(0.9 * level + 1.5 * (x_t - 0.5))
    assert first_model.last_level(np.array([[0.9, 0.1, 0.6]])) == pytest.approx(np.array([[level]]))


def test_noise_on_the_level_has_the_variance_that_is_called_the_floor():
    x, y = first_model.test_samples("level")
    assert x.shape == (100_000, 10)
    residuals = y - first_model.last_level(x)
    assert np.mean(residuals**2) == pytest.approx(first_model.NOISE**2, rel=0.02)
    assert abs(np.corrcoef(residuals[:, 0], x[:, -1])[0, 1]) < 0.02


def test_training_and_test_samples_share_nothing():
    for targets in ("unrelated", "level"):
        (x, _), (x_test, _) = first_model.training_samples(targets), first_model.test_samples(targets)
        assert not np.isin(x, x_test).any()


def test_unknown_targets_are_refused():
    with pytest.raises(ValueError, match="targets wants 'unrelated' or 'level', got 'noise'"):
        first_model.samples("noise", 3, seed=0)
