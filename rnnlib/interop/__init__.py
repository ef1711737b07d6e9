"""To and from other frameworks: weights and models of Keras, models as ONNX files."""

from rnnlib.interop.keras_models import copy_weights, from_keras, running_sum
from rnnlib.interop.onnx_files import to_onnx

__all__ = ["copy_weights", "from_keras", "running_sum", "to_onnx"]
