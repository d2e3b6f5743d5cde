"""Functions on traced values, by the names of `attn.math` and by NumPy's ufuncs."""

from __future__ import annotations

import numpy as np

from . import arithmetic as a


def clip(program, value, lo, hi):
    """The value held within [lo, hi]."""
    return a.binary(program, "min", a.binary(program, "max", value, lo), hi)


def logical(name):
    """A function of truth values, which numbers are made into."""
    return lambda program, *nodes: a.binary(program, name, *(a.as_bool(program, n) for n in nodes))


def binary(name):
    return lambda program, x, y: a.binary(program, name, x, y)


def comparison(predicate):
    return lambda program, x, y: a.compare(program, predicate, x, y)


def elementary(name):
    return lambda program, x: a.function(program, name, x)


#: From a name to what builds it: (program, nodes) -> node.
FUNCTIONS = {
    **{name: elementary(name) for name in "exp exp2 log log2 tanh sqrt sin cos tan".split()},
    **{name: elementary(name) for name in ("floor", "ceil", "trunc", "roundeven")},
    **{name: binary(name) for name in "add sub mul truediv floordiv mod and or xor".split()},
    **{name: comparison(name) for name in a.PREDICATES},
    "minimum": binary("min"),
    "maximum": binary("max"),
    "abs": a.magnitude,
    "negative": a.negative,
    "invert": a.invert,
    "power": a.power,
    "square": lambda program, x: a.binary(program, "mul", x, x),
    "where": a.select,
    "clip": clip,
    "logical_and": logical("and"),
    "logical_or": logical("or"),
    "logical_not": lambda program, x: a.invert(program, a.as_bool(program, x)),
    "int": lambda program, x: a.to_int(program, x, "trunc"),
    "float": a.as_float,
    "bool": a.as_bool,
    "floor_to_int": lambda program, x: a.to_int(program, x, "floor"),
}

#: From NumPy's ufuncs to the names above.
UFUNCS = {
    **{getattr(np, name): name for name in "exp exp2 log log2 tanh sqrt sin cos tan".split()},
    **{getattr(np, name): name for name in "floor ceil trunc minimum maximum".split()},
    **{getattr(np, name): name for name in "logical_and logical_or logical_not".split()},
    **{getattr(np, name): name for name in "negative power invert square".split()},
    np.rint: "roundeven",
    np.absolute: "abs",
    np.fabs: "abs",
    np.add: "add",
    np.subtract: "sub",
    np.multiply: "mul",
    np.true_divide: "truediv",
    np.floor_divide: "floordiv",
    np.remainder: "mod",
    np.bitwise_and: "and",
    np.bitwise_or: "or",
    np.bitwise_xor: "xor",
    np.less: "lt",
    np.less_equal: "le",
    np.greater: "gt",
    np.greater_equal: "ge",
    np.equal: "eq",
    np.not_equal: "ne",
}
