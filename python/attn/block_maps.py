"""Lists of blocks from masks, by a compiled kernel."""

from __future__ import annotations

import numpy as np

from ._attn import Tensor
from .block_lists import BlockLists, check_block
from .compile import kernel_of
from .errors import ArgumentError, ShapeError
from .masks import (
    MOST_EXTENT,
    Extents,
    Mask,
    Operands,
    check_extent,
    operand_type,
    query_offset,
)
from .text import Function, tensor_type


def extent_of(function, inputs, name, extent):
    """Adds an array of `extent` elements, of which none is read; its extent in IR."""
    argument_type = tensor_type("i32", None)
    argument = function.argument(name, argument_type)
    inputs.append(Tensor(np.broadcast_to(np.int32(0), extent), name))
    function.line(f"%{name}_extent = tensor.dim {argument}, %zero : {argument_type}")
    return f"%{name}_extent"


def block_map(mask, M, N, *, block, align=None, batch=1, heads=1, threads=None):
    """The blocks in which a mask keeps a pair, as lists that `masks.blocks` takes.

    Block (t, c) of batch element b and head h is listed iff the mask keeps some pair
    (i, j) with i // bq = t and j // bk = c. So `blocks(block_map(a, M, N, …)) & a` is `a`.

    Args:
        mask: an expression of `attn.masks`.
        M, N: queries and keys.
        block: (bq, bk), the queries and the keys of a block.
        align: where query 0 stands on the key axis, as in `attn.sdpa`.
        batch, heads: how many batch elements and heads the mask tells apart: B for
            `lens` of B lengths, 1 where all are alike.
        threads: as in `attn.sdpa`.

    Returns:
        A `BlockLists`: int32 `row_ptr` `[batch, heads, ceil(M / bq) + 1]`, `col` `[nnz]`.
        What intervals of keys decide costs nothing for each pair; other blocks are
        looked at up to the first pair that is kept. No array of M x N is made.

    Raises:
        ShapeError: the arrays of the mask do not fit; M and N differ without `align`
            for a mask that uses positions; there are 2^31 blocks or more.
        ArgumentError: a block, an extent or the mask is none.

    >>> attn.block_map(masks.causal(), 4, 4, block=(2, 2)).col
    array([0, 0, 1], dtype=int32)
    """
    if not isinstance(mask, Mask):
        raise ArgumentError(
            f"mask is a {type(mask).__name__}, expected an expression of attn.masks"
        )
    bq, bk = check_block(block)
    M, N = check_extent("M", M), check_extent("N", N)
    batch, heads = check_extent("batch", batch), check_extent("heads", heads)
    if batch < 1 or heads < 1:
        raise ArgumentError(f"batch is {batch} and heads is {heads}, expected numbers from 1 on")
    most = batch * heads * -(-M // bq) * -(-N // bk)
    if most > MOST_EXTENT:
        raise ShapeError(
            f"a block map has {most} blocks to list at most, expected no more than {MOST_EXTENT}"
        )
    offset = query_offset(mask, M, N, align)
    mask.check(batch, M, N, heads)
    function, inputs = Function("block_map"), []
    operands = Operands(Extents(batch, heads, M, N, offset))
    text = mask.mlir(operands)
    operands.write(function, inputs, operand_type)
    function.line("%zero = arith.constant 0 : index")
    names = ("rows", "cols", "batch", "heads")
    m, n, b, h = (
        extent_of(function, inputs, name, extent)
        for name, extent in zip(names, (M, N, batch, heads))
    )
    map_type = f"!attn.blocks<{bq}, {bk}>"
    function.line(
        f"%map = attn.block_map mask({text}) shape({m}, {n}) tile({bq}, {bk}) batch({b}) "
        f"heads({h}) align({align or 'top_left'}) : {map_type}"
    )
    rows_type, cols_type = tensor_type("i32", None, None, None), tensor_type("i32", None)
    function.line(
        f"%row_ptr, %col = attn.block_tensors %map : {map_type} -> {rows_type}, {cols_type}"
    )
    kernel = kernel_of(function.render(("%row_ptr", rows_type), ("%col", cols_type)))
    row_ptr, col = kernel.run(inputs, (), threads)
    return BlockLists(row_ptr, col, (bq, bk))
