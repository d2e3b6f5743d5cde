"""Functions for score programs: on traced values, and on arrays as NumPy's.

The same function of Python so serves `attn.sdpa(…, score=…)`, which traces it, and
`attn.reference.sdpa(…, score=…)`, which calls it on arrays. NumPy's ufuncs of these names
do as well.
"""

from __future__ import annotations

import numpy as np

from .tracing.values import Traced, apply


def dispatch(name, numpy_function, *values):
    """The function on traced values if there is one among `values`, else NumPy's."""
    if any(isinstance(value, Traced) for value in values):
        return apply(name, *values)
    return numpy_function(*values)


def exp(x):
    """e to the power x."""
    return dispatch("exp", np.exp, x)


def exp2(x):
    """2 to the power x."""
    return dispatch("exp2", np.exp2, x)


def log(x):
    """The natural logarithm."""
    return dispatch("log", np.log, x)


def log2(x):
    """The logarithm to base 2."""
    return dispatch("log2", np.log2, x)


def tanh(x):
    """The hyperbolic tangent."""
    return dispatch("tanh", np.tanh, x)


def sqrt(x):
    """The square root."""
    return dispatch("sqrt", np.sqrt, x)


def sin(x):
    """The sine."""
    return dispatch("sin", np.sin, x)


def cos(x):
    """The cosine."""
    return dispatch("cos", np.cos, x)


def tan(x):
    """The tangent."""
    return dispatch("tan", np.tan, x)


def abs(x):
    """The magnitude; of an integer an integer."""
    return dispatch("abs", np.abs, x)


def minimum(x, y):
    """The smaller; NaN if one is NaN."""
    return dispatch("minimum", np.minimum, x, y)


def maximum(x, y):
    """The larger; NaN if one is NaN."""
    return dispatch("maximum", np.maximum, x, y)


def clip(x, lo, hi):
    """`minimum(maximum(x, lo), hi)`: what holds an index within an array."""
    return dispatch("clip", np.clip, x, lo, hi)


def where(condition, x, y):
    """x where the condition holds, else y. Both are computed; reads of arrays may count on
    the condition, so that `where(i >= j, table[i - j], 0.0)` is in range."""
    return dispatch("where", np.where, condition, x, y)


def floor(x):
    """The largest integer not above x, an integer as in Python's `math.floor`.

    It is held within -2^30 and 2^30, infinities too; NaN becomes the former.
    """

    def floor_of_arrays(value):
        held = np.fmin(np.fmax(np.floor(value), -(2.0**30)), 2.0**30)
        return held.astype(np.int64)

    return dispatch("floor_to_int", floor_of_arrays, x)
