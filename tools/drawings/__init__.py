"""Draw the book's schematics: `python -m tools.drawings` writes chapters/images/*.svg.

Each function returns the text of one file, byte for byte the same each time (tests/test_drawings.py).

One look: blue for what goes in, green for the hidden state, orange for what comes out, a thick vermilion arrow for the
path that carries the past (colours of Okabe and Ito, told apart with any colour vision; nothing is said by colour
alone). At most 520 units wide with text of 15 units or more, so that a phone still shows it readable.
"""

from tools.drawings import cells, gradients, machines, memories, networks, recurrences, series
from tools.environment import ROOT

IMAGES = ROOT / "chapters" / "images"

DRAWINGS = {
    "network-layers": networks.network_layers,
    "recurrent-cell": networks.recurrent_cell,
    "sequence-shapes": networks.sequence_shapes,
    "article-loops": networks.article_loops,
    "elman-jordan": networks.elman_jordan,
    "bptt": gradients.bptt,
    "forward-shapes": cells.forward_shapes,
    "windows": series.windows,
    "forecast-strategies": series.forecast_strategies,
    "stateful-batches": series.stateful_batches,
    "truncation": gradients.truncation,
    "checkpoints": gradients.checkpoints,
    "deep-bidirectional": networks.deep_bidirectional,
    "lstm-cell": cells.lstm_cell,
    "gru-cell": cells.gru_cell,
    "gradient-chains": gradients.gradient_chains,
    "attention": networks.attention,
    "padding-and-mask": series.padding_and_mask,
    "scan-tree": recurrences.scan_tree,
    "time-loop": recurrences.time_loop,
    "scaling-out": machines.scaling_out,
    "ring-all-reduce": machines.ring_all_reduce,
    "matrix-memory": memories.matrix_memory,
}
