"""Masks: which (query, key) pairs exist.

A mask is a predicate over query i and key j, built from the atoms of this module
with `&` (both), `|` (either) and `~` (not), on blocks, on grids, head by head and with
random keys besides:

    from attn import masks as m
    sliding = m.causal() & m.window(255, 0)
    packed = sliding & m.docs([0, 120, 300])
    streaming = m.causal() & (m.window(1023, 0) | m.cols(4))
    chunked = m.causal() & m.block(8192, m.window(0, 0))
    image = m.grid([56, 56], [m.near(7), m.near(7)])
    own = m.causal() & m.pred(lambda b, h, i, j: topic[i] == topic[j])

Position atoms (`causal`, `window`, `near`, `stride`), `grid` and `pred` use the absolute position
i + o of the query on the key axis, where o is 0 for `align="top_left"` and N - M for
`align="bottom_right"`. Row atoms (`rows`, `rows_last`, `docs`, `same`, `order`, `flags`,
`random`) use the raw row i. Nothing here is evaluated when a kernel runs: `mlir` writes the
expression into the kernel, which skips the keys that it excludes.

`attn.recipes` has the masks of well-known papers, made of these.
"""

from .atoms import (
    causal,
    check_extent,
    cols,
    cols_last,
    colmod,
    empty,
    full,
    near,
    rows,
    rows_last,
    stride,
    window,
)
from .draws import plus_random, random
from .expressions import ALIGNMENTS, MOST_EXTENT, All, Any, Mask, Not, check_align, query_offset
from .functors import block, grid, per_head
from .operands import blocks, docs, flags, lens, operand_type, order, same
from .predicates import pred
from .text import Extents, Operands

__all__ = [
    "ALIGNMENTS",
    "MOST_EXTENT",
    "All",
    "Any",
    "Extents",
    "Mask",
    "Not",
    "Operands",
    "block",
    "blocks",
    "causal",
    "check_align",
    "check_extent",
    "colmod",
    "cols",
    "cols_last",
    "docs",
    "empty",
    "flags",
    "full",
    "grid",
    "lens",
    "near",
    "operand_type",
    "order",
    "per_head",
    "plus_random",
    "pred",
    "query_offset",
    "random",
    "rows",
    "rows_last",
    "same",
    "stride",
    "window",
]
