"""Layers: what `Sequential` stacks. The recurrent ones run a cell through time; `Dense` maps the last axis."""

from rnnlib.layers.attention import AdditiveAttention, Attention
from rnnlib.layers.base import Layer
from rnnlib.layers.bidirectional import Bidirectional
from rnnlib.layers.dense import Dense
from rnnlib.layers.dropout import Dropout
from rnnlib.layers.embedding import Embedding
from rnnlib.layers.masking import Masking
from rnnlib.layers.recurrent import GRU, LSTM, SimpleRNN
from rnnlib.layers.rnn import RNN

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AdditiveAttention",
    "Attention",
    "Bidirectional",
    "Dense",
    "Dropout",
    "Embedding",
    "Layer",
    "Masking",
    "SimpleRNN",
]
