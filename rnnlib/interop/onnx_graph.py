"""A graph of ONNX operators in the making: nodes, constants, and the few operations that the layers share."""

import numpy as np

OPSET, FORMAT = 17, 8  # of 2022: runtimes of that year and since can read the file


class Graph:
    """Nodes in the order of their computation. A value is known by its name, a string; "" stands for one left out.

    `prefix` is what the names of new nodes and constants begin with. Raises ImportError without the package onnx.
    """

    def __init__(self, inputs, shape, dtype):
        try:
            import onnx
        except ImportError as error:
            raise ImportError(
                'writing ONNX files wants the package onnx: pip install ".[onnx]" in the source of rnnlib brings it'
            ) from error
        self.onnx = onnx
        self.prefix = ""
        self.nodes, self.constants = [], {}
        self.inputs = self._declared(inputs, dtype, shape)
        self.known_lengths = {}

    def _declared(self, name, dtype, shape):
        """What the file says of a value that goes in or out; a size of None is free, and called by its axis."""
        axes = ["batch", "time", *(f"axis_{i}" for i in range(2, len(shape)))]
        dims = [axis if size is None else size for axis, size in zip(axes, shape, strict=False)]
        return self.onnx.helper.make_tensor_value_info(name, self._type(dtype), dims)

    def _type(self, dtype):
        return self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))

    def add(self, operator, inputs, outputs=1, name=None, **attributes):
        """A new node; the name of its output, or a list of them where `outputs` is the number of several.

        `outputs` may be a list of the names themselves.
        """
        place = f"{self.prefix}/{name or operator}.{len(self.nodes)}".lstrip("/")
        names = outputs if isinstance(outputs, list) else [f"{place}:{i}" for i in range(outputs)]
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, names, name=place, **attributes))
        return names[0] if len(names) == 1 else names

    def constant(self, name, array):
        """The name of an array that is part of the file; floats become float32."""
        array = np.asarray(array)
        array = np.array(array, np.float32 if array.dtype.kind == "f" else array.dtype, order="C")
        name = f"{self.prefix}.{name}"
        return self.constants.setdefault(name, self.onnx.numpy_helper.from_array(array, name)).name

    def cast(self, x, dtype):
        """`x` as an array of that dtype."""
        return self.add("Cast", [x], to=self._type(dtype))

    def sum(self, x, *axes):
        """The sum over these axes, which are gone then."""
        return self.add("ReduceSum", [x, self.constant(f"axes{axes}", np.array(axes))], keepdims=0)

    def squeeze(self, x, axis):
        """`x` without an axis of size one."""
        return self.add("Squeeze", [x, self.constant(f"axis{axis}", np.array([axis]))])

    def unsqueeze(self, x, axis):
        """`x` with a new axis of size one."""
        return self.add("Unsqueeze", [x, self.constant(f"axis{axis}", np.array([axis]))])

    def swap(self, x):
        """(batch, time, features) to (time, batch, features), and back."""
        return self.add("Transpose", [x], perm=[1, 0, 2])

    def part(self, x, start, stop, step=1):
        """`x[:, start:stop:step]`."""
        numbers = [self.constant(f"at{number}", np.array([number])) for number in (start, stop, 1, step)]
        return self.add("Slice", [x, *numbers])

    def reverse(self, x):
        """`x` with its axis 1, time, turned round."""
        return self.part(x, -1, np.iinfo(np.int64).min, -1)

    def differs(self, x, value):
        """Where `x` is not `value`."""
        return self.add("Not", [self.add("Equal", [x, self.constant("value", value)])])

    def where(self, condition, x, other=None):
        """`x` where the condition holds; elsewhere `other`, or zeros."""
        other = self.constant("zero", np.float32(0)) if other is None else other
        return self.add("Where", [condition, x, other])

    def lengths(self, mask):
        """The lengths (batch,) of sequences that count up to there: `mask` (batch, time) is True, then False.

        Where it is False and then True the runtime is made to look up entry 1 or more of an array with entry 0 alone,
        in a node whose name says why: ONNX has no other way to refuse.
        """
        if mask not in self.known_lengths:
            counts = self.cast(mask, "int32")
            rises = self.add("Greater", [self.part(counts, 1, np.iinfo(np.int64).max), self.part(counts, 0, -1)])
            zeros = self.constant("zeros", np.zeros(1, np.int32))
            checked = self.add(
                "Gather", [zeros, self.sum(self.cast(rises, "int32"), 0, 1)], name="mask_wants_right_padding"
            )
            self.known_lengths[mask] = self.add("Add", [self.sum(counts, 1), checked])
        return self.known_lengths[mask]

    def serialized(self, outputs, shape):
        """The bytes of the model whose result has the name `outputs`, checked by ONNX's own checker."""
        helper = self.onnx.helper
        result = self._declared(outputs, "float32", shape)
        graph = helper.make_graph(self.nodes, "rnnlib", [self.inputs], [result], list(self.constants.values()))
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=FORMAT, producer_name="rnnlib")
        self.onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()
