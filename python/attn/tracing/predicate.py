"""Traces a function of (b, h, i, j) into the text of an `attn.predicate`."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ArgumentError
from .captures import Capture, CapturedArray, is_array
from .emission import Emitter
from .functions import Replacer
from .program import Program
from .ranges import check_ranges
from .trace import call, indices_of, longest_of
from .values import node_of

#: What numbers of a predicate are computed in: which side of a limit they are on matters.
FLOAT = "f64"


@dataclass(frozen=True)
class Place:
    """What a trace asks of a problem."""

    B: int
    H: int
    M: int
    N: int
    statistics: str = FLOAT


@dataclass(frozen=True)
class Predicate:
    """A traced predicate: its body, and the arrays it reads with their types."""

    body: str
    arrays: list
    types: list
    #: Which of b, h, i, j it uses.
    indices: frozenset

    def define(self, name):
        """The definition of `name`."""
        arrays = (f"%array{number}: {kind}" for number, kind in enumerate(self.types))
        pair = (f"%{index}: index" for index in "bhij")
        return f"attn.predicate {name}({', '.join((*pair, *arrays))}) {{\n{self.body}}}\n"


def trace_predicate(function, extents):
    """The `Predicate` of a function, called once.

    Raises ArgumentError if it is no function or does not return a truth value, ShapeError
    if a read may leave its array on pairs of `extents`, UnsupportedError for what cannot be
    traced.
    """
    if not callable(function):
        raise ArgumentError(
            f"pred got a {type(function).__name__}, expected a function of (b, h, i, j)"
        )
    problem = Place(extents.B, extents.H, extents.M, extents.N)
    program = Program(problem, extents.offset, longest_of(problem))
    replacer = Replacer(is_array, lambda array, name: CapturedArray(program, Capture(array, name)))
    copy = replacer.value(function, getattr(function, "__name__", "pred"))
    result = call(copy, indices_of(program), "pred", "(b, h, i, j)")
    root = None if result is None else node_of(program, result)
    if root is None or root.kind != "bool":
        kind = f"traced {root.kind}" if root is not None else type(result).__name__
        raise ArgumentError(
            f"pred returned a {kind}, expected whether a pair is kept, a truth value"
        )
    emitter = Emitter(program)
    body = emitter.emit(root)
    if problem.B * problem.M * problem.N:
        check_ranges(program, root)
    types = [emitter.array_type(number) for number in range(len(program.arrays))]
    tensors = [capture.tensor for capture in program.arrays]
    return Predicate(body, tensors, types, frozenset(emitter.indices))
