"""Layers: what `Sequential` stacks. `SimpleRNN` runs a cell through time; `Dense` maps the last axis."""

from rnnlib.layers.base import Layer
from rnnlib.layers.dense import Dense
from rnnlib.layers.recurrent import SimpleRNN

__all__ = ["Dense", "Layer", "SimpleRNN"]
