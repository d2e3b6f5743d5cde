"""Traces a function of (s, b, h, i, j) into the text of a `score` clause."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from ..errors import ArgumentError, ShapeError
from . import arithmetic
from .captures import Capture, CapturedArray, is_array
from .emission import Emitter
from .functions import Replacer
from .program import Program
from .ranges import check_ranges
from .values import Traced, node_of

#: Up to so many queries and keys, differences of positions fit 32 bits.
SHORT = 2**30
#: What no extent exceeds.
LONG = 2**31


@dataclass(frozen=True)
class Score:
    """A traced score program: the text of its clause, and the arrays it reads."""

    text: str
    arrays: list
    #: The types of the arrays.
    types: list
    #: True if the program uses the position of the query.
    uses_position: bool


def longest_of(problem):
    """What no extent exceeds, of the calls that one text serves."""
    return SHORT if max(problem.B, problem.M, problem.N) <= SHORT else LONG


def indices_of(program):
    """The values that stand for b, h, i and j."""
    problem, offset, top = program.problem, program.offset, program.longest
    reaches = {
        "b": ((0, top), (0, problem.B - 1)),
        "h": ((0, problem.H - 1), (0, problem.H - 1)),
        "i": ((-top, top), (offset, offset + problem.M - 1)),
        "j": ((0, top), (0, problem.N - 1)),
    }
    for name, (reach, (lo, hi)) in reaches.items():
        ends = (lo, max(lo, hi))
        yield Traced(program, program.add("int", "index", (), name, reach, ends))


def arguments_of(program):
    """The values that stand for s, b, h, i and j."""
    yield Traced(program, program.add("float", "score"))
    yield from indices_of(program)


def call(function, arguments, name="score", expected="(s, b, h, i, j)"):
    """What the function returns; ArgumentError if it does not take the arguments."""
    arguments = tuple(arguments)
    try:
        return function(*arguments)
    except TypeError as error:
        try:
            inspect.signature(function).bind(*arguments)
        except ValueError:
            raise error from None
        except TypeError:
            raise ArgumentError(
                f"{name} takes other arguments, expected {expected}: {error}"
            ) from None
        raise


def trace(function, problem, align):
    """The `Score` of a function, called once.

    Raises ArgumentError if it is no function or does not return a number, ShapeError if a
    read may leave its array, UnsupportedError for what cannot be traced.
    """
    if not callable(function):
        raise ArgumentError(
            f"score is a {type(function).__name__}, expected a function of (s, b, h, i, j)"
        )
    offset = problem.N - problem.M if align == "bottom_right" else 0
    program = Program(problem, offset, longest_of(problem))
    replacer = Replacer(is_array, lambda array, name: CapturedArray(program, Capture(array, name)))
    copy = replacer.value(function, getattr(function, "__name__", "score"))
    result = call(copy, arguments_of(program))
    root = None if isinstance(result, (bool, type(None))) else node_of(program, result)
    if root is None or root.kind == "bool":
        kind = "truth value" if root is not None else type(result).__name__
        raise ArgumentError(f"score returned a {kind}, expected the new score, a number")
    root = arithmetic.as_float(program, root)
    return write(program, root, align)


def write(program, root, align):
    """The checked program as text."""
    problem = program.problem
    emitter = Emitter(program)
    body = emitter.emit(root)
    uses_position = "i" in emitter.indices
    if uses_position and align is None and problem.M != problem.N:
        raise ShapeError(
            f"{problem.M} queries and {problem.N} keys with a score program that uses query "
            "positions: expected align='top_left' or align='bottom_right'"
        )
    if problem.B * problem.M * problem.N:
        check_ranges(program, root)
    kind = emitter.float
    head = f"score(%s: {kind}, %b: index, %h: index, %i: index, %j: index) {{\n"
    types = [emitter.array_type(number) for number in range(len(program.arrays))]
    tensors = [capture.tensor for capture in program.arrays]
    return Score(f"{head}{body}  }}", tensors, types, uses_position)
