"""Lists of blocks: which blocks of queries and keys exist, as a sparse matrix each.

A matrix over blocks is in CSR form; those of several heads and batch elements stand
one after the other in `col`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import ArgumentError, ShapeError


def check_block(block):
    """`block` as two ints; raises `ArgumentError` unless it is a pair above 0."""
    try:
        rows, cols = block
    except (TypeError, ValueError):
        rows = cols = None
    for extent in (rows, cols):
        whole = isinstance(extent, (int, np.integer)) and not isinstance(extent, bool)
        if not whole or not 0 < extent < 2**31:
            raise ArgumentError(
                f"block is {block!r}, expected (bq, bk): the queries and the keys of a block"
            )
    return int(rows), int(cols)


def as_int32(name, values, *ranks):
    """`values` as int32 of one of `ranks` dimensions; an int32 array is viewed."""
    if not hasattr(values, "__array__") and hasattr(values, "__dlpack__"):
        values = np.from_dlpack(values)
    array = np.asarray(values)
    if array.size == 0 and not hasattr(values, "dtype"):
        array = array.astype(np.int32)
    if array.ndim not in ranks or array.dtype.kind not in "iu":
        shapes = {1: "[n]", 2: "[H, n]", 3: "[B, H, n]"}
        raise ShapeError(
            f"{name} of blocks is {array.dtype.name} of shape {array.shape}, expected whole "
            f"numbers {' or '.join(shapes[rank] for rank in ranks)}"
        )
    bounds = np.iinfo(np.int32)
    if array.size and (array.min() < bounds.min or array.max() > bounds.max):
        raise ShapeError(f"{name} of blocks holds numbers that do not fit 32 bits")
    return np.ascontiguousarray(array, np.int32)


@dataclass(frozen=True, eq=False)
class BlockLists:
    """Blocks of bq queries by bk keys, listed row by row: what `masks.blocks` takes.

    Block row t of batch element b and head h lists the block columns
    `col[row_ptr[b, n, t]:row_ptr[b, n, t + 1]]`, ascending, with n = h // group. `row_ptr`
    is `[B, H / group, ceil(M / bq) + 1]`, with 1 for B or the heads where lists are shared;
    `col` is `[nnz]`; both are int32. `block` is (bq, bk). Each list is for `group`
    neighbouring heads, which kernels fold together where they share keys.
    """

    row_ptr: np.ndarray
    col: np.ndarray
    block: tuple
    group: int = 1

    def __post_init__(self):
        row_ptr = as_int32("row_ptr", self.row_ptr, 1, 2, 3)
        row_ptr = row_ptr.reshape((1,) * (3 - row_ptr.ndim) + row_ptr.shape)
        if 0 in row_ptr.shape:
            raise ShapeError(
                f"row_ptr of blocks has shape {row_ptr.shape}, expected an element more than "
                "rows of blocks, for at least one head"
            )
        object.__setattr__(self, "row_ptr", row_ptr)
        object.__setattr__(self, "col", as_int32("col", self.col, 1))
        object.__setattr__(self, "block", check_block(self.block))
        whole = isinstance(self.group, (int, np.integer)) and not isinstance(self.group, bool)
        if not whole or not 0 < self.group < 2**31:
            raise ArgumentError(
                f"group is {self.group!r}, expected the number of heads that a list is for"
            )
        object.__setattr__(self, "group", int(self.group))

    def __eq__(self, other):
        return (
            isinstance(other, BlockLists)
            and (self.block, self.group) == (other.block, other.group)
            and np.array_equal(self.row_ptr, other.row_ptr)
            and np.array_equal(self.col, other.col)
        )

    def __hash__(self):
        return hash((self.block, self.group, self.row_ptr.tobytes(), self.col.tobytes()))

    def check(self, B, M, N, H=None):
        """Raises `ShapeError` unless these are lists for B batch elements, M queries, N keys
        and H heads (B or H None: not known)."""
        (lists, heads, count), (bq, bk) = self.row_ptr.shape, self.block
        if B is not None and lists not in (1, B):
            raise ShapeError(f"blocks has lists for {lists} batch elements, expected 1 or {B}")
        if H is not None and H % self.group:
            raise ShapeError(
                f"blocks has lists for groups of {self.group} heads, there are {H}: expected a "
                "multiple"
            )
        if H is not None and heads not in (1, H // self.group):
            what = "heads" if self.group == 1 else "groups of heads"
            raise ShapeError(
                f"blocks has lists for {heads} {what}, expected 1 or {H // self.group}"
            )
        rows, columns = -(-M // bq), -(-N // bk)
        if count != rows + 1:
            raise ShapeError(
                f"blocks has lists for {count - 1} rows of blocks, expected {rows} for "
                f"{M} queries in blocks of {bq}"
            )
        lo, hi = self.row_ptr[..., :-1], self.row_ptr[..., 1:]
        bad = (lo < 0) | (lo > hi) | (hi > len(self.col))
        if bad.any():
            b, h, t = np.argwhere(bad)[0]
            raise ShapeError(
                f"row_ptr[{b}, {h}, {t}:{t + 2}] of blocks is [{lo[b, h, t]}, {hi[b, h, t]}], "
                f"expected ascending numbers in 0..{len(self.col)}"
            )
        listed, where = self.entries()
        bad = (listed < 0) | (listed >= columns)
        if bad.any():
            raise ShapeError(
                f"blocks lists block column {listed[bad][0]}, expected columns in "
                f"0..{columns - 1} for {N} keys in blocks of {bk}"
            )
        bad = (listed[1:] <= listed[:-1]) & (where[1:] == where[:-1])
        if bad.any():
            k = int(np.argmax(bad))
            raise ShapeError(
                f"blocks lists block column {listed[k + 1]} after {listed[k]} in one row, expected "
                "the columns of a row in ascending order, each once (sort_indices and "
                "sum_duplicates do that for scipy's matrices)"
            )

    def entries(self, b=None, h=None):
        """The listed columns, row by row, and the number of each one's row; of all batch
        elements and heads, or of one."""
        ends = self.row_ptr
        if b is not None:
            for axis, index, each in ((0, b, 1), (1, h, self.group)):
                extent = ends.shape[axis]
                if extent > 1 and index >= extent * each:
                    name = ("batch elements", "heads")[axis]
                    raise ShapeError(
                        f"blocks has lists for {extent * each} {name}, number {index} has none"
                    )
            n = h // self.group
            ends = ends[min(b, ends.shape[0] - 1), min(n, ends.shape[1] - 1)][None, None]
        lo, counts = ends[..., :-1].ravel(), np.diff(ends).ravel()
        where = np.repeat(np.arange(len(counts)), counts)
        starts = np.cumsum(counts) - counts
        return self.col[np.arange(counts.sum()) + (lo - starts)[where]], where

    def evaluate(self, b, h, M, N):
        """bool [M, N]: whether the block of a pair is listed."""
        bq, bk = self.block
        columns, rows = self.entries(b, h)
        listed = np.zeros((-(-M // bq), -(-N // bk)), bool)
        listed[rows, columns] = True
        return listed.repeat(bq, 0)[:M].repeat(bk, 1)[:, :N]


def matrix_of(x, block):
    """indptr, indices and the block of a matrix like those of scipy.sparse."""
    whole = getattr(x, "blocksize", None)
    if whole is not None and block is not None and tuple(whole) != check_block(block):
        raise ArgumentError(f"block is {block!r}, the matrix has blocks of {tuple(whole)}")
    block = whole if whole is not None else block
    if block is None:
        raise ArgumentError(
            f"a {type(x).__name__} matrix is one over blocks: expected block=(bq, bk), or a BSR "
            "matrix over queries and keys"
        )
    return as_int32("indptr", x.indptr, 1), as_int32("indices", x.indices, 1), check_block(block)


def stack(matrices, block):
    """The lists of several heads, from a matrix each."""
    parts = [matrix_of(matrix, block) for matrix in matrices]
    blocks, lengths = {part[2] for part in parts}, {len(part[0]) for part in parts}
    if len(blocks) != 1 or len(lengths) != 1:
        raise ShapeError(
            f"matrices of the heads have blocks {sorted(blocks)} and "
            f"{sorted(length - 1 for length in lengths)} rows of blocks, expected them to be equal"
        )
    starts = np.cumsum([0] + [len(part[1]) for part in parts])
    row_ptr = np.stack([part[0] + start for part, start in zip(parts, starts)])
    return BlockLists(row_ptr, np.concatenate([part[1] for part in parts]), blocks.pop())


def as_block_lists(x, block=None):
    """What `masks.blocks` takes as `BlockLists`."""
    if isinstance(x, BlockLists):
        if block is not None and check_block(block) != x.block:
            raise ArgumentError(f"block is {block!r}, the lists have blocks of {x.block}")
        return x
    if hasattr(x, "indptr") and hasattr(x, "indices"):
        row_ptr, col, block = matrix_of(x, block)
        return BlockLists(row_ptr, col, block)
    if isinstance(x, (tuple, list)) and x and all(hasattr(y, "indptr") for y in x):
        return stack(x, block)
    if isinstance(x, (tuple, list)) and len(x) == 2 and block is not None:
        return BlockLists(x[0], x[1], check_block(block))
    raise ArgumentError(
        f"blocks got a {type(x).__name__}, expected a BSR matrix, a CSR matrix over blocks, one "
        "for each head, attn.block_map's lists, or (row_ptr, col); all but the first and the "
        "lists with block=(bq, bk)"
    )
