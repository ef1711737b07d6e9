"""How many pairs can a trained memory hold? Five kinds of memory on associative recall: results/recall.csv.

The page chapters/5_future/gated_linear_attention.ipynb explains the memories and reads the table. A sequence has
PLACES steps, of which some bring a pair of a key and a value (the others are empty), and then QUERIES steps with a key
alone. The answer to each is the value that was last written under this key.

- "once": n different keys, each written once, at places drawn at random.
- "again": n different keys, but all places are filled, with keys drawn at random: most are written several times.

This is the multi-query associative recall of Arora et al. (2023) in the form of Schlag, Irie and Schmidhuber (2021,
section 6.1, settings 1 and 2), where a step brings key and value together, so that no layer is needed that joins
neighbours. n is drawn anew for each sequence of training, from 1 to PLACES.

A network embeds keys and values, asks one memory, and reads the answer off what the memory says, with a linear layer.
k, q, v are linear in the embeddings; in the first three memories, k and q are then brought to length 1.

- "sum": S_t = S_{t-1} + k_t' v_t, read as q S, like the next two, once all places are written.
- "gated": S_t = f_t S_{t-1} + k_t' v_t, with a forget gate f_t, one number a step.
- "delta": S_t = S_{t-1} + beta_t k_t' (v_t - k_t S_{t-1}), with a gate beta_t, one number a step.
- "softmax": softmax attention over all places, with scores that fall with the age of a place, by a slope that is
  learned (Press, Smith and Lewis 2022 set it by hand): what tells the later of two equal keys.
- "LSTM": Keras's layer, on "once" alone. It has as many parameters as the others, within 2 %, and so 20 numbers of
  state where the first three have 256.

`accuracy_<n>`: share of the queries answered right, in percent, on new sequences with n keys. `validation_loss`, in
nats a query, on sequences as in training, is what a learning rate is chosen by.
"""

import numpy as np

from rnnlib.experiments import run
from rnnlib.reproducibility import import_tensorflow

tf = import_tensorflow()
keras = tf.keras

KEYS, VALUES, WIDTH, UNITS = 64, 32, 16, 10  # UNITS: of the LSTM
PLACES, QUERIES = 32, 8
LOADS = (2, 4, 8, 16, 24, 32)
BATCH, UPDATES = 64, 1000
GATE_BIASES = {"gated": 4.0, "delta": 0.0}  # at first, forget little; write half

SEEDS = range(5)
SETTINGS = [
    {"task": task, "memory": memory, "rate": rate}
    for rate in (0.03, 0.01)
    for task, memories in (
        ("once", ("sum", "gated", "delta", "softmax", "LSTM")),
        ("again", ("sum", "gated", "delta", "softmax")),
    )
    for memory in memories
]


def sequences(task, loads, rng):
    """Keys and values of each step, (batch, PLACES + QUERIES) of ids with 0 for none; the answers, (batch, QUERIES)."""
    batch, loads = len(loads), np.asarray(loads)[:, np.newaxis]
    keys = rng.permuted(np.tile(np.arange(1, KEYS + 1), (batch, 1)), axis=1)[:, :PLACES]
    filled = rng.permuted(np.tile(np.arange(PLACES), (batch, 1)), axis=1) < loads
    if task == "again":
        keys = np.take_along_axis(keys, rng.integers(0, loads, (batch, PLACES)), axis=1)
        filled[:] = True
    values = rng.integers(1, VALUES + 1, (batch, PLACES))
    asked = (rng.random((batch, QUERIES, PLACES), np.float32) * filled[:, np.newaxis]).argmax(axis=-1)
    queries = np.take_along_axis(keys, asked, axis=1)
    same = (keys[:, np.newaxis] == queries[..., np.newaxis]) & filled[:, np.newaxis]
    last = PLACES - 1 - same[..., ::-1].argmax(axis=-1)  # where the key was written for the last time
    answers = np.take_along_axis(values, last, axis=1) - 1
    none = np.zeros_like(queries)
    steps = [np.concatenate(parts, axis=1) for parts in ((keys * filled, queries), (values * filled, none))]
    return [ids.astype("int32") for ids in steps], answers


def read_sum(q, k, v, _):
    """What the sum of all outer products says, (batch, queries, width), to queries `q` of that shape.

    `k` and `v` are (batch, places, width). The last argument is the gate, (batch, places), of memories that have one.
    """
    return tf.matmul(tf.matmul(q, k, transpose_b=True), v)


def read_gated(q, k, v, gate):
    """The same, each product shrunk by all the gates after its own step."""
    since = tf.cumsum(tf.math.log(gate), axis=1, exclusive=True, reverse=True)
    return read_sum(q, k, tf.exp(since)[..., tf.newaxis] * v, None)


def read_delta(q, k, v, beta):
    """The same for the delta rule: what each step really adds, from a triangular system, and then the sum of it."""
    earlier = tf.linalg.band_part(tf.matmul(k, k, transpose_b=True), -1, 0)
    system = tf.linalg.set_diag(beta[..., tf.newaxis] * earlier, tf.ones_like(beta))
    added = tf.linalg.triangular_solve(system, beta[..., tf.newaxis] * v)
    return read_sum(q, k, added, None)


def read_softmax(q, k, v, slope):
    """A mean of all values, weighted by how well their keys answer and by how recent they are."""
    age = tf.range(PLACES - 1, -1, -1, dtype=k.dtype)
    scores = tf.matmul(q, k, transpose_b=True) / np.sqrt(WIDTH) - slope * age
    return tf.matmul(tf.nn.softmax(scores), v)


READS = {"sum": read_sum, "gated": read_gated, "delta": read_delta, "softmax": read_softmax}


class Recall(keras.Model):
    """Embeddings, one memory, and logits for the queries."""

    def __init__(self, memory):
        super().__init__()
        self.memory = memory
        self.embed_key = keras.layers.Embedding(KEYS + 1, WIDTH)
        self.embed_value = keras.layers.Embedding(VALUES + 1, WIDTH)
        self.logits = keras.layers.Dense(VALUES)
        if memory == "LSTM":
            self.lstm = keras.layers.LSTM(UNITS, return_sequences=True)
            return
        self.query, self.key, self.value = (keras.layers.Dense(WIDTH, use_bias=False) for _ in range(3))
        if memory == "softmax":
            self.slope = self.add_weight(name="slope", shape=(), initializer="zeros")
        if memory in GATE_BIASES:
            bias = keras.initializers.Constant(GATE_BIASES[memory])
            self.gate = keras.layers.Dense(1, activation="sigmoid", bias_initializer=bias)

    def call(self, inputs):
        keys, values = inputs
        x = tf.concat([self.embed_key(keys), self.embed_value(values)], axis=-1)
        said = self.lstm(x)[:, PLACES:] if self.memory == "LSTM" else self.ask(x[:, :PLACES], x[:, PLACES:])
        return self.logits(said)

    def ask(self, x, asked):
        """What the memory, written in the steps `x`, says in the steps `asked`."""
        q, k, v, gate = self.query(asked), self.key(x), self.value(x), None
        if self.memory == "softmax":
            gate = self.slope
        else:
            q, k = (tf.math.l2_normalize(a, axis=-1, epsilon=1e-6) for a in (q, k))
        if self.memory in GATE_BIASES:
            gate = self.gate(x)[..., 0]
        return READS[self.memory](q, k, v, gate)


def trial(setting, seed):
    """Train one network; its validation loss and its accuracy by the number of keys."""
    task, rng = setting["task"], np.random.default_rng([seed, 1])
    model = Recall(setting["memory"])
    optimizer = keras.optimizers.Adam(setting["rate"], global_clipnorm=1.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=False, steps_per_execution=50)
    x, y = sequences(task, rng.integers(1, PLACES + 1, BATCH * UPDATES), rng)
    model.fit(x, y, batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
    held_out = np.random.default_rng([seed, 2])
    x, y = sequences(task, held_out.integers(1, PLACES + 1, 1000), held_out)
    metrics = {"parameters": model.count_params(), "validation_loss": model.evaluate(x, y, batch_size=500, verbose=0)}
    for load in LOADS:
        x, y = sequences(task, np.full(500, load), np.random.default_rng([seed, 3, load]))
        found = model.predict(x, batch_size=500, verbose=0).argmax(axis=-1)
        metrics[f"accuracy_{load}"] = 100 * np.mean(found == y)
    return {name: round(float(value), 4) for name, value in metrics.items()}


def main():
    run("recall")


if __name__ == "__main__":
    main()
