"""Layers: what `Sequential` stacks. The recurrent ones run a cell through time, or have linear states that need no cell
(`MinGRU`, `LRU` and their kin); `Dense` maps the last axis."""

from rnnlib.layers.attention import AdditiveAttention, Attention
from rnnlib.layers.base import Layer
from rnnlib.layers.bidirectional import Bidirectional
from rnnlib.layers.dense import Dense
from rnnlib.layers.dropout import Dropout
from rnnlib.layers.embedding import Embedding
from rnnlib.layers.linear import LinearRecurrence
from rnnlib.layers.masking import Masking
from rnnlib.layers.minimal import MinGRU, MinLSTM
from rnnlib.layers.recurrent import GRU, LSTM, SimpleRNN
from rnnlib.layers.rnn import RNN
from rnnlib.layers.selective import SelectiveSSM
from rnnlib.layers.state_space import LRU, ContinuousSSM, DiagonalSSM

__all__ = [
    "GRU",
    "LRU",
    "LSTM",
    "RNN",
    "AdditiveAttention",
    "Attention",
    "Bidirectional",
    "ContinuousSSM",
    "Dense",
    "DiagonalSSM",
    "Dropout",
    "Embedding",
    "Layer",
    "LinearRecurrence",
    "Masking",
    "MinGRU",
    "MinLSTM",
    "SelectiveSSM",
    "SimpleRNN",
]
