"""Masks of numbers: positions, distances, extents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError
from .expressions import MOST_EXTENT, Mask


def check_extent(name, value, least=0, most=MOST_EXTENT):
    """`value` as an int; raises `ArgumentError` unless it is a whole number that IR takes."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not least <= value <= most:
        raise ArgumentError(f"{name} is {value!r}, expected a whole number in {least}..{most}")
    return int(value)


@dataclass(frozen=True)
class Atom(Mask):
    """A mask that is not made of others."""

    def mlir(self, operands):
        return type(self).__name__


@dataclass(frozen=True)
class ExtentAtom(Atom):
    """An atom with one extent."""

    n: int

    def __post_init__(self):
        object.__setattr__(self, "n", check_extent(f"the extent of {type(self).__name__}", self.n))

    def mlir(self, operands):
        # IR takes extents from 1 on; of 0 keys or rows there is no pair.
        return f"{type(self).__name__}<{self.n}>" if self.n else "empty"


class full(Atom):
    """Every pair."""

    def evaluate(self, pairs):
        return np.ones((1, 1), bool)


class empty(Atom):
    """No pair: outputs are 0, the log-sum-exp is -inf."""

    def evaluate(self, pairs):
        return np.zeros((1, 1), bool)


class causal(Atom):
    """Keys up to the query: j <= i + o."""

    uses_position = True

    def evaluate(self, pairs):
        return pairs.j <= pairs.position


@dataclass(frozen=True)
class window(Atom):
    """Keys near the query: i + o - l <= j <= i + o + r.

    `l` counts the keys strictly before the query: 128 keys including the query
    itself are `window(127, 0)`. None leaves a side unbounded.
    Papers: arXiv:2004.05150, arXiv:2310.06825.
    """

    l: int | None
    r: int | None
    uses_position = True

    def __post_init__(self):
        for side in ("l", "r"):
            reach = getattr(self, side)
            if reach is not None:
                object.__setattr__(self, side, check_extent(f"{side} of window", reach))

    def evaluate(self, pairs):
        distance = pairs.j - pairs.position
        result = np.ones((1, 1), bool)
        if self.l is not None:
            result = result & (distance >= -self.l)
        if self.r is not None:
            result = result & (distance <= self.r)
        return result

    def mlir(self, operands):
        sides = ("*" if side is None else str(side) for side in (self.l, self.r))
        return f"window<{', '.join(sides)}>"


class near(ExtentAtom):
    """The n keys nearest to the query, also at the borders: s <= j < s + n with
    s = clamp(i + o - n // 2, 0, N - n). Paper: arXiv:2204.07143."""

    uses_position = True

    def evaluate(self, pairs):
        start = np.clip(pairs.position - self.n // 2, 0, max(pairs.N - self.n, 0))
        return (pairs.j >= start) & (pairs.j < start + self.n)


class cols(ExtentAtom):
    """The first n keys: j < n. Prefixes, attention sinks (arXiv:2309.17453)."""

    def evaluate(self, pairs):
        return pairs.j < self.n


class cols_last(ExtentAtom):
    """The last n keys: j >= N - n."""

    def evaluate(self, pairs):
        return pairs.j >= pairs.N - self.n


class rows(ExtentAtom):
    """Every key for the first n queries: i < n, raw rows."""

    def evaluate(self, pairs):
        return pairs.i < self.n


class rows_last(ExtentAtom):
    """Every key for the last n queries: i >= M - n, raw rows."""

    def evaluate(self, pairs):
        return pairs.i >= pairs.M - self.n


@dataclass(frozen=True)
class stride(Atom):
    """Every s-th key, counted back (and ahead) from the query: (i + o - j) mod s = 0.

    Paper: Sparse Transformer, arXiv:1904.10509.
    """

    s: int
    uses_position = True

    def __post_init__(self):
        object.__setattr__(self, "s", check_extent("s of stride", self.s, 1))

    def evaluate(self, pairs):
        return (pairs.position - pairs.j) % self.s == 0

    def mlir(self, operands):
        return f"stride<{self.s}>"


@dataclass(frozen=True)
class colmod(Atom):
    """The last c of every s keys: j mod s >= s - c, with 1 <= c <= s.

    Paper: Sparse Transformer, "fixed" pattern, arXiv:1904.10509.
    """

    s: int
    c: int

    def __post_init__(self):
        object.__setattr__(self, "s", check_extent("s of colmod", self.s, 1))
        object.__setattr__(self, "c", check_extent("c of colmod", self.c, 1, self.s))

    def evaluate(self, pairs):
        return pairs.j % self.s >= self.s - self.c

    def mlir(self, operands):
        return f"colmod<{self.s}, {self.c}>"
