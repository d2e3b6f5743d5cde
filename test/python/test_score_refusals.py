"""What a score program cannot be: each is refused with the file and line that did it, and
with what to do instead."""

import inspect
import itertools
import math as python_math
import types

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import F32, random_qkv

math = attn.math
Q, K, V = random_qkv(0, H=2, M=6, N=6, D=4)
TABLE = np.ones((2, 8), F32)
COUNTS = np.array([1, 0, 2, 3, 1, 1])
MODULE = types.SimpleNamespace(table=TABLE)
HERE = "test_score_refusals.py"


def run(score, **clauses):
    return attn.sdpa(Q, K, V, score=score, **clauses)


def refused(kind, score, *patterns, **clauses):
    """The function is refused at its last line, by a message that has all patterns."""
    lines, first = inspect.getsourcelines(score)
    with pytest.raises(kind) as error:
        run(score, **clauses)
    message = str(error.value)
    assert f"{HERE}:{first + len(lines) - 1}:" in message
    for pattern in patterns:
        assert pattern in message


def test_conditions():
    def with_if(s, b, h, i, j):
        return s if s > 0 else -s

    def with_while(s, b, h, i, j):
        while i > j: i = i - 1  # noqa: E701

    def with_chain(s, b, h, i, j):
        return math.where(0 <= i - j < 5, s, 0.0)

    def with_and(s, b, h, i, j):
        return math.where(i > j and i < 5, s, 0.0)

    def with_min(s, b, h, i, j):
        return s + min(i, j)

    for score in (with_if, with_while, with_chain, with_and, with_min):
        refused(attn.UnsupportedError, score, "attn.math.where", "& | ~")


def test_values_that_are_not_known():
    def with_int(s, b, h, i, j):
        return s + int(s)

    def with_float(s, b, h, i, j):
        return s + float(i)

    def with_range(s, b, h, i, j):
        return sum(s for _ in range(i))

    def with_iteration(s, b, h, i, j):
        return sum(s)

    def with_math(s, b, h, i, j):
        return python_math.exp(s)

    def with_array(s, b, h, i, j):
        return np.array([s])[0]

    def with_module(s, b, h, i, j):
        return s + MODULE.table[h, j]

    for score in (with_int, with_float, with_range, with_iteration, with_math):
        refused(attn.UnsupportedError, score, "a traced value")
    refused(attn.UnsupportedError, with_array, "making an array of")
    refused(attn.UnsupportedError, with_module, "no array among the variables")


def test_arrays_as_wholes():
    def added(s, b, h, i, j):
        return s + TABLE

    def summed(s, b, h, i, j):
        return s + np.sum(TABLE)

    def function(s, b, h, i, j):
        return s + np.exp(TABLE)

    def method(s, b, h, i, j):
        return s + TABLE.mean()

    def sliced(s, b, h, i, j):
        return s + TABLE[h, :3]

    def by_float(s, b, h, i, j):
        return s + TABLE[h, j / 2]

    def by_condition(s, b, h, i, j):
        return s + TABLE[h, i > j]

    def listed(s, b, h, i, j):
        return s + [1.0, 2.0]

    for score in (added, summed, function, method):
        refused(attn.UnsupportedError, score, "'TABLE'", "by index")
    refused(attn.UnsupportedError, sliced, "indexed by a slice")
    refused(attn.UnsupportedError, by_float, "indexed by a traced float")
    refused(attn.UnsupportedError, by_condition, "indexed by a traced bool")
    refused(attn.UnsupportedError, listed, "a list")


def test_functions_that_are_not_there():
    def unknown_ufunc(s, b, h, i, j):
        return np.arctan2(s, 1.0)

    def unknown_function(s, b, h, i, j):
        return np.unwrap(s)

    def reduction(s, b, h, i, j):
        return np.add.reduce(s)

    def unknown_power(s, b, h, i, j):
        return s**j

    def digits(s, b, h, i, j):
        return round(s, 2)

    def bits_of_floats(s, b, h, i, j):
        return s & 1

    refused(attn.UnsupportedError, unknown_ufunc, "numpy.arctan2", "tanh")
    refused(attn.UnsupportedError, unknown_function, "numpy.unwrap", "attn.math")
    refused(attn.UnsupportedError, reduction, "numpy.add.reduce")
    refused(attn.UnsupportedError, unknown_power, "exp(y * log(x))")
    refused(attn.UnsupportedError, digits, "rounding to 2 digits")
    refused(attn.UnsupportedError, bits_of_floats, "compare it first")


def test_reads_outside():
    """The message has the index that leaves the array, its range and the extent."""

    def distance(s, b, h, i, j):
        return s + TABLE[h, i - j]

    def beyond(s, b, h, i, j):
        return s + TABLE[h, i + j]

    def scaled(s, b, h, i, j):
        return s + TABLE[h, 2 * i - 3]

    def looked_up(s, b, h, i, j):
        return s + TABLE[COUNTS[j], 0]

    def other_branch(s, b, h, i, j):
        return math.where(i < j, s, TABLE[h, j - i])

    def constant(s, b, h, i, j):
        return s + TABLE[h, 8]

    def from_the_end(s, b, h, i, j):
        return s + TABLE[h, -9]

    def rounded(s, b, h, i, j):
        return s + TABLE[h, math.floor(s)]

    refused(attn.ShapeError, distance, "index 1 of array 'TABLE'", "[-5, 5]", "extent is 8")
    refused(attn.ShapeError, distance, "TABLE.shape[1] - 1", "attn.math.clip", mask=m.full())
    refused(attn.ShapeError, beyond, "[0, 10]")
    refused(attn.ShapeError, scaled, "[-3, 7]")
    refused(attn.ShapeError, looked_up, "index 0", "[0, 3]", "extent is 2")
    refused(attn.ShapeError, other_branch, "[-5, 0]")
    refused(attn.ShapeError, constant, "index 8", "extent 8")
    refused(attn.ShapeError, from_the_end, "index -9")
    refused(attn.ShapeError, rounded, "[-1073741824, 1073741824]")


def test_too_many_indices():
    def score(s, b, h, i, j):
        return s + TABLE[h, i, j]

    with pytest.raises(IndexError, match="3 indices for 2 dimensions of array 'TABLE'"):
        run(score)


def test_integers_that_go_wrong():
    def zero(s, b, h, i, j):
        return s + 1 // j

    def looked_up(s, b, h, i, j):
        return s + i % COUNTS[j]

    def product(s, b, h, i, j):
        return s + (2**62) * i

    def constant(s, b, h, i, j):
        return s + 2**64 * j

    def always(s, b, h, i, j):
        return s + i // 0

    refused(attn.UnsupportedError, zero, "ranges over [0, 5]", "no 0")
    refused(attn.UnsupportedError, looked_up, "ranges over [0, 3]", "no 0")
    refused(attn.UnsupportedError, product, "64 bits")
    refused(attn.UnsupportedError, constant, "64 bits")
    refused(ZeroDivisionError, always)


def test_program_without_end():
    def score(s, b, h, i, j):
        for n in itertools.count(): s = s * 1.5 + n  # noqa: E701

    refused(attn.UnsupportedError, score, "more than 4096 operations")


@pytest.mark.parametrize(
    "score, message",
    [
        (1.0, "score is a float"),
        (lambda s, b, h: s, "expected (s, b, h, i, j)"),
        (lambda s, b, h, i, j: None, "returned a NoneType"),
        (lambda s, b, h, i, j: i > j, "returned a truth value"),
        (lambda s, b, h, i, j: True, "returned a bool"),
        (lambda s, b, h, i, j: (s, s), "returned a tuple"),
        (lambda s, b, h, i, j: "s", "returned a str"),
    ],
)
def test_arguments(score, message):
    with pytest.raises(attn.ArgumentError) as error:
        run(score)
    assert message in str(error.value)


def test_errors_of_the_function_are_its_own():
    def score(s, b, h, i, j):
        return s + "text"

    def failing(s, b, h, i, j):
        raise KeyError("mine")

    refused(attn.UnsupportedError, score, "a str")
    with pytest.raises(KeyError, match="mine"):
        run(failing)
    with pytest.raises(TypeError, match="len"):
        run(lambda s, b, h, i, j: s + len(3))


@pytest.mark.parametrize("module", [attn, attn.reference])
def test_clauses(module):
    for clause in ({"softcap": 1.0}, {"bias": np.zeros((1, 2, 6, 6), F32)}):
        with pytest.raises(attn.ArgumentError, match="to contain it"):
            module.sdpa(Q, K, V, score=lambda s, b, h, i, j: s, **clause)


def test_alignment():
    """A position needs to be known, if it is used."""
    with pytest.raises(attn.ShapeError, match="6 queries and 4 keys .* align='top_left'"):
        attn.sdpa(Q, K[:, :, :4], V[:, :, :4], score=lambda s, b, h, i, j: s - i)
    attn.sdpa(Q, K[:, :, :4], V[:, :, :4], score=lambda s, b, h, i, j: s - j * h)


def test_values_of_another_trace():
    kept = []

    def score(s, b, h, i, j):
        return s + (kept.append(s) or kept[0])

    run(score)
    refused(attn.UnsupportedError, score, "another trace")


def test_types_of_arrays():
    table = np.ones(6, np.complex64)
    with pytest.raises(attn.Error, match="'table'"):
        run(lambda s, b, h, i, j: s + table[i])
