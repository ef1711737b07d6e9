"""What NumPy code does, counted: the multiply-adds of its matrix products, or the multiplications of its arrays."""

import contextlib
import math
from unittest import mock

import numpy as np

# Not `np.asarray`: a layer keeps what it returns.
MAKERS = ("array", "empty", "empty_like", "ones", "zeros", "zeros_like", "concatenate", "stack")


class Products:
    """The tally of `counted_products`: a list of (rows, inner, columns), one for each product of two matrices."""

    def __init__(self):
        self.shapes, self.elementwise = [], []

    @property
    def multiply_adds(self):
        """How many multiplications, each with an addition, the products took."""
        return sum(math.prod(shape) for shape in self.shapes)


class _Counted(np.ndarray):
    """An array that notes the products it takes part in. So do its views, and what is computed from it."""

    tally = None

    def dot(self, other, out=None):
        return np.matmul(self, other, out=out)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        plain = [array.view(np.ndarray) if isinstance(array, _Counted) else array for array in inputs]
        if out is not None:
            options["out"] = tuple(array.view(np.ndarray) if isinstance(array, _Counted) else array for array in out)
        result = getattr(ufunc, method)(*plain, **options)
        if ufunc is np.matmul and _Counted.tally is not None:
            left, right = (np.shape(array) for array in plain)
            rows, columns = left[-2] if len(left) > 1 else 1, right[-1] if len(right) > 1 else 1
            _Counted.tally.shapes += [(rows, left[-1], columns)] * (np.size(result) // (rows * columns))
        if ufunc is np.multiply and _Counted.tally is not None:
            _Counted.tally.elementwise.append(np.size(result))
        if out is not None:
            return out[0]
        return result.view(_Counted) if isinstance(result, np.ndarray) else result


@contextlib.contextmanager
def counted_products():
    """A `Products` that fills while the `with` block runs, with every `a @ b`, `np.matmul(a, b)` and `a.dot(b)` in
    which `a`, or for the first two `b`, was made in the block.

    Arrays that NumPy makes in the block are of a class that keeps count; those from before are not. A layer copies its
    inputs and makes room for its states, so all of its products count:

        with counted_products() as products:
            layer.backward(layer.forward(sequences))
        products.multiply_adds

    Not for several threads at once, and slower than the code by itself.
    """

    with _watched(MAKERS) as tally:
        yield tally


@contextlib.contextmanager
def counted_multiplications():
    """A list that fills while the `with` block runs: the size of the result of every `a * b` and `np.multiply(a, b)` of
    arrays, one of which was made in the block. Its sum is how many multiplications there were, its length in how many
    calls.

    What `np.asarray` returns counts as made, so a function that begins with it may be given any arrays. The rest is as
    in `counted_products`.
    """
    with _watched((*MAKERS, "asarray")) as tally:
        yield tally.elementwise


@contextlib.contextmanager
def _watched(makers):
    """The tally, while arrays that these functions of NumPy make keep count."""

    def counted(make):
        return lambda *arguments, **options: make(*arguments, **options).view(_Counted)

    with contextlib.ExitStack() as patched:
        for name in makers:
            patched.enter_context(mock.patch.object(np, name, counted(getattr(np, name))))
        before, _Counted.tally = _Counted.tally, Products()
        try:
            yield _Counted.tally
        finally:
            _Counted.tally = before
