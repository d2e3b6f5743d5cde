"""Masks: which (query, key) pairs exist.

A mask is a predicate over query i and key j, built from the atoms of this module
with `&` (both), `|` (either) and `~` (not):

    from attn import masks as m
    sliding = m.causal() & m.window(255, 0)
    packed = sliding & m.docs([0, 120, 300])
    streaming = m.causal() & (m.window(1023, 0) | m.cols(4))

Position atoms (`causal`, `window`, `near`) use the absolute position i + o of the
query on the key axis, where o is 0 for `align="top_left"` and N - M for
`align="bottom_right"`. Row atoms (`rows`, `rows_last`, `docs`) use the raw row i.
Nothing here is ever evaluated per pair when a kernel runs: `mlir` writes the
expression into the kernel, which skips the keys that it excludes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .block_lists import as_block_lists
from .errors import ArgumentError, ShapeError
from .text import tensor_type

ALIGNMENTS = ("top_left", "bottom_right")
#: The largest extent, and the most levels of `&`, `|` and `~`, that IR takes.
MOST_EXTENT, MOST_DEPTH = 2**31 - 1, 64


@dataclass(frozen=True)
class Grid:
    """The pairs of one head on which a mask is materialised: columns i, rows j."""

    M: int
    N: int
    b: int
    offset: int
    h: int = 0

    @property
    def i(self):
        """Raw query rows, [M, 1]."""
        return np.arange(self.M)[:, None]

    @property
    def position(self):
        """Absolute query positions, [M, 1]."""
        return self.i + self.offset

    @property
    def j(self):
        """Key positions, [1, N]."""
        return np.arange(self.N)[None, :]


class Mask:
    """A predicate over (query, key); combine masks with `&`, `|` and `~`."""

    #: True if the predicate depends on the absolute position of the query.
    uses_position = False
    #: True if heads may keep different pairs.
    uses_head = False
    #: The levels of masks made of masks.
    depth = 0

    def __and__(self, other):
        return combine(All, self, other)

    def __or__(self, other):
        return combine(Any, self, other)

    def __invert__(self):
        return Not(self)

    def parts(self):
        """The masks that this one is made of."""
        return ()

    def evaluate(self, grid: Grid):
        """The predicate on `grid`, broadcastable to bool [M, N]."""
        raise NotImplementedError

    def mlir(self, operands: list) -> str:
        """The expression as IR text; arrays it reads are appended to `operands`.

        Operand number n appears in the text as `%mask<n>`.
        """
        raise NotImplementedError

    def check(self, B: int | None, M: int, N: int):
        """Raises `ShapeError` if the arrays of the mask do not fit the problem.

        B is None where it is not known.
        """
        for part in self.parts():
            part.check(B, M, N)

    def materialize(self, M: int, N: int, b: int = 0, h: int = 0, align: str | None = None):
        """The mask of batch element `b` and head `h` as a bool array [M, N].

        `align` is needed where M and N differ and the mask uses query positions.

        >>> causal().materialize(2, 3, align="bottom_right").astype(int)
        array([[1, 1, 0],
               [1, 1, 1]])
        """
        if M < 0 or N < 0 or b < 0 or h < 0:
            raise ArgumentError(f"M={M}, N={N}, b={b}, h={h}: expected numbers not below 0")
        offset = query_offset(self, M, N, align)
        self.check(None, M, N)
        return np.array(np.broadcast_to(self.evaluate(Grid(M, N, b, offset, h)), (M, N)))


def operand_type(array):
    """The type of an array that a mask reads: what is shared along a dimension says so."""
    shared = (1 if extent == 1 else None for extent in array.shape[:-1])
    return tensor_type("i32", *shared, None)


def check_align(align):
    """Raises `ArgumentError` unless `align` is None or names an alignment."""
    if align is not None and align not in ALIGNMENTS:
        raise ArgumentError(f"align is {align!r}, expected 'top_left' or 'bottom_right'")


def query_offset(mask, M: int, N: int, align) -> int:
    """The position of query 0 on the key axis; refuses to guess it."""
    check_align(align)
    if align is None and M != N and mask.uses_position:
        raise ShapeError(
            f"{M} queries and {N} keys with a mask that uses query positions: "
            "expected align='top_left' or align='bottom_right'"
        )
    return N - M if align == "bottom_right" else 0


def combine(kind, left, right):
    """`kind` of two masks, flattened, or NotImplemented for what is no mask."""
    if not isinstance(right, Mask):
        return NotImplemented
    masks = []
    for mask in (left, right):
        masks += mask.masks if isinstance(mask, kind) else (mask,)
    return kind(tuple(masks))


@dataclass(frozen=True)
class Compound(Mask):
    """A mask made of masks."""

    masks: tuple

    def __post_init__(self):
        depth = 1 + max((mask.depth for mask in self.masks), default=0)
        if depth >= MOST_DEPTH:
            raise ArgumentError(f"masks nest deeper than {MOST_DEPTH} levels")
        object.__setattr__(self, "depth", depth)

    @property
    def uses_position(self):
        return any(mask.uses_position for mask in self.masks)

    @property
    def uses_head(self):
        return any(mask.uses_head for mask in self.masks)

    def parts(self):
        return self.masks

    def mlir(self, operands):
        inner = ", ".join(mask.mlir(operands) for mask in self.masks)
        return f"{type(self).__name__.lower()}({inner})"


class All(Compound):
    """Pairs that every mask keeps: `a & b`."""

    def evaluate(self, grid):
        result = np.ones((1, 1), bool)
        for mask in self.masks:
            result = result & mask.evaluate(grid)
        return result


class Any(Compound):
    """Pairs that some mask keeps: `a | b`."""

    def evaluate(self, grid):
        result = np.zeros((1, 1), bool)
        for mask in self.masks:
            result = result | mask.evaluate(grid)
        return result


class Not(Compound):
    """Pairs that a mask drops: `~a`."""

    def __init__(self, mask):
        super().__init__((mask,))

    def __invert__(self):
        return self.masks[0]

    def evaluate(self, grid):
        return ~self.masks[0].evaluate(grid)


def check_extent(name, value):
    """`value` as an int; raises `ArgumentError` unless it is a whole number that IR takes."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not 0 <= value <= MOST_EXTENT:
        raise ArgumentError(f"{name} is {value!r}, expected a whole number in 0..{MOST_EXTENT}")
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

    def evaluate(self, grid):
        return np.ones((1, 1), bool)


class empty(Atom):
    """No pair: outputs are 0, the log-sum-exp is -inf."""

    def evaluate(self, grid):
        return np.zeros((1, 1), bool)


class causal(Atom):
    """Keys up to the query: j <= i + o."""

    uses_position = True

    def evaluate(self, grid):
        return grid.j <= grid.position


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

    def evaluate(self, grid):
        distance = grid.j - grid.position
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

    def evaluate(self, grid):
        start = np.clip(grid.position - self.n // 2, 0, max(grid.N - self.n, 0))
        return (grid.j >= start) & (grid.j < start + self.n)


class cols(ExtentAtom):
    """The first n keys: j < n. Prefixes, attention sinks (arXiv:2309.17453)."""

    def evaluate(self, grid):
        return grid.j < self.n


class cols_last(ExtentAtom):
    """The last n keys: j >= N - n."""

    def evaluate(self, grid):
        return grid.j >= grid.N - self.n


class rows(ExtentAtom):
    """Every key for the first n queries: i < n, raw rows."""

    def evaluate(self, grid):
        return grid.i < self.n


class rows_last(ExtentAtom):
    """Every key for the last n queries: i >= M - n, raw rows."""

    def evaluate(self, grid):
        return grid.i >= grid.M - self.n


class OperandAtom(Atom):
    """An atom that reads a 1-D array of integers when the kernel runs."""

    def __init__(self, values):
        object.__setattr__(self, "values", self.as_int32(values))

    def as_int32(self, values):
        """The values as int32 [count]; an int32 array is viewed, not copied."""
        name = type(self).__name__
        if not hasattr(values, "__array__") and hasattr(values, "__dlpack__"):
            values = np.from_dlpack(values)
        array = np.asarray(values)
        if array.size == 0 and not hasattr(values, "dtype"):
            array = array.astype(np.int32)
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise ShapeError(
                f"{name} got {array.dtype.name} of shape {array.shape}, expected whole numbers [n]"
            )
        bounds = np.iinfo(np.int32)
        if array.size and (array.min() < bounds.min or array.max() > bounds.max):
            raise ShapeError(f"{name} holds numbers that do not fit 32 bits")
        return array.astype(np.int32, copy=False)

    def __eq__(self, other):
        return type(self) is type(other) and np.array_equal(self.values, other.values)

    def __hash__(self):
        return hash((type(self), self.values.tobytes()))

    def __repr__(self):
        return f"{type(self).__name__}({self.values!r})"

    def mlir(self, operands):
        operands.append(self.values)
        return f"{type(self).__name__}(%mask{len(operands) - 1} : {operand_type(self.values)})"


class lens(OperandAtom):
    """The first n[b] keys of batch element b: j < n[b].

    n holds one number in 0..N per batch element, or one for all. Padding, or the
    filled part of a cache: keys and values behind it are never read.
    """

    def check(self, B, M, N):
        count = len(self.values)
        if B is not None and count not in (1, B):
            raise ShapeError(f"lens has {count} lengths, expected {B}, one per batch element, or 1")
        bad = (self.values < 0) | (self.values > N)
        if bad.any():
            b = int(np.argmax(bad))
            raise ShapeError(f"lens[{b}] is {self.values[b]}, expected a length in 0..{N}")

    def evaluate(self, grid):
        count = len(self.values)
        if count != 1 and grid.b >= count:
            raise ShapeError(f"lens has {count} lengths, batch element {grid.b} has none")
        return grid.j < self.values[grid.b if count > 1 else 0]


class docs(OperandAtom):
    """Keys of the query's own document: i and j both in [cu[d], cu[d + 1]).

    cu holds ascending boundaries in 0..N, shared by the whole batch; i is the raw
    row. Documents may be empty; rows outside all documents see nothing.
    """

    def check(self, B, M, N):
        cu = self.values
        if len(cu) and (cu[0] < 0 or cu[-1] > N):
            raise ShapeError(f"docs has boundaries {cu[0]}..{cu[-1]}, expected them in 0..{N}")
        steps = np.diff(cu)
        if (steps < 0).any():
            d = int(np.argmax(steps < 0))
            raise ShapeError(
                f"docs[{d}] is {cu[d]} and docs[{d + 1}] is {cu[d + 1]}, "
                "expected ascending boundaries"
            )

    def evaluate(self, grid):
        of_row = np.searchsorted(self.values, grid.i, side="right")
        of_key = np.searchsorted(self.values, grid.j, side="right")
        return (of_row == of_key) & (of_row > 0) & (of_row < len(self.values))


@dataclass(frozen=True)
class blocks(Atom):
    """The blocks of lists: block (i // bq, j // bk) is listed, i the raw row.

    x is a sparse matrix of scipy, or anything with its attributes: a BSR matrix over
    queries and keys, whose blocks are what is stored, or a CSR matrix over blocks with
    `block=(bq, bk)`; or a list of such matrices, one a head. Or it is what
    `attn.block_map` returns, or a pair of arrays `(row_ptr, col)` as in
    `attn.block_lists.BlockLists`. Values of matrices do not matter, nor whether M and N
    are whole blocks.

    Alone, or in `&`, only listed blocks are visited; under `|` and `~` each pair is looked
    up, which is slow. Papers: arXiv:2007.14062 (BigBird), arXiv:2502.13189 (MoBA).

    >>> blocks(([0, 1, 3], [0, 0, 1]), block=(2, 2)).materialize(4, 4).astype(int)
    array([[1, 1, 0, 0],
           [1, 1, 0, 0],
           [1, 1, 1, 1],
           [1, 1, 1, 1]])
    """

    lists: object
    block: tuple | None = None

    def __post_init__(self):
        lists = as_block_lists(self.lists, self.block)
        object.__setattr__(self, "lists", lists)
        object.__setattr__(self, "block", lists.block)

    @property
    def uses_head(self):
        return self.lists.row_ptr.shape[1] > 1

    def check(self, B, M, N):
        self.lists.check(B, M, N)

    def evaluate(self, grid):
        return self.lists.evaluate(grid.b, grid.h, grid.M, grid.N)

    def mlir(self, operands):
        arrays = (self.lists.row_ptr, self.lists.col)
        first = len(operands)
        operands += arrays
        named = ", ".join(
            f"%mask{first + k} : {operand_type(array)}" for k, array in enumerate(arrays)
        )
        return f"blocks<{self.block[0]}, {self.block[1]}>({named})"
