"""Masks that read arrays when the kernel runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..block_lists import as_block_lists
from ..errors import ShapeError
from ..text import tensor_type
from .atoms import Atom


def operand_type(array):
    """The type of an array that a mask reads: what is shared along a dimension says so."""
    shared = (1 if extent == 1 else None for extent in array.shape[:-1])
    return tensor_type("i32", *shared, None)


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

    #: The name of the mask in IR, where it is another.
    mnemonic = None

    def mlir(self, operands):
        operands.append(self.values)
        name = self.mnemonic or type(self).__name__
        return f"{name}(%mask{len(operands) - 1} : {operand_type(self.values)})"


class lens(OperandAtom):
    """The first n[b] keys of batch element b: j < n[b].

    n holds one number in 0..N per batch element, or one for all. Padding, or the
    filled part of a cache: keys and values behind it are never read.
    """

    def check(self, B, M, N, H=None):
        count = len(self.values)
        if B is not None and count not in (1, B):
            raise ShapeError(f"lens has {count} lengths, expected {B}, one per batch element, or 1")
        bad = (self.values < 0) | (self.values > N)
        if bad.any():
            b = int(np.argmax(bad))
            raise ShapeError(f"lens[{b}] is {self.values[b]}, expected a length in 0..{N}")

    def evaluate(self, pairs):
        count = len(self.values)
        if count != 1 and pairs.b >= count:
            raise ShapeError(f"lens has {count} lengths, batch element {pairs.b} has none")
        return pairs.j < self.values[pairs.b if count > 1 else 0]


class docs(OperandAtom):
    """Keys of the query's own document: i and j both in [cu[d], cu[d + 1]).

    cu holds ascending boundaries in 0..N, shared by the whole batch; i is the raw
    row. Documents may be empty; rows outside all documents see nothing.
    """

    def check(self, B, M, N, H=None):
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

    def evaluate(self, pairs):
        of_row = np.searchsorted(self.values, pairs.i, side="right")
        of_key = np.searchsorted(self.values, pairs.j, side="right")
        return (of_row == of_key) & (of_row > 0) & (of_row < len(self.values))


class TokenAtom(OperandAtom):
    """An atom that reads one number for each of the N keys, and those of the rows i < M <= N."""

    def check(self, B, M, N, H=None):
        name, count = type(self).__name__, len(self.values)
        if count != N:
            raise ShapeError(f"{name} has {count} elements, expected one for each of {N} keys")
        if M > count:
            raise ShapeError(
                f"{name} reads an element for each of {M} queries, it has {count}: "
                "expected no fewer"
            )


class same(TokenAtom):
    """Keys with the number of the query: seg[i] = seg[j], i the raw row.

    seg holds N whole numbers in any order. Clusters (arXiv:2003.05997), segments
    (arXiv:1906.08237).
    """

    def evaluate(self, pairs):
        return self.values[pairs.i] == self.values[pairs.j]


class order(TokenAtom):
    """Keys that come no later than the query: rank[j] <= rank[i], i the raw row.

    rank holds N whole numbers in any order. Paper: XLNet, arXiv:1906.08237.
    """

    def evaluate(self, pairs):
        return self.values[pairs.j] <= self.values[pairs.i]


class flags(TokenAtom):
    """All pairs of a marked query or key: flag[i] or flag[j], i the raw row.

    flag holds N booleans, or numbers of which 0 is false; `global` in IR. Paper:
    Longformer, arXiv:2004.05150.
    """

    mnemonic = "global"

    def as_int32(self, values):
        array = np.asarray(values)
        return super().as_int32(array.astype(np.int32) if array.dtype == bool else values)

    def evaluate(self, pairs):
        return (self.values[pairs.i] != 0) | (self.values[pairs.j] != 0)


@dataclass(frozen=True)
class blocks(Atom):
    """The blocks of lists: block (i // bq, j // bk) is listed, i the raw row.

    x is a sparse matrix of scipy, or anything with its attributes: a BSR matrix over
    queries and keys, whose blocks are what is stored, or a CSR matrix over blocks with
    `block=(bq, bk)`; or a list of such matrices, one a head. Or it is what
    `attn.block_map` or `attn.select` returns, or a pair of arrays `(row_ptr, col)` as in
    `attn.block_lists.BlockLists`. Values of matrices do not matter, nor whether M and N
    are whole blocks.

    Alone, or in `&`, only listed blocks are visited; under `|` and `~` each pair is looked
    up, which is slow. Papers: arXiv:2007.14062 (BigBird), arXiv:2502.13189 (MoBA).

    >>> masks.blocks(([0, 1, 3], [0, 0, 1]), block=(2, 2)).materialize(4, 4).astype(int)
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

    def check(self, B, M, N, H=None):
        self.lists.check(B, M, N, H)

    def evaluate(self, pairs):
        kept = self.lists.evaluate(pairs.b, pairs.h, pairs.M, pairs.N)
        return kept[pairs.i, pairs.j]

    def mlir(self, operands):
        arrays = (self.lists.row_ptr, self.lists.col)
        first = len(operands)
        operands += arrays
        named = ", ".join(
            f"%mask{first + k} : {operand_type(array)}" for k, array in enumerate(arrays)
        )
        numbers = [*self.block] + [self.lists.group] * (self.lists.group > 1)
        return f"blocks<{', '.join(map(str, numbers))}>({named})"
