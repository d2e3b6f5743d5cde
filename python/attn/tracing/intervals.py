"""The interval that an operation makes of the intervals of its operands."""

from __future__ import annotations

import math


def products(a, b):
    """Ends of a * b."""
    ends = [x * y for x in a for y in b]
    return min(ends), max(ends)


def magnitude(a):
    """Ends of |a|."""
    lo, hi = max(a[0], -a[1], 0), max(-a[0], a[1])
    return lo, hi


def quotients(a, b):
    """Ends of a // b; where b is 0, of a, which is what kernels compute then."""
    divisors = {d for d in (*b, -1, 1) if d and b[0] <= d <= b[1]}
    if b[0] <= 0 <= b[1]:
        divisors.add(1)
    ends = [x // d for x in a for d in divisors]
    return min(ends), max(ends)


def remainders(a, b):
    """Ends of a % b, which has the sign of b."""
    if 0 <= a[0] and a[1] < b[0]:
        return a
    return min(b[0] + 1, 0), max(b[1] - 1, 0)


def power_of_two_above(*numbers):
    """The least power of two above the magnitude of all."""
    return 1 << max(max(n, -n - 1).bit_length() for n in numbers)


def conjunctions(a, b):
    """Ends of a & b: not above an operand that is never negative."""
    tops = [x[1] for x in (a, b) if x[0] >= 0]
    if tops:
        return 0, min(tops)
    return -power_of_two_above(*a, *b), max(a[1], b[1])


def disjunctions(a, b):
    """Ends of a | b and of a ^ b: no more bits than the operands."""
    top = power_of_two_above(*a, *b)
    return (0 if a[0] >= 0 and b[0] >= 0 else -top), top - 1


def hull(_, a, b):
    """Ends of what may be a or b."""
    return min(a[0], b[0]), max(a[1], b[1])


#: From the name of an operation to the ends of its result.
RULES = {
    "addi": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "subi": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "muli": products,
    "absi": magnitude,
    "floordivsi": quotients,
    "remainder": remainders,
    "minsi": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "maxsi": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "andi": conjunctions,
    "ori": disjunctions,
    "xori": disjunctions,
    "select": hull,
}

#: What computing in f32 may be off by, beside and relative to the result.
SLACK = 1e-5


def widened(lo, hi):
    """Ends that rounding does not cross; None where a result may not be finite, or NaN."""
    lo, hi = lo - SLACK * max(1, abs(lo)), hi + SLACK * max(1, abs(hi))
    return (lo, hi) if -1e30 < lo <= hi < 1e30 else None


def float_quotients(a, b):
    """Ends of a / b for a b that is never 0."""
    if b[0] <= 0 <= b[1]:
        return None
    ends = [x / y for x in a for y in b]
    return widened(min(ends), max(ends))


def rising(function, least=-math.inf, most=math.inf):
    """The rule of a function that never falls, on numbers within [least, most]."""
    return lambda a: widened(*map(function, a)) if least <= a[0] and a[1] <= most else None


#: The same for floats, where all operands are known to be finite; None for unknown.
FLOAT_RULES = {
    "addf": lambda a, b: widened(a[0] + b[0], a[1] + b[1]),
    "subf": lambda a, b: widened(a[0] - b[1], a[1] - b[0]),
    "mulf": lambda a, b: widened(*products(a, b)),
    "divf": float_quotients,
    "negf": lambda a: (-a[1], -a[0]),
    "absf": magnitude,
    "minimumf": RULES["minsi"],
    "maximumf": RULES["maxsi"],
    "sitofp": lambda a: widened(float(a[0]), float(a[1])),
    "exp": rising(math.exp, most=60),
    "exp2": rising(lambda x: 2.0**x, most=90),
    "log": rising(math.log, least=1e-30),
    "log2": rising(math.log2, least=1e-30),
    "sqrt": rising(math.sqrt, least=0.0),
    "tanh": rising(math.tanh),
    "sin": lambda a: (-1.001, 1.001),
    "cos": lambda a: (-1.001, 1.001),
    "floor": lambda a: (math.floor(a[0]), math.floor(a[1])),
    "ceil": lambda a: (math.ceil(a[0]), math.ceil(a[1])),
    "trunc": lambda a: (math.trunc(a[0]), math.trunc(a[1])),
    "roundeven": lambda a: (round(a[0]), round(a[1])),
}
