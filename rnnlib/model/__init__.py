"""The model: `Stack`, layers in a row, and `Sequential`, a stack that is trained."""

from rnnlib.model.sequential import Sequential
from rnnlib.model.stack import Stack

__all__ = ["Sequential", "Stack"]
