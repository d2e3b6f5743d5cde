"""Masks of code: functions of (b, h, i, j), traced once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..tracing import trace_predicate
from .atoms import Atom
from .text import Extents, Operands, TypedOperand


@dataclass(frozen=True)
class pred(Atom):
    """The pairs for which a function says so: `pred(lambda b, h, i, j: …)`.

    The function is called once, with values that record what is done to them, as those of
    `score` in `attn.sdpa` are: b and h number batch element and query head, i is the
    absolute position i + o of the query, j the key; floats are f64. It returns a truth
    value: compare, and combine comparisons with `&`, `|` and `~`. Arrays among its variables
    are read by index, as in `seg[i]`: f16, bf16, f32, f64, i8, i32, i64 and bool. Inside of
    `block` i and j count blocks, inside of `grid` they are coordinates.

    Comparisons of sums of i, j and constants are intervals, so that
    `pred(lambda b, h, i, j: (j <= i) & (i - j < 256))` is `causal() & window(255, 0)` and
    costs as much. What else the function says is asked, in vectors, for the pairs that the
    rest of the mask leaves open, and for all of those once more by a pass that lists the
    blocks with a pair.

    Raises:
        ArgumentError: no function, one of other arguments, or one that returns no truth value.
        UnsupportedError: what cannot be traced, such as `if` on traced values: the message
            names the line.
        ShapeError: where the mask is used, if a read may leave its array.

    >>> masks.pred(lambda b, h, i, j: (i - j) % 3 == 0).materialize(3, 4).astype(int)
    array([[1, 0, 0, 1],
           [0, 1, 0, 0],
           [0, 0, 1, 0]])

    Paper: FlexAttention, arXiv:2412.05496.
    """

    function: object
    uses_position = True

    def __post_init__(self):
        traced = trace_predicate(self.function, Extents())
        object.__setattr__(self, "uses_head", "h" in traced.indices)

    def evaluate(self, pairs):
        with np.errstate(all="ignore"):
            try:
                # Numbers of NumPy, of whose comparisons `~` is the opposite.
                b, h = np.int64(pairs.b), np.int64(pairs.h)
                kept = self.function(b, h, pairs.position, pairs.j)
            except IndexError as error:
                raise ShapeError(f"pred reads outside of an array: {error}") from error
        return np.asarray(kept, bool)

    def mlir(self, operands):
        if not isinstance(operands, Operands):
            raise ArgumentError(
                f"pred is written to a {type(operands).__name__}, expected Operands, which hold "
                "its code"
            )
        traced = trace_predicate(self.function, operands.extents)
        name = f"@pred{len(operands.definitions)}"
        operands.definitions.append(traced.define(name))
        named = []
        for tensor, kind in zip(traced.arrays, traced.types):
            named.append(f"%mask{len(operands)} : {kind}")
            operands.append(TypedOperand(tensor, kind))
        return f"pred<{name}>" + (f"({', '.join(named)})" if named else "")
