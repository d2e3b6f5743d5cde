"""What operators mean on traced values: Python's rules, on nodes of a program."""

from __future__ import annotations

import numpy as np

from ..errors import UnsupportedError
from .intervals import RULES
from .linear import Linear
from .program import INT64, WHOLE
from .source import place

#: Comparisons by the name of their operator, as IR calls them, and what they are negated.
PREDICATES = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}


def constant(program, value):
    """The node of a number or truth value of Python or NumPy, or None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        kind, interval = "bool", None
    elif isinstance(value, int):
        kind, interval = "int", (value, value)
        if not INT64[0] <= value <= INT64[1]:
            raise UnsupportedError(f"{place()}: the integer {value} does not fit 64 bits")
    elif isinstance(value, float):
        kind, interval = "float", None
    else:
        return None
    # 0.0 and -0.0 are equal, 1 and True likewise.
    data = (kind, value if kind != "float" else value.hex())
    linear = Linear((), value) if kind == "int" else None
    node = program.add(kind, "constant", (), data, interval, interval, linear)
    node.fixed = True
    return node


def integer(program, operation, operands, linear=None, data=None):
    """An integer operation."""
    rule = RULES[operation]
    return program.add(
        "int",
        operation,
        operands,
        data,
        rule(*(operand.reach for operand in operands)),
        rule(*(operand.range for operand in operands)),
        linear,
    )


def as_int(program, node):
    """A truth value as 0 or 1, as in Python."""
    if node.kind == "bool":
        return program.add("int", "extui", (node,), None, (0, 1), (0, 1))
    return node


def as_float(program, node):
    """A number in the type of scores."""
    if node.kind == "float":
        return node
    if node.operation == "constant":
        return constant(program, float(node.data[1]))
    return program.add("float", "sitofp", (as_int(program, node),))


def as_bool(program, node):
    """Whether a number is not 0."""
    if node.kind == "bool":
        return node
    return compare(program, "ne", node, constant(program, 0))


def to_int(program, node, rounding):
    """A float as an integer, rounded by the operation `rounding`."""
    if node.kind != "float":
        return as_int(program, node)
    rounded = program.add("float", rounding, (node,))
    return program.add("int", "fptosi", (rounded,), None, WHOLE, WHOLE)


def compare(program, predicate, a, b):
    """A comparison."""
    if "float" in (a.kind, b.kind):
        operands = as_float(program, a), as_float(program, b)
        return program.add("bool", "cmpf", operands, predicate)
    operands = as_int(program, a), as_int(program, b)
    return program.add("bool", "cmpi", operands, predicate)


def binary(program, name, a, b):
    """`a <name> b` for a name of `add sub mul truediv floordiv mod min max and or xor`."""
    if name in ("and", "or", "xor"):
        if a.kind == b.kind == "bool":
            return program.add("bool", name + "i", (a, b))
        if "float" in (a.kind, b.kind):
            raise UnsupportedError(f"{place()}: bitwise '{name}' of a float; compare it first")
    if name == "truediv" or "float" in (a.kind, b.kind):
        return float_binary(program, name, as_float(program, a), as_float(program, b))
    return int_binary(program, name, as_int(program, a), as_int(program, b))


FLOATS = {
    "add": "addf",
    "sub": "subf",
    "mul": "mulf",
    "truediv": "divf",
    "min": "minimumf",
    "max": "maximumf",
}
INTS = {"add": "addi", "sub": "subi", "mul": "muli", "min": "minsi", "max": "maxsi"}


def float_binary(program, name, a, b):
    """A binary operation on floats; // and % round the quotient down."""
    if name in FLOATS:
        return program.add("float", FLOATS[name], (a, b))
    quotient = program.add("float", "floor", (program.add("float", "divf", (a, b)),))
    if name == "floordiv":
        return quotient
    return program.add("float", "subf", (a, program.add("float", "mulf", (quotient, b))))


def int_binary(program, name, a, b):
    """A binary operation on integers."""
    if name in ("floordiv", "mod"):
        if b.operation == "constant" and b.data[1] == 0:
            raise ZeroDivisionError(f"{place()}: integer division or modulo by zero")
        operation = "floordivsi" if name == "floordiv" else "remainder"
        node = integer(program, operation, (a, b))
        if b.range[0] <= 0 <= b.range[1]:
            program.doubt(node)
        return node
    linear = None
    if name == "add":
        linear = a.linear.plus(b.linear)
    elif name == "sub":
        linear = a.linear.plus(b.linear, -1)
    elif name == "mul":
        for one, other in ((a, b), (b, a)):
            if not one.linear.terms:
                linear = other.linear.times(one.linear.constant)
    return integer(program, INTS.get(name, name + "i"), (a, b), linear)


def negative(program, node):
    """`-node`."""
    if node.kind == "float":
        return program.add("float", "negf", (node,))
    return int_binary(program, "sub", constant(program, 0), as_int(program, node))


def magnitude(program, node):
    """`abs(node)`."""
    if node.kind == "float":
        return program.add("float", "absf", (node,))
    return integer(program, "absi", (as_int(program, node),))


def invert(program, node):
    """`~node`: the opposite of a truth value, as in NumPy; -1 - node of an integer."""
    if node.kind == "bool":
        return program.add("bool", "not", (node,))
    if node.kind == "float":
        raise UnsupportedError(f"{place()}: '~' of a float; compare it first")
    return int_binary(program, "sub", constant(program, -1), node)


def power(program, node, exponent):
    """`node ** exponent` for whole constants up to 16, and square roots."""
    value = exponent.data[1] if exponent.operation == "constant" else None
    if exponent.kind == "float" and value is not None:
        value = float.fromhex(value)
        if value == 0.5:
            return program.add("float", "sqrt", (as_float(program, node),))
        node = as_float(program, node)
    if value is None or value != int(value) or not -16 <= value <= 16:
        raise UnsupportedError(
            f"{place()}: '**' of a traced value takes 0.5 or a whole constant from -16 to 16; "
            "write others as exp(y * log(x))"
        )
    result = constant(program, 1.0 if node.kind == "float" or value < 0 else 1)
    for _ in range(abs(int(value))):
        result = binary(program, "mul", result, node) if result.operation != "constant" else node
    if value < 0:
        return binary(program, "truediv", constant(program, 1.0), result)
    return result


def function(program, name, node):
    """A function of the dialect `math` on floats."""
    return program.add("float", name, (as_float(program, node),))


def select(program, condition, a, b):
    """`a` where the condition holds, else `b`."""
    condition = as_bool(program, condition)
    if "float" in (a.kind, b.kind):
        operands = condition, as_float(program, a), as_float(program, b)
        return program.add("float", "select", operands)
    if a.kind == b.kind == "bool":
        return program.add("bool", "select", (condition, a, b))
    a, b = as_int(program, a), as_int(program, b)
    hulls = [RULES["select"](None, *ends) for ends in ((a.reach, b.reach), (a.range, b.range))]
    return program.add("int", "select", (condition, a, b), None, *hulls)
