"""`masks.blocks` and what it takes: sparse matrices by their attributes, arrays, lists."""

from types import SimpleNamespace

import numpy as np
import pytest

import attn
from attn import masks as m
from attn.block_lists import BlockLists


def csr(indptr, indices, **more):
    """What a sparse matrix of scipy looks like from outside."""
    return SimpleNamespace(indptr=np.array(indptr), indices=np.array(indices, int), **more)


#: Two rows of blocks of 2 x 3: blocks 0 and 2, block 1.
PATTERN = np.kron([[1, 0, 1], [0, 1, 0]], np.ones((2, 3))).astype(bool)
INDPTR, INDICES = [0, 2, 3], [0, 2, 1]


@pytest.mark.parametrize(
    "mask",
    (
        m.blocks(csr(INDPTR, INDICES, blocksize=(2, 3))),
        m.blocks(csr(INDPTR, INDICES), block=(2, 3)),
        m.blocks((INDPTR, INDICES), block=(2, 3)),
        m.blocks([csr(INDPTR, INDICES)], block=(2, 3)),
        m.blocks(BlockLists(INDPTR, INDICES, (2, 3))),
        m.blocks(csr(INDPTR, INDICES, blocksize=(2, 3)), block=(2, 3)),
    ),
)
def test_materialize(mask):
    assert (mask.materialize(4, 9) == PATTERN).all()
    # M and N need not be whole blocks.
    assert (mask.materialize(3, 7) == PATTERN[:3, :7]).all()


def test_matrices_of_heads():
    mask = m.blocks([csr(INDPTR, INDICES), csr([0, 1, 1], [1])], block=(2, 3))
    assert mask.uses_head and (mask & m.causal()).uses_head
    assert (mask.materialize(4, 9) == PATTERN).all()
    second = mask.materialize(4, 9, h=1)
    assert second.sum() == 6 and second[:2, 3:6].all()
    with pytest.raises(attn.ShapeError, match="lists for 2 heads, number 2 has none"):
        mask.materialize(4, 9, h=2)


def test_text_says_what_is_shared():
    """Heads that share lists may be folded together, so the type says that they do."""
    operands = []
    text = (m.causal() & m.blocks((INDPTR, INDICES), block=(2, 3))).mlir(operands)
    assert text == "all(causal, blocks<2, 3>(%mask0 : tensor<1x1x?xi32>, %mask1 : tensor<?xi32>))"
    text = m.blocks((np.zeros((2, 3), int), []), block=(2, 3)).mlir(operands)
    assert text == "blocks<2, 3>(%mask2 : tensor<1x?x?xi32>, %mask3 : tensor<?xi32>)"


@pytest.mark.parametrize(
    "indptr, indices, message",
    (
        ([0, 2], [0, 2], "1 rows of blocks, expected 2 for 4 queries in blocks of 2"),
        ([0, 2, 1], [0, 2, 1], r"row_ptr\[0, 0, 1:3\] of blocks is \[2, 1\]"),
        ([0, 2, 4], [0, 2, 1], r"is \[2, 4\], expected ascending numbers in 0..3"),
        ([-1, 2, 3], [0, 2, 1], r"is \[-1, 2\]"),
        ([0, 2, 3], [0, 3, 1], "lists block column 3, expected columns in 0..2 for 9 keys"),
        ([0, 2, 3], [0, -2, 1], "lists block column -2"),
        ([0, 2, 3], [2, 0, 1], "lists block column 0 after 2 in one row"),
        ([0, 2, 3], [2, 2, 1], "lists block column 2 after 2 in one row"),
    ),
)
def test_bad_lists(indptr, indices, message):
    mask = m.blocks((indptr, indices), block=(2, 3))
    with pytest.raises(attn.ShapeError, match=message):
        mask.materialize(4, 9)
    q, k = np.zeros((1, 4, 8), np.float32), np.zeros((1, 9, 8), np.float32)
    with pytest.raises(attn.ShapeError, match=message):
        attn.sdpa(q, k, k, mask=mask)


def test_lists_of_batch_elements():
    mask = m.blocks((np.zeros((3, 1, 2), int), []), block=(8, 8))
    q = np.zeros((2, 1, 8, 8), np.float32)
    with pytest.raises(attn.ShapeError, match="lists for 3 batch elements, expected 1 or 2"):
        attn.sdpa(q, q, q, mask=mask)


@pytest.mark.parametrize(
    "x, block, message",
    (
        (csr(INDPTR, INDICES), None, "expected block="),
        (csr(INDPTR, INDICES, blocksize=(2, 2)), (2, 3), r"the matrix has blocks of \(2, 2\)"),
        (BlockLists(INDPTR, INDICES, (2, 2)), (2, 3), r"the lists have blocks of \(2, 2\)"),
        ((INDPTR, INDICES), None, "got a tuple"),
        (np.ones((4, 9), bool), (2, 3), "got a ndarray"),
        ((INDPTR, INDICES), (0, 3), r"block is \(0, 3\)"),
        ((INDPTR, INDICES), 64, "block is 64"),
        ((INDPTR, INDICES), (2.0, 3), r"block is \(2.0, 3\)"),
    ),
)
def test_bad_arguments(x, block, message):
    with pytest.raises(attn.ArgumentError, match=message):
        m.blocks(x, block=block)


@pytest.mark.parametrize(
    "row_ptr, col, message",
    (
        ([0.0, 1.0], [0], "row_ptr of blocks is float64"),
        ([[[[0]]]], [0], r"row_ptr of blocks is int64 of shape \(1, 1, 1, 1\)"),
        ([0, 1], [[0]], r"col of blocks is int64 of shape \(1, 1\)"),
        ([0, 2**31], [0], "do not fit 32 bits"),
        (np.zeros((0, 3), int), [], "for at least one head"),
    ),
)
def test_bad_arrays(row_ptr, col, message):
    with pytest.raises(attn.ShapeError, match=message):
        m.blocks((row_ptr, col), block=(2, 3))


def test_heads_of_other_blocks():
    with pytest.raises(attn.ShapeError, match="matrices of the heads have blocks"):
        m.blocks([csr([0, 0], [], blocksize=(2, 2)), csr([0, 0], [], blocksize=(2, 4))])


def test_equality():
    one, two = (m.blocks((INDPTR, INDICES), block=(2, 3)) for _ in range(2))
    assert one == two and hash(one) == hash(two)
    assert one != m.blocks((INDPTR, INDICES), block=(2, 4))
