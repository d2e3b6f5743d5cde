"""Keys and values in eight bits: numbers, and a scale for each key and head."""

from __future__ import annotations

import ml_dtypes
import numpy as np

from ._attn import Tensor
from .arrays import as_kind_of, as_numpy
from .checks import check_float
from .errors import ArgumentError, ShapeError

# The largest number of each type; the scale maps the largest element of a row to it.
LARGEST = {"int8": 127.0, "float8_e4m3fn": 448.0}


def largest_of(dtype):
    """The name of a quantised type and its largest number; raises `ArgumentError` for others."""
    try:
        name = np.dtype(getattr(ml_dtypes, dtype, dtype) if isinstance(dtype, str) else dtype).name
    except TypeError:
        name = None
    if name not in LARGEST:
        raise ArgumentError(f"dtype is {dtype!r}, expected one of {', '.join(LARGEST)}")
    return name, LARGEST[name]


def quantize(x, dtype="int8"):
    """`x` in eight bits, with a scale for each key and head: what `attn.sdpa` reads as k or v.

        scale[..., j] = max over d of |x[..., j, d]| / largest,  largest 127 or 448
        xq[..., j, d] = x[..., j, d] / scale[..., j], rounded to the nearest number of `dtype`

    Args:
        x: `[..., N, D]`, keys or values; f32, f64, f16 or bf16.
        dtype: "int8" or "float8_e4m3fn" (of ml_dtypes), or the type itself.

    Returns:
        `(xq, scale)`: xq of the shape of x, scale `[..., N]` in f32, in the kind of array
        that came in. A row of zeros gets scale 1. A row that holds NaN or an infinity
        gets scale NaN, and counts as NaN wherever it is read.

    Raises:
        ShapeError: x has no dimension, or an element type that is not a float.
        ArgumentError: another dtype.

    Error, of xq scale against x: int8 at most scale / 2; float8_e4m3fn at most |x| / 16, or
    scale / 1024 where that is more; and 2^-22 |x| for rounding the scale.
    Paper: arXiv:2209.05433 (the format of float8_e4m3fn).

    >>> kq, key_scale = attn.quantize(k)
    >>> o = attn.sdpa(q, kq, v, key_scale=key_scale)
    """
    name, largest = largest_of(dtype)
    tensor = Tensor(x, "x")
    check_float(tensor)
    if not tensor.shape:
        raise ShapeError("x has shape (), expected [..., length, width]")
    wide = as_numpy(tensor).astype(np.float64 if tensor.dtype == "f64" else np.float32)
    with np.errstate(all="ignore"):
        scale = np.abs(wide).max(-1, initial=0.0) / largest
        finite = np.isfinite(scale)
        # Below the smallest normal number of f32 a quotient could overflow.
        scale = np.where(scale == 0, 1.0, np.maximum(scale, np.finfo(np.float32).tiny))
        scale = np.where(finite, scale, np.nan).astype(np.float32)
        steps = np.where(finite[..., None], wide / scale[..., None].astype(wide.dtype), 0)
    steps = np.clip(steps, -largest, largest)
    if name == "int8":
        steps = np.rint(steps)
    quantised = steps.astype(getattr(ml_dtypes, name, name))
    return tuple(as_kind_of((x,), (quantised, scale)))
