"""Recurrent neural networks in readable NumPy: the library under *Sequence Modelling and Recurrent Neural Networks*.

A reader who knows Keras knows rnnlib: the same names, defaults, shapes and weight layout. What differs is that the
backward pass is there to read. Its floors, lowest first (a module imports only from below):

    1  checks, files, activations, initializers, regularizers, losses, quantiles, weights
    2  cells: one step forward, one step back; scan: linear recurrences
    3  layers: the loop over time (SimpleRNN, LSTM, GRU), linear states (MinGRU, LRU, ..), Bidirectional, attention,
       Dense, Embedding, Masking, Dropout
    4  optimizers, schedules; callbacks, checkpoints, weight_files; divergence, truncation
    5  model: Sequential; seq2seq: an encoder-decoder
    6  counting, decoding, inspection, interop, text_models

Beside them stands what the pages of the book need besides the network: datasets, forecasting, multistep,
intervals, ngrams, plotting, reproducibility, notebook, experiments.
"""

__version__ = "0.1.0"
