"""What a kernel does with a mask: blocks visited, by the arithmetic that bounds its loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from ._attn import Tensor
from .block_lists import check_block
from .block_maps import extent_of
from .compile import kernel_of
from .masks import Extents, Operands, check_extent, operand_type, query_offset
from .text import Function, tensor_type


def mask_runs(mask, M, N, first, *, block, align=None, b=0, h=0):
    """The blocks of keys visited for the queries [first[r], first[r] + bq), int32 [R, 4, 4].

    `runs[r, k]` is (t0, f0, f1, t1) in blocks of bk keys: [t0, f0) and [f1, t1) are
    partial, [f0, f1) full, blocks in none of the four ranges are empty. Made by a compiled
    kernel in a few nanoseconds a range, whatever N; nothing is looked at pair by pair.
    """
    function, inputs = Function("mask_runs"), []
    operands = Operands(Extents(b + 1, h + 1, M, N, query_offset(mask, M, N, align)))
    text = mask.mlir(operands)
    operands.write(function, inputs, operand_type)
    function.line("%zero = arith.constant 0 : index")
    m, n, b_extent, h_extent = (
        extent_of(function, inputs, name, extent)
        for name, extent in (("rows", M), ("cols", N), ("batch", b), ("head", h))
    )
    position = "%zero"
    if align == "bottom_right":
        function.line(f"%position = arith.subi {n}, {m} : index")
        position = "%position"
    rows_type, runs_type = tensor_type("i32", None), tensor_type("i32", None, 4, 4)
    function.argument("first", rows_type)
    inputs.append(Tensor(np.ascontiguousarray(first, np.int32), "first"))
    function.line(
        f"%runs = attn.mask_runs mask({text}) shape({m}, {n}) position({position}) "
        f"at({b_extent}, {h_extent}) tile({block[0]}, {block[1]}) rows(%first : {rows_type}) "
        f": {runs_type}"
    )
    return kernel_of(function.render(("%runs", runs_type))).run(inputs, (), 1)[0]


@dataclass(frozen=True)
class MaskStats:
    """What a mask costs: how many tiles kernels of such tiles visit.

    Attributes:
        M, N, block: queries, keys, and those of a tile, (bq, bk).
        tiles: all tiles; `visited` = `full` + `partial` of them are not proved empty,
            and only partial ones evaluate the mask.
        visited_per_row: tiles visited for each row of tiles, int64 [ceil(M / bq)].
        density: the share of pairs that the mask keeps, found when it is asked for, and
            density_error, its standard error: 0.0 where it is exact, as for all masks whose
            rows are intervals; see `attn.mask_density`.
        saved: the share of the multiplications of full attention that are left out,
            1 - visited / tiles.
        imbalance: the tiles of the costliest row of tiles by those of the mean one.
    """

    M: int
    N: int
    block: tuple
    tiles: int
    visited: int
    full: int
    visited_per_row: np.ndarray
    measure: Callable = field(repr=False, compare=False)

    @cached_property
    def share(self):
        """`density` and `density_error`."""
        return self.measure()

    @property
    def density(self):
        """The share of pairs that the mask keeps."""
        return self.share[0]

    @property
    def density_error(self):
        """The standard error of `density`; 0.0 where it is exact."""
        return self.share[1]

    @property
    def partial(self):
        """Tiles that evaluate the mask."""
        return self.visited - self.full

    @property
    def saved(self):
        """The share of full attention that is left out."""
        return 1.0 - self.visited / self.tiles if self.tiles else 0.0

    @property
    def imbalance(self):
        """The costliest row of tiles by the mean one; 1 where no tile is visited."""
        mean = self.visited_per_row.mean() if self.visited_per_row.size else 0.0
        return float(self.visited_per_row.max() / mean) if mean else 1.0

    def __str__(self):
        error = f" ± {self.density_error:.1g}" if self.density_error else ""
        return (
            f"{self.visited} of {self.tiles} tiles of {self.block[0]} x {self.block[1]} visited "
            f"({self.full} full, {self.partial} partial), {self.saved:.1%} saved, "
            f"density {self.density:.3g}{error}, imbalance {self.imbalance:.2f}"
        )


def check_problem(mask, M, N, block, align, b, h):
    """The checked M, N, block, b and h of a question about a mask."""
    block = check_block(block)
    M, N = check_extent("M", M), check_extent("N", N)
    b, h = check_extent("b", b), check_extent("h", h)
    query_offset(mask, M, N, align)
    mask.check(None, M, N)
    return M, N, block, b, h


def mask_stats(mask, M, N, *, block=(128, 128), align=None, b=0, h=0):
    """`MaskStats` of a mask; see `Mask.stats`."""
    from .mask_density import compute_density

    M, N, block, b, h = check_problem(mask, M, N, block, align, b, h)
    bq, bk = block
    row_tiles, col_tiles = -(-M // bq), -(-N // bk)
    per_row = np.zeros(row_tiles, np.int64)
    full = 0
    if M and N:
        first = np.arange(row_tiles, dtype=np.int64) * bq
        runs = mask_runs(mask, M, N, first, block=block, align=align, b=b, h=h).astype(np.int64)
        per_row = (runs[..., 3] - runs[..., 0]).sum(axis=1)
        full = int((runs[..., 2] - runs[..., 1]).sum())
    return MaskStats(
        M=M,
        N=N,
        block=block,
        tiles=row_tiles * col_tiles,
        visited=int(per_row.sum()),
        full=full,
        visited_per_row=per_row,
        measure=partial(compute_density, mask, M, N, align, b, h),
    )
