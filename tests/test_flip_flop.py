"""The flip-flop task of experiments/flip_flop.py."""

import numpy as np

from experiments import flip_flop
from rnnlib.inspection import next_states


def test_each_target_is_the_sign_of_the_last_pulse():
    pulses, targets = flip_flop.task(20, 60, np.random.default_rng(0))
    assert pulses.shape == targets.shape == (20, 60, 3)
    assert set(np.unique(pulses)) == {-1, 0, 1}
    assert (pulses[:, 0] != 0).all()
    kept = pulses[:, 0]
    for t in range(60):
        kept = np.where(pulses[:, t] != 0, pulses[:, t], kept)
        np.testing.assert_array_equal(targets[:, t], kept)
    share = np.mean(pulses[:, 1:] != 0)
    assert abs(share - flip_flop.CHANCE) < 0.02


def test_a_trained_network_and_its_points():
    model = flip_flop.trained("SimpleRNN", updates=300, seed=0)
    points = flip_flop.searched(model, np.random.default_rng(0))
    assert points.stable.sum() == 8
    np.testing.assert_allclose(next_states(model.layers[0], points.states, np.zeros(3)), points.states, atol=1e-9)
    stable = points.states[points.stable].astype("float32")
    np.testing.assert_allclose(flip_flop.settled(model, stable, steps=5), stable, atol=1e-4)
    shown = np.sign(flip_flop.shown(model, stable))
    assert len(np.unique(shown, axis=0)) == 8
