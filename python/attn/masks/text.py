"""What the text of a mask names: arrays, and predicates in front of the function."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from .._attn import Tensor


@dataclass(frozen=True)
class Extents:
    """Where queries and keys stand, of one call: B, H, M, N and the position of query 0."""

    B: int = 0
    H: int = 0
    M: int = 0
    N: int = 0
    offset: int = 0


class Operands(list):
    """The arrays that a mask reads, in the order of their numbers; `%mask<n>` in its text.

    `extents` are those of the call, which reads are shown to suit; all 0 if nothing is
    to be shown.
    """

    def __init__(self, extents=Extents()):
        super().__init__()
        self.extents = extents
        self.definitions = []

    def write(self, function, inputs, operand_type):
        """Adds arrays and definitions to the function, and the arrays to `inputs`."""
        for number, operand in enumerate(self):
            is_view = isinstance(operand, TypedOperand)
            kind = operand.type if is_view else operand_type(operand)
            function.argument(f"mask{number}", kind)
            inputs.append(operand.tensor if is_view else Tensor(operand, "mask operand"))
        function.definitions += self.definitions


@dataclass(frozen=True)
class TypedOperand:
    """An array that is viewed already, and its type in IR."""

    tensor: Tensor
    type: str


@contextlib.contextmanager
def on_other_positions(operands, **extents):
    """Has a mask inside of a mask written for other positions."""
    if not isinstance(operands, Operands):
        yield
        return
    outside = operands.extents
    if outside.M and outside.N:
        operands.extents = replace(outside, **extents)
    try:
        yield
    finally:
        operands.extents = outside
