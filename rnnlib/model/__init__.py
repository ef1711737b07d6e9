"""The model: `Stack`, layers in a row, and `Sequential`, a stack that is trained; and what all networks share."""

from rnnlib.model.network import Network
from rnnlib.model.sequential import Sequential
from rnnlib.model.stack import Stack
from rnnlib.model.training import Trained

__all__ = ["Network", "Sequential", "Stack", "Trained"]
