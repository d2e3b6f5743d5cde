"""Where results go: to new memory, or to arrays that the caller gives."""

from __future__ import annotations

import numpy as np

from ._attn import Tensor
from .arrays import DTYPES, allocate, as_numpy
from .errors import ArgumentError, ShapeError


class Writable:
    """The memory of a tensor, as NumPy sees what it may write to."""

    def __init__(self, tensor):
        tensor.check_writable()
        self.tensor = tensor
        interface = tensor.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}


def writable(array, name):
    """`array`, of any library, as one of NumPy over the same memory, to write to."""
    tensor = Tensor(array, name)
    view = np.asarray(Writable(tensor)).view(DTYPES[tensor.dtype])
    if any(stride == 0 and extent > 1 for stride, extent in zip(view.strides, view.shape)):
        raise ArgumentError(
            f"{name} has strides {view.strides} of bytes, expected an element of its own for each result"
        )
    return view


class Outputs:
    """The results of one run of a kernel, in their order: names, and arrays or None for new memory.

    What a kernel reads it cannot write meanwhile: a result that shares memory with an
    input is computed elsewhere and copied.
    """

    def __init__(self, inputs, **arrays):
        self.inputs = inputs
        self.arrays = list(arrays.values())
        self.views = [
            (name, None if array is None else writable(array, name))
            for name, array in arrays.items()
        ]
        self.pending = list(self.views)
        self.copies = []
        given = [(name, view) for name, view in self.views if view is not None]
        for number, (name, view) in enumerate(given):
            for other, memory in given[:number]:
                if np.may_share_memory(view, memory):
                    raise ArgumentError(f"{name} and {other} share memory, expected two arrays")

    def allocate(self, dtype, shape):
        """Memory for the next result, of the given type and shape."""
        name, view = self.pending.pop(0) if self.pending else (None, None)
        if view is None:
            return allocate(dtype, shape)
        if view.dtype != DTYPES[dtype]:
            raise ShapeError(f"{name} has element type {view.dtype}, expected {DTYPES[dtype]}")
        if view.shape != tuple(shape):
            raise ShapeError(f"{name} has shape {view.shape}, expected {tuple(shape)}")
        if not any(np.may_share_memory(view, as_numpy(tensor)) for tensor in self.inputs):
            return view
        self.copies.append((view, allocate(dtype, shape)))
        return self.copies[-1][1]

    def run(self, kernel, kind, threads):
        """The results of `kernel`: arrays that were given, others in the kind of those in `kind`."""
        results = kernel.run(self.inputs, kind, threads, self.allocate)
        for view, computed in self.copies:
            view[...] = computed
        given = self.arrays + [None] * (len(results) - len(self.arrays))
        return [result if array is None else array for array, result in zip(given, results)]
