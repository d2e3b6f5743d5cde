"""Traces a function of one number into the region of a feature map."""

from __future__ import annotations

from ..errors import ArgumentError, UnsupportedError
from . import arithmetic
from .captures import Capture, CapturedArray, is_array
from .emission import Emitter
from .functions import Replacer
from .predicate import Place
from .program import Program
from .trace import call
from .values import Traced, node_of


def trace_pointwise(function, statistics):
    """The text of the region of a function of an element, which is called once.

    Raises ArgumentError if it does not return a number, UnsupportedError for what cannot be
    traced, arrays included: features of an element depend on nothing else.
    """
    program = Program(Place(1, 1, 1, 1, statistics), 0, 1)
    replacer = Replacer(is_array, lambda array, name: CapturedArray(program, Capture(array, name)))
    copy = replacer.value(function, getattr(function, "__name__", "feature_map"))
    element = Traced(program, program.add("float", "score"))
    result = call(copy, [element], "feature_map", "(x)")
    root = None if isinstance(result, (bool, type(None))) else node_of(program, result)
    if root is None or root.kind == "bool":
        kind = "truth value" if root is not None else type(result).__name__
        raise ArgumentError(f"feature_map returned a {kind}, expected a feature, a number")
    if program.arrays:
        raise UnsupportedError(
            f"feature_map reads array '{program.arrays[0].name}', expected a function of the "
            "element alone: multiply q and k by the array outside"
        )
    body = Emitter(program).emit(arithmetic.as_float(program, root))
    return f" {{\n  ^bb0(%s: {statistics}):\n{body}  }}"
