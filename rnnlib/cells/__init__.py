"""Recurrent cells: one step forward, one step back. The loop over time is not here; it is in `layers`.

What a cell and the loop agree on (time-major arrays; B batch, H units):

- `ready(batch, masks)` comes first in a pass, `ready_back` in a pass back: scratch space for that batch, weights laid
  out for the loop, and the masks of recurrent dropout. They return the object to go on with.
- `project(inputs)` makes, for all steps at once, what does not depend on the state: (time * batch, features) to a tuple
  of blocks (time * batch, width). A block holds one gate or several side by side, H columns each, in Keras's order, or
  is room for what else the way back wants.
- `step(z, states, next_states)` takes one step: `z` are this step's blocks, `states` a tuple of (B, H) arrays; it
  writes the next states in place, and may leave in `z` what its backward pass wants.
- `slopes(z, states)` computes what the backward steps need of many time steps at once; indexed by step.
- `step_back(d_states, slope, dz)` takes the gradient at the next states back through one step: it writes the gradient
  at the projection into `dz`, blocks of `back_widths` times H columns, and that at the previous states into `d_states`.
- `weight_gradients(inputs, states, dz)` sums over time and batch, in one matrix product for each block.
- `input_gradient(dz)` is the gradient at the inputs, for all steps at once.

This is why it is quick: only the few products that really depend on the previous step remain in the loop.
"""

from rnnlib.cells.base import RecurrentCell
from rnnlib.cells.gru import GRUCell
from rnnlib.cells.lstm import LSTMCell
from rnnlib.cells.simple import SimpleRNNCell

__all__ = ["GRUCell", "LSTMCell", "RecurrentCell", "SimpleRNNCell"]
