"""Masks as expressions: what they keep, how they combine, how they read in IR."""

import itertools

import numpy as np
import pytest

import attn
from attn import masks as m

SIZES = [(0, 3), (3, 0), (1, 1), (4, 4), (3, 7), (7, 3), (6, 5)]
ALIGNMENTS = ("top_left", "bottom_right")


def by_hand(rule, M, N, align):
    """A mask from a scalar rule(i, p, j, M, N), p being the absolute position of i."""
    offset = N - M if align == "bottom_right" else 0
    pairs = [[rule(i, i + offset, j, M, N) for j in range(N)] for i in range(M)]
    return np.array(pairs, bool).reshape(M, N)


def near_start(position, n, N):
    return max(0, min(position - n // 2, N - n))


def same_document(cu, i, j):
    return any(a <= i < b and a <= j < b for a, b in itertools.pairwise(cu))


RULES = [
    (m.full(), lambda i, p, j, M, N: True),
    (m.empty(), lambda i, p, j, M, N: False),
    (m.causal(), lambda i, p, j, M, N: j <= p),
    (m.window(2, 0), lambda i, p, j, M, N: p - 2 <= j <= p),
    (m.window(1, 2), lambda i, p, j, M, N: p - 1 <= j <= p + 2),
    (m.window(None, 1), lambda i, p, j, M, N: j <= p + 1),
    (m.window(1, None), lambda i, p, j, M, N: p - 1 <= j),
    (m.near(1), lambda i, p, j, M, N: near_start(p, 1, N) == j),
    (m.near(3), lambda i, p, j, M, N: near_start(p, 3, N) <= j < near_start(p, 3, N) + 3),
    (m.near(4), lambda i, p, j, M, N: near_start(p, 4, N) <= j < near_start(p, 4, N) + 4),
    (m.near(50), lambda i, p, j, M, N: True),
    (m.cols(2), lambda i, p, j, M, N: j < 2),
    (m.cols_last(2), lambda i, p, j, M, N: j >= N - 2),
    (m.rows(2), lambda i, p, j, M, N: i < 2),
    (m.rows_last(2), lambda i, p, j, M, N: i >= M - 2),
    (m.causal() & m.window(1, 0), lambda i, p, j, M, N: p - 1 <= j <= p),
    (m.causal() | m.cols(2), lambda i, p, j, M, N: j <= p or j < 2),
    (~m.causal(), lambda i, p, j, M, N: j > p),
    (m.stride(1), lambda i, p, j, M, N: True),
    (m.stride(3), lambda i, p, j, M, N: abs(p - j) % 3 == 0),
    (m.colmod(3, 2), lambda i, p, j, M, N: j % 3 >= 1),
    (m.block(2, m.causal()), lambda i, p, j, M, N: j // 2 <= p // 2),
    (m.block(3, m.rows_last(1)), lambda i, p, j, M, N: i // 3 == (M - 1) // 3),
    (m.block(2, m.block(2, m.cols_last(1))), lambda i, p, j, M, N: j // 4 == (N - 1) // 4),
    (m.per_head([m.causal(), m.full()]), lambda i, p, j, M, N: j <= p),
    (~(m.causal() & ~m.cols(1)), lambda i, p, j, M, N: not (j <= p and j >= 1)),
]


@pytest.mark.parametrize("align", ALIGNMENTS)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("mask, rule", RULES, ids=lambda value: getattr(value, "mlir", str)([]))
def test_materialize(mask, rule, size, align):
    actual = mask.materialize(*size, align=align)
    assert actual.dtype == bool and actual.shape == size
    np.testing.assert_array_equal(actual, by_hand(rule, *size, align))


def test_materialize_lens():
    mask = m.lens([2, 0, 5])
    for b, length in enumerate((2, 0, 5)):
        expected = np.broadcast_to(np.arange(5) < length, (3, 5))
        np.testing.assert_array_equal(mask.materialize(3, 5, b=b), expected)
    shared = m.lens(np.array([2], np.int64))
    np.testing.assert_array_equal(shared.materialize(1, 4, b=9), [[True, True, False, False]])


@pytest.mark.parametrize("cu", [[0, 3, 7], [0, 3, 3, 7], [1, 4], [0, 0, 7, 7], [5], []], ids=str)
def test_materialize_docs(cu):
    expected = by_hand(lambda i, p, j, M, N: same_document(cu, i, j), 7, 7, "top_left")
    np.testing.assert_array_equal(m.docs(cu).materialize(7, 7), expected)


SEGMENTS = [3, -1, 3, 0, 0, 3, 7]
TOKENS = [
    (m.same(SEGMENTS), lambda a, b: a == b),
    (m.order(SEGMENTS), lambda a, b: b <= a),
    (m.flags(SEGMENTS), lambda a, b: a != 0 or b != 0),
    (m.flags([n != 0 for n in SEGMENTS]), lambda a, b: a != 0 or b != 0),
]


@pytest.mark.parametrize("mask, rule", TOKENS, ids=lambda value: getattr(value, "mlir", str)([]))
def test_materialize_tokens(mask, rule):
    for M in (7, 5, 1):
        expected = by_hand(lambda i, p, j, M, N: rule(SEGMENTS[i], SEGMENTS[j]), M, 7, "top_left")
        np.testing.assert_array_equal(mask.materialize(M, 7), expected)
    blocks = by_hand(lambda i, p, j, M, N: rule(SEGMENTS[i // 2], SEGMENTS[j // 2]), 13, 13, None)
    np.testing.assert_array_equal(m.block(2, mask).materialize(13, 13), blocks)


def test_materialize_heads():
    mask = m.per_head([m.causal(), m.cols(1), m.full()])
    for h, expected in enumerate((m.causal(), m.cols(1), m.full())):
        np.testing.assert_array_equal(mask.materialize(4, 4, h=h), expected.materialize(4, 4))


@pytest.mark.parametrize("align", ALIGNMENTS)
@pytest.mark.parametrize("M", (12, 5, 15))
def test_materialize_grid(align, M):
    """A box around the query's point; queries beside the grid see nothing."""
    mask = m.grid([3, 4], [m.near(3), m.window(1, 0) | m.rows(1)])

    def rule(i, p, j, M, N):
        if not 0 <= p < 12:
            return False
        start = near_start(p // 4, 3, 3)
        return start <= j // 4 < start + 3 and (p % 4 - 1 <= j % 4 <= p % 4 or p % 4 == 0)

    actual = mask.materialize(M, 12, align=align)
    np.testing.assert_array_equal(actual, by_hand(rule, M, 12, align))


def test_materialize_boxes():
    """Box by box, and in each point by point: the same pairs in another order."""
    masks = [m.near(3), m.window(1, 0) | m.rows(1)]
    # Points of 4 x 6 by row, in boxes of 2 x 3.
    order = np.arange(24).reshape(2, 2, 2, 3).transpose(0, 2, 1, 3).ravel()
    raster = m.grid([4, 6], masks).materialize(24, 24)
    boxed = m.grid([4, 6], masks, box=[2, 3]).materialize(24, 24)
    np.testing.assert_array_equal(boxed, raster[np.ix_(order, order)])
    rows = m.grid([4, 6], masks, box=[2, 6]).materialize(24, 24)
    np.testing.assert_array_equal(rows, raster)


def test_materialize_grid_of_operands():
    """Arrays have one element for each point of their axis."""
    mask = m.grid([2, 3], [m.full(), m.same([5, 6, 5])])
    expected = by_hand(lambda i, p, j, M, N: (i % 3 == 1) == (j % 3 == 1), 6, 6, None)
    np.testing.assert_array_equal(mask.materialize(6, 6), expected)


def test_materialize_is_a_fresh_array():
    first = m.full().materialize(2, 2)
    first[:] = False
    assert m.full().materialize(2, 2).all()


def test_position_needs_alignment():
    with pytest.raises(attn.ShapeError, match="3 queries and 4 keys"):
        m.causal().materialize(3, 4)
    with pytest.raises(attn.ShapeError):
        (m.cols(1) | ~m.window(1, 1)).materialize(3, 4)
    assert (m.cols(1) & m.rows(1)).materialize(3, 4).sum() == 1
    assert m.causal().materialize(3, 3).sum() == 6


@pytest.mark.parametrize(
    "mask, text",
    [
        (m.full(), "full"),
        (m.empty(), "empty"),
        (m.window(255, 0), "window<255, 0>"),
        (m.window(None, 3), "window<*, 3>"),
        (m.window(3, None), "window<3, *>"),
        (m.near(7), "near<7>"),
        (m.cols(0) | m.rows(1), "any(empty, rows<1>)"),
        (m.cols_last(4) | m.rows_last(5), "any(cols_last<4>, rows_last<5>)"),
        (m.causal() & m.cols(1) & m.rows(2), "all(causal, cols<1>, rows<2>)"),
        (~(m.causal() | m.empty()), "not(any(causal, empty))"),
        (~~m.causal(), "causal"),
        (m.stride(3) & m.colmod(4, 1), "all(stride<3>, colmod<4, 1>)"),
        (m.block(64, m.causal() | m.cols(1)), "block<64, any(causal, cols<1>)>"),
        (m.per_head([m.causal(), ~m.causal()]), "per_head[causal, not(causal)]"),
        (m.grid([5, 6], [m.near(3), m.full()]), "grid<[5, 6], [near<3>, full]>"),
        (m.random(3, 7), "random<3, 7>"),
        (m.random(3, 7, within=m.causal()), "random<3, 7, within causal>"),
        (m.plus_random(3, 7, m.cols(2)), "plus_random<3, 7, cols<2>>"),
        (m.plus_random(3, 7, m.cols(2), m.rows(1)), "plus_random<3, 7, cols<2>, within rows<1>>"),
        (m.grid([4], [m.full()], box=[2]), "grid<[4], [full], box [2]>"),
        (
            m.block(4, m.same([1]) & m.order([2])) | m.flags([True]),
            "any(block<4, all(same(%mask0 : tensor<?xi32>), order(%mask1 : tensor<?xi32>))>, "
            "global(%mask2 : tensor<?xi32>))",
        ),
        (
            m.causal() & m.lens([1]) & m.docs([0]),
            "all(causal, lens(%mask0 : tensor<?xi32>), docs(%mask1 : tensor<?xi32>))",
        ),
    ],
)
def test_text(mask, text):
    operands = []
    assert mask.mlir(operands) == text
    assert len(operands) == text.count("%mask")


def test_operands_are_the_callers_memory():
    lengths = np.array([3, 4], np.int32)
    operands = []
    m.lens(lengths).mlir(operands)
    assert np.shares_memory(operands[0], lengths)


def test_equality():
    assert m.causal() & m.window(1, 0) == m.causal() & m.window(1, 0)
    assert m.causal() != m.full() and m.window(1, 0) != m.window(0, 1)
    assert m.All((m.full(),)) != m.Any((m.full(),))
    assert m.lens([1, 2]) == m.lens([1, 2]) != m.lens([2, 1])
    assert m.block(2, m.causal()) == m.block(2, m.causal()) != m.block(3, m.causal())
    assert m.grid([2, 3], [m.full()] * 2) != m.grid([3, 2], [m.full()] * 2)
    assert m.grid([4], [m.full()], box=[2]) != m.grid([4], [m.full()])
    assert len({m.cols(2), m.cols(2), m.rows(2), m.lens([1]), m.lens([1])}) == 3


def nested(levels):
    mask = m.causal()
    for level in range(levels):
        mask = mask & m.cols(1) if level % 2 else mask | m.cols(1)
    return mask


@pytest.mark.parametrize(
    "make",
    [
        lambda: m.window(-1, 0),
        lambda: m.window(1.5, 0),
        lambda: m.near(-2),
        lambda: m.cols(True),
        lambda: m.rows("3"),
        lambda: m.cols(2**31),
        lambda: m.window(0, 2**63),
        lambda: nested(64),
        lambda: m.lens([1.0]),
        lambda: m.lens([[1]]),
        lambda: m.docs(3),
        lambda: m.lens([2**40]),
        lambda: m.lens([-1]).materialize(1, 4),
        lambda: m.lens([5]).materialize(1, 4),
        lambda: m.lens([1, 2]).materialize(1, 4, b=2),
        lambda: m.docs([0, 3, 2]).materialize(4, 4),
        lambda: m.docs([0, 5]).materialize(4, 4),
        lambda: m.docs([-1, 3]).materialize(4, 4),
        lambda: m.full().materialize(-1, 4),
        lambda: m.causal().materialize(4, 4, align="middle"),
        lambda: m.stride(0),
        lambda: m.stride(2.0),
        lambda: m.colmod(3, 4),
        lambda: m.colmod(3, 0),
        lambda: m.block(0, m.causal()),
        lambda: m.block(2, 3),
        lambda: m.per_head([]),
        lambda: m.per_head([m.causal(), None]),
        lambda: m.per_head([m.causal()]).materialize(4, 4, h=1),
        lambda: m.grid([2, 3], [m.full()]),
        lambda: m.grid([], []),
        lambda: m.grid(4, [m.full()]),
        lambda: m.grid([4, 4], [m.full()] * 2, box=2),
        lambda: m.grid([4, 4], [m.full()] * 2, box=[2]),
        lambda: m.grid([4, 4], [m.full()] * 2, box=[2, 3]),
        lambda: m.grid([4, 4], [m.full()] * 2, box=[0, 4]),
        lambda: m.grid([2, 0], [m.full()] * 2),
        lambda: m.grid([2**16, 2**16], [m.full()] * 2),
        lambda: m.grid([4, 4], [m.near(2), m.full()]),
        lambda: m.grid([4, 4], [m.full(), m.near(5)]),
        lambda: m.grid([4, 4], [m.full(), m.block(2, m.near(3))]),
        lambda: m.grid([4, 4], [m.full()] * 2).materialize(4, 4),
        lambda: m.grid([4, 4], [m.full()] * 2).materialize(4, 16),
        lambda: m.same([1, 2, 3]).materialize(4, 4),
        lambda: m.order([1, 2, 3]).materialize(2, 2),
        lambda: m.flags([1, 0, 1]).materialize(4, 3),
        lambda: m.flags([0.5]),
        lambda: m.block(2, m.same([1, 2, 3])).materialize(4, 4),
        lambda: m.grid([2, 2], [m.full(), m.same([1])]).materialize(4, 4),
    ],
)
def test_bad_masks(make):
    with pytest.raises(attn.Error):
        make()


def test_masks_combine_with_masks_only():
    for combine in (lambda: m.causal() & True, lambda: m.causal() | None):
        with pytest.raises(TypeError):
            combine()
