"""Traced values: what a function computes with while it is traced.

They follow Python: `//` and `%` round down, `/` makes floats, comparisons make truth
values that `&`, `|` and `~` combine. What would need their value, such as `if`, is refused.
"""

from __future__ import annotations

import numpy as np

from ..errors import UnsupportedError
from . import arithmetic
from .source import place
from .ufuncs import FUNCTIONS, UFUNCS

FLOW = (
    "{place}: {what} a traced value: a function is traced once for all pairs; use "
    "attn.math.where(condition, a, b) to choose, & | ~ to combine conditions, and "
    "attn.math.minimum, maximum, clip in place of min and max"
)


def node_of(program, value):
    """The node of a traced value, a number, or an array without dimensions; None for others."""
    if isinstance(value, Traced):
        if value.program is not program:
            raise UnsupportedError(f"{place()}: a value of another trace takes part")
        return value.node
    scalar = getattr(value, "read_scalar", None)
    return arithmetic.constant(program, value) if scalar is None else scalar().node


def lift(program, *values):
    """The nodes of values; raises for what a program cannot hold."""
    nodes = []
    for value in values:
        node = node_of(program, value)
        if node is None:
            shape = getattr(value, "shape", None)
            what = f"a {type(value).__name__}" + ("" if shape is None else f" of shape {shape}")
            raise UnsupportedError(
                f"{place()}: {what} takes part in a traced function, expected numbers and traced "
                "values; read arrays by index, as in table[h, j]"
            )
        nodes.append(node)
    return nodes


def operator(name, reflected=False):
    """The method of a binary operator."""

    def method(self, other):
        operands = (other, self) if reflected else (self, other)
        nodes = lift(self.program, *operands)
        return Traced(self.program, arithmetic.binary(self.program, name, *nodes))

    return method


def comparison(predicate):
    """The method of a comparison."""

    def method(self, other):
        nodes = lift(self.program, self, other)
        return Traced(self.program, arithmetic.compare(self.program, predicate, *nodes))

    return method


def rounding(operation):
    """The method of a function of Python that makes an integer of a float."""

    def method(self, digits=None):
        if digits is not None:
            raise UnsupportedError(f"{place()}: rounding to {digits} digits, expected none")
        return Traced(self.program, arithmetic.to_int(self.program, self.node, operation))

    return method


def apply(name, *values):
    """The function `name` of `ufuncs` on values of which one is traced."""
    program = next(value.program for value in values if isinstance(value, Traced))
    return Traced(program, FUNCTIONS[name](program, *lift(program, *values)))


class Traced:
    """A value of a program: its operators add operations to the program."""

    __slots__ = ("node", "program")
    __hash__ = None

    def __init__(self, program, node):
        self.program, self.node = program, node

    __add__, __radd__ = operator("add"), operator("add", True)
    __sub__, __rsub__ = operator("sub"), operator("sub", True)
    __mul__, __rmul__ = operator("mul"), operator("mul", True)
    __truediv__, __rtruediv__ = operator("truediv"), operator("truediv", True)
    __floordiv__, __rfloordiv__ = operator("floordiv"), operator("floordiv", True)
    __mod__, __rmod__ = operator("mod"), operator("mod", True)
    __and__, __rand__ = operator("and"), operator("and", True)
    __or__, __ror__ = operator("or"), operator("or", True)
    __xor__, __rxor__ = operator("xor"), operator("xor", True)
    __lt__, __le__ = comparison("lt"), comparison("le")
    __gt__, __ge__ = comparison("gt"), comparison("ge")
    __eq__, __ne__ = comparison("eq"), comparison("ne")
    __floor__, __ceil__ = rounding("floor"), rounding("ceil")
    __trunc__, __round__ = rounding("trunc"), rounding("roundeven")

    def __pow__(self, exponent):
        return apply("power", self, exponent)

    def __rpow__(self, base):
        return apply("power", base, self)

    def __neg__(self):
        return apply("negative", self)

    def __pos__(self):
        return self

    def __abs__(self):
        return apply("abs", self)

    def __invert__(self):
        return apply("invert", self)

    def astype(self, dtype):
        """The value as an integer (rounded towards 0), a float or a truth value, as in NumPy."""
        kind = np.dtype(dtype).kind
        if kind not in "iufb":
            raise UnsupportedError(f"{place()}: astype({dtype}), expected int, float or bool")
        return apply({"i": "int", "u": "int", "f": "float", "b": "bool"}[kind], self)

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        name = UFUNCS.get(ufunc)
        if name is None or method != "__call__" or keywords:
            call = ufunc.__name__ + ("" if method == "__call__" else "." + method)
            extra = f" with {', '.join(keywords)}" if keywords else ""
            raise UnsupportedError(
                f"{place()}: numpy.{call}{extra} of a traced value, expected one of "
                + ", ".join(sorted({known.__name__ for known in UFUNCS}))
            )
        return apply(name, *inputs)

    def __array_function__(self, function, types, arguments, keywords):
        name = {np.where: "where", np.clip: "clip"}.get(function)
        if name is None or keywords:
            raise UnsupportedError(
                f"{place()}: numpy.{function.__name__} of a traced value, expected the "
                "functions of attn.math"
            )
        return apply(name, *arguments)

    def known(self, what):
        """The value if nothing but constants went in; raises for all others."""
        node = self.node
        if node.fixed and node.kind == "int" and node.range[0] == node.range[1]:
            return node.range[0]
        raise UnsupportedError(FLOW.format(place=place(), what=what))

    def __bool__(self):
        node = self.node
        if node.fixed and node.operation == "cmpi":
            lhs, rhs = (operand.range[0] for operand in node.operands)
            return getattr(lhs, f"__{node.data}__")(rhs)
        return self.known("'if', 'while', 'and', 'or', 'not' or a chained comparison on") != 0

    def __int__(self):
        return self.known("int() of")

    def __float__(self):
        return float(self.known("float() of"))

    def __index__(self):
        return self.known("range() of, or reading what is no array among the variables at,")

    def __iter__(self):
        raise UnsupportedError(FLOW.format(place=place(), what="iteration over"))

    def __array__(self, *_, **__):
        what = "reading what is no array among the variables at, or making an array of,"
        raise UnsupportedError(FLOW.format(place=place(), what=what))
