"""Arrays among the variables of a traced function: what reading them records."""

from __future__ import annotations

import numpy as np

from .._attn import Tensor
from ..arrays import as_numpy
from ..errors import ShapeError, UnsupportedError
from .source import place
from .values import Traced, node_of

#: The ends of the integers of an element type.
INTEGERS = {"i8": (-(2**7), 2**7 - 1), "i32": (-(2**31), 2**31 - 1), "i64": (-(2**63), 2**63 - 1)}
FLOATS = ("f32", "f64", "f16", "bf16")


def is_array(value):
    """True for arrays of NumPy and of any library with DLPack; numbers of NumPy are none."""
    if isinstance(value, np.generic):
        return False
    return isinstance(value, np.ndarray) or hasattr(value, "__dlpack__")


class Capture:
    """An array that a program reads, under the name of its variable."""

    def __init__(self, array, name):
        self.tensor = Tensor(array, f"array '{name}'")
        self.name = name
        if self.tensor.dtype not in (*FLOATS, *INTEGERS, "i1"):
            raise UnsupportedError(
                f"array '{name}' has element type {self.tensor.dtype}, expected one of "
                f"{', '.join((*FLOATS, *INTEGERS, 'i1'))}"
            )

    @property
    def shape(self):
        return self.tensor.shape

    def interval(self):
        """The least and the greatest element of an array of integers."""
        array = as_numpy(self.tensor)
        return (int(array.min()), int(array.max())) if array.size else (0, 0)


class CapturedArray:
    """A captured array as the function sees it; `prefix` are the indices given so far."""

    def __init__(self, program, capture, prefix=()):
        self._program, self._capture, self._prefix = program, capture, prefix

    @property
    def ndim(self):
        """The number of dimensions, a constant."""
        return len(self._capture.shape) - len(self._prefix)

    @property
    def shape(self):
        """The extents, known when the program runs: one kernel serves them all."""
        return tuple(self.extent(axis) for axis in range(self.ndim))

    @property
    def size(self):
        """The number of elements, as `shape`."""
        size = 1
        for extent in self.shape:
            size = extent * size
        return size

    def extent(self, axis):
        """One extent."""
        axis += len(self._prefix)
        program, extent = self._program, self._capture.shape[axis]
        data = (program.array_number(self._capture), axis)
        most = (0, 2**31 - 1)
        node = program.add("int", "extent", (), data, most, (extent, extent))
        node.fixed = True
        return Traced(program, node)

    def __len__(self):
        """The first extent, a constant: another one is another kernel."""
        if not self.ndim:
            raise TypeError("len() of an array without dimensions")
        return self._capture.shape[len(self._prefix)]

    def __getitem__(self, index):
        indices = index if isinstance(index, tuple) else (index,)
        if len(indices) > self.ndim:
            raise IndexError(
                f"{place()}: {len(indices)} indices for {self.ndim} dimensions of array "
                f"'{self._capture.name}'"
            )
        nodes = tuple(self.index_node(axis, value) for axis, value in enumerate(indices))
        read = CapturedArray(self._program, self._capture, self._prefix + nodes)
        return read if read.ndim else read.read_scalar()

    def index_node(self, axis, value):
        """An index as a node; constants below 0 count from the end, as in Python."""
        node = None if isinstance(value, (bool, np.bool_)) else node_of(self._program, value)
        if node is None or node.kind != "int":
            kind = type(value).__name__ if node is None else f"traced {node.kind}"
            raise UnsupportedError(
                f"{place()}: array '{self._capture.name}' is indexed by a {kind}, expected an "
                "integer or a traced integer for each dimension"
            )
        if node.operation == "constant":
            axis_of_array = axis + len(self._prefix)
            number, extent = node.data[1], self._capture.shape[axis_of_array]
            if not -extent <= number < extent:
                raise ShapeError(
                    f"{place()}: index {number} of array '{self._capture.name}' is out of range "
                    f"for dimension {axis_of_array} of extent {extent}"
                )
            if number < 0:
                return (self.extent(axis) + number).node
        return node

    def read_scalar(self):
        """The element at the indices."""
        program, capture, indices = self._program, self._capture, self._prefix
        if self.ndim:
            raise UnsupportedError(
                f"{place()}: array '{capture.name}' with {self.ndim} dimensions left takes part "
                "in a traced function as a whole; read it by index, as in table[h, j]"
            )
        number, dtype = program.array_number(capture), capture.tensor.dtype
        if dtype in INTEGERS:
            ends = INTEGERS[dtype]
            node = program.add("int", "read", indices, number, ends, ends)
        else:
            node = program.add("bool" if dtype == "i1" else "float", "read", indices, number)
        for index, extent in zip(indices, capture.shape):
            if not 0 <= index.range[0] <= index.range[1] < extent:
                program.doubt(node)
        return Traced(program, node)

    def __array__(self, *_, **__):
        raise UnsupportedError(
            f"{place()}: array '{self._capture.name}' is used as a whole in a traced function; "
            "read it by index, or compute with it outside of the function"
        )

    __iter__ = __array__
    __array_function__ = __array__

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        scalar = self.read_scalar()
        inputs = [scalar if value is self else value for value in inputs]
        return getattr(ufunc, method)(*inputs, **keywords)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnsupportedError(
            f"{place()}: attribute '{name}' of array '{self._capture.name}': in a traced function "
            "arrays are read by index and have ndim, shape, size and len()"
        )


def forward(name):
    """An operator of an array without dimensions: that of its element."""

    def method(self, *others):
        return getattr(self.read_scalar(), name)(*others)

    return method


for _name in "add sub mul truediv floordiv mod and or xor pow".split():
    for _reflected in ("", "r"):
        setattr(CapturedArray, f"__{_reflected}{_name}__", forward(f"__{_reflected}{_name}__"))
for _name in "lt le gt ge eq ne neg pos abs invert bool int float index".split():
    setattr(CapturedArray, f"__{_name}__", forward(f"__{_name}__"))
