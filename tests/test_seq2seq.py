"""The encoder-decoder against a Keras network of the same layers, and finite differences; its training and files."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from rnnlib.callbacks import Checkpoint, EarlyStopping
from rnnlib.decoding import greedy
from rnnlib.inspection import numeric_gradient, relative_error
from rnnlib.interop import copy_weights
from rnnlib.optimizers import Adam
from rnnlib.reproducibility import import_tensorflow
from rnnlib.seq2seq import END, PADDING, START, Seq2Seq, decoder_inputs

TOKENS = 7


def some_pairs(samples, longest, rng, reverse=True):
    """Sources of up to `longest` random tokens, and the same tokens as targets, in reverse order."""
    sources = np.full((samples, longest), PADDING)
    targets = np.full((samples, longest + 1), PADDING)
    for source, target in zip(sources, targets, strict=True):
        length = rng.integers(1, longest + 1)
        source[:length] = rng.integers(END + 1, TOKENS, length)
        target[:length] = source[:length][:: -1 if reverse else 1]
        target[length] = END
    return sources, targets


@st.composite
def cases(draw):
    """Options of a network, sources and targets."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    options = {
        "units": 2 * draw(st.integers(1, 3)),
        "embedding_dim": draw(st.integers(1, 4)),
        "cell": draw(st.sampled_from(["GRU", "LSTM", "SimpleRNN"])),
        "attention": draw(st.sampled_from(["additive", "dot", None])),
        "bidirectional": draw(st.booleans()),
        "dtype": "float64",
    }
    return options, *some_pairs(draw(st.integers(1, 4)), draw(st.integers(1, 5)), rng)


def keras_twin(options):
    """The same network of Keras layers: a model, and the layers in the order of their weights."""
    keras = import_tensorflow().keras
    keras.config.disable_traceback_filtering()
    K, units, size = keras.layers, options["units"], options["embedding_dim"]
    common = {"dtype": "float64"}
    recurrent = {"return_sequences": True, "return_state": True, **common}
    cell = getattr(K, options["cell"])
    sources, inputs = K.Input((None,), dtype="int32"), K.Input((None,), dtype="int32")
    parts = [K.Embedding(TOKENS, size, mask_zero=True, **common)]
    embedded = parts[0](sources)
    if options["bidirectional"]:
        parts.append(K.Bidirectional(cell(units // 2, **recurrent), **common))
        encoded, *states = parts[1](embedded)
        half = len(states) // 2
        states = [K.Concatenate(**common)(pair) for pair in zip(states[:half], states[half:], strict=True)]
    else:
        parts.append(cell(units, **recurrent))
        encoded, *states = parts[1](embedded)
    parts += [K.Embedding(TOKENS, size, mask_zero=True, **common), cell(units, **recurrent)]
    hidden, *_ = parts[3](parts[2](inputs), initial_state=states)
    if options["attention"] == "additive":
        parts += [K.Dense(units, use_bias=False, **common), K.Dense(units, **common), K.AdditiveAttention(**common)]
        context = parts[6]([parts[4](hidden), encoded, parts[5](encoded)])
    elif options["attention"] == "dot":
        parts.append(K.Attention(**common))
        context = parts[4]([hidden, encoded])
    if options["attention"] is not None:
        hidden = K.Concatenate(**common)([context, hidden])
    parts += [K.Dense(units, "tanh", **common), K.Dense(TOKENS, **common)]
    return keras.Model([sources, inputs], parts[-1](parts[-2](hidden))), parts


class InOrder:
    """Keras layers as something that `copy_weights` takes, in our order."""

    def __init__(self, layers):
        self.layers = layers

    def get_weights(self):
        return [weight for layer in self.layers for weight in layer.get_weights()]


def by_twins(options, sources, targets):
    """Logits, loss and gradients of the weights, of Keras and of ours with Keras's weights."""
    tf = import_tensorflow()
    theirs, parts = keras_twin(options)
    ours = Seq2Seq(TOKENS, TOKENS, **options)
    ours.compile("sgd")
    copy_weights(InOrder(parts), ours)
    with tf.GradientTape() as tape:
        logits = theirs([sources, decoder_inputs(targets)])
        losses = tf.keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True)
        loss = tf.reduce_mean(losses[targets != PADDING])
    weights = [weight for part in parts for weight in part.trainable_weights]
    gradients = tape.gradient(loss, weights, unconnected_gradients="zero")
    mine = ours(sources, targets)
    counts = targets != PADDING
    value = ours.loss.masked_value(targets, mine, counts)
    ours.backward(ours.loss.masked_slope(targets, mine, counts))
    return (logits, loss, [tf.convert_to_tensor(g).numpy() for g in gradients]), (mine, value, ours.gradients)


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("attention", ["additive", "dot", None])
@pytest.mark.parametrize("cell", ["GRU", "LSTM"])
def test_logits_loss_and_gradients_equal_those_of_keras(cell, attention, bidirectional):
    options = {"cell": cell, "attention": attention, "bidirectional": bidirectional, "dtype": "float64"}
    sources, targets = some_pairs(5, 4, np.random.default_rng(0))
    theirs, ours = by_twins(options | {"units": 6, "embedding_dim": 3}, sources, targets)
    counts = targets != PADDING
    np.testing.assert_allclose(ours[0][counts], theirs[0].numpy()[counts], rtol=1e-9, atol=1e-9)
    assert ours[1] == pytest.approx(float(theirs[1]), rel=1e-9)
    for mine, gradient in zip(ours[2], theirs[2], strict=True):
        np.testing.assert_allclose(mine, gradient, rtol=1e-7, atol=1e-9)


@settings(max_examples=15)
@given(cases())
def test_gradients_equal_finite_differences(case):
    options, sources, targets = case
    model = Seq2Seq(TOKENS, TOKENS, **options | {"units": 2, "embedding_dim": 2}, seed=0)
    model.compile("sgd")
    counts = targets != PADDING
    logits = model(sources, targets)
    model.backward(model.loss.masked_slope(targets, logits, counts))
    gradients = [gradient.copy() for gradient in model.gradients]
    for weight, gradient in zip(model.weights, gradients, strict=True):
        numeric = numeric_gradient(lambda: model.loss.masked_value(targets, model(sources, targets), counts), weight)
        assert relative_error(gradient, numeric) < 1e-6 or np.abs(gradient - numeric).max() < 1e-8


@given(cases(), st.integers(1, 3))
def test_padding_changes_nothing(case, more):
    options, sources, targets = case
    model = Seq2Seq(TOKENS, TOKENS, **options, seed=0)
    model.compile("sgd")
    longer = [np.pad(ids, [(0, 0), (0, more)]) for ids in (sources, targets)]
    counts = targets != PADDING
    expected = model(sources, targets)[counts]
    np.testing.assert_allclose(model(*longer)[:, : targets.shape[1]][counts], expected, atol=1e-12)
    assert model.evaluate(*longer) == pytest.approx(model.evaluate(sources, targets), abs=1e-12)
    before = np.pad(sources, [(0, 0), (more, 0)])
    np.testing.assert_allclose(model(before, targets)[counts], expected, atol=1e-12)


@given(cases())
def test_steps_give_what_teacher_forcing_gives(case):
    options, sources, targets = case
    model = Seq2Seq(TOKENS, TOKENS, **options, seed=0)
    logits = model(sources, targets)
    expected = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    state = model.encode(sources)
    for t, (tokens, counts) in enumerate(zip(decoder_inputs(targets).T, (targets != PADDING).T, strict=True)):
        log_probs, state = model.step(tokens, state)
        np.testing.assert_allclose(log_probs[counts], expected[:, t][counts], atol=1e-12)


@given(cases())
def test_attention_weights_are_distributions_over_the_source(case):
    options, sources, targets = case
    model = Seq2Seq(TOKENS, TOKENS, **options, seed=0)
    if options["attention"] is None:
        with pytest.raises(ValueError, match="wants a network with attention"):
            model.attention_weights(sources, targets)
        return
    weights = model.attention_weights(sources, targets)
    assert weights.shape == (len(sources), targets.shape[1], sources.shape[1])
    np.testing.assert_allclose(weights.sum(axis=-1), 1)
    assert (weights.swapaxes(1, 2)[sources == PADDING] == 0).all()


def test_decoder_inputs():
    targets = [[5, 6, END, PADDING], [5, END, PADDING, PADDING], [3, 4, 5, END]]
    inputs = [[START, 5, 6, PADDING], [START, 5, PADDING, PADDING], [START, 3, 4, 5]]
    np.testing.assert_array_equal(decoder_inputs(np.array(targets)), inputs)


def solved(model, sources, targets):
    """The share of sources whose target comes out whole under greedy decoding."""
    found = greedy(model.step, model.encode(sources), [START] * len(sources), end=END, max_length=9)
    return np.mean([np.array_equal(h.tokens, t[t != PADDING]) for h, t in zip(found, targets, strict=True)])


@pytest.mark.parametrize("attention", ["additive", "dot"])
def test_it_learns_to_reverse(attention):
    rng = np.random.default_rng(0)
    model = Seq2Seq(TOKENS, TOKENS, 24, 8, attention=attention, seed=0)
    model.compile(Adam(0.01))
    new = some_pairs(200, 5, rng)
    assert solved(model, *new) < 0.1
    history = model.fit(*some_pairs(1500, 5, rng), epochs=8, verbose=0, validation_data=new).history
    assert history["val_loss"][-1] < 0.2 < history["val_loss"][0]
    assert history["val_loss"][-1] == pytest.approx(model.evaluate(*new))
    assert solved(model, *new) > 0.9


def test_training_stops_where_it_should_and_says_which_layer():
    rng = np.random.default_rng(0)
    model = Seq2Seq(TOKENS, TOKENS, 4, seed=0)
    model.compile("adam")
    data = some_pairs(20, 4, rng)
    stopping = EarlyStopping("loss", min_delta=10, patience=2)
    assert len(model.fit(*data, epochs=9, verbose=0, callbacks=[stopping]).epoch) == 3
    model.attention.scale[...] = np.nan
    with pytest.raises(FloatingPointError, match=r"the weights of layer 6, attention: scale holds 4 nan"):
        model.fit(*data, verbose=0)
    model = Seq2Seq(TOKENS, TOKENS, 4, seed=0)
    model.compile("adam")
    model.combination.bias[...] = 10
    model.prediction.kernel[...] = 3e38
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="outputs of layer 8, prediction"):
        model.fit(*data, verbose=0)


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(tmp_path):
    data = some_pairs(40, 5, np.random.default_rng(0))
    runs = []
    for epochs in ([4], [2, 4]):
        path = tmp_path / f"{len(epochs)}.safetensors"
        for i, last in enumerate(epochs):
            model = Seq2Seq(TOKENS, TOKENS, 4, dropout=0.3, seed=1)
            model.compile("adam")
            resume = {"resume_from": path} if i else {}
            history = model.fit(*data, epochs=last, verbose=0, callbacks=[Checkpoint(path)], **resume).history
        runs.append((history, model.get_weights()))
    assert runs[0][0] == runs[1][0]
    for whole, resumed in zip(runs[0][1], runs[1][1], strict=True):
        np.testing.assert_array_equal(whole, resumed)


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
def test_weights_go_to_files_and_back(tmp_path, suffix):
    sources, targets = some_pairs(3, 4, np.random.default_rng(0))
    one, other = (Seq2Seq(TOKENS, TOKENS, 4, seed=seed) for seed in (0, 1))
    one.save_weights(tmp_path / f"weights.{suffix}")
    assert not np.allclose(one(sources, targets), other(sources, targets))
    other.load_weights(tmp_path / f"weights.{suffix}")
    np.testing.assert_array_equal(one(sources, targets), other(sources, targets))
    with pytest.raises(ValueError, match="holds weights of another model"):
        Seq2Seq(TOKENS, TOKENS, 4, attention=None).load_weights(tmp_path / f"weights.{suffix}")


def test_equal_seeds_train_alike_and_what_is_given_stays():
    data = some_pairs(30, 4, np.random.default_rng(0))
    kept = [ids.copy() for ids in data]
    losses = []
    for seed in (3, 3, 4):
        model = Seq2Seq(TOKENS, TOKENS, 4, dropout=0.2, seed=seed)
        model.compile("adam")
        losses.append(model.fit(*data, epochs=2, verbose=0).history["loss"])
    assert losses[0] == losses[1] != losses[2]
    for ids, before in zip(data, kept, strict=True):
        np.testing.assert_array_equal(ids, before)


def test_predictions_are_those_of_a_call_a_batch_at_a_time():
    model = Seq2Seq(TOKENS, TOKENS, 4, seed=0)
    data = some_pairs(7, 4, np.random.default_rng(0))
    np.testing.assert_allclose(model.predict(*data, batch_size=3), model(*data), rtol=1e-5, atol=1e-6)


S, T = np.array([[3, 4]]), np.array([[4, END]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m(S[0], T), ValueError, r"wants sources of shape \(batch, time\), not empty, got \(2,\)"),
        (lambda m: m(S, T + 5), ValueError, "wants ids from 0 to 6 in targets, got 7 to 9"),
        (lambda m: m(S + 0.5, T), ValueError, "sources wants whole numbers"),
        (lambda m: m(S * 0, T), ValueError, "wants a token in every row of sources"),
        (lambda m: m(S, [[0, 4]]), ValueError, r"wants padding \(0\) in targets only after the last token"),
        (lambda m: m(np.vstack([S, S]), T), ValueError, "as many samples, got 2 and 1"),
        (lambda m: m.fit(S, T), ValueError, "does not know its loss yet"),
        (lambda m: (m.compile(), m.fit(S, T, truncate=2)), ValueError, "fit it without truncate"),
        (lambda m: (m.compile(), m.fit(S, T, validation_data=(S, T * 0))), ValueError, "every row of validation y"),
        (lambda m: m.encode([[9]]), ValueError, "wants ids from 0 to 6 in sources"),
        (lambda m: m.step([9], m.encode(S)), ValueError, "wants ids from 0 to 6"),
        (lambda m: Seq2Seq(TOKENS, TOKENS, 3), ValueError, "units wants an even number"),
        (lambda m: Seq2Seq(TOKENS, 2), ValueError, "target_tokens wants at least 3"),
        (lambda m: Seq2Seq(TOKENS, TOKENS, cell="RNN"), ValueError, "cell wants one of GRU, LSTM, SimpleRNN"),
        (lambda m: Seq2Seq(TOKENS, TOKENS, attention="self"), ValueError, "attention wants one of additive, dot, None"),
        (lambda m: m.backward(np.zeros((1, 2, TOKENS))), ValueError, "forward pass before it"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call(Seq2Seq(TOKENS, TOKENS, 4, seed=0))
