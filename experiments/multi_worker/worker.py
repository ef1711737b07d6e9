"""The program that each worker runs: a small LSTM reads handwritten digits row by row, and all workers train it.

    TF_CONFIG='{"cluster": {"worker": ["10.0.0.1:9000", "10.0.0.2:9000"]}, "task": {"type": "worker", "index": 0}}' \
    python -m experiments.multi_worker.worker --folder run --steps 40

on the first machine, with `"index": 1` on the second. The folder is one that both see: checkpoints and results go
there. Without TF_CONFIG there is one worker, and the same program trains as any other.

TensorFlow's workers listen on all addresses of their machines and trust whoever connects: run them in a network of your
own.
"""

import argparse
import os
import signal
from pathlib import Path

import numpy as np
import tensorflow as tf

from rnnlib import datasets
from rnnlib.files import written_whole
from rnnlib.reproducibility import seed

keras = tf.keras
BATCH, UNITS, SAVE_EVERY = 64, 128, 10


def make_strategy():
    """Join the other workers that TF_CONFIG names. This must come before anything that TensorFlow computes."""
    ring = tf.distribute.experimental.CommunicationImplementation.RING
    options = tf.distribute.experimental.CommunicationOptions(implementation=ring)
    return tf.distribute.MultiWorkerMirroredStrategy(communication_options=options)


def make_model():
    """Return the network and its optimizer, with all their variables."""
    keras.utils.set_random_seed(seed())
    model = keras.Sequential([keras.Input((8, 8)), keras.layers.LSTM(UNITS), keras.layers.Dense(10)])
    optimizer = keras.optimizers.Adam(0.003)
    optimizer.build(model.trainable_variables)
    return model, optimizer


def make_data(first_step):
    """Return the global batches from `first_step` on: (numbers of the images, images, digits).

    Images are (batch, time, features) = (64, 8, 8). `AutoShardPolicy.DATA` gives each worker its part of each batch.
    """
    digits = datasets.digits()
    images = np.stack(digits.sequences)[digits.is_train].astype("float32") / 16
    labels = digits.labels[digits.is_train]
    data = tf.data.Dataset.from_tensor_slices((np.arange(len(labels)), images, labels))
    # All workers shuffle alike, so that their parts never overlap and a restart finds the same order again.
    data = data.shuffle(len(labels), seed=seed()).repeat().batch(BATCH, drop_remainder=True).skip(first_step)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return data.with_options(options)


def make_step(strategy, model, optimizer):
    """Return a function that takes one step on all workers; it returns the mean loss and the images this one saw."""

    def on_one_worker(numbers, x, y):
        with tf.GradientTape() as tape:
            losses = keras.losses.sparse_categorical_crossentropy(y, model(x, training=True), from_logits=True)
            loss = tf.reduce_sum(losses) / BATCH  # of the global batch: so the sum over the workers is the mean
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)  # adds up the gradients of all workers: the all-reduce
        return loss, numbers

    @tf.function
    def step(batch):
        loss, numbers = strategy.run(on_one_worker, args=batch)
        return strategy.reduce("sum", loss, axis=None), numbers

    return step


def train(folder, steps, dies_at=None):
    """Train up to step `steps`, from the last checkpoint in `folder` if there is one, and leave the results there.

    There is a checkpoint every `SAVE_EVERY` steps. A worker that `dies_at` a step is killed before it, by the signal
    that leaves no time for last words.
    """
    strategy = make_strategy()
    index, folder = strategy.cluster_resolver.task_id or 0, Path(folder)
    with strategy.scope():
        model, optimizer = make_model()
    # All workers hold the same numbers: the first one's checkpoint is enough. The others write theirs, as TensorFlow
    # wants it, where nobody looks.
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer)
    place = folder / ("checkpoints" if index == 0 else f"unused{index}")
    manager = tf.train.CheckpointManager(checkpoint, str(place), max_to_keep=2)
    last = tf.train.latest_checkpoint(str(folder / "checkpoints"))
    if last:
        checkpoint.restore(last).assert_consumed()
    first_step = int(optimizer.iterations.numpy())
    batches = iter(strategy.experimental_distribute_dataset(make_data(first_step)))
    step = make_step(strategy, model, optimizer)
    losses, seen, traffic = [], [], []
    for number in range(first_step, steps):
        if number == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        loss, numbers = step(next(batches))
        losses.append(float(loss))
        seen.append(numbers.numpy())
        traffic.append(loopback_bytes())
        if (number + 1) % SAVE_EVERY == 0:
            manager.save()
    weights = {f"weight{place}": weight for place, weight in enumerate(model.get_weights())}
    with written_whole(folder / f"worker{index}.npz") as file:
        np.savez(file, first_step=first_step, losses=losses, seen=seen, traffic=traffic, **weights)


def fit(folder, steps):
    """Do the same with `Model.fit`, as one would like to: with more than one worker Keras 3 raises an error."""
    with make_strategy().scope():
        model, optimizer = make_model()
        model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(make_data(0).map(lambda numbers, x, y: (x, y)), epochs=1, steps_per_epoch=steps, verbose=0)


def loopback_bytes():
    """Return how many bytes this machine has sent to itself so far, on Linux; 0 elsewhere."""
    try:
        lines = Path("/proc/net/dev").read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return 0
    return next(int(line.split()[9]) for line in lines if line.strip().startswith("lo:"))


def main():
    """Be one of the workers."""
    parser = argparse.ArgumentParser(prog="python -m experiments.multi_worker.worker", description=main.__doc__)
    parser.add_argument("--folder", required=True, help="where checkpoints and results go; the same for all workers")
    parser.add_argument("--steps", type=int, required=True, help="how many steps in all")
    given = parser.parse_args()
    tf.config.experimental.enable_op_determinism()
    train(given.folder, given.steps)


if __name__ == "__main__":
    main()
