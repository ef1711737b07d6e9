"""What the experiments on names and plays prepare: splits without leaks, ids, rows and windows in their order."""

import numpy as np

from experiments import letters, surnames
from rnnlib import datasets
from rnnlib.text_models import TextModel


def test_every_name_is_in_one_part():
    parts = surnames.split()
    assert [len(part) for part in parts] == [8000, 1000, 1000]
    everything = [name for part in parts for name in part]
    assert sorted(everything) == sorted(datasets.surnames().frame["surname"])
    initials = [np.mean([name[0] < "M" for name in part]) for part in parts]
    assert np.ptp(initials) < 0.1  # a random order: no part has the beginning of the alphabet
    rank = {name: place for place, name in enumerate(datasets.surnames().frame["surname"])}
    assert all(abs(np.mean([rank[name] for name in part]) - 5000) < 300 for part in parts)


def test_padded_names():
    inputs, targets = surnames.padded(["AB", "ZOE"])
    assert inputs.tolist() == [[1, 2, 3, 0], [1, 27, 16, 6]]
    assert targets.tolist() == [[2, 3, 1, 0], [27, 16, 6, 1]]
    assert [surnames.SYMBOLS[i] for i in targets[1]] == ["Z", "O", "E", "<end>"]


def test_bits_of_names_leave_padding_out():
    model = TextModel(surnames.SYMBOLS, units=4, embedding=3, padding=True, seed=0)
    alone, letters_alone = surnames.bits(model, ["AB"])
    both, letters_both = surnames.bits(model, ["AB", "LONGER"])
    assert letters_alone.tolist() == [3]
    assert letters_both.tolist() == [3, 7]
    assert np.isclose(alone[0], both[0])
    assert np.isclose(surnames.bits_a_letter(model, ["AB", "LONGER"]), both.sum() / 10)


def test_the_plays_are_cut_in_time():
    training, validation, test = letters.split()
    plays = datasets.shakespeare().texts | datasets.more_plays().texts
    assert len(training) + len(validation) + len(test) == sum(map(len, plays.values()))
    assert training.startswith("HAMLET, PRINCE OF DENMARK")
    assert test.endswith(plays["A Midsummer Night's Dream"][-1000:])
    assert set(training + validation + test) <= set(letters.ALPHABET)
    assert "".join(letters.ALPHABET[i] for i in letters.encoded(test[:200])) == test[:200]


def test_rows_and_windows_keep_the_order():
    inputs, targets = letters.in_rows(np.arange(27), 2)
    assert inputs.shape == (2, 13)
    assert (targets == inputs + 1).all()
    windows = letters.in_windows(inputs, 4).reshape(3, 2, 4)  # batches, rows, steps
    assert (windows[1:, :, 0] == windows[:-1, :, -1] + 1).all()
    assert windows[0].tolist() == [[0, 1, 2, 3], [13, 14, 15, 16]]


def test_by_position():
    at = np.arange(1, letters.SEGMENT + 1, dtype=float)
    bits = np.stack([np.concatenate([at, at, at[:5]])] * 2)
    means = letters.by_position(bits)
    assert list(means) == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert means[1] == 1
    assert means[4] == np.mean([4, 5, 6, 7])


def test_carrying_the_state_changes_what_is_learned():
    ids = letters.encoded(letters.split()[0][:3000])
    small = {"units": 4, "epochs": 1, "letters": 64}
    one, same, other = (letters.trained(ids, 8, carry, 0.01, 0, **small) for carry in (True, True, False))
    weights = [np.concatenate([w.ravel() for w in model.network.get_weights()]) for model in (one, same, other)]
    assert np.array_equal(weights[0], weights[1])
    assert not np.allclose(weights[0], weights[2], atol=1e-4)


def test_surprise_has_a_number_for_each_letter_but_a_few():
    model = TextModel(letters.ALPHABET, cell="LSTM", units=4, embedding=3, seed=0)
    bits = letters.surprise(model, "before", "abcdefghij" * 10)
    assert bits.shape == (letters.ROWS, 12)
    first = model.surprise(letters.encoded("e")[np.newaxis], letters.encoded("a")[np.newaxis])
    assert np.isclose(bits[0, 0], first[0, 0], atol=1e-5)
