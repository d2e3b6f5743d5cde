"""Arrays in the kind that the caller uses: NumPy's, or any library's with DLPack."""

from __future__ import annotations

import math
import sys

import ml_dtypes
import numpy as np

from . import _attn

DTYPES = {
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
    "f16": np.dtype(np.float16),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
    "i8": np.dtype(np.int8),
    "i1": np.dtype(np.bool_),
    "f8E4M3FN": np.dtype(ml_dtypes.float8_e4m3fn),
}

# Types of ml_dtypes, which NumPy does not export by DLPack.
OPAQUE = (DTYPES["bf16"], DTYPES["f8E4M3FN"])


# Results of so many bytes lie in memory that is used again: pages of new memory cost a fault each.
KEPT_BYTES = 1 << 16


def allocate(dtype: str, shape: tuple):
    """An uninitialised NumPy array for a result."""
    kind = DTYPES[dtype]
    size = kind.itemsize * math.prod(shape)
    if size < KEPT_BYTES:
        return np.empty(shape, kind)
    return np.asarray(_attn.Memory(size)).view(kind).reshape(shape)


def as_numpy(tensor):
    """A read-only NumPy array over the memory of `tensor`, of any library's."""
    return np.asarray(tensor).view(DTYPES[tensor.dtype])


def wide(array):
    """An array in float64, of whatever type and library it is."""
    if hasattr(array, "__dlpack__") and not hasattr(array, "__array__"):
        array = np.from_dlpack(array)
    return np.asarray(array).astype(np.float64)


def importer_of(arrays):
    """The `from_dlpack` of the library that the first array not of NumPy comes from, or None."""
    for array in arrays:
        if isinstance(array, np.ndarray):
            continue
        if hasattr(array, "__array_namespace__"):
            library = array.__array_namespace__()
        else:
            library = sys.modules.get(type(array).__module__.partition(".")[0])
        if hasattr(library, "from_dlpack"):
            return library.from_dlpack
    return None


def as_kind_of(arrays, results):
    """`results`, which are NumPy arrays, as arrays of the library that `arrays` come from.

    The memory stays where it is. NumPy arrays stand for themselves.
    """
    importer = importer_of(arrays)
    if importer is None:
        return results
    return [
        importer(_attn.export_opaque(result) if result.dtype in OPAQUE else result)
        for result in results
    ]
