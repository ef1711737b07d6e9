"""The embedding: a vector for each token id."""

import dataclasses

import numpy as np

from rnnlib import checks, initializers, regularizers
from rnnlib.layers.base import Layer


@dataclasses.dataclass
class EmbeddingRecord:
    """What a backward pass needs of its forward pass."""

    ids: np.ndarray


class Embedding(Layer):
    """The row of `embeddings` (input_dim, output_dim) for each id, as Keras's `Embedding`.

    Ids (batch, ...), whole numbers from 0 to input_dim - 1, give (batch, ..., output_dim). With `mask_zero` the id 0
    stands for padding: the mask that goes with the outputs is False there.

    Ids have no gradient: `backward` returns None and leaves that of the rows in `layer.gradients`, summed over all
    places of an id. (Keras on TensorFlow hands Adam one gradient a place, whose squares it adds up: where an id repeats
    within a batch, its Adam takes another step than the algorithm does.)

    Raises TypeError for what is not numbers, ValueError for an empty array, fractions, or ids out of range.
    """

    takes_ids = True

    def __init__(
        self,
        input_dim,
        output_dim,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        *,
        mask_zero=False,
        dtype="float32",
        seed=None,
        name=None,
    ):
        super().__init__(dtype, seed, name)
        self.input_dim = checks.integer_at_least(input_dim, 1, "input_dim")
        self.output_dim = checks.integer_at_least(output_dim, 1, "output_dim")
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.mask_zero = bool(mask_zero)

    def build(self, features=None):
        """Make the table; its size does not depend on the inputs."""
        shape = (self.input_dim, self.output_dim)
        initializer, regularizer = self.embeddings_initializer, self.embeddings_regularizer
        self.add_weight("embeddings", shape, initializer, self.dtype, self.rng, regularizer)

    def checked(self, inputs):
        ids = checks.whole_numbers(inputs, "inputs")
        checks.not_empty(ids, "Embedding", "inputs")
        lowest, highest = ids.min(), ids.max()
        if lowest < 0 or highest >= self.input_dim:
            raise ValueError(f"Embedding wants ids from 0 to {self.input_dim - 1} in inputs, got {lowest} to {highest}")
        if not self.built:
            self.build()
            self.built = True
        return ids

    def forward(self, inputs, mask=None, training=False):
        self.record = EmbeddingRecord(inputs)
        return self.embeddings[inputs]

    def backward(self, d_outputs, record=None):
        """Sums the gradient at the outputs over the places where each id stood; returns None."""
        record = self.taken_record(record)
        d_outputs = checks.as_floats(d_outputs, self.dtype, "d_outputs")
        checks.shape(d_outputs, (*record.ids.shape, self.output_dim), "Embedding.backward", "d_outputs")
        self.d_embeddings[...] = 0
        np.add.at(self.d_embeddings, record.ids, d_outputs)

    def compute_mask(self, inputs, mask=None):
        return inputs != 0 if self.mask_zero else None

    def output_shape(self, input_shape):
        return (*input_shape, self.output_dim)
